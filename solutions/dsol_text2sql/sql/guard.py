"""Let a statement through only if it is one query over known tables that does nothing but read and compute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.grammar import FUNCTION_NAMES, NODES, TYPES
from dsol_text2sql.sql.growth import restrained, shortened
from dsol_text2sql.sql.names import Resolver
from dsol_text2sql.sql.reading import parse, write

__all__ = ["Guarded", "Refused", "check"]

TABLE_PARTS = frozenset({"this", "alias", "db", "catalog", "joins"})
WIDTH = re.compile(r"%[^a-zA-Z%]*(\*|\d{4,})")  # a format that makes a long text out of a short one


@dataclass(frozen=True)
class Guarded:
    """A statement that may run: written anew from what was checked, with the tables and `table.column`s it reads.

    `query` is the statement without the LIMIT that the guard adds, `sql` the one to run.
    """

    sql: str
    query: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]


@lru_cache(maxsize=512)  # samples, draft and baseline often say the same, and whoever scores an answer checks it too
def check(sql: str, schema: Schema, *, row_limit: int) -> Guarded:
    """Check a statement and write it anew, without comments and with a LIMIT of at most `row_limit` + 1; or refuse it.

    Every construct, function and cast must be on a list of harmless ones (`grammar`), every table and column in the
    schema. Raises Refused.
    """
    try:
        tree = parse(sql, schema.dialect)
        _harmless(tree, schema.dialect)
        resolver = Resolver(schema, sql)
        resolver.query(tree, {}, None)
        restrained(tree, resolver.references)
        if schema.dialect == "sqlite":
            plain_joins(tree)
        query = write(tree, schema.dialect)
        _limited(tree, row_limit)
        if schema.dialect == "postgres":
            shortened(tree)
        text = write(tree, schema.dialect, copy=False)
        # What was written must read back as the same harmless query.
        _harmless(parse(text, schema.dialect, copy=False), schema.dialect)
    except RecursionError as error:
        raise Refused("too_deep", "the statement is nested too deeply") from error
    return Guarded(text, query, tuple(resolver.tables), tuple(resolver.columns))


def _harmless(tree: exp.Expression, dialect: str) -> None:
    """Refuse whatever is not on the lists of `grammar`."""
    for node in tree.walk():
        kind = type(node)
        if isinstance(node, exp.Select) and node.args.get("joins") and not node.args.get("from_"):
            raise Refused("parse", "the statement can't be read: it joins tables without a FROM")
        if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
            if not isinstance(node.this, str) or node.this.lower() not in FUNCTION_NAMES[dialect]:
                raise Refused(
                    "unknown_function", f"the function {node.name or node.key} is not on the list of safe ones"
                )
            if any(isinstance(item, exp.Literal) and WIDTH.search(item.name) for item in node.expressions):
                raise Refused("too_large", f"{node.name} would make a very long text")
            if dialect == "sqlite":
                _format_is_written_out(node)
        elif kind not in NODES:
            what = "unknown_function" if isinstance(node, exp.Func) else "forbidden"
            raise Refused(what, f"{_words(node)} is not let through")
        elif isinstance(node, exp.Table):
            if extra := {part for part, value in node.args.items() if value} - TABLE_PARTS:
                raise Refused("forbidden", f"a table with {', '.join(sorted(extra))} is not let through")
        elif isinstance(node, exp.DataType) and node.this not in TYPES:
            raise Refused("forbidden", f"a cast to {_words(node)} is not let through")
        elif isinstance(node, exp.Star) and any(node.args.values()):
            raise Refused("forbidden", "a star with exceptions is not let through")
        elif isinstance(node, exp.Select) and (node.args.get("operation_modifiers") or node.args.get("kind")):
            raise Refused("forbidden", "a modifier after SELECT is not let through")


def _format_is_written_out(node: exp.Expr) -> None:
    if node.name.lower() in ("printf", "format") and not (
        node.expressions and isinstance(node.expressions[0], exp.Literal)
    ):
        raise Refused("forbidden", f"the first argument of {node.name} must be written out, not computed")


def _words(node: exp.Expr) -> str:
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", " ", type(node).__name__).upper()


def _limited(tree: exp.Expression, row_limit: int) -> None:
    """Add a LIMIT, or lower the one that is there; an OFFSET and a smaller LIMIT stay."""
    most = row_limit + 1
    limit = tree.args.get("limit")
    if limit is None:
        tree.set("limit", exp.Limit(expression=exp.Literal.number(most)))
        return
    part = "count" if isinstance(limit, exp.Fetch) else "expression"
    options = limit.args.get("limit_options")
    if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
        raise Refused("limit", "FETCH with PERCENT or WITH TIES is not let through")
    count = limit.args.get(part)
    if isinstance(count, exp.Neg) and isinstance(count.this, exp.Literal):  # SQLite's "no limit"
        limit.set(part, exp.Literal.number(most))
        return
    if not isinstance(count, exp.Literal) or not count.name.isdigit():
        raise Refused("limit", "LIMIT must be a plain number")
    if int(count.name) > most:
        limit.set(part, exp.Literal.number(most))


def plain_joins(tree: exp.Expression) -> None:
    """Write joins without a condition with a comma: CROSS JOIN forbids SQLite to choose their order."""
    for join in tree.find_all(exp.Join):
        condition = join.args.get("on")
        if isinstance(condition, exp.Boolean) and condition.this and not join.args.get("side"):
            join.set("on", None)
        if join.args.get("kind") in ("CROSS", "INNER") and not join.args.get("on") and not join.args.get("using"):
            join.set("kind", None)
