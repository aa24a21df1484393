"""Help of commands that take a solution's settings: named before --help, a solution's own options are listed too."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from typer.core import TyperCommand

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

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
                formatter.write_dl(rows(solutions[name].Settings))
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(_plain(solutions[name].Settings))
        if solutions and not named:
            formatter.write_paragraph()
            formatter.write_text(f"`{ctx.command_path} {min(solutions)} --help` lists a solution's settings too.")


def rows(settings: type[BaseModel]) -> Sequence[tuple[str, str]]:
    """List each setting as an option: how it is written, and its default."""
    return [
        (f"--{name.replace('_', '-')} <{_kind(field.annotation)}>", _default(field))
        for name, field in settings.model_fields.items()
    ]


def _kind(annotation: Any) -> str:
    inner = [one for one in get_args(annotation) if one not in (NoneType, Ellipsis)]
    if get_origin(annotation) is Literal:
        return "|".join(str(one) for one in inner if one != "")
    if get_origin(annotation) is tuple:
        return f"{_kind(inner[0])},..."
    return _kind(inner[0]) if inner else WORDS.get(annotation, "value")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "[required]"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value == "" or value == ():
        return "[default: none]"
    if isinstance(value, bool):
        value = str(value).lower()
    return f"[default: {','.join(map(str, value)) if isinstance(value, tuple) else value}]"


def _plain(settings: type[BaseModel]) -> str:
    """Give the settings' docstring with each name spelled as the option it is."""
    text = inspect.cleandoc(settings.__doc__ or "")
    names = settings.model_fields
    return re.sub(r"`(\w+)`", lambda found: f"--{found[1].replace('_', '-')}" if found[1] in names else found[1], text)
