"""Refuse what makes a short text long: servers build texts of a gigabyte, and whoever asks must hold them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.sql.frames import Reference

MOST = 1000  # times that texts may grow, all of a statement's steps together
ROUNDS = 30  # of a recursion: as many as make a gigabyte by doubling
UNKNOWN = 30  # characters of a replacement that isn't written out
LONGEST_SET = 100  # characters that are trimmed off or translated: each is looked for at every place
LONGEST_LIST = 1_000_000  # characters of what STRING_AGG makes of a whole table
GROWING = (exp.Replace, exp.RegexpReplace, exp.GroupConcat, exp.Hex, exp.Anonymous, exp.AnonymousAggFunc, exp.Query)
JOINING = ("printf", "format", "concat", "concat_ws")


def restrained(tree: exp.Expr, references: Iterable[Reference]) -> None:
    """Refuse a statement whose replacements, and texts joined to themselves, may make a text `MOST` times as long.

    Texts from a subquery or common table expression may have grown there; a table's own have not. So `path || name`
    is no growth even in a recursion, but `x || x` of a common table expression doubles.
    """
    grown = {id(one.node) for one in references if one.source.table is None}
    total = 1.0
    for node in tree.walk():
        sought = _sought(node)
        if sought is not None and _may_be_long(node, sought, grown):
            raise Refused("too_large", "what is looked for in a text must be written out, or be a column of a table")
        factor = _factor(node, grown)
        if factor > 1:
            total *= factor ** (ROUNDS if _repeats(node) else 1)
        if total > MOST:
            raise Refused("too_large", "the statement would make a very long text out of a short one")


def shortened(tree: exp.Expr) -> None:
    """Cut what PostgreSQL's STRING_AGG lists; MySQL and SQLite have limits of their own."""
    for node in list(tree.find_all(exp.GroupConcat)):
        whole: exp.Expr = node
        while isinstance(whole.parent, exp.Filter | exp.Window | exp.WithinGroup) and whole.parent.this is whole:
            whole = whole.parent
        shown = isinstance(whole.parent, exp.Select) and whole.arg_key == "expressions"
        cut: exp.Expr = exp.Left(this=whole.copy(), expression=exp.Literal.number(LONGEST_LIST))
        whole.replace(exp.alias_(cut, "string_agg") if shown else cut)


def _sought(node: exp.Expr) -> exp.Expr | None:
    """Give what a function looks for in a text, for as long as both are: databases look at no clock meanwhile."""
    sought = None
    if isinstance(node, exp.StrPosition):
        sought = node.args.get("substr")
    elif isinstance(node, exp.Replace | exp.Trim):
        sought = node.expression
    elif isinstance(node, exp.Translate):
        sought = node.args.get("from_")
    elif isinstance(node, exp.Anonymous) and node.name.lower() in ("instr", "btrim"):
        sought = next(iter(node.expressions[1:]), None)
    return sought if isinstance(sought, exp.Expr) else None


def _may_be_long(node: exp.Expr, sought: exp.Expr, grown: set[int]) -> bool:
    if any(id(part) in grown or isinstance(part, GROWING) for part in sought.walk()):
        return True
    written = sum(len(part.name) for part in sought.find_all(exp.Literal))
    return written > LONGEST_SET and not isinstance(node, exp.StrPosition | exp.Replace)


def _factor(node: exp.Expr, grown: set[int]) -> float:
    if isinstance(node, exp.Replace | exp.RegexpReplace):
        new = node.args.get("replacement")
        old = node.expression
        short = len(old.name) if isinstance(node, exp.Replace) and isinstance(old, exp.Literal) else 1
        long = len(new.name) if isinstance(new, exp.Literal) else UNKNOWN if new is not None else 0
        # An empty pattern matches between all letters.
        return (long + (short == 0 or isinstance(node, exp.RegexpReplace))) / max(1, short)
    if isinstance(node, exp.Hex):
        return 2
    if _joins(node) and not _joins(node.parent):
        return sum(id(column) in grown for column in node.find_all(exp.Column))
    return 1


def _joins(node: exp.Expr | None) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in JOINING
    return isinstance(node, exp.DPipe | exp.Concat | exp.ConcatWs)


def _repeats(node: exp.Expr) -> bool:
    """Tell whether a node is in a recursive common table expression, or may be: SQLite needs no word for it."""
    table = node.find_ancestor(exp.CTE)
    while table is not None:
        named = table.alias.lower()
        if isinstance(table.this, exp.SetOperation) and any(
            one.name.lower() == named for one in table.this.find_all(exp.Table)
        ):
            return True
        table = table.find_ancestor(exp.CTE)
    return False
