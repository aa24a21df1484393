"""Help of commands that take a solution's settings: named before --help, a solution's own options are listed too."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from typer.core import TyperCommand

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from dsol.solution import Solution

WORDS = {str: "text", Path: "path", int: "int", float: "float", bool: "true|false"}


class SettingsCommand(TyperCommand):
    """A command whose help goes on with the settings of the solutions that are named on its line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["dsol.words"] = tuple(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        super().format_epilog(ctx, formatter)
        solutions = ctx.obj.solutions if ctx.obj else {}
        named = [word for word in dict.fromkeys(ctx.meta.get("dsol.words", ())) if word in solutions]
        for name in named:
            with formatter.section(f"Settings of {name}"):
                formatter.write_dl(rows(solutions[name]))
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(_plain(solutions[name].Settings))
        if solutions and not named:
            formatter.write_paragraph()
            formatter.write_text(f"`{ctx.command_path} {min(solutions)} --help` lists a solution's settings too.")


def rows(solution: Solution) -> Sequence[tuple[str, str]]:
    """List each setting as an option: how it is written, and its default, also where the recipe has others."""
    own, by_base = _of_recipe(solution)
    return [
        (f"--{name.replace('_', '-')} <{_kind(field.annotation)}>", _default(name, field, own, by_base))
        for name, field in solution.Settings.model_fields.items()
    ]


def _of_recipe(solution: Solution) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """Give the settings that a solution's recipe has for every base, and those for some, by their pattern."""
    from dsol.layers import read_layer, spelled

    def settings(layer: Mapping[str, Any]) -> Mapping[str, Any]:
        return layer.get("solutions", {}).get(solution.name) or {}

    layer = spelled(read_layer(solution.recipe), solution.name)
    return settings(layer), {pattern: settings(some) for pattern, some in (layer.get("bases") or {}).items()}


def _kind(annotation: Any) -> str:
    inner = [one for one in get_args(annotation) if one not in (NoneType, Ellipsis)]
    if get_origin(annotation) is Literal:
        return "|".join(str(one) for one in inner if one != "")
    if get_origin(annotation) is tuple:
        return f"{_kind(inner[0])},..."
    return _kind(inner[0]) if inner else WORDS.get(annotation, "value")


def _default(name: str, field: FieldInfo, own: Mapping[str, Any], by_base: Mapping[str, Mapping[str, Any]]) -> str:
    if name in own:
        usual = _spelled(own[name])
    elif field.is_required():
        usual = ""
    else:
        usual = _spelled(field.get_default(call_default_factory=True, validated_data={}))
    others: dict[str, list[str]] = {}
    for pattern, settings in by_base.items():
        if name in settings and _spelled(settings[name]) != usual:
            others.setdefault(_spelled(settings[name]), []).append(pattern)
    told = [f"for {' and '.join(patterns)}: {value}" for value, patterns in others.items()]
    return f"[{'; '.join([f'default: {usual}' if usual else 'required', *told])}]"


def _spelled(value: Any) -> str:
    if value is None or value == "" or value == () or value == []:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _plain(settings: type[BaseModel]) -> str:
    """Give the settings' docstring with each name spelled as the option it is."""
    text = inspect.cleandoc(settings.__doc__ or "")
    names = settings.model_fields
    return re.sub(r"`(\w+)`", lambda found: f"--{found[1].replace('_', '-')}" if found[1] in names else found[1], text)
