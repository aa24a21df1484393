"""Read what altered copies of a SQLite database are drawn from: rows bounded in number, with joins that still join."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from dsol_text2sql.databases.sqlite_source import quoted
from dsol_text2sql.query import weigh
from dsol_text2sql.sql.constants import Constant

Row = tuple[Any, ...]

LARGEST_TABLE = 500  # rows; of a larger table a sample is taken
HEAVIEST = 8 * 1024 * 1024  # bytes of text and blobs in the rows of one table
LARGEST_SEARCHED = 1_000_000  # rows; a larger table isn't searched for the constants of a query
PINNED = 3  # rows added for a constant


@dataclass(frozen=True)
class Link:
    """A foreign key: positions of the columns here, the table there and its columns' positions."""

    here: tuple[int, ...]
    table: str
    there: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One table of the original: `size` in rows, and those of them that copies are made of.

    Positions of columns: `primary` the primary key, `unique` every column of a key, `pointed` those that other tables
    point to.
    """

    name: str
    columns: tuple[str, ...]
    size: int
    rows: tuple[Row, ...]
    primary: tuple[int, ...]
    unique: frozenset[int]
    pointed: frozenset[int]
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Tie:
    """Which rows a foreign key ties together: `part`'s rows point to rows of `other`.

    `here` and `there` number the keys of each side's rows, int64; equal numbers are equal keys, -1 is a key that the
    other side doesn't have. `parent`: the row of `other` that each row points to, or -1.
    """

    part: str
    other: str
    here: np.ndarray
    there: np.ndarray
    parent: np.ndarray


@dataclass(frozen=True)
class Original:
    """What copies are drawn from: the statements that create tables and views, and the tables."""

    statements: tuple[str, ...]
    parts: tuple[Part, ...]

    @cached_property
    def ties(self) -> list[Tie]:
        """Tie the rows of all tables together, in the order of tables and their links."""
        rows = {part.name: part.rows for part in self.parts}
        found = []
        for part in self.parts:
            for link in part.links:
                numbers: dict[Row, int] = {}
                there = [numbers.setdefault(key(row, link.there), len(numbers)) for row in rows[link.table]]
                last = {number: at for at, number in enumerate(there)}
                here = [numbers.get(key(row, link.here), -1) for row in part.rows]
                parent = [last.get(number, -1) for number in here]
                arrays = (np.array(ids, dtype=np.int64) for ids in (here, there, parent))
                found.append(Tie(part.name, link.table, *arrays))
        return found

    def holding(self, constants: Sequence[Constant]) -> dict[str, np.ndarray]:
        """Mark the rows of each table that hold one of the constants, in any case of letters; boolean."""
        return {part.name: _holding(part, constants) for part in self.parts}


def read_original(path: Path, *, rows: int = LARGEST_TABLE) -> Original:
    """Read a SQLite file: all rows of small tables, about `rows` of larger ones, and every row these point to.

    The rows of a larger table are spread evenly over it; the same file gives the same ones.
    """
    with closing(_connect(path)) as connection:
        listed = connection.execute(
            "SELECT l.name, m.sql, l.type FROM pragma_table_list() AS l JOIN sqlite_master AS m ON m.name = l.name"
            " WHERE l.schema = 'main' AND l.type IN ('table', 'view') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " ORDER BY l.type, m.rowid"
        ).fetchall()
        columns = {name: _columns(connection, name) for name, _, kind in listed if kind == "table"}
        links = {name: _links(connection, name, columns) for name in columns}
        pointed = {(link.table, at) for name in columns for link in links[name] for at in link.there}
        parts = []
        for name, header in columns.items():
            primary = tuple(at for at, (_, is_primary) in enumerate(header) if is_primary)
            size = connection.execute(f"SELECT COUNT(*) FROM {quoted(name)}").fetchone()[0]
            part = Part(
                name=name,
                columns=tuple(column for column, _ in header),
                size=size,
                rows=(),
                primary=primary,
                unique=frozenset(primary) | _unique(connection, name, header),
                pointed=frozenset(at for table, at in pointed if table == name),
                links=links[name],
            )
            parts.append(replace(part, rows=tuple(_sample(connection, part, rows))))
        return Original(tuple(statement for _, statement, _ in listed), _closed(connection, parts))


def with_constants(original: Original, path: Path, constants: Sequence[Constant]) -> Original:
    """Add rows that hold the constants, where a table was too large to be here whole."""
    wanted = {
        part.name: [one for one in constants if one.table.lower() == part.name.lower()]
        for part in original.parts
        if len(part.rows) < part.size <= LARGEST_SEARCHED
    }
    if not any(wanted.values()):
        return original
    with closing(_connect(path)) as connection:
        parts = []
        for part in original.parts:
            added: list[Row] = []
            for one in wanted.get(part.name, []):
                test = "LIKE" if one.pattern else "="
                rest = f"WHERE {quoted(one.column)} {test} ? LIMIT {PINNED}"
                added += _rows(connection, part, rest, (one.value,))
            parts.append(replace(part, rows=tuple(dict.fromkeys((*part.rows, *added)))) if added else part)
        return Original(original.statements, _closed(connection, parts))


def _holding(part: Part, constants: Sequence[Constant]) -> np.ndarray:
    held = np.zeros(len(part.rows), dtype=bool)
    for one in constants:
        if one.table.lower() != part.name.lower():
            continue
        at = place(part, one.column)
        text, values = str(one.value).lower(), (str(row[at]).lower() for row in part.rows)
        inside = text.replace("%", "")
        held |= np.fromiter(
            ((one.pattern and inside in value) or text == value for value in values), dtype=bool, count=len(part.rows)
        )
    return held


def place(part: Part, column: str) -> int:
    """Find a column's position by its name in any case."""
    return [name.lower() for name in part.columns].index(column.lower())


