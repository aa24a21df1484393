"""Read solutions' settings from the command line: every field of their Settings is an option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from dsol.errors import RecipeError, unknown
from dsol.layers import parse_yaml


def read_options(
    words: Sequence[str], settings: Mapping[str, type[BaseModel]], own: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Turn `--row-limit 50 --examples a.jsonl --examples b.jsonl` into values by solution and setting.

    A setting that several solutions have is written with the solution's name, `--text2sql.examples a.jsonl`. A field
    that holds several values may be given several times. Text fields are taken as they are, others are read as YAML.
    Unknown options are a RecipeError with the closest match, also among the command's `own` options.
    """
    values: dict[str, dict[str, Any]] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, inline = word.removeprefix("--").partition("=")
        solution, field = _owner(word, name, settings, own)
        if not equals and not waiting:
            raise RecipeError("command line", [f"--{name} needs a value"])
        text = inline if equals else waiting.pop(0)
        here = values.setdefault(solution, {})
        annotation = settings[solution].model_fields[field].annotation
        if get_origin(annotation) is tuple:
            here[field] = [*here.get(field, []), *([text] if Path(text).exists() else text.split(","))]
        elif field in here:
            raise RecipeError("command line", [f"--{name} is given twice"])
        else:
            here[field] = text if annotation is str else parse_yaml(text, f"--{name}")
    return values


def _owner(word: str, name: str, settings: Mapping[str, type[BaseModel]], own: Sequence[str]) -> tuple[str, str]:
    """Find the solution and the setting that an option names."""
    said, dot, rest = name.partition(".")
    named, field = (said, rest) if dot else ("", said)
    field = field.replace("-", "_")
    owners = [one for one, kind in settings.items() if field in kind.model_fields and named in ("", one)]
    if not word.startswith("--") or not owners:
        known = ["--" + one.replace("_", "-") for kind in settings.values() for one in kind.model_fields]
        raise RecipeError("command line", [unknown("option", word.partition("=")[0], [*known, *own])])
    if len(owners) > 1:
        choices = " or ".join(f"--{one}.{said}" for one in owners)
        raise RecipeError("command line", [f"--{said} is a setting of several solutions; write {choices}"])
    return owners[0], field
