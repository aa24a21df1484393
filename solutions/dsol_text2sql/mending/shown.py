"""Leave out of the answer what the question plainly doesn't ask for: the first name where the last name is asked."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from sqlglot import exp

from dsol_text2sql.mending.mended import mended
from dsol_text2sql.mending.values import tables_of
from dsol_text2sql.question.text import name_words
from dsol_text2sql.rules.pieces import Knowledge, Question
from dsol_text2sql.rules.stitching import labels

SAID = 0.9  # a column that is named less literally may be another
WHOLE_NAMES = {"name", "names", "named", "名", "名字", "姓名", "名称"}  # first and last name together, as they are used


@dataclass(frozen=True)
class Asked:
    """What a question asks for: columns (table, column) that it may name, those of them that only the answer can hold,
    and its words.
    """

    named: Collection[tuple[str, str]]
    shown: Collection[tuple[str, str]]
    words: Collection[str]


def mend_shown(sql: str, knowledge: Knowledge, question: Question) -> str:
    """Drop naming columns from what a query shows, where the question names another naming column of their table.

    Of the columns that say what a row is, such as first and last name, a question that names some by their own words
    asks for those; unless the query uses one elsewhere: "customers whose last name begins with M", "by last name".
    Nothing changes where it names none or all, or where the query can't be read.
    """
    named = _named(question)
    if not named:
        return sql

    def change(tree: exp.Expression) -> bool:
        if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
            return False
        tables = tables_of(tree)
        said = frozenset(re.findall(r"\w+", question.text.lower()))
        shown = {id(one) for one in tree.expressions}
        elsewhere = {column.name.lower() for column in tree.find_all(exp.Column) if id(column) not in shown}
        asked = Asked(named, frozenset(one for one in named if one[1] not in elsewhere), said)
        kept = [one for one in tree.expressions if not _unasked(one, tables, knowledge, asked)]
        if not kept or len(kept) == len(tree.expressions):
            return False
        tree.set("expressions", kept)
        return True

    return mended(sql, knowledge.schema.dialect, change)


def _named(question: Question) -> frozenset[tuple[str, str]]:
    """Collect every column that a part of the question may name, in lower case, if some are named for sure."""
    pieces = [piece for piece in question.pieces if piece.kind == "name"]
    if any(question.lower[piece.start : piece.end].strip() in WHOLE_NAMES for piece in pieces):
        return frozenset()
    if not any(piece.score >= SAID and not piece.table for piece in pieces):
        return frozenset()
    return frozenset((place.table.lower(), place.column.lower()) for piece in pieces for place in piece.places)


def _unasked(shown: exp.Expr, tables: dict[str, str], knowledge: Knowledge, asked: Asked) -> bool:
    """Tell whether a plain naming column is shown that nothing names, while another one of its table is asked for.

    A word of the column alone names it beside the other: "first and last names".
    """
    if not isinstance(shown, exp.Column):
        return False
    known = [shown.table.lower()] if shown.table else list(tables)
    found = {tables[one] for one in known if one in tables}
    table = knowledge.schema.table(found.pop()) if len(found) == 1 else None
    if table is None:
        return False
    naming = [place.column for place in labels(knowledge.schema, table.name)]
    others = [one for one in naming if (table.name.lower(), one.lower()) in asked.shown]
    this = next((one for one in naming if one.lower() == shown.name.lower()), "")
    if not this or not others or (table.name.lower(), this.lower()) in asked.named:
        return False
    own = set(name_words(this)).difference(*(name_words(one) for one in others))
    return not own & {*asked.words}
