"""Read a solution's settings from the command line: every field of its Settings is an option."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from dsol.errors import RecipeError, unknown
from dsol.recipe import parse_yaml


def read_options(words: Sequence[str], settings: type[BaseModel]) -> dict[str, Any]:
    """Turn `--row-limit 50 --examples a.jsonl --examples b.jsonl` into values for `settings`.

    A field that holds several values may be given several times. Text fields are taken as they are, others are read
    as YAML. Unknown options are a RecipeError with the closest match.
    """
    values: dict[str, Any] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, inline = word.removeprefix("--").partition("=")
        field = name.replace("-", "_")
        if not word.startswith("--") or field not in settings.model_fields:
            known = ["--" + one.replace("_", "-") for one in settings.model_fields]
            raise RecipeError("command line", [unknown("option", word.partition("=")[0], known)])
        if not equals and not waiting:
            raise RecipeError("command line", [f"--{name} needs a value"])
        text = inline if equals else waiting.pop(0)
        annotation = settings.model_fields[field].annotation
        if get_origin(annotation) is tuple:
            values[field] = [*values.get(field, []), *([text] if Path(text).exists() else text.split(","))]
        elif field in values:
            raise RecipeError("command line", [f"--{name} is given twice"])
        else:
            values[field] = text if annotation is str else parse_yaml(text, f"--{name}")
    return values
