"""Rows of JSON Lines, JSON, CSV and Parquet as documents, in a stream."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from dsol.corpus.document import Document, Unreadable
from dsol.corpus.encoding import decode, detect_file

WHOLE = 64 << 20  # bytes of a file that has to be read at once
END = "\0"  # a row behind a table's last one: within a cell it says that a quote was never closed

Row = Document | tuple[str, str]  # a document, or where a row is that can't be read and why


def json_lines(path: Path, field: str, start: int, end: int, encoding: str) -> Iterator[Row]:
    """Read the lines that begin within the bytes [start, end) of a file."""
    with open(path, "rb") as file:
        if start:
            file.seek(start - 1)
            while (rest := file.readline(WHOLE)) and not rest.endswith(b"\n"):
                pass
        number = 0
        while (at := file.tell()) < end:
            raw = file.readline(WHOLE)
            if not raw:
                return
            number += 1
            place = f"line {number}" if not start else f"byte {at}"
            if len(raw) == WHOLE and not raw.endswith(b"\n"):
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(WHOLE)
                yield place, f"a row over {WHOLE >> 20} MB"
                continue
            yield from _json_line(path, field, raw, encoding, place)


def json_lines_wide(path: Path, field: str, encoding: str) -> Iterator[Row]:
    """Read lines of an encoding in which a line feed isn't one byte (UTF-16, UTF-32)."""
    try:
        with open(path, encoding=encoding) as lines:
            for number, line in enumerate(lines, 1):
                yield from _json_line(path, field, line.encode(errors="surrogatepass"), "utf-8", f"line {number}")
    except UnicodeError as error:
        raise Unreadable(f"not decodable as {encoding}: {error}") from error


def json_array(path: Path, field: str) -> Iterator[Row]:
    """Read a JSON array of rows, or one row; texts alone are rows as well."""
    if path.stat().st_size > WHOLE:
        raise Unreadable(f"a JSON file over {WHOLE >> 20} MB has to be read at once; make JSON Lines (.jsonl) of it")
    try:
        rows = json.loads(decode(path.read_bytes()))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from error
    rows = rows if isinstance(rows, list) else [rows]
    for number, row in enumerate(rows, 1):
        yield _row(path, field, {field: row} if isinstance(row, str) else row, f"row {number}")


def table(path: Path, field: str) -> Iterator[Row]:
    """Read a CSV file with a header."""
    encoding = detect_file(path)
    csv.field_size_limit(1 << 24)
    try:
        with open(path, encoding=encoding, newline="") as file:
            reader = csv.DictReader(chain(file, [END]))
            if field not in (reader.fieldnames or ()):
                raise Unreadable(_missing(field, list(reader.fieldnames or ())))
            line = reader.line_num + 1
            for row in reader:
                cells = [value for value in row.values() if isinstance(value, str)]
                if cells == [END]:
                    return
                if cells[-1].endswith(END):
                    raise Unreadable(f"not CSV from line {line} on: a quote is opened there and never closed")
                line = reader.line_num + 1
                yield _row(path, field, row, f"line {reader.line_num}")
    except (csv.Error, UnicodeError) as error:
        raise Unreadable(f"not CSV: {error}") from error


def parquet(path: Path, field: str, first: int, last: int) -> Iterator[Row]:
    """Read row groups [first, last) of a Parquet file."""
    import pyarrow as pa

    number = 0
    try:
        with _open(path) as file:
            if field not in file.schema_arrow.names:
                raise Unreadable(_missing(field, file.schema_arrow.names))
            number = sum(file.metadata.row_group(at).num_rows for at in range(first))
            for batch in file.iter_batches(256, row_groups=list(range(first, last)), columns=[field]):
                for text in batch.column(0).to_pylist():
                    number += 1
                    yield _row(path, field, {field: text}, f"row {number}")
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise Unreadable(f"a broken Parquet file: {str(error).splitlines()[0][:120]}") from error


def row_groups(path: Path) -> list[int]:
    """List the bytes of each row group, unpacked; Unreadable where the file is broken."""
    import pyarrow as pa

    try:
        with _open(path) as file:
            return [file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(f"a broken Parquet file: {str(error).splitlines()[0][:120]}") from error


def _open(path: Path) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path, memory_map=False, pre_buffer=False)


def _json_line(path: Path, field: str, raw: bytes, encoding: str, place: str) -> Iterator[Row]:
    if not raw.strip():
        return
    try:
        row = json.loads(raw.decode(encoding))
    except UnicodeDecodeError:
        yield place, f"not {encoding}"
    except (ValueError, RecursionError) as error:
        yield place, f"not JSON: {error}"
    else:
        yield _row(path, field, row, place)


def _row(path: Path, field: str, row: Any, place: str) -> Row:
    if not isinstance(row, dict):
        return place, f"a row must be an object with the field {field!r}"
    value = row.get(field)
    if isinstance(value, str):
        return Document(value, str(path), place)
    return place, _missing(field, list(row)) if field not in row else f"field {field!r} holds no text"


def _missing(field: str, names: list[Any]) -> str:
    there = ", ".join(map(str, names[:20])) or "nothing"
    return (
        f"no field {field!r} (there is: {there}); name the right one: `text:` of a recipe's source, --text of a command"
    )
