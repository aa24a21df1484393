"""The user's text: read from files and folders, and parted into what is learnt from and what is measured on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dsol import DataError
from dsol.corpus.duplicates import distinct

SUFFIXES = (".txt", ".md", ".jsonl")
FIELDS = ("text", "document", "content", "question", "answer", "query", "summary")
LEAST = 10_000  # characters; with fewer, what is found or measured is chance
HELD_OUT = 0.15  # share of the characters that everything is measured on
FEW = 20  # with fewer documents the text is parted by blocks of paragraphs instead
BLOCK = 2_000  # characters
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
LETTER = re.compile(r"[^\W\d_]")


def read(paths: Sequence[Path]) -> list[str]:
    """Read documents: a .txt or .md file is one, a .jsonl file holds one a row. All mistakes are one DataError."""
    documents: list[str] = []
    problems: list[str] = []
    for path in paths:
        if not path.exists():
            problems.append(f"{path} does not exist; give files or folders of {', '.join(SUFFIXES)}")
            continue
        files = sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES) if path.is_dir() else [path]
        if not files or files[0].suffix not in SUFFIXES:
            problems.append(f"{path}: no text is read from it; give files or folders of {', '.join(SUFFIXES)}")
            continue
        for file in files:
            documents += _read_file(file, problems)
    if problems:
        raise DataError(problems)
    return list(dict.fromkeys(text for text in documents if text.strip()))


def part(documents: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part documents into those to learn from and those to measure on, by a hash of their text.

    The order and other files don't change on which side a text falls. Of nearly equal texts one counts: else what is
    measured on would be known from what is learnt. Few documents are parted by blocks of paragraphs. Too little text is
    a DataError.
    """
    characters = sum(map(len, documents))
    if characters < LEAST:
        raise DataError([f"the text has {characters:,} characters; give at least {LEAST:,}, better a few million"])
    units = list(documents) if len(documents) >= FEW else [block for text in documents for block in blocks(text)]
    units = distinct(units)
    characters = sum(map(len, units))
    held = 0
    chosen: set[str] = set()
    for unit in sorted(units, key=lambda text: hashlib.sha256(text.encode()).digest()):
        if held >= HELD_OUT * characters or len(chosen) == len(units) - 1:
            break
        chosen.add(unit)
        held += len(unit)
    if not chosen:
        raise DataError(["the text is a single paragraph, so none of it can be held out; give more, or with line ends"])
    return [unit for unit in units if unit not in chosen], [unit for unit in units if unit in chosen]


def without(documents: Sequence[str], heldout: Sequence[str]) -> list[str]:
    """Leave out of documents what is held out or nearly so, whether that is whole documents or blocks of them."""
    left = distinct(documents, heldout)
    return distinct([block for text in left for block in blocks(text)], heldout)


def blocks(text: str, size: int = BLOCK) -> Iterator[str]:
    """Cut a text at line ends into blocks of about `size` characters; joined they are the text."""
    lines: list[str] = []
    length = 0
    for line in text.splitlines(keepends=True):
        if lines and length + len(line) > size:
            yield "".join(lines)
            lines, length = [], 0
        lines.append(line)
        length += len(line)
    if lines:
        yield "".join(lines)


def language(text: str) -> str:
    """Tell Chinese ("zh") from other text ("other") by the share of Han characters among the letters."""
    letters = len(LETTER.findall(text))
    return "zh" if letters and len(HAN.findall(text)) > 0.3 * letters else "other"


def _read_file(path: Path, problems: list[str]) -> Iterable[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path} can't be read as UTF-8 text: {error}; convert it, or leave it out")
        return
    if path.suffix != ".jsonl":
        yield text
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            problems.append(f"{path}, line {number}: not valid JSON: {error}")
            continue
        found = _fields(row) if isinstance(row, dict) else ""
        if found:
            yield found
        else:
            problems.append(f"{path}, line {number}: has none of the fields {', '.join(FIELDS)}, messages as text")


def _fields(row: dict[str, Any]) -> str:
    parts = [row[name] for name in FIELDS if isinstance(row.get(name), str)]
    turns = row.get("messages", [])
    listed = [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    return "\n".join([*parts, *(turn["content"] for turn in listed if isinstance(turn.get("content"), str))])
