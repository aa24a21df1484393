"""Read the recipe that the command line's words mean: solutions and files laid over each other, options, overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dsol import layers
from dsol.errors import RecipeError
from dsol.joining import join
from dsol.options import read_options
from dsol.parts import Parts, resolve
from dsol.plugins import Plugins
from dsol.recipe import check
from dsol.solution import Settings, Solution

SUFFIXES = (".yaml", ".yml")


def read_parts(
    plugins: Plugins,
    targets: Sequence[str],
    options: Sequence[str] = (),
    recipe: Path | None = None,
    base: str = "",
    changes: Sequence[str] = (),
    own: Sequence[str] = (),
    like: str = "",
) -> Parts:
    """Lay the layers over each other: the solutions' own (see `dsol.joining`), the user's file, options, overrides.

    `targets`: names of solutions, or one recipe file. `options`: words such as `--database x.sqlite`, for the solution
    that has that setting; `own`: the command's own ones, for the message about an unknown one. All mistakes are one
    RecipeError. `like`: take what the recipes say for this base (`bases`), whatever base the run has.
    """
    names, given, source = _given(plugins, targets, recipe)
    solutions = [plugins.solution(name) for name in names]
    theirs = recipe if recipe and len(names) > 1 and layers.is_name(recipe) else None
    defaults = {one.name: _own_layers(one, theirs) for one in solutions}
    settings = {one.name: one.Settings for one in solutions}
    said: dict[str, Any] = {"solutions": read_options(options, settings, own)}
    if base:
        said["base"] = base
    only = names[0] if len(names) == 1 else ""
    over = [layers.spelled(layers.parse_override(change), only) for change in changes]
    lower = [layer for name in reversed(names) for layer in defaults[name]]  # of their bases the first one's counts
    chosen = like or str(layers.merge(*lower, given, said, *over).get("base", ""))
    lowest: dict[str, Any] = {"solutions": {name: {} for name in names}}
    user = [layers.for_base(given, chosen), said, *over]
    fitting = {name: [layers.for_base(layer, chosen) for layer in some] for name, some in defaults.items()}
    joined, differences = join({name: layers.merge(*some) for name, some in fitting.items()}, user)
    merged = layers.merge(lowest, joined, *user)
    merged["stages"] = _in_order(merged.get("stages"), user[0].get("stages"))
    backend = plugins.backend(str(merged.get("backend", "trl")))
    problems = []
    stages = merged["stages"]
    for stage, one in stages.items() if isinstance(stages, dict) else ():
        forwarded = one.get("backend", {}) if isinstance(one, dict) else {}
        if isinstance(forwarded, dict):
            problems += [f"stages.{stage}.{problem}" for problem in backend.check(forwarded)]
    metrics = {one.name: _metrics_of(one) for one in solutions}
    parts = resolve(check(source, merged, settings, problems, metrics), plugins)
    return replace(parts, differences=tuple(differences))


def _given(plugins: Plugins, targets: Sequence[str], recipe: Path | None) -> tuple[list[str], dict[str, Any], str]:
    """Give the solutions' names, the user's layer, and where it is from."""
    whole = [target for target in targets if _is_recipe(target, plugins)]
    if whole and (len(targets) > 1 or recipe):
        raise RecipeError("command line", [f"{whole[0]} is a recipe already; name it alone, without --recipe"])
    if whole:
        path = plugins.recipes.get(whole[0]) or Path(whole[0])
        given = layers.spelled(layers.read_layer(path))
        named = given.get("solutions") or {}
        return list(named) if isinstance(named, Mapping) else [], given, str(path)
    twice = sorted({target for target in targets if targets.count(target) > 1})
    if twice:
        raise RecipeError("command line", [f"{twice[0]} is named twice"])
    if not recipe:
        return list(targets), {}, "recipe"
    only = targets[0] if len(targets) == 1 else ""
    if layers.is_name(recipe):
        if not only:
            return list(targets), {}, "recipe"
        recipe = layers.named(recipe, plugins.solution(only))
    given = layers.spelled(layers.read_layer(recipe), only)
    return list(targets), given, str(recipe)


def _own_layers(solution: Solution, name: Path | None) -> list[dict[str, Any]]:
    """Read a solution's recipe, and its further one of that name."""
    paths = [solution.recipe, *([layers.named(name, solution)] if name else [])]
    return [layers.spelled(layers.read_layer(path), solution.name) for path in paths]


def _is_recipe(target: str, plugins: Plugins) -> bool:
    """Tell a recipe, a file or one that a plugin brings, from a solution's name."""
    return target.endswith(SUFFIXES) or (target in plugins.recipes and target not in plugins.solutions)


def _in_order(stages: Any, given: Any) -> Any:
    """Put the stages that the user's file lists first, in its order: documents come before what a solution adds."""
    if not isinstance(stages, dict) or not isinstance(given, Mapping):
        return stages
    return {name: stages[name] for name in (*(n for n in given if n in stages), *(n for n in stages if n not in given))}


def _metrics_of(solution: Solution) -> Any:
    def metrics(settings: Settings) -> list[str]:
        return [metric.name for metric in solution.metrics(settings, {})]

    return metrics
