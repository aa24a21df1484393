"""The layers of a recipe: YAML files, what they say for one base, overrides; laid over each other, later ones win."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dsol.errors import RecipeError, unknown

if TYPE_CHECKING:
    from dsol.solution import Solution


class _Loader(yaml.SafeLoader):
    """Read `1e-4` as a number (YAML 1.2), which PyYAML's 1.1 rules read as text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d[\d_]*)(\.[\d_]*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def parse_yaml(text: str, source: str) -> Any:
    """Parse YAML safely; a mistake in its form is a RecipeError with line and column."""
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise RecipeError(source, [f"not valid YAML: {where}{problem}"]) from error


def read_layer(path: Path) -> dict[str, Any]:
    """Read one recipe file as a mapping; missing, unreadable or malformed files are a RecipeError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise RecipeError(str(path), [f"can't read the recipe: {reason}"]) from error
    layer = parse_yaml(text, str(path))
    if layer is None:
        return {}
    if not isinstance(layer, dict):
        raise RecipeError(
            str(path), [f"a recipe is a mapping of keys to values, this file holds a {type(layer).__name__}"]
        )
    return layer


def is_name(recipe: Path) -> bool:
    """Tell a recipe's name, such as long, from a file's."""
    return not recipe.exists() and not recipe.suffix and len(recipe.parts) == 1


def named(name: Path, solution: Solution) -> Path:
    """Find one of a solution's further recipes, `recipe-<name>.yaml` beside its own."""
    beside = {path.stem.removeprefix("recipe-"): path for path in solution.recipe.parent.glob("recipe-*.yaml")}
    if str(name) not in beside:
        missing = unknown("recipe", str(name), beside, "or name a file of your own")
        raise RecipeError("--recipe", [f"{solution.name} has {missing}"])
    return beside[str(name)]


def parse_override(text: str) -> dict[str, Any]:
    """Turn `stages.sft.backend.learning_rate=1e-4` into a nested mapping; the value is read as YAML."""
    path, equals, value = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError("--set", [f"{text!r} is not of the form path.to.key=value"])
    layer: Any = parse_yaml(value, f"--set {path}") if value.strip() else ""
    for key in reversed(keys):
        layer = {key: layer}
    return dict(layer)


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Lay mappings over each other, later ones win; a null removes what an earlier layer set."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            if value is None:
                merged.pop(key, None)
            elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
                merged[key] = merge(merged[key], value)
            elif isinstance(value, Mapping):
                merged[key] = merge(value)
            else:
                merged[key] = value
    return merged


def spelled(layer: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    """Write the short form for one solution, `solution: x` and `settings: {...}`, as `solutions: {x: {...}}`.

    `name`: the solution that `settings` are of where the layer doesn't say it. What a layer says under `bases` is
    written so as well.
    """
    whole = {key: value for key, value in layer.items() if key not in ("solution", "settings")}
    said = str(layer.get("solution", name))
    if "settings" in layer and not said:
        raise RecipeError("recipe", ["settings: of which solution? write them as solutions.<name>"])
    if "solution" in layer or "settings" in layer:
        settings = layer.get("settings")
        whole["solutions"] = merge(whole.get("solutions") or {}, {said: {} if settings is None else settings})
    if isinstance(whole.get("bases"), Mapping):
        whole["bases"] = {
            pattern: spelled(some, said) if isinstance(some, Mapping) else some
            for pattern, some in whole["bases"].items()
        }
    return whole


def for_base(layer: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Lay over a solution's recipe what it says for a base, and leave out what it says for others.

    Its key `bases` maps patterns of names (`scratch:*`, `*`) to mappings like a recipe; the first that fits counts: a
    learning rate that suits random weights ruins a chat model.
    """
    said = layer.get("bases", {})
    if not isinstance(said, Mapping) or not all(isinstance(some, Mapping) for some in said.values()):
        raise RecipeError("recipe", ["bases: maps patterns of base names, such as scratch:*, to mappings"])
    fitting: Mapping[str, Any] = next((some for pattern, some in said.items() if fnmatchcase(base, pattern)), {})
    return merge({key: value for key, value in layer.items() if key != "bases"}, fitting)
