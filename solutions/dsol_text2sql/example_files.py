"""Read files of question/SQL pairs in the formats that people have; what is in a row is not judged here."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

from dsol import DataError

SPIDER_FILES = {"train.json": "train", "train_spider.json": "train", "train_others.json": "train"} | {
    "dev.json": "dev",
    "test.json": "test",
}
SQL_FIELDS = ("sql", "query", "gold_query")
SEPARATED = {".csv": "commas", ".tsv": "tabs"}
SHOWN = 12  # columns of a table that lacks others, each up to LONGEST characters
LONGEST = 40
READ = ".jsonl, .json, .csv, .tsv, .parquet or a Spider folder (train.json, dev.json, tables.json, database/)"


@dataclass(frozen=True)
class Row:
    """One record as the file has it, where it stands (file:line), and the split that its file is named after."""

    origin: str
    fields: Mapping[str, Any]
    split: str = ""


@dataclass
class Problems:
    """Collect what is wrong in all rows of all files, to be raised together."""

    lines: list[str] = field(default_factory=list)

    def add(self, origin: str, reason: str) -> None:
        """Note one problem."""
        self.lines.append(f"{origin}: {reason}")

    def stop(self) -> None:
        """Raise a DataError if there is any problem."""
        if self.lines:
            raise DataError(self.lines)


def read_rows(path: Path, problems: Problems) -> list[Row]:
    """Read the records of a file or Spider folder; what can't be read goes to `problems`."""
    if not path.exists():
        there = sorted(item.name for item in path.parent.iterdir()) if path.parent.is_dir() else []
        problems.add(str(path), f"no such file; the folder holds: {', '.join(there[:20]) or 'nothing'}")
        return []
    if path.is_dir():
        return _spider(path, problems)
    ending = path.suffix.lower()
    if ending == ".parquet":
        rows = _parquet(path, problems)
    elif ending in (".jsonl", ".json", ".csv", ".tsv"):
        text = _text(path, problems)
        if text is None:
            return []
        if not text.strip():
            problems.add(str(path), "the file is empty")
            return []
        rows = list(
            _table(path, text, ending, problems) if ending[1:] in ("csv", "tsv") else _json(path, text, problems)
        )
    else:
        problems.add(str(path), f"can't read {ending or 'a file without an ending'}; bring {READ}")
        return []
    if not rows and not any(line.startswith(str(path)) for line in problems.lines):
        problems.add(str(path), "the file holds no rows")
    return rows


def _text(path: Path, problems: Problems) -> str | None:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(f"{path}:{line}", f"not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8")
        return None


def _spider(folder: Path, problems: Problems) -> list[Row]:
    found = [folder / name for name in SPIDER_FILES if (folder / name).is_file()]
    if not found:
        names = ", ".join(sorted(item.name for item in folder.iterdir())[:20])
        problems.add(str(folder), f"no {' or '.join(SPIDER_FILES)} in the folder; it holds: {names or 'nothing'}")
    rows = []
    for path in found:
        rows += [Row(row.origin, row.fields, SPIDER_FILES[path.name]) for row in read_rows(path, problems)]
    return rows


def _json(path: Path, text: str, problems: Problems) -> Iterator[Row]:
    if text.lstrip().startswith("["):
        yield from _records(path, _elements(path, text, problems), problems)
        return
    yield from _records(path, _lines(path, text, problems), problems)


def _lines(path: Path, text: str, problems: Problems) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except JSONDecodeError as error:
            if number == 1 and line.strip() == "{":
                problems.add(str(path), "one JSON object over several lines; bring a JSON array or one object per line")
                return
            reason = error.msg.removesuffix(" at")
            problems.add(f"{path}:{number}", f"malformed JSON: {reason} at column {error.colno}; is the line cut off?")


def _elements(path: Path, text: str, problems: Problems) -> Iterator[tuple[int, Any]]:
    """Yield the members of a JSON array with the line that each begins on."""
    decoder, place, line, counted = JSONDecoder(), text.index("[") + 1, 1, 0
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        line, counted = line + text.count("\n", counted, place), place
        if place >= len(text):
            problems.add(f"{path}:{line}", "malformed JSON: the array isn't closed")
            return
        if text[place] == "]":
            return
        try:
            value, place = decoder.raw_decode(text, place)
        except JSONDecodeError as error:
            problems.add(f"{path}:{error.lineno}", f"malformed JSON: {error.msg} at column {error.colno}")
            return
        yield line, value


def _records(path: Path, values: Iterable[tuple[int, Any]], problems: Problems) -> Iterator[Row]:
    for line, value in values:
        if isinstance(value, dict):
            yield Row(f"{path}:{line}", value)
        else:
            problems.add(f"{path}:{line}", f"expected an object with question and sql, found {type(value).__name__}")


def _table(path: Path, text: str, ending: str, problems: Problems) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if ending == ".tsv" else ",")
    before = 1
    try:
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        if not _has_columns(path, columns, problems, f"the first line names them, {SEPARATED[ending]} between them"):
            return
        for record in reader:
            origin, before = f"{path}:{before + 1}", reader.line_num
            if None in record:
                problems.add(origin, f"more cells than the {len(reader.fieldnames or ())} columns of the header")
                continue
            yield Row(origin, {name.strip().lower(): value for name, value in record.items() if value})
    except csv.Error as error:
        problems.add(f"{path}:{reader.line_num}", f"malformed CSV: {error}")


def _has_columns(path: Path, columns: Sequence[str], problems: Problems, hint: str) -> bool:
    """Check once for all rows of a table that it can hold examples."""
    lacking = ["'question'"] if "question" not in columns else []
    lacking += [] if set(SQL_FIELDS) & set(columns) else [f"'sql' (or {', '.join(map(repr, SQL_FIELDS[1:]))})"]
    if not lacking or "sentences" in columns:
        return True
    shown = [name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..." for name in columns[:SHOWN]]
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    there = f"the columns are: {', '.join(map(repr, shown))}{more}"
    problems.add(str(path), f"no column {' and no column '.join(lacking)}; {there}" + (f"; {hint}" if hint else ""))
    return False


def _parquet(path: Path, problems: Problems) -> list[Row]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError:
        problems.add(str(path), "reading Parquet needs pyarrow; install it with: pip install pyarrow")
        return []
    try:
        table = parquet.read_table(path)
        records = table.to_pylist()
    except ArrowInvalid as error:
        problems.add(str(path), f"not a readable Parquet file: {str(error).splitlines()[0]}")
        return []
    if not _has_columns(path, table.column_names, problems, ""):
        return []
    return [
        Row(f"{path}:{number}", {name: value for name, value in record.items() if value is not None})
        for number, record in enumerate(records, 1)
    ]
