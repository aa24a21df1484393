"""Read what a database looks like: tables, columns, keys, comments and a few real values."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dsol_text2sql.databases.sqlite_source import SqliteSource, quoted
from dsol_text2sql.query import DatabaseError, QueryError
from dsol_text2sql.schema import Column, ForeignKey, Kind, Table

if TYPE_CHECKING:
    from dsol_text2sql.databases.server_source import ServerSource

SAMPLES = 5
LONGEST_SAMPLE = 100  # characters; a longer text is no value that a question names
LARGEST_COUNTED = 2_000_000  # rows; above it, samples come from the first rows only
PATIENCE = 5.0  # seconds for the values of one column

Sample = str | int | float

KINDS: tuple[tuple[str, Kind], ...] = (
    (r"bool|^bit(\(1\))?$|^tinyint\(1\)", "boolean"),
    (r"date|time|^year", "date"),
    (r"interval|point|json|blob|binary|bytea|array|\[\]|geometry|uuid", "other"),
    (r"int|serial", "integer"),
    (r"real|floa|doub|num|dec|money", "number"),
    (r"char|text|clob|string|enum|set|name", "text"),
)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?")


@dataclass(frozen=True)
class Shape:
    """Tables without values yet, and all foreign keys that the database declares."""

    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...]


def sqlite_shape(source: SqliteSource) -> Shape:
    """Read a SQLite file's tables and views; virtual tables, their shadows and broken views are left out."""
    listed = source.trusted(
        "SELECT l.name, m.rowid FROM pragma_table_list() AS l JOIN sqlite_master AS m ON m.name = l.name"
        " WHERE l.schema = 'main' AND l.type IN ('table', 'view') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY m.rowid"
    )
    tables, keys = [], []
    for name, _ in listed:
        try:
            # With generated columns, which table_info leaves out; hidden ones (1) belong to virtual tables.
            rows = source.trusted(
                f'SELECT name, type, "notnull", pk FROM pragma_table_xinfo({_text(name)})'
                " WHERE hidden <> 1 ORDER BY cid"
            )
        except QueryError:  # a view of tables that are gone
            continue
        columns = tuple(
            Column(
                name=str(column),
                type=str(declared),
                kind=kind_of(str(declared)),
                nullable=not required,
                primary=bool(primary),
            )
            for column, declared, required, primary in rows
        )
        tables.append(Table(name=str(name), columns=columns))
        links = source.trusted(
            f'SELECT "from", "table", "to", seq FROM pragma_foreign_key_list({_text(name)}) ORDER BY id, seq'
        )
        keys += [(str(name), str(column), str(other), goal, int(place)) for column, other, goal, place in links]
    return Shape(tuple(tables), _linked(tables, keys))


def server_shape(source: ServerSource) -> Shape:
    """Read the tables, views, keys and comments of a server's default schema."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    try:
        inspector = inspect(source.engine)
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        tables, keys = [], []
        for name in names:
            primary = set(inspector.get_pk_constraint(name).get("constrained_columns") or ())
            columns = tuple(
                Column(
                    name=str(column["name"]),
                    type=column["type"].compile(dialect=source.engine.dialect),
                    kind=kind_of(column["type"].compile(dialect=source.engine.dialect)),
                    nullable=bool(column.get("nullable", True)),
                    primary=column["name"] in primary,
                    description=str(column.get("comment") or ""),
                )
                for column in inspector.get_columns(name)
            )
            tables.append(Table(name=name, columns=columns, description=_comment(inspector, name)))
            for link in inspector.get_foreign_keys(name):
                pairs = zip(link["constrained_columns"], link["referred_columns"], strict=True)
                keys += [
                    (name, column, link["referred_table"], goal, place) for place, (column, goal) in enumerate(pairs)
                ]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise DatabaseError(f"can't read the tables of {source.name}: {reason}") from error
    return Shape(tuple(tables), _linked(tables, keys))


def _comment(inspector: Any, name: str) -> str:
    from sqlalchemy.exc import NoSuchTableError

    try:
        return str(inspector.get_table_comment(name).get("text") or "")
    except (NotImplementedError, NoSuchTableError):  # views have none
        return ""


def _linked(tables: Sequence[Table], keys: Sequence[tuple[str, str, str, Any, int]]) -> tuple[ForeignKey, ...]:
    """Spell the keys as the tables are spelled; a key without a target column points to the other's primary key."""
    exact = {table.name: table for table in tables}
    folded = {table.name.lower(): table for table in tables}
    links: list[ForeignKey] = []
    for name, column, other_name, goal, place in keys:
        other = exact.get(str(other_name)) or folded.get(str(other_name).lower())
        here = exact[name].column(column)
        if other is None or here is None:
            continue
        primary = [item for item in other.columns if item.primary]
        there = other.column(str(goal)) if goal else (primary[place] if place < len(primary) else None)
        if there is not None:
            links.append(ForeignKey(name, here.name, other.name, there.name))
    return tuple(dict.fromkeys(links))


