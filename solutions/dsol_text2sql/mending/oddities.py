"""Whether a query can be meant: constants that its columns can't hold, values that it forgets, columns shown twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from dsol_text2sql.mending.values import PATTERNS, compared, holders, tables_of
from dsol_text2sql.query import Refused
from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.values import Match
from dsol_text2sql.schema import Column, Schema
from dsol_text2sql.sql.reading import parse

WHOLE = 0.8  # a weaker match names only a part of a value, or a word that happens to be in one


@dataclass(frozen=True)
class Oddities:
    """What speaks against a query, without running it.

    `misfits`: constants compared with a column that can't hold them, and columns shown twice. `forgotten`: values and
    strings of the question that the query doesn't hold.
    """

    misfits: int = 0
    forgotten: int = 0

    @property
    def any(self) -> bool:
        return bool(self.misfits or self.forgotten)


def oddities(sql: str, schema: Schema, matches: Sequence[Match], literals: Sequence[Literal]) -> Oddities:
    """Count what can't be meant; nothing where the query can't be read (the guard says so)."""
    try:
        tree = parse(sql, schema.dialect, copy=False)
    except Refused:
        return Oddities()
    tables = tables_of(tree)
    misfits = sum(
        _misfit(column, constant, tables, schema, matches)
        for column, constant in compared(tree)
        if isinstance(column, exp.Column)
    )
    for select in tree.find_all(exp.Select):
        shown = [one.unalias().sql() for one in select.expressions]
        misfits += len(shown) - len(set(shown))
    held = [literal.name.lower() for literal in tree.find_all(exp.Literal)]
    return Oddities(misfits, _forgotten(held, matches, literals))


def _misfit(
    column: exp.Column, constant: exp.Literal, tables: dict[str, str], schema: Schema, matches: Sequence[Match]
) -> bool:
    """Tell whether no column that may be meant can hold the constant."""
    places = holders(column, tables, schema)
    found = [(place, one) for place in places if (one := _column(place, schema))]
    if not found:
        return False
    pattern = isinstance(constant.parent, PATTERNS)
    if all(not _holds(one, constant, pattern) for _, one in found):
        return True
    if not constant.is_string or pattern:
        return False
    # A value that the database has, but not here.
    same = [one for one in matches if str(one.value).lower() == constant.name.lower()]
    return bool(same) and not any((one.table.lower(), one.column.lower()) in places for one in same)


def _column(place: tuple[str, str], schema: Schema) -> Column | None:
    table = schema.table(place[0])
    return table.column(place[1]) if table else None


def _holds(column: Column, constant: exp.Literal, pattern: bool) -> bool:
    """Tell whether a column of this kind holds such a constant; numbers are often kept as texts."""
    if column.kind == "text":
        return constant.is_string or all(re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", str(one)) for one in column.samples)
    if column.kind in ("integer", "number"):
        return not constant.is_string or pattern or bool(re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", constant.name))
    if column.kind == "date":
        return pattern or bool(re.match(r"\s*\d", constant.name))
    return True


def _forgotten(held: Sequence[str], matches: Sequence[Match], literals: Sequence[Literal]) -> int:
    """Count the spans of the question that name a value for sure, and quoted strings, of which the query has none."""
    spans: dict[tuple[int, int], list[str]] = {}
    for match in matches:
        if match.score >= WHOLE:
            spans.setdefault((match.start, match.end), []).extend((str(match.value).lower(), match.text.lower()))
    for one in literals:
        if one.kind == "string":
            spans.setdefault((one.start, one.end), []).append(one.text.lower())
    return sum(not any(value in constant for value in values for constant in held) for values in spans.values())
