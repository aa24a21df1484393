"""What a person names at the command line: files of any format that is read, or the text itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
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


def read_texts(paths: Sequence[str | Path], field: str = "text") -> list[Text]:
    """Read files, and those of folders, as texts; all that can't be read is one DataError."""
    found, left, problems = files(Source(paths=tuple(map(Path, paths)), kind="general"))
    problems += [f"{file}: {reason}" for file, reason in left if not any(map(Path.is_dir, map(Path, paths)))]
    if problems:
        raise DataError(problems)
    documents = read_whole(found, field)
    names = _short([document.file for document in documents])
    return [
        Text(sound(f"{name} {document.place}".strip()), sound(document.text))
        for name, document in zip(names, documents, strict=True)
    ]


def read_input(text: str, settings: Settings) -> Input:
    """Take a file's text where a file is named, else what was typed."""
    path = Path(text)
    if len(text) > 1000 or "\n" in text or not _is_file(path):
        if path.suffix.lower() in FORMATS and not any(map(str.isspace, text)):
            raise DataError([f"{text}: no such file"])
        return Input(text=text)
    found = read_texts([path])
    if len(found) > 1:
        raise DataError([f"{text} holds {len(found)} texts; `dsol d2spo extract {text}` takes them all"])
    return Input(text=found[0].text, id=found[0].id)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that can't be a path: too long, with a NUL
        return False


def _short(names: Sequence[str]) -> list[str]:
    """Leave out the folders that all files are in."""
    whole = {str(Path(name).parent) for name in names}
    if not whole:
        return []
    folder = os.path.commonpath(whole)
    return [os.path.relpath(name, folder) for name in names]
