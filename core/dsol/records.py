"""Read the records of a file as it has them: JSON Lines, a JSON array, CSV, TSV or Parquet; all problems together.

For what users bring as rows: examples, conversations, questions. Corpora are read in a stream, in any encoding, by
`dsol.corpus.records`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

from dsol.errors import DataError

ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
SHOWN = 12  # columns of a table that lacks others, each up to LONGEST characters
LONGEST = 40
ENDLESS = "a whole number of thousands of digits can't be read; write it as text"

# What is wrong with a table that has these columns; "" where nothing is.
Check = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Record:
    """One record, and where it stands: `file:line`."""

    origin: str
    fields: Mapping[str, Any]


@dataclass
class Problems:
    """Collect what is wrong in all rows of all files, to be raised together."""

    lines: list[str] = field(default_factory=list)

    def add(self, origin: str, reason: str) -> None:
        """Note one problem."""
        self.lines.append(f"{origin}: {reason}")

    def about(self, path: Path) -> bool:
        """Tell whether there is a problem with a file."""
        return any(line.startswith(str(path)) for line in self.lines)

    def stop(self) -> None:
        """Raise a DataError if there is any problem."""
        if self.lines:
            raise DataError(self.lines)


def exists(path: Path, problems: Problems) -> bool:
    """Tell whether a file or folder exists; if not, note what its folder holds."""
    if path.exists():
        return True
    there = sorted(item.name for item in path.parent.iterdir()) if path.parent.is_dir() else []
    problems.add(str(path), f"no such file; the folder holds: {', '.join(there[:20]) or 'nothing'}")
    return False


def read_text(path: Path, problems: Problems) -> str | None:
    """Read a file's text; None where there is none, with the reason in `problems`."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(
            f"{path}:{line}", f"not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8{_other(data)}"
        )
        return None
    if not text.strip():
        problems.add(str(path), "the file is empty")
        return None
    return text


