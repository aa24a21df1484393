"""Parse a statement into one query, or say why not; and write a query as SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser

from dsol_text2sql.query import SKIPPED, Refused
from dsol_text2sql.sql.grammar import RESERVED

LONGEST = 10_000  # characters
DEEPEST = 60  # brackets open at once
MOST_RETRIES = 9  # places open at once that sqlglot reads twice, so that it reads what follows 2^9 times at most
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
START = re.compile(SKIPPED + r"(?:select|with|table)\b", re.IGNORECASE | re.DOTALL)
PLAIN = {"sqlite": r"[^\W\d]\w*", "mysql": r"[^\W\d]\w*", "postgres": r"[a-z_][a-z0-9_]*"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OPENING, CLOSING = {TokenType.L_PAREN, TokenType.L_BRACKET}, {TokenType.R_PAREN, TokenType.R_BRACKET}
JOINS = {TokenType.JOIN, TokenType.STRAIGHT_JOIN}
CONDITIONS = {TokenType.ON, TokenType.USING}
PLACE = {"line", "col", "start", "end"}
NEGATED = {exp.In: "IN", exp.Between: "BETWEEN", exp.Is: "IS", exp.Like: "LIKE", exp.ILike: "ILIKE"}


def parse(sql: str, dialect: str, *, copy: bool = True) -> exp.Expression:
    """Parse exactly one SELECT, or a WITH, UNION, INTERSECT or EXCEPT of them; raise Refused.

    Without `copy` the tree is others' as well, to be looked at only.
    """
    tree = _parsed(sql, dialect)
    return tree.copy() if copy else tree


@lru_cache(maxsize=512)  # one query is looked at by many in turn; a copy costs a twentieth of reading it
def _parsed(sql: str, dialect: str) -> exp.Expression:
    if len(sql) > LONGEST:
        raise Refused("too_long", f"the statement has {len(sql)} characters, at most {LONGEST} are let through")
    if control := NO_TEXT.search(sql):
        raise Refused("bad_character", f"the statement holds the control character {control.group()!r}")
    if "/*!" in sql or "/*M!" in sql:
        raise Refused("forbidden", "the statement holds a comment that MySQL would run")
    if not START.match(sql):
        raise Refused("not_a_query", f"only SELECT is run; the statement begins with {sql.strip()[:20]!r}")
    depth = deepest = 0
    for letter in sql if sql.count("(") + sql.count("[") > DEEPEST else "":
        depth += (letter in "([") - (letter in ")]")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise Refused("too_deep", f"the statement is nested {deepest} brackets deep, at most {DEEPEST} are let through")
    try:
        reader = sqlglot.Dialect.get_or_raise(dialect)
        tokens = reader.tokenize(sql)
        if _retries(tokens) > MOST_RETRIES:
            raise Refused("too_deep", f"more than {MOST_RETRIES} joins without a condition or types within each other")
        found = reader.parser().parse(tokens, sql)
        trees = [tree for tree in found if tree and not isinstance(tree, exp.Semicolon)]
    except SqlglotError as error:
        reason = COLOUR.sub("", str(error).splitlines()[0] if str(error) else "not SQL")
        raise Refused("parse", f"the statement can't be read: {reason}") from error
    except RecursionError as error:
        raise Refused("too_deep", "the statement is nested too deeply") from error
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What sqlglot makes of a function without its arguments, for one: DATE_ADD() in MySQL.
        raise Refused("parse", f"the statement can't be read: {error}") from error
    if len(trees) != 1:
        raise Refused("not_one_statement", f"exactly one statement is run, not {len(trees)}")
    tree = trees[0]
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        raise Refused("not_a_query", f"only SELECT is run, not {tree.key.upper()}")
    for node in tree.walk():
        # Where a name stood is half of what a copy copies; only of quotes it is asked which ones stood there.
        if node.meta.keys() <= PLACE and not (isinstance(node, exp.Identifier) and node.args.get("quoted")):
            node._meta = None
    return tree


def write(tree: exp.Expression, dialect: str, *, copy: bool = True) -> str:
    """Write a query as SQL on one line, without comments; without `copy` the tree is of no use afterwards.

    Negations are spelled as people do, `a NOT IN (1)`, and functions as SQLite and MariaDB know them too.
    """
    tree = tree.copy() if copy else tree
    # From the inside out, so that what is written already stands in what is written next.
    for node in reversed(list(tree.find_all(exp.Not, exp.Substring, exp.RegexpLike))):
        text = _spelled(node, dialect)
        if text:
            node.replace(exp.Var(this=text))
    return _sql(tree, dialect)


def _sql(tree: exp.Expression, dialect: str) -> str:
    return str(tree.sql(dialect=dialect, comments=False, copy=False))


def _spelled(node: exp.Expression, dialect: str) -> str:
    """Spell a node in the usual way where sqlglot's is another; "" where it's the same."""
    if isinstance(node, exp.Not):
        return _negation(node, dialect)
    if isinstance(node, exp.Substring):
        parts = [node.this, node.args.get("start"), node.args.get("length")]
        listed = ", ".join(_sql(part, dialect) for part in parts if part is not None)
        return f"SUBSTR({listed})" if dialect == "sqlite" else ""
    if dialect != "mysql":
        return ""
    if node.args.get("flag"):
        raise Refused("forbidden", "REGEXP_LIKE with flags is not let through")
    return f"{_sql(node.this, dialect)} REGEXP {_sql(node.expression, dialect)}"


def _negation(node: exp.Not, dialect: str) -> str:
    inner = node.this
    word = NEGATED.get(type(inner))
    if word is None or isinstance(inner.this, exp.Not | exp.And | exp.Or):
        return ""
    text = _sql(inner, dialect)
    start = f"{_sql(inner.this, dialect)} "
    if not text.startswith(start):
        return ""
    return f"{start}IS NOT {text[len(start) + 3 :]}" if word == "IS" else f"{start}NOT {text[len(start) :]}"


def needs_quotes(name: str, dialect: str) -> bool:
    """Say whether a name must be quoted to mean itself."""
    return not re.fullmatch(PLAIN[dialect], name) or name.upper() in _reserved(dialect)


@cache
def _reserved(dialect: str) -> frozenset[str]:
    """List a dialect's reserved words: a column may well be called `condition` (MySQL) or `array` (PostgreSQL)."""
    more: set[str] = set()
    if dialect == "mysql":
        from sqlalchemy.dialects.mysql.reserved_words import RESERVED_WORDS_MARIADB, RESERVED_WORDS_MYSQL

        more = RESERVED_WORDS_MARIADB | RESERVED_WORDS_MYSQL
    elif dialect == "postgres":
        from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

        more = RESERVED_WORDS
    return RESERVED | {word.upper() for word in more}


def _retries(tokens: Sequence[Token]) -> int:
    """Count the most places open at once from which sqlglot's parser starts over, each doubling its work for the rest.

    These are joins without a condition, which might come behind later joins, types with a bracket, which might be
    functions, and EXISTS without one: `FROM a JOIN a JOIN a ...` with thirty joins is read for minutes.
    """
    open_at, doubling = [0], [False]
    most, before = 0, TokenType.SELECT
    for token in tokens:
        kind = token.token_type
        if before is TokenType.EXISTS and kind is not TokenType.L_PAREN:
            open_at[0] += 1
        if kind in OPENING:
            doubling.append(before in Parser.TYPE_TOKENS)
            open_at.append(0)
        elif kind in CLOSING and len(open_at) > 1:
            open_at.pop()
            doubling.pop()
        elif kind in JOINS:
            open_at[-1] += 1
        elif kind in CONDITIONS:
            open_at[-1] = max(0, open_at[-1] - 1)
        most, before = max(most, sum(open_at) + sum(doubling)), kind
    return most
