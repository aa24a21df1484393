"""Read what people say about tables and columns from a JSON, YAML or CSV file."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from dsol import DataError
from dsol_text2sql.schema import Table

Descriptions = dict[tuple[str, str], str]  # (table, column) as written; column "" is the table itself


def read_descriptions(path: Path) -> Descriptions:
    """Read `{table: text}`, `{table: {description: text, columns: {column: text}}}`, `{"table.column": text}`, or CSV.

    CSV has the columns `table,column,description`; an empty column describes the table.
    """
    if not path.is_file():
        raise DataError([f"{path}: there is no such descriptions file"])
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError([f"{path}: can't be read as UTF-8 text ({error})"]) from error
    ending = path.suffix.lower()
    if ending == ".csv":
        return _table(path, content)
    try:
        if ending == ".json":
            return _tree(path, json.loads(content))
        if ending in (".yaml", ".yml"):
            return _tree(path, yaml.safe_load(content))
    except json.JSONDecodeError as error:
        raise DataError([f"{path}, line {error.lineno}: is not JSON ({error.msg})"]) from error
    except yaml.YAMLError as error:
        raise DataError([f"{path}: is not YAML ({' '.join(str(error).split())})"]) from error
    raise DataError([f"{path}: descriptions are read from .json, .yaml, .yml or .csv, not {ending or 'such a file'!r}"])


def describe(tables: tuple[Table, ...], descriptions: Descriptions, path: Path) -> tuple[Table, ...]:
    """Merge the descriptions into the tables; names that don't exist are reported together, each with what is near."""
    problems = []
    texts: dict[tuple[str, str], str] = {}
    for (name, column_name), text in descriptions.items():
        table = next((table for table in tables if table.name.lower() == name.lower()), None)
        if table is None:
            problems.append(f"{path}: no table named {name!r}{_near(name, [table.name for table in tables])}")
            continue
        column = table.column(column_name) if column_name else None
        if column_name and column is None:
            known = [column.name for column in table.columns]
            problems.append(f"{path}: table {table.name!r} has no column {column_name!r}{_near(column_name, known)}")
            continue
        texts[table.name, column.name if column else ""] = text
    if problems:
        raise DataError(problems)
    return tuple(
        replace(
            table,
            description=texts.get((table.name, ""), table.description),
            columns=tuple(
                replace(column, description=texts.get((table.name, column.name), column.description))
                for column in table.columns
            ),
        )
        for table in tables
    )


def _near(name: str, known: list[str]) -> str:
    close = get_close_matches(name.lower(), [item.lower() for item in known], n=1)
    spelled = [item for item in known if close and item.lower() == close[0]]
    hint = f", did you mean {spelled[0]!r}?" if spelled else ""
    return f"{hint} (there is: {', '.join(known) or 'none'})"


def _table(path: Path, content: str) -> Descriptions:
    rows = csv.DictReader(content.splitlines())
    missing = {"table", "column", "description"} - {name.strip().lower() for name in rows.fieldnames or ()}
    if missing:
        raise DataError([f"{path}: the CSV lacks the columns {', '.join(sorted(missing))} (table,column,description)"])
    found: Descriptions = {}
    for row in rows:
        cells = {str(name).strip().lower(): (value or "").strip() for name, value in row.items() if name is not None}
        found[cells["table"], cells["column"]] = cells["description"]
    return found


def _tree(path: Path, tree: Any) -> Descriptions:
    if isinstance(tree, Mapping) and set(tree) == {"tables"}:
        tree = tree["tables"]
    if not isinstance(tree, Mapping):
        raise DataError([f"{path}: must be a mapping of table names, not {type(tree).__name__}"])
    found: Descriptions = {}
    problems = []
    for name, entry in tree.items():
        table, _, column = str(name).partition(".")
        if isinstance(entry, str):
            found[table, column] = entry
        elif isinstance(entry, Mapping) and isinstance(columns := entry.get("columns", {}), Mapping):
            if "description" in entry:
                found[str(name), ""] = str(entry["description"])
            others = {key: value for key, value in entry.items() if key not in ("description", "columns")}
            for column_name, text in (*columns.items(), *others.items()):
                if isinstance(text, str):
                    found[str(name), str(column_name)] = text
                else:
                    problems.append(f"{path}: {name}.{column_name} must be a text, not {type(text).__name__}")
        else:
            problems.append(f"{path}: {name} must be a text, or a mapping of `description` and `columns`")
    if problems:
        raise DataError(problems)
    return found
