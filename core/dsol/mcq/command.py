"""Score a run or a base on multiple-choice files, and against another one on the same questions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dsol.backend import Backend, Likelihood
from dsol.comparison import compare_slices
from dsol.errors import DataError
from dsol.evaluation import write_answers
from dsol.files import write_json
from dsol.layers import read_layer
from dsol.mcq.reading import Reading, read
from dsol.mcq.result import Result, numbers, rows
from dsol.mcq.scoring import Options, score
from dsol.plugins import Plugins
from dsol.progress import Watch
from dsol.recipe import Recipe, Stage
from dsol.run import Run, find_run


def evaluate(
    plugins: Plugins,
    target: str,
    against: str,
    reading: Reading,
    examples: Reading | None,
    options: Options,
    watch: Watch,
) -> dict[str, Any]:
    """Score `target`, and `against` where it isn't empty; returns plain JSON values, with what was left out and why.

    A run keeps them in `<run>/eval/mcq/` as `scores.json`, and its answers as `answers.jsonl`.
    """
    with opened(plugins, target, watch) as (likelihood, run):
        result, chat = _scored(likelihood, reading, examples, options, target, watch)
    found = _described(result, chat, reading, options) | {"target": target}
    if against:
        with opened(plugins, against, watch) as (likelihood, _):
            other, other_chat = _scored(likelihood, reading, examples, options, against, watch)
        # Two models may have other headlines, a chat and a base model: the first one's counts, where both have it.
        metric = result.metric if result.metric in other.scores else other.metric
        compared = compare_slices(
            rows(result), metric, rows(other), metric, options.level, name_a=target, name_b=against
        )
        found["against"] = {
            **_described(other, other_chat, reading, options),
            "target": against,
            "compared_by": metric,
            "comparison": {name: asdict(one) for name, one in compared.items()},
        }
    if run is not None:
        write_json(run / "eval" / "mcq" / "scores.json", found)
        write_answers(run / "eval" / "mcq" / "answers.jsonl", rows(result))
        found["folder"] = str(run / "eval" / "mcq")
    return found


@contextmanager
def opened(plugins: Plugins, target: str, watch: Watch) -> Iterator[tuple[Likelihood, Run | None]]:
    """Load a finished run's model, or a base by its name, folder or hub id, which is made ready for the time."""
    folder = Path(target)
    if (folder / "recipe.yaml").exists() or (Path("runs") / target / "recipe.yaml").exists():
        run = find_run(target)
        yield _backend(plugins, run).load_likelihood(run / "model"), run
        return
    for parent in folder.resolve().parents if folder.is_dir() else ():
        if (parent / "recipe.yaml").exists():  # a checkpoint of a run, or its base
            yield _backend(plugins, Run(parent)).load_likelihood(folder), None
            return
    base = str(plugins.bases.get(target, target))
    recipe = Recipe(solutions={"none": {}}, base=base, stages={"none": Stage()})
    backend = plugins.backend(recipe.backend)
    backend.check_base(recipe)
    with tempfile.TemporaryDirectory(prefix="dsol-") as place:
        with watch.step(f"prepare {target}"):
            backend.prepare(recipe, Path(place) / "base", lambda: iter(()))
        yield backend.load_likelihood(Path(place) / "base"), None


def _backend(plugins: Plugins, run: Run) -> Backend:
    return plugins.backend(str(read_layer(run / "recipe.yaml").get("backend", "trl")))


def _scored(
    likelihood: Likelihood, reading: Reading, examples: Reading | None, options: Options, name: str, watch: Watch
) -> tuple[Result, bool]:
    chat = likelihood.chat if options.chat == "auto" else options.chat == "yes"
    with watch.step(f"weigh the choices with {name}") as advance:
        return score(likelihood, reading.questions, options, examples.questions if examples else (), advance), chat


def _described(result: Result, chat: bool, reading: Reading, options: Options) -> dict[str, Any]:
    return {**numbers(result), "shots": options.shots, "chat": chat, "left_out": list(reading.left_out)}


def read_all(files: Sequence[Path], shots_from: Sequence[Path], skip: bool) -> tuple[Reading, Reading | None]:
    """Read the questions and the solved examples; the mistakes of both are raised together."""
    problems: list[str] = []
    hint = ""
    found: list[Reading | None] = []
    for paths in (files, shots_from):
        try:
            found.append(read(*paths, skip=skip) if paths else None)
        except DataError as error:
            problems += error.problems
            hint = error.hint or hint
    if problems or found[0] is None:
        raise DataError(problems or ["no file of questions is given; name one with --mcq"], hint)
    return found[0], found[1]
