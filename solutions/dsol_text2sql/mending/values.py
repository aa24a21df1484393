"""Put the question's own values where a model wrote others: the database and the question are what is sure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.units import scaled
from dsol_text2sql.question.values import Match
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.reading import parse

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
PATTERNS = (exp.Like, exp.ILike)


def mend_values(sql: str, schema: Schema, matches: Sequence[Match], literals: Sequence[Literal], question: str) -> str:
    """Exchange constants that the question doesn't mention for those of it that the query leaves out.

    A text compared with a column becomes a value that the question mentions and this column holds; a pattern becomes a
    quoted string of the question; a number compared with a column becomes a number of the question, in the column's
    unit: ten minutes are 600,000 milliseconds. Nothing changes where the question offers nothing unused, or where the
    query can't be read.
    """
    try:
        tree = parse(sql, schema.dialect)
    except Refused:
        return sql
    tables = tables_of(tree)
    asked = question.lower()
    written = {node.name.lower() for node in tree.find_all(exp.Literal)}
    changed = False
    for column, constant in compared(tree):
        text = constant.name
        numbers = [] if constant.is_string else _numbers(column, literals, question)
        meant = [number for said, number in numbers if said == text]
        if any(number == text for _, number in numbers):
            continue
        if meant:  # the question's number as it is written, in another unit than the column's
            constant.replace(exp.Literal.number(meant[0]))
            changed = True
            continue
        # 2 isn't mentioned by "more than 22".
        if (
            re.search(rf"(?<![\d.]){re.escape(text.lower())}(?!\d)", asked)
            if text[:1].isdigit()
            else text.lower() in asked
        ):
            continue
        pattern = isinstance(constant.parent, PATTERNS)
        if constant.is_string and not pattern:
            held = holders(column, tables, schema)
            here = [match for match in matches if (match.table.lower(), match.column.lower()) in held]
            if any(str(match.value).lower() == text.lower() for match in here):
                continue
            offers = [str(match.value) for match in here]
        elif pattern:
            core = text.strip("%_")
            if core.lower() in asked:
                continue
            named = [one.text for one in literals if one.kind == "string"]
            named += [match.text for match in matches if match.text.isascii()]
            offers = [text.replace(core, one) if core else one for one in named]
        else:
            offers = [number for said, number in numbers if said.lower() not in written]
        unused = [offer for offer in offers if offer.lower() not in written]
        if unused:
            written.add(unused[0].lower())
            constant.replace(exp.Literal(this=unused[0], is_string=constant.is_string))
            changed = True
    try:
        return tree.sql(dialect=schema.dialect) if changed else sql
    except RecursionError:
        return sql  # the guard says that it is nested too deeply


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


def _numbers(column: exp.Expr, literals: Sequence[Literal], question: str) -> list[tuple[str, str]]:
    """List the question's numbers, each as it is said and in the unit of the column or of the one aggregated."""
    inner = column if isinstance(column, exp.Column) else column.find(exp.Column)
    whole = not isinstance(column, exp.Count)  # a count has no unit
    found = []
    for one in literals:
        if one.kind in ("number", "year"):
            meant = scaled(float(one.text), question, one.end, inner.name) if inner is not None and whole else 0.0
            same = meant == float(one.text) or inner is None or not whole
            found.append((one.text, one.text if same else f"{meant:.15g}"))
    return found


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