def pick(row: Sequence[Any], places: Iterable[int]) -> Row:
    """Take a row's values at some positions."""
    return tuple([row[at] for at in places])


def key(row: Sequence[Any], places: Iterable[int]) -> Row:
    """Take a row's values so that keys meet across types as they do in SQLite: the text "7" in a number column is 7."""
    return tuple([_plain(row[at]) for at in places])


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, bool]]:
    rows = connection.execute("SELECT name, pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", (table,))
    return [(name, primary > 0) for name, primary in rows]


def _links(connection: sqlite3.Connection, table: str, columns: dict[str, list[tuple[str, bool]]]) -> tuple[Link, ...]:
    places = {name: {column.lower(): at for at, (column, _) in enumerate(listed)} for name, listed in columns.items()}
    known = {name.lower(): name for name in columns}
    grouped: dict[int, list[tuple[str, str, str | None]]] = {}
    for number, table_there, column, column_there in connection.execute(
        'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq', (table,)
    ):
        grouped.setdefault(number, []).append((table_there, column, column_there))
    links = []
    for pairs in grouped.values():
        other = known.get(pairs[0][0].lower())
        if other is None:
            continue
        primary = [at for at, (_, is_primary) in enumerate(columns[other]) if is_primary]
        here = [places[table][column.lower()] for _, column, _ in pairs]
        there = [places[other].get(column.lower(), -1) for _, _, column in pairs if column is not None] or primary
        if len(here) == len(there) and -1 not in there:
            links.append(Link(tuple(here), other, tuple(there)))
    return tuple(links)


def _unique(connection: sqlite3.Connection, table: str, columns: list[tuple[str, bool]]) -> set[int]:
    names = {
        name
        for (name,) in connection.execute(
            'SELECT i.name FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i WHERE l."unique"', (table,)
        )
    }
    return {at for at, (column, _) in enumerate(columns) if column in names}


def _rows(connection: sqlite3.Connection, part: Part, rest: str = "", values: Sequence[Any] = ()) -> list[Row]:
    names = ", ".join(map(quoted, part.columns))
    return connection.execute(f"SELECT {names} FROM {quoted(part.name)} {rest}", values).fetchall()


def _sample(connection: sqlite3.Connection, part: Part, rows: int) -> list[Row]:
    """Take all rows of a small table, of a larger one some from all over it; long values make them fewer."""
    names = ", ".join(map(quoted, part.columns))
    select = f"SELECT {names} FROM {quoted(part.name)}"
    if part.size > rows:
        try:
            cursor = connection.execute(f"{select} WHERE abs(rowid) % {part.size // rows} = 0 LIMIT {rows}")
        except sqlite3.OperationalError:  # a table WITHOUT ROWID
            cursor = connection.execute(f"{select} LIMIT {rows}")
    else:
        cursor = connection.execute(select)
    taken: list[Row] = []
    weight = 0
    for row in cursor:
        weight += weigh(row)
        if weight > HEAVIEST:
            break
        taken.append(row)
    return taken


def _closed(connection: sqlite3.Connection, parts: Sequence[Part]) -> tuple[Part, ...]:
    """Add every row that a row points to, until none is missing."""
    by_name = {part.name: part for part in parts}
    kept = {part.name: list(part.rows) for part in parts}
    waiting = [(part, list(part.rows)) for part in parts]
    while waiting:
        part, fresh = waiting.pop()
        for link in part.links:
            other = by_name[link.table]
            if len(kept[other.name]) >= other.size:
                continue
            present = {key(row, link.there) for row in kept[other.name]}
            test = " AND ".join(f"{quoted(other.columns[at])} = ?" for at in link.there)
            added: list[Row] = []
            for wanted in dict.fromkeys(pick(row, link.here) for row in fresh):
                if None not in wanted and key(wanted, range(len(wanted))) not in present:
                    added += _rows(connection, other, f"WHERE {test} LIMIT 1", wanted)
            kept[other.name] += added
            if added:
                waiting.append((other, added))
    return tuple(replace(part, rows=tuple(kept[part.name])) for part in parts)
