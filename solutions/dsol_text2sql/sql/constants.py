"""Find which columns a query compares with which constants, so that data can be placed on both sides of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.reading import parse

Value = str | int | float

LARGEST = 2**62  # whole numbers below it stay within SQLite's 64 bits when one is added
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike)


@dataclass(frozen=True)
class Constant:
    """A constant that a column is compared with; `value` of a LIKE is its pattern, then `pattern` is True."""

    table: str
    column: str
    value: Value
    pattern: bool = False


def constants(sql: str, schema: Schema) -> tuple[Constant, ...]:
    """List the constants of a query with their tables and columns, in order; none where it can't be parsed.

    A column that doesn't name its table is taken as a column of each of the query's tables that has one of that name.
    """
    try:
        tree = parse(sql, schema.dialect, copy=False)
    except Refused:
        return ()
    found: dict[Constant, None] = {}
    for column, value, pattern in _pairs(tree, schema):
        for table in _owners(column, tree, schema):
            found[Constant(table, column.name, value, pattern)] = None
    return tuple(found)


def constant(node: exp.Expression | None, schema: Schema) -> Value | None:
    """Read a literal; SQLite takes a double-quoted name that no column has for a string, and so does this."""
    if isinstance(node, exp.Neg):
        value = constant(node.this, schema)
        return -value if isinstance(value, int | float) else None
    if isinstance(node, exp.Column):
        if node.table or not isinstance(node.this, exp.Identifier) or not node.this.quoted:
            return None
        known = any(column.name.lower() == node.name.lower() for _, column in schema.columns())
        return None if known else node.name
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return str(node.this)
    try:
        number = int(node.this)
    except ValueError:
        return float(node.this)
    return number if number < LARGEST else float(number)


def _pairs(tree: exp.Expression, schema: Schema) -> Iterator[tuple[exp.Column, Value, bool]]:
    for node in tree.find_all(*_COMPARISONS, exp.Between, exp.In):
        if isinstance(node, exp.Between):
            sides = [(node.this, node.args["low"]), (node.this, node.args["high"])]
        elif isinstance(node, exp.In):
            sides = [(node.this, item) for item in node.expressions]
        else:
            sides = [(node.this, node.expression), (node.expression, node.this)]
        for side, other in sides:
            value = constant(other, schema)
            named = next(side.find_all(exp.Column), None) if constant(side, schema) is None else None
            # The constant of HAVING COUNT(x) > 5 says nothing about the values of x.
            if value is not None and named is not None and not side.find(exp.AggFunc):
                yield named, value, isinstance(node, exp.Like | exp.ILike)


def _owners(column: exp.Column, tree: exp.Expression, schema: Schema) -> list[str]:
    used = {table.alias_or_name.lower(): table.name for table in tree.find_all(exp.Table)}
    names = [used[column.table.lower()]] if column.table.lower() in used else list(dict.fromkeys(used.values()))
    tables = [table for name in names if (table := schema.table(name)) is not None]
    return [table.name for table in tables if table.column(column.name) is not None]
