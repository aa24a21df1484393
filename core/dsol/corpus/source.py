"""What a recipe says of a source of documents, and of how documents are cleaned."""

from __future__ import annotations

from glob import glob, has_magic
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dsol.errors import DataError

Kind = Literal["standard", "book", "paper", "site", "news", "general", "chat"]


class Source(BaseModel):
    """Files that are trained on as they are.

    `paths`: files, folders or patterns. `kind`: what the documents are; "general" is the text that guards against
    forgetting, "chat" are rows of conversations (`messages`, Alpaca, ShareGPT) with the loss on the answers. `text`:
    the field of JSONL, CSV and Parquet rows that holds a document.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    paths: tuple[Path, ...] = Field(min_length=1)
    kind: Kind
    text: str = "text"
    licence: str = ""

    @field_validator("paths", mode="before")
    @classmethod
    def _several(cls, paths: Any) -> Any:
        return (paths,) if isinstance(paths, str | Path) else paths

    @field_validator("paths")
    @classmethod
    def _absolute(cls, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(path.expanduser().absolute() for path in paths)


class Cleaning(BaseModel):
    """How documents are cleaned."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def expand(name: str, source: Source) -> list[Path]:
    """List a source's files: folders are walked, patterns filled in; a place without any file is a DataError."""
    found: list[Path] = []
    problems = []
    for path in source.paths:
        places = [Path(one) for one in sorted(glob(str(path), recursive=True))] if has_magic(str(path)) else [path]
        files = [file for place in places for file in (sorted(place.rglob("*")) if place.is_dir() else [place])]
        files = [file for file in files if file.is_file() and not file.name.startswith(".")]
        if not files:
            problems.append(f"source {name}: {path} is not there, or holds no file; give a file, a folder or a pattern")
        found += files
    if problems:
        raise DataError(problems)
    return list(dict.fromkeys(found))
