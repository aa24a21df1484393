"""Read the records of a file, as it has them: JSON Lines, a JSON array, a CSV with or without a header, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsol.errors import DataError

ENDINGS = (".jsonl", ".json", ".csv", ".parquet")
# A CSV without one of these among the names of its first row has no header: its first row is a question.
HEADER = {"question", "answer"}


@dataclass(frozen=True)
class Record:
    """One record, and where it stands: `file:line`, or `file: row n` where a file has no lines."""

    place: str
    fields: Mapping[str, Any]


def files(paths: Iterable[Path]) -> list[Path]:
    """Put a folder's files of questions in its place, in the order of their names; without any it is a DataError."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(one for one in path.iterdir() if one.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        if not inside:
            raise DataError([f"{path}: holds no file that ends in {', '.join(ENDINGS)}"])
        found += inside
    return found


def read_records(path: Path) -> list[Record]:
    """Read a file's records, or a DataError that says what is wrong with the file and all lines that can't be read.

    A CSV without a header gets the names Question, A, B, ... and Answer. A JSON object may hold its records under
    `example` (GAOKAO-Bench), `data`, `examples` or `questions`.
    """
    if not path.exists():
        there = sorted(one.name for one in path.parent.iterdir()) if path.parent.is_dir() else []
        raise DataError([f"{path}: no such file; the folder holds: {', '.join(there[:20]) or 'nothing'}"])
    if path.is_dir() or path.suffix.lower() not in ENDINGS:
        raise DataError([f"{path}: can't read this as questions; bring a file that ends in {', '.join(ENDINGS)}"])
    if path.suffix.lower() == ".parquet":
        records = list(_parquet(path))
    else:
        text = _text(path)
        reader = {".csv": _csv, ".jsonl": _lines, ".json": _json}[path.suffix.lower()]
        records = list(reader(path, text))
    if not records:
        raise DataError([f"{path}: the file is empty; an evaluation set needs at least one question"])
    return records


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            [f"{path}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8 (is it GB 18030?)"]
        ) from error


def _lines(path: Path, text: str) -> Iterator[Record]:
    problems, records = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(f"{path}:{number}: not valid JSON: {error}")
            continue
        if isinstance(fields, dict):
            records.append(Record(f"{path}:{number}", fields))
        else:
            problems.append(f"{path}:{number}: a {type(fields).__name__}, not an object with a question")
    if problems:
        raise DataError(problems)
    yield from records


def _json(path: Path, text: str) -> Iterator[Record]:
    if not text.strip():
        return
    try:
        whole = json.loads(text)
    except RecursionError as error:
        raise DataError([f"{path}: nested too deeply to be a set of questions"]) from error
    except ValueError as error:
        if "Extra data" in str(error):
            yield from _lines(path, text)  # JSON Lines under another name
            return
        raise DataError([f"{path}: not valid JSON: {error}"]) from error
    if isinstance(whole, dict):
        found = [key for key in ("example", "data", "examples", "questions") if isinstance(whole.get(key), list)]
        if not found:
            yield Record(f"{path}: row 1", whole)
            return
        whole = whole[found[0]]
    if not isinstance(whole, list):
        raise DataError([f"{path}: holds a {type(whole).__name__}, not a list of questions"])
    wrong = [f"{path}: row {at} is a {type(one).__name__}" for at, one in enumerate(whole, 1) if type(one) is not dict]
    if wrong:
        raise DataError([f"{one}, not an object with a question" for one in wrong])
    yield from (Record(f"{path}: row {at}", one) for at, one in enumerate(whole, 1))


def _csv(path: Path, text: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] = []
    problems = []
    line = 1
    try:
        for row in reader:
            place, line = f"{path}:{line}", reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = [cell.strip() for cell in row]
                if {name.lower() for name in names} >= HEADER:
                    continue
                letters = [chr(ord("A") + at) for at in range(len(row) - 2)]
                names = ["Question", *letters, "Answer"]
            if len(row) == len(names):
                yield Record(place, dict(zip(names, row, strict=True)))
            else:
                problems.append(f"{place}: {len(row)} columns where there should be {len(names)} ({', '.join(names)})")
    except csv.Error as error:
        problems.append(f"{path}:{reader.line_num}: not valid CSV: {error}")
    if problems:
        raise DataError(problems)


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError([f"{path}: not a Parquet file that can be read: {str(error).splitlines()[0]}"]) from error
    yield from (Record(f"{path}: row {at}", fields) for at, fields in enumerate(table.to_pylist(), 1))
