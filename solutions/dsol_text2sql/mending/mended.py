"""Change a query that can be read; leave one that can't be as it is."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.sql.reading import parse


def mended(sql: str, dialect: str, change: Callable[[exp.Expression], bool]) -> str:
    """Give the query after `change`, which alters the parsed query in place and tells whether it altered anything.

    What can't be parsed, or is nested too deeply to be written again, comes back as it is: the guard says what is wrong
    with it.
    """
    try:
        tree = parse(sql, dialect)
        return tree.sql(dialect=dialect) if change(tree) else sql
    except (Refused, RecursionError):
        return sql
