"""The straight line: from a recipe to a run folder that holds a model, its answers and a report."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsol import calibration, data, evaluation, knowhow, mix, rows, selection
from dsol.backend import Backend, Chat, Codec, FitJob, Progress
from dsol.plugins import Plugins
from dsol.progress import Watch
from dsol.recipe import Recipe
from dsol.run import Run, locked, open_run, replace, write_json
from dsol.solution import Baseline, Settings, Solution


@dataclass(frozen=True)
class Parts:
    """What a recipe's names stand for: the solution with its checked settings, and the backend."""

    recipe: Recipe
    solution: Solution
    settings: Settings
    backend: Backend
    bases: Mapping[str, Path] = field(default_factory=dict)

    @property
    def grounded(self) -> Recipe:
        """The recipe with a base that a plugin ships named by its folder."""
        where = self.bases.get(self.recipe.base)
        return self.recipe.model_copy(update={"base": str(where)}) if where else self.recipe


def resolve(recipe: Recipe, plugins: Plugins) -> Parts:
    """Look a recipe's names up, once."""
    solution = plugins.solution(recipe.solution)
    return Parts(
        recipe,
        solution,
        solution.Settings.model_validate(recipe.settings),
        plugins.backend(recipe.backend),
        plugins.bases,
    )


def train(parts: Parts, folder: Path, plugins: Plugins, watch: Watch, baseline: Baseline | None = None) -> Run:
    """Walk the whole line in `folder`; what an earlier process finished there is not done again.

    `baseline` None means the solution's own rule-based one. Returns the finished run.
    """
    run = open_run(folder, parts.recipe)
    with locked(run):
        if run.complete:
            watch.say(f"{folder} is finished already; start it over with --restart")
            return run
        if not run.done("plan"):
            write_json(
                run / "advice.json",
                knowhow.described(knowhow.advise(parts.recipe, plugins.rules)),
            )
            run.note(solution=parts.solution.name, base=parts.recipe.base, seed=parts.recipe.seed, versions=versions())
            run.finish("plan")
        if not run.done("build"):
            parts.backend.check_base(parts.grounded)  # a mistake in it shouldn't wait until the samples are built
        build(parts, run, watch)
        files = tokenise(parts, run, watch)
        model = run / "base"
        for name in parts.recipe.stages:
            model = train_stage(parts, run, name, model, files, plugins, watch)
        if not run.done("model"):
            replace(run / "model", lambda path: shutil.copytree(model, path))
            run.finish("model", chosen=str(model.relative_to(run.folder)))
        evaluate(parts, run, watch, baseline or parts.solution.baseline(parts.settings))
        run.note(complete=True)
    return run


def build(parts: Parts, run: Run, watch: Watch) -> None:
    """Build, split and decontaminate the samples into `data/`."""
    if run.done("build"):
        return
    started = time.monotonic()
    with watch.step("build the samples") as advance:
        built = parts.solution.build(
            parts.settings, parts.recipe.seed, lambda what, done, total: advance(done, total, what)
        )
        facts = data.write(run / "data", built)
    run.finish("build", seconds=round(time.monotonic() - started, 1), **facts)


def tokenise(parts: Parts, run: Run, watch: Watch) -> dict[str, Path]:
    """Prepare the base into `base/`, and render and tokenise every source once into `rows/`."""
    sources = data.read_sources(run / "data")
    context = max(stage.context for stage in parts.recipe.stages.values())
    if run.done("tokenise"):
        return {name: run / "rows" / f"{name}.arrow" for name in sources}
    prompt = parts.solution.prompt(parts.settings)

    def texts() -> Iterable[tuple[Chat | None, str]]:
        for name in sorted(sources):
            for sample in sources[name]:
                yield (prompt.chat(sample.input) if sample.input is not None else None), sample.target

    started = time.monotonic()
    with watch.step("prepare the base and the rows") as advance:
        codec: Codec = parts.backend.prepare(parts.grounded, run / "base", texts)
        files = rows.tokenise(sources, prompt, codec, context, run / "rows", advance)
    run.note(template={"hash": codec.template.hash, "stop": codec.template.stop})
    run.finish("tokenise", seconds=round(time.monotonic() - started, 1))
    return files


def train_stage(
    parts: Parts, run: Run, name: str, start: Path, files: Mapping[str, Path], plugins: Plugins, watch: Watch
) -> Path:
    """Order the rows, fit, score the checkpoints on the development set and choose one; return its folder."""
    stage, folder = parts.recipe.stages[name], run / "stages" / name
    step = f"stage {name}"
    if run.done(step):
        return run / str(run.manifest()["steps"][step]["chosen"])
    plugins.call("dsol_before_stage", run=run, stage=name, settings=stage)
    started = time.monotonic()
    mixed = mix.write_mix(stage, files, parts.recipe.seed, folder)
    job = FitJob(start, dict(files), folder / "mix.npy", folder, stage, parts.recipe.seed)
    with watch.step(f"train {name}") as advance:

        def show(progress: Progress) -> None:
            note = "  ".join(f"{key} {value:.3g}" for key, value in progress.numbers.items())
            advance(progress.step, progress.steps, note)

        parts.backend.fit(job, show)
    trained = time.monotonic() - started
    with watch.step(f"score the checkpoints of {name}") as advance:
        scores = selection.score_checkpoints(parts, run, name, advance)
    chosen = selection.choose(scores, selection.headline(parts))
    write_json(run / "selection.json", chosen)
    plugins.call("dsol_after_stage", run=run, stage=name, scores=chosen)
    where = folder / str(chosen["chosen"])
    run.finish(step, chosen=str(where.relative_to(run.folder)), train_seconds=round(trained, 1), steps=mixed["steps"])
    return where


def evaluate(parts: Parts, run: Run, watch: Watch, baseline: Baseline) -> None:
    """Calibrate on the development set, predict the held-out sets, and write the report."""
    from dsol import report  # draws plots: imported only where it is used

    generate = parts.backend.load(run / "model")
    files = data.read_files(run / "data")
    started = time.monotonic()
    if not run.done("calibrate"):
        development = data.read_samples(run / "data" / "development.jsonl")
        with watch.step("calibrate the confidence") as advance:
            learned = evaluation.learn_calibration(
                parts.solution,
                parts.settings,
                generate,
                development,
                baseline,
                parts.recipe.release.floor,
                files,
                advance,
            )
        calibration.save(run / "thresholds.json", learned)
        run.finish("calibrate", seconds=round(time.monotonic() - started, 1))
    started = time.monotonic()
    if not run.done("predict"):
        heldout = data.read_heldout(run / "data")
        with watch.step("answer the held-out questions") as advance:
            answers = evaluation.predict(
                parts.solution,
                parts.settings,
                generate,
                calibration.read(run / "thresholds.json"),
                baseline,
                heldout,
                files,
                advance,
            )
        evaluation.write_answers(run / "answers.jsonl", answers)
        run.finish("predict", seconds=round(time.monotonic() - started, 1))
    with watch.step("write the report"):
        report.write_report(
            run,
            parts.solution.metrics(parts.settings)[0],
            evaluation.read_answers(run / "answers.jsonl"),
            parts.recipe.release.level,
        )


def versions() -> dict[str, Any]:
    """Name the versions that a run depends on."""
    names = ("dsol", "torch", "transformers", "trl", "peft", "tokenizers", "sqlglot")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