def with_values(table: Table, source: SqliteSource | ServerSource, quote: Callable[[str], str]) -> Table:
    """Fill in row count, sample values, distinct counts, and the kinds that only values show."""
    where = quote(table.name)
    try:
        rows = int(source.trusted(f"SELECT COUNT(*) FROM {where}", seconds=PATIENCE)[0][0])
    except QueryError as error:
        if error.reason != "timeout":  # a view that no longer compiles, a table that the login may not read
            return table
        rows = LARGEST_COUNTED + 1
    columns = tuple(_with_values(column, where, quote(column.name), rows, source) for column in table.columns)
    return replace(table, columns=columns, rows=rows)


def _with_values(column: Column, where: str, name: str, rows: int, source: SqliteSource | ServerSource) -> Column:
    if column.kind == "other" and column.type:
        return column
    frequent = (
        f"SELECT {name}, COUNT(*) FROM {where} WHERE {name} IS NOT NULL GROUP BY {name}"
        f" ORDER BY COUNT(*) DESC, {name} LIMIT {SAMPLES * 4}"
    )
    first = f"SELECT {name}, 1 FROM {where} WHERE {name} IS NOT NULL LIMIT {SAMPLES * 4}"
    distinct = -1
    try:
        found = source.trusted(frequent if rows <= LARGEST_COUNTED else first, seconds=PATIENCE)
        if rows <= LARGEST_COUNTED:
            distinct = int(source.trusted(f"SELECT COUNT(DISTINCT {name}) FROM {where}", seconds=PATIENCE)[0][0])
    except QueryError:  # too slow, or a type that can't be grouped: the column is shown without values
        return column
    values = [value for raw, _ in found if (value := plain(raw)) is not None]
    short = list(dict.fromkeys(value for value in values if not isinstance(value, str) or fits(value)))
    return replace(column, samples=tuple(short[:SAMPLES]), distinct=distinct, kind=_refined(column, values))


def fits(text: str) -> bool:
    """Say whether a text is short enough, and whole enough, to be shown as a sample."""
    return bool(text.strip()) and len(text) <= LONGEST_SAMPLE and "\n" not in text and "\ufffd" not in text


def plain(value: Any) -> Sample | None:
    """Turn a driver's value into text or a number; None for blobs and the like."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    return None


def kind_of(declared: str) -> Kind:
    """Say what a declared type means for a question."""
    name = declared.strip().lower()
    return next((kind for pattern, kind in KINDS if re.search(pattern, name)), "other")


def _refined(column: Column, values: Sequence[Sample]) -> Kind:
    """Correct the kind by the values: SQLite columns may hold anything, and text columns often hold dates."""
    if not values:
        return column.kind
    texts = [value for value in values if isinstance(value, str)]
    if column.kind in ("text", "other") and len(texts) == len(values):
        return "date" if all(ISO_DATE.fullmatch(text) for text in texts) else "text"
    if column.kind in ("integer", "number") and len(texts) == len(values):
        return "text"
    if not column.type and not texts:
        return "integer" if all(isinstance(value, int) for value in values) else "number"
    return column.kind


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


__all__ = ["Shape", "fits", "kind_of", "plain", "quoted", "server_shape", "sqlite_shape", "with_values"]
