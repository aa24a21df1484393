"""Put the question's own values where a model wrote others: the database and the question are what is sure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.values import Match
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.reading import parse

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
PATTERNS = (exp.Like, exp.ILike)


def mend_values(sql: str, schema: Schema, matches: Sequence[Match], literals: Sequence[Literal], question: str) -> str:
    """Exchange constants that the question doesn't mention for those of it that the query leaves out.

    A text compared with a column becomes a value that the question mentions and this column holds; a pattern becomes a
    quoted string of the question; a number compared with a column becomes a number of the question. Nothing changes
    where the question offers nothing unused, or where the query can't be read.
    """
    try:
        tree = parse(sql, schema.dialect)
    except Refused:
        return sql
    tables = _tables(tree)
    asked = question.lower()
    written = {node.name.lower() for node in tree.find_all(exp.Literal)}
    changed = False
    for column, constant in _compared(tree):
        text = constant.name
        # 2 isn't mentioned by "more than 22".
        if (
            re.search(rf"(?<![\d.]){re.escape(text.lower())}(?!\d)", asked)
            if text[:1].isdigit()
            else text.lower() in asked
        ):
            continue
        pattern = isinstance(constant.parent, PATTERNS)
        if constant.is_string and not pattern:
            holders = _holders(column, tables, schema)
            here = [match for match in matches if (match.table.lower(), match.column.lower()) in holders]
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
            offers = [one.text for one in literals if one.kind in ("number", "year")]
        unused = [offer for offer in offers if offer.lower() not in written]
        if unused:
            written.add(unused[0].lower())
            constant.replace(exp.Literal(this=unused[0], is_string=constant.is_string))
            changed = True
    try:
        return tree.sql(dialect=schema.dialect) if changed else sql
    except RecursionError:
        return sql  # the guard says that it is nested too deeply


def _compared(tree: exp.Expression) -> Iterator[tuple[exp.Expr, exp.Literal]]:
    """Yield each constant that a column or an aggregate is compared with; those inside arithmetic are left alone."""
    for node in list(tree.find_all(*COMPARISONS, *PATTERNS, exp.In)):
        sides = (node.this, *node.expressions) if isinstance(node, exp.In) else (node.this, node.expression)
        columns = [side for side in sides if isinstance(side, exp.Column | exp.AggFunc)]
        if len(columns) == 1:
            for side in sides:
                if isinstance(side, exp.Literal) and (isinstance(columns[0], exp.Column) or not side.is_string):
                    yield columns[0], side


def _tables(tree: exp.Expression) -> dict[str, str]:
    """Map each alias, and each table's own name, to the table (all in lower case)."""
    found: dict[str, str] = {}
    for table in tree.find_all(exp.Table):
        found[table.name.lower()] = table.name.lower()
        found[table.alias_or_name.lower()] = table.name.lower()
    return found


def _holders(column: exp.Expr, tables: dict[str, str], schema: Schema) -> set[tuple[str, str]]:
    """List which (table, column) of the query a column reference may mean, in lower case."""
    name = column.name.lower()
    if isinstance(column, exp.Column) and column.table:
        return {(tables.get(column.table.lower(), column.table.lower()), name)}
    return {
        (table.name.lower(), name)
        for table in schema.tables
        if table.name.lower() in tables.values() and table.column(name)
    }
