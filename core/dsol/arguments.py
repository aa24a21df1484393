"""What the command line's words stand for: the options that commands share, a recipe's parts, a product's function."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsol.errors import RecipeError
from dsol.plugins import Plugins

if TYPE_CHECKING:
    from dsol.line import Parts
    from dsol.solution import Baseline, Settings

Target = Annotated[str, typer.Argument(help="A solution's name (see `dsol list`), or a recipe file.")]
RunOption = Annotated[Path | None, typer.Option("--run", help="The run's folder [default: runs/<solution>].")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Override: stages.sft.backend.learning_rate=1e-4")]
RecipeOption = Annotated[
    Path | None,
    typer.Option("--recipe", help="A recipe file, or one of the solution's by name (long), laid over its own."),
]
BaseOption = Annotated[str, typer.Option("--base", help="A hub id, a local folder, seed, or scratch:<size>.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]
BaselineOption = Annotated[
    str, typer.Option("--baseline", help="Your old feature, as module:function (input -> output, confidence).")
]


def read_parts(context: typer.Context, target: str, recipe: Path | None, base: str, changes: list[str] | None) -> Parts:
    """Lay the recipe's layers over each other: the solution's, the user's file, options, --set."""
    from dsol import recipe as recipes
    from dsol.line import resolve
    from dsol.options import read_options

    plugins: Plugins = context.obj
    if target.endswith((".yaml", ".yml")):
        if recipe:
            raise RecipeError("command line", [f"{target} is a recipe already; leave --recipe {recipe} out"])
        recipe = Path(target)
    if recipe and recipe != Path(target) and not recipe.exists():
        recipe = recipes.named(recipe, plugins.solution(target).recipe)
    given = recipes.read_layer(recipe) if recipe else {}
    name = str(given.get("solution", target)) if recipe == Path(target) else target
    solution = plugins.solution(name)
    options: dict[str, Any] = {"settings": read_options(context.args, solution.Settings)}
    if base:
        options["base"] = base
    own = recipes.read_layer(solution.recipe)
    layers = [given, options, *map(recipes.parse_override, changes or [])]
    chosen = str(recipes.merge(own, *layers).get("base", ""))
    merged = recipes.merge(
        {"solution": name}, *(recipes.for_base(layer, chosen) for layer in (own, given)), *layers[1:]
    )
    backend = plugins.backend(str(merged.get("backend", "trl")))
    problems = []
    stages = merged.get("stages")
    for stage, settings in stages.items() if isinstance(stages, dict) else ():
        forwarded = settings.get("backend", {}) if isinstance(settings, dict) else {}
        if isinstance(forwarded, dict):
            problems += [f"stages.{stage}.{problem}" for problem in backend.check(forwarded)]

    def metrics(settings: Settings) -> list[str]:
        return [metric.name for metric in solution.metrics(settings)]

    checked = recipes.check(str(recipe or "recipe"), merged, solution.Settings, problems, metrics)
    return resolve(checked, plugins)


def read_callable(name: str) -> Baseline:
    """Import a product's own function from `module:function`; the working folder is importable."""
    import importlib

    module, colon, attribute = name.partition(":")
    if not colon:
        raise RecipeError("--baseline", [f"{name!r} is not of the form module:function"])
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        reason = f"can't import {name!r}: {error}; start where {module}.py lies, or install its package"
        raise RecipeError("--baseline", [reason]) from error
    if not callable(found):
        raise RecipeError("--baseline", [f"{name!r} is a {type(found).__name__}; name a function of it"])
    baseline: Baseline = found
    return baseline
