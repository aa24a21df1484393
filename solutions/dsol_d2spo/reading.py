"""What a person names at the command line: files of any format that is read, or the text itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsol import DataError
from dsol.corpus.source import FORMATS, Source, files
from dsol.corpus.whole import read_whole
from dsol_d2spo.characters import sound
from dsol_d2spo.settings import Input, Settings


@dataclass(frozen=True)
class Text:
    """A text to extract from; `id` names its file, and the row where a file has rows."""

    id: str
    text: str


def read_texts(
    paths: Sequence[str | Path], field: str = "text", *, left_out: Callable[[str], None], written: Iterable[Path] = ()
) -> list[Text]:
    """Read files, and those of folders, as texts.

    What is wrong with files that are named is one DataError; what a folder has that can't be read is told to
    `left_out`, line by line. `written`: files that will be written, so no folder's texts, and not to be named.
    """
    named = {Path(path) for path in paths if not Path(path).is_dir()}
    ours = {path.resolve() for path in written}
    found, left, problems = files(Source(paths=tuple(map(Path, paths)), kind="general"))
    problems += [
        f"{path}: is read, and --to would write over it; name another file" for path in named if _in(path, ours)
    ]
    documents, wrong = read_whole([path for path in found if not _in(path, ours)], field)
    told = [(path, f"{path}: {reason}") for path, reason in [*wrong, *left] if not _in(path, ours)]
    problems += [line for path, line in told if path in named]
    if not documents and not problems:
        problems = [line for _, line in told] or [f"{paths[0]}: no file in it but those that --to writes"]
    if problems:
        raise DataError(problems)
    for _, line in told:
        left_out(f"left out: {line}")
    names = _short([document.file for document in documents])
    return [
        Text(sound(f"{name} {document.place}".strip()), sound(document.text))
        for name, document in zip(names, documents, strict=True)
    ]


def read_input(text: str, settings: Settings) -> Input:
    """Take a file's text where a file is named, else what was typed."""
    path = Path(text)
    if not text or len(text) > 1000 or "\n" in text or not _is_there(path):  # Path("") is the folder we are in
        if path.suffix.lower() in FORMATS and not any(map(str.isspace, text)):
            raise DataError([f"{text}: no such file"])
        return Input(text=text)
    if path.is_dir():
        raise DataError([f"{text} is a folder; `dsol d2spo extract {text}` takes all of its texts"])
    found = read_texts([path], left_out=print)  # nothing is: the file is named
    if len(found) > 1:
        raise DataError([f"{text} holds {len(found)} texts; `dsol d2spo extract {text}` takes them all"])
    return Input(text=found[0].text, id=found[0].id)


def _in(path: Path, some: set[Path]) -> bool:
    return path.resolve() in some


def _is_there(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):  # a text that can't be a path: too long, with a NUL
        return False


def _short(names: Sequence[str]) -> list[str]:
    """Leave out the folders that all files are in."""
    whole = {str(Path(name).parent) for name in names}
    if not whole:
        return []
    folder = os.path.commonpath(whole)
    return [os.path.relpath(name, folder) for name in names]
