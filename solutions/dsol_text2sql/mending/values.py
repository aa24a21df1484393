"""Put the question's own values where a model wrote others: the database and the question are what is sure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from sqlglot import exp

from dsol_text2sql.mending.mended import mended
from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.units import scaled
from dsol_text2sql.question.values import Match
from dsol_text2sql.schema import Schema

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
PATTERNS = (exp.Like, exp.ILike)


def mend_values(sql: str, schema: Schema, matches: Sequence[Match], literals: Sequence[Literal], question: str) -> str:
    """Exchange constants that the question doesn't mention for those of it that the query leaves out.

    A text compared with a column becomes a value that the question mentions and this column holds; a pattern becomes a
    quoted string of the question; a number compared with a column becomes a number of the question, in the column's
    unit: ten minutes are 600,000 milliseconds. Nothing changes where the question offers nothing unused, or where the
    query can't be read.
    """

    def change(tree: exp.Expression) -> bool:
        tables = tables_of(tree)
        written = {node.name.lower() for node in tree.find_all(exp.Literal)}
        changed = False
        for column, constant in compared(tree):
            if isinstance(constant.parent, PATTERNS):
                offers = _patterns(constant.name, matches, literals, question)
            elif constant.is_string:
                held = holders(column, tables, schema)
                offers = _values(constant.name, [one for one in matches if _place(one) in held], question)
            else:
                numbers = [(one, _in_unit(one, column, question)) for one in literals if one.kind in ("number", "year")]
                meant = [number for said, number in numbers if said.text == constant.name]
                if meant and all(number != constant.name for _, number in numbers):
                    # The question's number as it is written, in another unit than the column's.
                    constant.replace(exp.Literal.number(meant[0]))
                    changed = True
                    continue
                offers = _numbers(constant.name, numbers, written, question)
            unused = [offer for offer in offers if offer.lower() not in written]
            if unused:
                written.add(unused[0].lower())
                constant.replace(exp.Literal(this=unused[0], is_string=constant.is_string))
                changed = True
        return changed

    return mended(sql, schema.dialect, change)


def _patterns(text: str, matches: Sequence[Match], literals: Sequence[Literal], question: str) -> list[str]:
    """Offer the question's strings for what a pattern holds, if the question doesn't say that itself."""
    core = text.strip("%_")
    if _said(text, question) or core.lower() in question.lower():
        return []
    named = [one.text for one in literals if one.kind == "string"]
    named += [match.text for match in matches if match.text.isascii()]
    return [text.replace(core, one) if core else one for one in named]


def _values(text: str, here: Sequence[Match], question: str) -> list[str]:
    """Offer the values that the question mentions and the column holds, if this isn't one and isn't said either."""
    values = [str(match.value) for match in here]
    known = any(value.lower() == text.lower() for value in values)
    return [] if known or _said(text, question) else values


def _numbers(text: str, numbers: Sequence[tuple[Literal, str]], written: Collection[str], question: str) -> list[str]:
    """Offer the question's numbers that the query doesn't hold, if this isn't one of them."""
    if any(number == text for _, number in numbers) or _said(text, question):
        return []
    return [number for said, number in numbers if said.text.lower() not in written]


def _said(text: str, question: str) -> bool:
    """Tell whether the question says a constant; 2 isn't said by "more than 22"."""
    if text[:1].isdigit():
        return bool(re.search(rf"(?<![\d.]){re.escape(text.lower())}(?!\d)", question.lower()))
    return text.lower() in question.lower()


def _in_unit(number: Literal, column: exp.Expr, question: str) -> str:
    """Write a number of the question in the unit of the column, or of the one aggregated; a count has no unit."""
    inner = column if isinstance(column, exp.Column) else column.find(exp.Column)
    if inner is None or isinstance(column, exp.Count):
        return number.text
    said = float(number.text)
    meant = scaled(said, question, number.end, inner.name)
    return number.text if meant == said else f"{meant:.15g}"


def _place(match: Match) -> tuple[str, str]:
    return match.table.lower(), match.column.lower()


def compared(tree: exp.Expression) -> Iterator[tuple[exp.Expr, exp.Literal]]:
    """Yield each constant that a column or an aggregate is compared with; those inside arithmetic are left alone."""
    for node in list(tree.find_all(*COMPARISONS, *PATTERNS, exp.In, exp.Between)):
        sides = (
            (node.this, *node.expressions)
            if isinstance(node, exp.In)
            else (node.this, node.args["low"], node.args["high"])
            if isinstance(node, exp.Between)
            else (node.this, node.expression)
        )
        columns = [side for side in sides if isinstance(side, exp.Column | exp.AggFunc)]
        if len(columns) == 1:
            for side in sides:
                if isinstance(side, exp.Literal) and (isinstance(columns[0], exp.Column) or not side.is_string):
                    yield columns[0], side


def tables_of(tree: exp.Expression) -> dict[str, str]:
    """Map each alias, and each table's own name, to the table (all in lower case)."""
    found: dict[str, str] = {}
    for table in tree.find_all(exp.Table):
        found[table.name.lower()] = table.name.lower()
        found[table.alias_or_name.lower()] = table.name.lower()
    return found


def holders(column: exp.Expr, tables: dict[str, str], schema: Schema) -> set[tuple[str, str]]:
    """List which (table, column) of the query a column reference may mean, in lower case."""
    name = column.name.lower()
    if isinstance(column, exp.Column) and column.table:
        return {(tables.get(column.table.lower(), column.table.lower()), name)}
    return {
        (table.name.lower(), name)
        for table in schema.tables
        if table.name.lower() in tables.values() and table.column(name)
    }
