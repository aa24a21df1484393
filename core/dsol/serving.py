"""Load a finished run as the object that a product embeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dsol import calibration, data
from dsol.errors import RecipeError
from dsol.line import Parts, resolve
from dsol.plugins import Plugins, load_plugins, skipped
from dsol.recipe import Recipe, describe, read_layer
from dsol.run import Run, find_run
from dsol.solution import Baseline

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from dsol.answer import Answer


def load(run: str | Path, *, baseline: Baseline | None = None, **settings: Any) -> Runnable[Any, Answer[Any]]:
    """Load a finished run's model in its wrapper: `load("runs/text2sql", database="postgresql://...").invoke(...)`.

    `settings` override the run's own. `baseline` is what to fall back on, input -> (output or None, confidence in
    [0, 1]); without one the solution's rule-based baseline is used. `invoke` and `batch` take the solution's Input, or
    a mapping of its fields.
    """
    found = find_run(str(run))
    return embed(open_parts(found, load_plugins(skip=skipped()), settings), found, baseline)


def open_parts(run: Run, plugins: Plugins, changes: dict[str, Any]) -> Parts:
    """Resolve a run's recipe, with changed settings checked as a recipe's are."""
    path = run / "recipe.yaml"
    try:
        recipe = Recipe.model_validate(read_layer(path))
    except ValidationError as error:
        raise RecipeError(str(path), [*describe(error, Recipe), "start the run over with --restart"]) from error
    solution = plugins.solution(recipe.solution)
    try:
        changed = solution.Settings.model_validate({**recipe.settings, **changes})
    except ValidationError as error:
        raise RecipeError(str(run.folder), describe(error, solution.Settings, "settings")) from error
    return resolve(recipe.model_copy(update={"settings": changed.model_dump(mode="json")}), plugins)


def embed(parts: Parts, run: Run, baseline: Baseline | None) -> Runnable[Any, Answer[Any]]:
    """Wrap a run's model with its calibration, its files and a baseline (None: the solution's own)."""
    return parts.solution.wrap(
        parts.backend.load(run / "model"),
        parts.settings,
        calibration=calibration.read(run / "thresholds.json"),
        baseline=baseline or parts.solution.baseline(parts.settings),
        files=data.read_files(run / "data"),
    )
