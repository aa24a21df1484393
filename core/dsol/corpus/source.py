"""What a recipe says about a corpus: where its files are, what kind it is, how it is cleaned."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dsol.errors import DataError

SIMILARITY = 0.8  # Jaccard similarity of two texts from which on one repeats the other

FORMATS = (".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".jsonl", ".json", ".parquet", ".csv")
LEGAL = ("license", "licence", "copying", "notice")  # their text repeats over the world's projects and teaches nothing
# Which source keeps a document that several hold: the denser kind (see the know-how rule corpus-kind).
RANK = {"standard": 0, "book": 0, "paper": 1, "site": 2, "news": 3, "general": 4, "chat": 5}

Kind = Literal["standard", "book", "paper", "site", "news", "general", "chat"]


def _paths(value: Any) -> Any:
    given = [value] if isinstance(value, str | Path) else value
    if not isinstance(given, list | tuple) or not all(isinstance(one, str | Path) for one in given):
        return value
    return tuple(Path(os.path.abspath(Path(one).expanduser())) for one in given)


class Source(BaseModel):
    """Name files of one kind: documents, or rows of conversations (`chat`).

    `paths`: files, folders (walked) or glob patterns; a single one may be given as text. `text`: the field of JSON
    Lines, JSON, Parquet and CSV rows that holds the text. `licence` is noted in the run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    paths: Annotated[tuple[Path, ...], BeforeValidator(_paths)] = Field(min_length=1)
    kind: Kind
    text: str = Field(default="text", min_length=1)
    licence: str = ""


class Cleaning(BaseModel):
    """Say what is taken out of a corpus.

    `least`: fewest characters of a document, spaces not counted. `letters`: smallest share of letters and digits
    among them. `blobs`: take out encoded data (base64 and the like). `repeated`: a line (not a heading, table or
    code) that stands in more than this share of a source's documents is boilerplate; 0 keeps all lines. `languages`:
    keep only these (empty: all). `exact` and `near`: take out duplicates; `similarity`: from this Jaccard similarity
    on two documents are near duplicates. `ngram`: words in a row that show an evaluation text inside a document; 0
    looks for none. `part`: a longer document becomes parts of about so many characters, cut along its structure.
    `heldout`: share of each source's documents kept for held-out loss, of at most `heldout_characters` in all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    least: int = Field(default=50, ge=0)
    letters: float = Field(default=0.4, ge=0, le=1)
    blobs: bool = True
    repeated: float = Field(default=0.1, ge=0, le=1)
    languages: tuple[Literal["en", "zh", "other"], ...] = ()
    exact: bool = True
    near: bool = True
    similarity: float = Field(default=SIMILARITY, gt=0.3, lt=1)
    ngram: int = Field(default=13, ge=0)
    part: int = Field(default=32_000, ge=1_000, le=1_000_000)
    heldout: float = Field(default=0.01, ge=0, lt=0.5)
    heldout_characters: int = Field(default=1_000_000, ge=0)


def files(source: Source) -> tuple[list[Path], list[tuple[Path, str]], list[str]]:
    """List a source's files in a stable order, the files left alone with the reason, and what is wrong."""
    found: dict[Path, None] = {}
    left: dict[Path, str] = {}
    problems: list[str] = []
    for path in source.paths:
        named = _expand(path)
        if not named:
            problems.append(f"{path}: no such file or folder")
        for one in named:
            walked = one.is_dir()
            for file in _walk(one) if walked else [one]:
                reason = _not_read(file, walked)
                if reason:
                    left[file] = reason
                else:
                    found[file] = None
        if named and not found and not left:
            problems.append(f"{path}: no files in it")
    if not found and not problems:
        problems.append(f"{source.paths[0]}: no file in a format that is read ({' '.join(FORMATS)})")
    return list(found), sorted(left.items()), problems


def check(sources: Mapping[str, Source]) -> dict[str, tuple[list[Path], list[tuple[Path, str]]]]:
    """List every source's files; all missing paths and empty folders together are one DataError."""
    listed = {name: files(source) for name, source in sources.items()}
    problems = [f"source {name}: {problem}" for name, (_, _, wrong) in listed.items() for problem in wrong]
    if problems:
        raise DataError(problems)
    return {name: (found, left) for name, (found, left, _) in listed.items()}


def _expand(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    return sorted(Path(one) for one in glob.glob(str(path), recursive=True)) if glob.has_magic(str(path)) else []


def _walk(folder: Path) -> list[Path]:
    found = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(at) / name for name in sorted(names) if not name.startswith(".")]
    return found


def _not_read(file: Path, walked: bool) -> str:
    if file.suffix.lower() not in FORMATS:
        return f"format {file.suffix or 'without an ending'} is not read"
    if walked and file.stem.lower().startswith(LEGAL):
        return "a licence or notice, not content"
    try:
        with open(file, "rb"):
            return ""
    except OSError as error:
        return f"can't be opened: {error.strerror or error}"
