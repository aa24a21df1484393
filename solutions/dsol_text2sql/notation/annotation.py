"""Write into a question what its words may point to: tables, columns, and values with the columns that hold them.

Schema linking (Wang et al. 2020, RAT-SQL, arXiv 1911.04942) as text: a model too small to search a schema finds what it
needs right beside the words that ask for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from dsol_text2sql.notation.pointers import Pointers
from dsol_text2sql.question.linking import NameIndex
from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.text import tokens
from dsol_text2sql.question.values import Match
from dsol_text2sql.question.words import stop_words
from dsol_text2sql.rules.stitching import Place, key, labels
from dsol_text2sql.schema import Schema

# Words that say "a part of the text": what stands behind them is meant as it is written, quoted or not.
_CUED = re.compile(
    r"\b(?:start(?:s|ing)?|begin(?:s|ning)?|end(?:s|ing)?|contain(?:s|ing)?)(?: with| in| on)?(?: the)?"
    r"(?: letters?| words?| string)? ([\w.&-]*\w)|\b(?:letter|word|substring) (\w+)"
    r"|(?:带有?|含有?|包含|以|有)\s*([A-Za-z][\w.&-]*)",
    re.IGNORECASE,
)
_BRACES = str.maketrans("{}", "()")  # braces hold pointers; what a user types is none
CHINESE = 3  # the group of a Chinese cue, behind which no word is English grammar
NAMES = 4  # readings of one name that are shown
LINKS = 2  # foreign keys of a table that are shown
NAMED = 0.9  # a name this sure is no value, unless
WHOLE = 0.8  # the value is named this fully
LIKELY = 0.55  # a mention that scores less is left alone
VALUES = 2  # values that one mention may mean that are shown
COLUMNS = 3  # columns of one value that are shown


def annotate(
    question: str, names: NameIndex, matches: Sequence[Match], literals: Sequence[Literal], pointers: Pointers
) -> tuple[str, tuple[str, ...]]:
    """Put pointers in braces behind the words that name something: `albums { t0 c0 c1} by AC/DC { v1 c4}`.

    A table comes with its key and with what its rows are called, which are asked for wherever it is. Returns the
    annotated question and what v1, v2, ... stand for. A constant that the question words differently is
    written out: `three { 3}`.
    """
    question = question.translate(_BRACES)
    read = tokens(question)
    notes: dict[int, list[str]] = {}
    linked = names.link(read)
    sure = [(read[named.first].start, read[named.last - 1].end) for named in linked if named.score >= NAMED]
    matches = [match for match in matches if match.score >= (WHOLE if _overlaps(match, sure) else LIKELY)]
    for named in linked:
        table = pointers.table_of.get(named.table.lower())
        column = pointers.column_of.get((named.table.lower(), named.column.lower()))
        shown = notes.setdefault(read[named.last - 1].end, [])
        pointer = column if named.column else table
        if pointer and pointer not in shown and len(shown) < NAMES:
            shown.append(pointer)
            if not named.column:
                usual = _usual(names.schema, named.table, pointers)
                shown.extend(one for one in usual if one not in shown)
    values: dict[str, str] = {}
    held: dict[tuple[int, str | int], list[str]] = {}
    # A value is meant as a row of its own, the state of this name, more often than as what another row says of itself.
    own = {table: _usual(names.schema, table, pointers) for table in {match.table for match in matches}}
    ranked = sorted(
        ((match, pointers.column_of.get((match.table.lower(), match.column.lower()))) for match in matches),
        key=lambda pair: (pair[0].start, pair[1] not in own[pair[0].table], -pair[0].score),
    )
    for match, column in ranked:
        if column:
            held.setdefault((match.end, match.value), []).append(column)
    partly: Counter[int] = Counter()
    for (end, value), columns in held.items():
        partly[end] += 1
        if partly[end] > VALUES:
            continue
        sign = values.setdefault(value, f"v{len(values) + 1}") if isinstance(value, str) else str(value)
        notes.setdefault(end, []).extend([sign, *columns[:COLUMNS]])
    whole = {(match.end, match.text.lower()) for match in matches if match.text.lower() == str(match.value).lower()}
    for end, text in {match.end: match.text for match in matches}.items():
        # What is named in part may be meant in part: titles that contain the word.
        if (end, text.lower()) not in whole and text.isascii():
            notes.setdefault(end, []).append(values.setdefault(text, f"v{len(values) + 1}"))
    for literal in literals:
        if literal.kind == "string":
            sign = values.setdefault(literal.text, f"v{len(values) + 1}")
            notes.setdefault(literal.end, []).append(sign)
        elif literal.text not in question[literal.start : literal.end]:
            notes.setdefault(literal.end, []).append(literal.text)
    for found in _CUED.finditer(question):
        start, end = found.span(found.lastindex or 0)
        grammar = found.lastindex != CHINESE and question[start:end].lower() in stop_words()
        if end not in notes and not grammar:
            notes[end] = [values.setdefault(question[start:end], f"v{len(values) + 1}")]
    text, start = "", 0
    for end in sorted(notes):
        if notes[end]:
            text += question[start:end] + " { " + " ".join(notes[end]) + "}"
            start = end
    return text + question[start:], tuple(values)


def _overlaps(match: Match, spans: Sequence[tuple[int, int]]) -> bool:
    return any(match.start < end and start < match.end for start, end in spans)


def _usual(schema: Schema, table: str, pointers: Pointers) -> list[str]:
    """Give the pointers of a table's key, of the columns that say what a row is, and of what it belongs to."""
    own = key(schema, table)
    linking = [Place(key.table, key.column) for key in schema.foreign_keys if key.table == table]
    places = [*([own] if own else []), *labels(schema, table), *linking[:LINKS]]
    found = (pointers.column_of.get((place.table.lower(), place.column.lower())) for place in places)
    return [pointer for pointer in found if pointer]
