"""Load a finished run as the object that a product embeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dsol import calibration, data
from dsol.errors import RecipeError, RunError, unknown
from dsol.layers import read_layer
from dsol.old import checked
from dsol.parts import Parts, Task, resolve
from dsol.plugins import Plugins, load_plugins, skipped
from dsol.recipe import Recipe, describe
from dsol.run import Run, find_run
from dsol.solution import Baseline

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from dsol.answer import Answer


def load(
    run: str | Path, *, solution: str = "", baseline: Baseline | None = None, **settings: Any
) -> Runnable[Any, Answer[Any]]:
    """Load a finished run's model in its wrapper: `load("runs/text2sql", database="postgresql://...").invoke(...)`.

    `solution`: which one, where the run's model serves several. `settings` override the run's own. `baseline` is what
    to fall back on, input -> (output or None, confidence in [0, 1]); without one the solution's rule-based baseline is
    used. `invoke` and `batch` take the solution's Input, or a mapping of its fields.
    """
    found = find_run(str(run))
    parts = open_parts(found, load_plugins(skip=skipped()))
    task = pick(parts, found, solution)
    return embed(change(parts, found, task, settings), found, task.name, baseline)


def open_parts(run: Run, plugins: Plugins) -> Parts:
    """Resolve a run's recipe."""
    path = run / "recipe.yaml"
    try:
        recipe = Recipe.model_validate(read_layer(path))
    except ValidationError as error:
        raise RecipeError(str(path), [*describe(error, Recipe), "start the run over with --restart"]) from error
    return resolve(recipe, plugins)


def pick(parts: Parts, run: Run, solution: str = "") -> Task:
    """Pick a run's solution by name; without one, the only one there is. A RunError says what there is."""
    tasks = {task.name: task for task in parts.tasks}
    if not tasks:
        raise RunError(f"{run.folder} trained a model on documents alone, for no solution; ask for `dsol eval --mcq`")
    if solution and solution not in tasks:
        raise RunError(f"{run.folder}: {unknown('solution', solution, tasks)}")
    if not solution and len(tasks) > 1:
        raise RunError(f"{run.folder} serves several solutions; name one of {', '.join(tasks)}")
    return tasks[solution] if solution else parts.tasks[0]


def change(parts: Parts, run: Run, task: Task, changes: Mapping[str, Any]) -> Parts:
    """Change a solution's settings, checked as a recipe's are."""
    kind = task.solution.Settings
    try:
        changed = kind.model_validate({**parts.recipe.solutions[task.name], **changes})
    except ValidationError as error:
        raise RecipeError(str(run.folder), describe(error, kind, f"solutions.{task.name}")) from error
    tasks = tuple(Task(task.solution, changed) if one.name == task.name else one for one in parts.tasks)
    return replace(parts, tasks=tasks)


def embed(parts: Parts, run: Run, solution: str, baseline: Baseline | None) -> Runnable[Any, Answer[Any]]:
    """Wrap a run's model with a solution's calibration, its files and a baseline (None: the solution's own)."""
    task = pick(parts, run, solution)
    files = read_files(parts, run, task)
    return task.solution.wrap(
        parts.backend.load(run / "model"),
        task.settings,
        calibration=calibration.read(parts.home(run, task) / "thresholds.json"),
        baseline=checked(baseline, task.solution.Output) if baseline else task.solution.baseline(task.settings, files),
        files=files,
    )


def read_files(parts: Parts, run: Run, task: Task) -> dict[str, Any]:
    """Read what a solution's builder left for serving; a RunError where its layout isn't the installed solution's."""
    data.check_layout(run, task.solution)
    return data.read_files(parts.home(run, task) / "data")


def homes(run: Run, plugins: Plugins, solution: str = "") -> dict[str, Run]:
    """Find where the own files of a finished run's solutions are, or of one of them, by solution."""
    parts = open_parts(run, plugins)
    tasks = parts.tasks if len(parts.tasks) > 1 and not solution else (pick(parts, run, solution),)
    return {task.name: parts.home(run, task) for task in tasks}
