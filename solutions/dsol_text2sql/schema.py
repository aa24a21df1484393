"""What a database looks like, as plain frozen data; nothing here talks to one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["integer", "number", "text", "date", "boolean", "other"]


@dataclass(frozen=True)
class Column:
    """A column: `type` as the database names it, `kind` what it means for a question.

    `samples` are a few distinct real values, frequent ones first. `distinct` is the number of distinct values, -1
    where it was too costly to count.
    """

    name: str
    type: str
    kind: Kind
    nullable: bool = True
    primary: bool = False
    description: str = ""
    samples: tuple[str | int | float, ...] = ()
    distinct: int = -1


@dataclass(frozen=True)
class ForeignKey:
    """One column of `table` points to one column of `other`."""

    table: str
    column: str
    other: str
    other_column: str


@dataclass(frozen=True)
class Table:
    """A table or view with its columns; `rows` is its size at introspection."""

    name: str
    columns: tuple[Column, ...]
    description: str = ""
    rows: int = 0

    def column(self, name: str) -> Column | None:
        """Find a column by name, in any case."""
        return next((column for column in self.columns if column.name.lower() == name.lower()), None)


@dataclass(frozen=True)
class Schema:
    """The tables of one database that the settings allow, and how they are linked.

    `dialect` is sqlglot's name of it: "sqlite", "postgres" or "mysql".
    """

    name: str
    dialect: str
    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...] = field(default=())

    def __hash__(self) -> int:
        # Caches hash a schema for every query; all columns with their samples would take longer than most queries.
        return hash((self.name, self.dialect, tuple(table.name for table in self.tables)))

    def table(self, name: str) -> Table | None:
        """Find a table by name, in any case."""
        return next((table for table in self.tables if table.name.lower() == name.lower()), None)

    def columns(self) -> Iterator[tuple[Table, Column]]:
        """Yield every column with its table."""
        for table in self.tables:
            for column in table.columns:
                yield table, column

    def path(self, start: str, goal: str) -> tuple[ForeignKey, ...] | None:
        """Find the shortest chain of foreign keys, in either direction, from one table to another; None if unlinked."""
        seen = {start.lower()}
        waiting: list[tuple[str, tuple[ForeignKey, ...]]] = [(start, ())]
        while waiting:
            here, keys = waiting.pop(0)
            if here.lower() == goal.lower():
                return keys
            for key in self.foreign_keys:
                for one, two in ((key.table, key.other), (key.other, key.table)):
                    if one.lower() == here.lower() and two.lower() not in seen:
                        seen.add(two.lower())
                        waiting.append((two, (*keys, key)))
        return None
