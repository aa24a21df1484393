"""The straight line: from a recipe to a run folder that holds a model, its answers and a report."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dsol import building, calibration, data, evaluation, knowhow, mix, planning, selection
from dsol.backend import FitJob, Progress
from dsol.errors import BackendError
from dsol.files import replace, write_json
from dsol.parts import Parts, Task
from dsol.plugins import Plugins
from dsol.progress import Watch
from dsol.run import Run, locked, open_run
from dsol.solution import Baseline


def train(
    parts: Parts, folder: Path, plugins: Plugins, watch: Watch, baselines: Mapping[str, Baseline] = MappingProxyType({})
) -> Run:
    """Walk the whole line in `folder`; what an earlier process finished there is not done again.

    `baselines`: functions of products, by solution, in place of the solutions' rule-based ones. Returns the finished
    run.
    """
    run = open_run(folder, parts.recipe)
    with locked(run):
        if run.complete:
            watch.say(f"{folder} is finished already; start it over with --restart")
            return run
        for task in parts.tasks if run.done("build") else ():
            data.check_layout(run, task.solution)
        if not run.done("build"):
            check_patterns(parts)
            parts.backend.check_base(parts.grounded)  # a mistake in it shouldn't wait until the samples are built
        if not run.done("plan"):
            facts = planning.known(parts, run)
            planning.check_disk(planning.estimate(parts, run, facts), run)
            advice = knowhow.advise(parts.recipe, plugins.rules, facts)
            write_json(run / "advice.json", knowhow.described(advice))
            run.note(
                solutions=[task.name for task in parts.tasks],
                base=parts.recipe.base,
                seed=parts.recipe.seed,
                versions=versions(),
                differences=[asdict(one) for one in parts.differences],
            )
            for difference in parts.differences:
                watch.say(difference.worded)
            run.finish("plan")
        building.build(parts, run, watch)
        files = building.tokenise(parts, run, watch)
        selection.look_before(parts, run, watch)
        model = run / "base"
        for name in parts.recipe.stages:
            model = train_stage(parts, run, name, model, files, plugins, watch)
        if not run.done("model"):
            replace(run / "model", lambda path: shutil.copytree(model, path))
            run.finish("model", chosen=str(model.relative_to(run.folder)))
        for task in parts.tasks:
            evaluate(parts, run, task, watch, baselines.get(task.name))
        write_report(parts, run, watch)
        run.note(complete=True)
    return run


def train_stage(
    parts: Parts, run: Run, name: str, start: Path, files: Mapping[str, Path], plugins: Plugins, watch: Watch
) -> Path:
    """Order the rows, fit, score the checkpoints and choose one; return its folder."""
    stage, folder = parts.recipe.stages[name], run / "stages" / name
    step = f"stage {name}"
    if run.done(step):
        return run / str(run.manifest()["steps"][step]["chosen"])
    plugins.call("dsol_before_stage", run=run, stage=name, settings=stage)
    started = time.monotonic()
    mixed = mix.write_mix(stage, files, parts.recipe.seed, folder, building.kinds(parts, files))
    for note in mixed["notes"]:
        watch.say(f"{name}: {note}")
    job = FitJob(start, dict(files), folder / "mix.npy", folder, stage, parts.recipe.seed)
    with watch.step(f"train {name}") as advance:

        def show(progress: Progress) -> None:
            note = "  ".join(f"{key} {value:.3g}" for key, value in progress.numbers.items())
            advance(progress.step, progress.steps, note)

        parts.backend.fit(job, show)
    trained = time.monotonic() - started
    with watch.step(f"score the checkpoints of {name}") as advance:
        scores = selection.score_checkpoints(parts, run, name, advance)
    chosen = selection.choose(parts, run, name, scores)
    plugins.call("dsol_after_stage", run=run, stage=name, scores=chosen)
    where = folder / str(chosen["chosen"])
    run.finish(step, chosen=str(where.relative_to(run.folder)), train_seconds=round(trained, 1), steps=mixed["steps"])
    return where


def evaluate(parts: Parts, run: Run, task: Task, watch: Watch, baseline: Baseline | None) -> None:
    """Calibrate a solution on its development set, and answer its held-out sets; None: the solution's own baseline."""
    home = parts.home(run, task)
    files = data.read_files(home / "data")
    before, after = parts.source(task, "calibrate"), parts.source(task, "predict")
    if run.done(before) and run.done(after):
        return
    generate = parts.backend.load(run / "model")
    baseline = baseline or task.solution.baseline(task.settings, files)
    started = time.monotonic()
    if not run.done(before):
        development = data.read_samples(home / "data" / "development.jsonl")
        unanswerable = data.read_samples(home / "data" / "unanswerable.jsonl")
        floor = parts.recipe.release.floor_of(task.name)
        with watch.step(f"calibrate the confidence of {task.name}") as advance:
            learned = evaluation.learn_calibration(
                task.solution, task.settings, generate, development, baseline, floor, files, advance, unanswerable
            )
        calibration.save(home / "thresholds.json", learned)
        run.finish(before, seconds=round(time.monotonic() - started, 1))
    started = time.monotonic()
    if not run.done(after):
        heldout = data.read_heldout(home / "data")
        learned = calibration.read(home / "thresholds.json")
        with watch.step(f"answer the held-out questions of {task.name}") as advance:
            answers = evaluation.predict(
                task.solution, task.settings, generate, learned, baseline, heldout, files, advance
            )
        evaluation.write_answers(home / "answers.jsonl", answers)
        run.finish(after, seconds=round(time.monotonic() - started, 1))


def check_patterns(parts: Parts) -> None:
    """Look whether the backend can hold completions to patterns, where a solution's prompt asks for that."""
    asking = [task.name for task in parts.tasks if task.solution.prompt(task.settings).constrained]
    if not asking:
        return
    check = getattr(parts.backend, "check_patterns", None)
    if check is None:
        raise BackendError(f"{', '.join(asking)}: backend {parts.recipe.backend} can't hold completions to patterns")
    check()


def write_report(parts: Parts, run: Run, watch: Watch) -> None:
    """Write what the run achieved: one report a solution, or of the model alone where there is none."""
    from dsol import report  # draws plots: imported only where it is used

    with watch.step("write the report"):
        for task in parts.tasks:
            home = parts.home(run, task)
            asked = sum(map(len, data.read_heldout(home / "data").values()))
            answers = evaluation.read_answers(home / "answers.jsonl", asked)
            metric = task.solution.metrics(task.settings, data.read_files(home / "data"))[0]
            report.write_report(run, metric, answers, parts.recipe.release.level, home)
        if len(parts.tasks) != 1:
            report.write_overview(run)


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