def _other(data: bytes) -> str:
    """Say where bytes look like another encoding: spreadsheets' Unicode text, or what is common in China."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return " (it is UTF-16)"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " (is it GB 18030?)"


def read_records(
    path: Path,
    problems: Problems,
    wanted: str,
    bring: str,
    check: Check = lambda columns: "",
    under: Sequence[str] = (),
) -> list[Record]:
    """Read the records of a file; what can't be read goes to `problems`.

    `wanted`: what a record is, for messages ("an object with question and sql"). `bring`: the kinds of files that the
    caller takes. `check` looks at the columns of a table before its rows are read. A `.json` file may hold one record,
    or an object that has the records as a list under one of the keys `under`.
    """
    if not exists(path, problems):
        return []
    ending = path.suffix.lower()
    if ending == ".parquet":
        found = _parquet(path, problems, check)
    elif ending in ENDINGS:
        text = read_text(path, problems)
        if text is None:
            return []
        if ending in (".csv", ".tsv"):
            found = list(_table(path, text, "\t" if ending == ".tsv" else ",", problems, check))
        else:
            found = list(_json(path, text, problems, wanted, under))
    else:
        problems.add(str(path), f"can't read {ending or 'a file without an ending'}; bring {bring}")
        return []
    if not found and not problems.about(path):
        problems.add(str(path), "the file holds no rows")
    return found


def _json(path: Path, text: str, problems: Problems, wanted: str, under: Sequence[str]) -> Iterator[Record]:
    array = text.lstrip().startswith("[")
    whole = _object(text) if path.suffix.lower() == ".json" and not array else None
    if whole is not None:
        key = next((key for key in under if isinstance(whole.get(key), list)), None)
        found: Iterable[tuple[str, Any]] = [
            (f"{path}: row {at}", one) for at, one in enumerate(whole[key] if key else [whole], 1)
        ]
    else:
        found = _elements(path, text, problems) if array else _lines(path, text, problems)
    for origin, value in found:
        if isinstance(value, dict):
            yield Record(origin, value)
        else:
            problems.add(origin, f"expected {wanted}, found {type(value).__name__}")


def _object(text: str) -> dict[str, Any] | None:
    """Read a text that is one JSON object; None for everything else, such as JSON Lines under another name."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(path: Path, text: str, problems: Problems) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield f"{path}:{number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            if number == 1 and line.strip() == "{":
                problems.add(str(path), "one JSON object over several lines; bring a JSON array or one object per line")
                return
            cut = "; is the line cut off?" if isinstance(error, JSONDecodeError) else ""
            problems.add(f"{path}:{number}", malformed(error) + cut)


def malformed(error: ValueError | RecursionError) -> str:
    """Say why a text can't be read as JSON."""
    if isinstance(error, JSONDecodeError):
        return f"malformed JSON: {error.msg.removesuffix(' at')} at column {error.colno}"
    return "malformed JSON: nested too deeply" if isinstance(error, RecursionError) else ENDLESS


def _elements(path: Path, text: str, problems: Problems) -> Iterator[tuple[str, Any]]:
    """Yield the members of a JSON array with the line that each begins on, and a number where a line holds several."""
    decoder, place, line, counted = JSONDecoder(), text.index("[") + 1, 1, 0
    number, before = 0, 0
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
        except (ValueError, RecursionError) as error:
            problems.add(f"{path}:{getattr(error, 'lineno', line)}", malformed(error))
            return
        number += 1
        yield f"{path}:{line}" + (f", row {number}" if line == before else ""), value
        before = line


def _table(path: Path, text: str, delimiter: str, problems: Problems, check: Check) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: list[str] = []
    line = 1  # where the next row begins
    try:
        for row in reader:
            origin, line = f"{path}:{line}", reader.line_num + 1
            if not columns:
                columns = [name.strip().lower() for name in row]
                between = "tabs" if delimiter == "\t" else "commas"
                if wrong := check(columns):
                    problems.add(str(path), f"{wrong}; the first line names them, {between} between them")
                if wrong or _open_quotes(path, text, delimiter, problems):
                    return
            elif len(row) > len(columns):
                problems.add(origin, f"more cells than the {len(columns)} columns of the header")
            elif row:
                yield Record(origin, {name: value for name, value in zip(columns, row, strict=False) if value})
    except csv.Error as error:
        problems.add(f"{path}:{line}", f"malformed CSV: {error}")


def _open_quotes(path: Path, text: str, delimiter: str, problems: Problems) -> bool:
    """Note where a cell's quote isn't closed, so that it takes in the rows up to the next quote, or all that follow.

    A quote within a cell that isn't written twice is common, and does no harm.
    """
    ends = f"{delimiter}\r\n"
    cells = re.compile(rf'(?:"((?:[^"]+|"")*+)("?)([^{ends}]*)|[^{ends}]*)(?:[{ends}]|\Z)')
    found = False
    for cell in cells.finditer(text):
        inside, closed, rest = cell.groups(default="")
        if cell[0].startswith('"') and (not closed or (rest and "\n" in inside and inside[-1] in ends)):
            line = text.count("\n", 0, cell.start()) + 1
            problems.add(f"{path}:{line}", "malformed CSV: a quote is opened in this row and never closed; close it, "
                         'or write "" for one that the text has')  # fmt: skip
            found = True
    return found


def _parquet(path: Path, problems: Problems, check: Check) -> list[Record]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        problems.add(str(path), "reading Parquet needs pyarrow; install it with: pip install pyarrow")
        return []
    try:
        table = parquet.read_table(path)
        records = table.to_pylist()
    except (ArrowException, OSError) as error:
        problems.add(str(path), f"not a readable Parquet file: {str(error).splitlines()[0]}")
        return []
    wrong = check(table.column_names)
    if wrong:
        problems.add(str(path), wrong)
        return []
    return [
        Record(f"{path}:{number}", {name: value for name, value in record.items() if value is not None})
        for number, record in enumerate(records, 1)
    ]


def lacking(columns: Sequence[str], wanted: Iterable[Sequence[str]]) -> str:
    """Say which of the `wanted` columns a table lacks, each given with the other names it may have; "" if none."""
    missing = [
        f"no column {names[0]!r}" + (f" (or {', '.join(map(repr, names[1:]))})" if len(names) > 1 else "")
        for names in wanted
        if not set(names) & set(columns)
    ]
    shown = [name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..." for name in columns[:SHOWN]]
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    there = f"the columns are: {', '.join(map(repr, shown))}{more}"
    return f"{' and '.join(missing)}; {there}" if missing else ""
