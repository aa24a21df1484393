"""Read the records of a file of questions: as rows of any kind are read, and as exams come."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from dsol import records
from dsol.errors import DataError
from dsol.records import Problems, Record

ENDINGS = (".jsonl", ".json", ".csv", ".parquet")
# A CSV without one of these among the names of its first row has no header: its first row is a question.
HEADER = {"question", "answer"}
UNDER = (
    "example",
    "data",
    "examples",
    "questions",
)  # keys of an object that holds its questions (GAOKAO-Bench: the first)


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

    A CSV without a header gets the names Question, A, B, ... and Answer.
    """
    problems = Problems()
    if path.suffix.lower() == ".csv" and records.exists(path, problems):
        text = records.read_text(path, problems)
        found = list(_table(path, text, problems)) if text else []
    else:
        bring = f"questions in a file that ends in {', '.join(ENDINGS)}"
        found = records.read_records(path, problems, "an object with a question", bring, under=UNDER)
    problems.stop()
    return found


def _table(path: Path, text: str, problems: Problems) -> Iterator[Record]:
    """Read a CSV with the names of its columns, or without (MMLU); an empty cell stays: a choice may be missing."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] = []
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
                wanted = f"{len(names)} ({', '.join(names)})"
                problems.add(place, f"{len(row)} columns where there should be {wanted}")
    except csv.Error as error:
        problems.add(f"{path}:{reader.line_num}", f"malformed CSV: {error}")
