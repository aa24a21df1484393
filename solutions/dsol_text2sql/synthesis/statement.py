"""SQL text in one canonical style for every dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from dsol_text2sql.sql.reading import needs_quotes

# A column inside an expression until the statement knows whether it has to be qualified.
_MARK = re.compile("\x00([^\x00\x01\x02]*)\x01([^\x00\x01\x02]*)\x02")


def ref(table: str, column: str) -> str:
    """Mention a column in an expression of a `Statement`; `table` may be an alias."""
    return f"\x00{table}\x01{column}\x02"


@cache
def quoted(name: str, dialect: str) -> str:
    """Quote an identifier where the dialect needs it, and only there."""
    if not needs_quotes(name, dialect):
        return name
    mark = "`" if dialect == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def literal(value: str | int | float | bool, dialect: str) -> str:
    """Write a value as SQL does; text in single quotes."""
    if isinstance(value, bool):
        return str(value).upper() if dialect == "postgres" else str(int(value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return f"{value:.10f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    text = value.replace("\\", "\\\\") if dialect == "mysql" else value
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Join:
    """Join `table` (under `alias`) where the column of a table named before equals its own column."""

    table: str
    left: str
    right: str
    alias: str = ""


@dataclass(frozen=True)
class Statement:
    """A SELECT whose expressions mention columns through `ref`; subqueries are finished text."""

    columns: Sequence[str]
    table: str
    alias: str = ""
    joins: tuple[Join, ...] = ()
    where: tuple[str, ...] = ()
    connective: str = "AND"
    group: tuple[str, ...] = ()
    having: str = ""
    order: tuple[str, ...] = ()
    limit: int = 0
    distinct: bool = False

    def text(self, dialect: str) -> str:
        """Write the statement, columns qualified only where more than one table is read."""

        def tables(name: str, alias: str) -> str:
            return quoted(name, dialect) + (f" AS {alias}" if alias else "")

        parts = ["SELECT DISTINCT" if self.distinct else "SELECT", ", ".join(self.columns), "FROM"]
        parts.append(tables(self.table, self.alias))
        parts += [f"JOIN {tables(join.table, join.alias)} ON {join.left} = {join.right}" for join in self.joins]
        if self.where:
            parts.append("WHERE " + f" {self.connective} ".join(self.where))
        if self.group:
            parts.append("GROUP BY " + ", ".join(self.group))
        if self.having:
            parts.append("HAVING " + self.having)
        if self.order:
            parts.append("ORDER BY " + ", ".join(self.order))
        if self.limit:
            parts.append(f"LIMIT {self.limit}")
        many = bool(self.joins)

        def column(match: re.Match[str]) -> str:
            own = quoted(match[2], dialect)
            return f"{quoted(match[1], dialect)}.{own}" if many else own

        return _MARK.sub(column, " ".join(parts))

    def but(self, **changes: object) -> Statement:
        """Copy with other clauses."""
        return replace(self, **changes)  # type: ignore[arg-type]
