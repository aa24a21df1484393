"""Parse a statement into one query, or say why not; and write a query as SQL."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.generator import Generator

from dsol_text2sql.grammar import RESERVED
from dsol_text2sql.query import SKIPPED, Refused

LONGEST = 10_000  # characters
DEEPEST = 60  # brackets open at once
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
START = re.compile(SKIPPED + r"(?:select|with|table)\b", re.IGNORECASE | re.DOTALL)
PLAIN = {"sqlite": r"[^\W\d]\w*", "mysql": r"[^\W\d]\w*", "postgres": r"[a-z_][a-z0-9_]*"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NEGATED = {exp.In: "IN", exp.Between: "BETWEEN", exp.Is: "IS", exp.Like: "LIKE", exp.ILike: "ILIKE"}


def parse(sql: str, dialect: str) -> exp.Expression:
    """Parse exactly one SELECT, or a WITH, UNION, INTERSECT or EXCEPT of them; raise Refused."""
    if len(sql) > LONGEST:
        raise Refused("too_long", f"the statement has {len(sql)} characters, at most {LONGEST} are let through")
    if found := NO_TEXT.search(sql):
        raise Refused("bad_character", f"the statement holds the control character {found.group()!r}")
    if "/*!" in sql or "/*M!" in sql:
        raise Refused("forbidden", "the statement holds a comment that MySQL would run")
    if not START.match(sql):
        raise Refused("not_a_query", f"only SELECT is run; the statement begins with {sql.strip()[:20]!r}")
    depth = deepest = 0
    for letter in sql:
        depth += (letter in "([") - (letter in ")]")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise Refused("too_deep", f"the statement is nested {deepest} brackets deep, at most {DEEPEST} are let through")
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=dialect) if tree and not isinstance(tree, exp.Semicolon)]
    except SqlglotError as error:
        reason = COLOUR.sub("", str(error).splitlines()[0] if str(error) else "not SQL")
        raise Refused("parse", f"the statement can't be read: {reason}") from error
    except RecursionError as error:
        raise Refused("too_deep", "the statement is nested too deeply") from error
    if len(trees) != 1:
        raise Refused("not_one_statement", f"exactly one statement is run, not {len(trees)}")
    tree = trees[0]
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        raise Refused("not_a_query", f"only SELECT is run, not {tree.key.upper()}")
    return tree


def write(tree: exp.Expression, dialect: str) -> str:
    """Write a query as SQL on one line, without comments."""
    writer = _generator(dialect)(dialect=dialect, comments=False)
    return str(writer.generate(tree, copy=True))


def needs_quotes(name: str, dialect: str) -> bool:
    """Say whether a name must be quoted to mean itself."""
    return not re.fullmatch(PLAIN[dialect], name) or name.upper() in RESERVED


@cache
def _generator(dialect: str) -> type[Generator]:
    """Extend the dialect's generator with the usual spelling of negations, and with what MariaDB understands too."""
    base = Dialect.get_or_raise(dialect).generator_class
    transforms: dict[type[exp.Expr], Any] = {**base.TRANSFORMS, exp.Not: _negation}
    if dialect == "mysql":
        transforms[exp.RegexpLike] = _regexp
    if dialect == "sqlite":
        transforms[exp.Substring] = lambda self, node: self.func(
            "SUBSTR", node.this, node.args.get("start"), node.args.get("length")
        )
    return type(f"{base.__name__}Usual", (base,), {"TRANSFORMS": transforms})


def _negation(self: Generator, node: exp.Not) -> str:
    inner = node.this
    word = NEGATED.get(type(inner))
    if word is None or isinstance(inner.this, exp.Not | exp.And | exp.Or):
        return str(self.not_sql(node))
    text = str(self.sql(inner))
    start = f"{self.sql(inner, 'this')} "
    return f"{start}IS NOT {text[len(start) + 3 :]}" if word == "IS" else f"{start}NOT {text[len(start) :]}"


def _regexp(self: Generator, node: exp.RegexpLike) -> str:
    if node.args.get("flag"):
        raise Refused("forbidden", "REGEXP_LIKE with flags is not let through")
    return f"{self.sql(node, 'this')} REGEXP {self.sql(node, 'expression')}"
