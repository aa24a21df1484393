"""Read files of question/SQL pairs in the formats that people have; what is in a row is not judged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsol.records import Problems, exists, lacking, read_records

SPIDER_FILES = {"train.json": "train", "train_spider.json": "train", "train_others.json": "train"} | {
    "dev.json": "dev",
    "test.json": "test",
}
SQL_FIELDS = ("sql", "query", "gold_query")
READ = ".jsonl, .json, .csv, .tsv, .parquet or a Spider folder (train.json, dev.json, tables.json, database/)"
WANTED = "an object with question and sql"


@dataclass(frozen=True)
class Row:
    """One record as the file has it, where it stands (file:line), and the split that its file is named after."""

    origin: str
    fields: Mapping[str, Any]
    split: str = ""


def read_rows(path: Path, problems: Problems) -> list[Row]:
    """Read the records of a file or Spider folder; what can't be read goes to `problems`."""
    if not exists(path, problems):
        return []
    if path.is_dir():
        return _spider(path, problems)
    return [Row(one.origin, one.fields) for one in read_records(path, problems, WANTED, READ, _check)]


def _spider(folder: Path, problems: Problems) -> list[Row]:
    found = [folder / name for name in SPIDER_FILES if (folder / name).is_file()]
    if not found:
        names = ", ".join(sorted(item.name for item in folder.iterdir())[:20])
        problems.add(str(folder), f"no {' or '.join(SPIDER_FILES)} in the folder; it holds: {names or 'nothing'}")
    rows = []
    for path in found:
        rows += [Row(row.origin, row.fields, SPIDER_FILES[path.name]) for row in read_rows(path, problems)]
    return rows


def _check(columns: Sequence[str]) -> str:
    """Check once for all rows of a table that it can hold examples."""
    return "" if "sentences" in columns else lacking(columns, (("question",), SQL_FIELDS))
