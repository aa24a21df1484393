"""Find what an example's question and SQL both say: values, patterns, years and numbers that can be exchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from dsol_text2sql.question.literals import literals
from dsol_text2sql.question.text import is_cjk
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.constants import Constant, constants

Kind = OneOf["value", "alias", "contains", "starts", "ends", "year", "limit", "equal", "number"]
Spans = tuple[tuple[int, int], ...]
Phrases = Mapping[tuple[str, str, str], Sequence[str]]

_SQL = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|(?<![\w.])\d+(?:\.\d+)?(?![\w.])|[^\W\d]\w*|.", re.DOTALL)
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DATED = re.compile(r"((?:1[5-9]|20)\d\d)(?:%|-.*)?")
_COMPARED = re.compile(r"(?:[=<>]|\bBETWEEN|\bAND)\s*$", re.IGNORECASE)
_LIMITED = re.compile(r"\bLIMIT\s*$", re.IGNORECASE)
_PATTERNS = (("%", "%", "contains"), ("", "%", "starts"), ("%", "", "ends"))


@dataclass(frozen=True)
class Slot:
    """Something that stands in the question at `spans` and in the SQL as the pieces `places`.

    `value` is what the SQL says there, without quotes and wildcards; `table` and `column` are what it is compared with,
    empty for counts.
    """

    kind: Kind
    value: str
    spans: Spans
    places: tuple[int, ...]
    table: str = ""
    column: str = ""


def pieces(sql: str) -> list[str]:
    """Cut SQL into strings, numbers, words and single characters of the rest; joined they are the SQL."""
    return _SQL.findall(sql)


def slots(question: str, sql: str, schema: Schema, phrases: Phrases) -> list[Slot]:
    """Find the slots of an example; no two of them overlap in the question.

    `phrases` are other words for values: (table, column, value), names in lower case -> phrases that stand for it.
    """
    cut = pieces(sql)
    said = constants(sql, schema)
    free = [True] * len(question)
    found: list[Slot] = []
    texts = sorted((c for c in said if isinstance(c.value, str)), key=lambda c: -len(str(c.value)))
    for slot in (
        *_years(question, cut, said, schema),
        *_values(question, cut, texts, phrases),
        *_numbers(question, cut, said),
    ):
        apart = all(set(slot.places).isdisjoint(other.places) for other in found)
        if slot.places and apart and all(all(free[start:end]) for start, end in slot.spans):
            found.append(slot)
            for start, end in slot.spans:
                free[start:end] = [False] * (end - start)
    return found


def _strings(cut: Sequence[str], text: str) -> tuple[int, ...]:
    written = "'" + text.replace("'", "''") + "'"
    return tuple(place for place, piece in enumerate(cut) if piece == written)


def _years(question: str, cut: Sequence[str], said: Sequence[Constant], schema: Schema) -> Iterator[Slot]:
    """Find the one year that all dates of the SQL are in and that the question names."""
    dates: dict[int, str] = {}
    for place, piece in enumerate(cut):
        dated = _DATED.fullmatch(piece[1:-1]) if piece.startswith("'") else None
        if dated:
            dates[place] = dated.group(1)
    if len(set(dates.values())) != 1:
        return
    year = next(iter(dates.values()))
    inside = {cut[place][1:-1] for place in dates}
    owner = next((constant for constant in said if constant.value in inside), None)
    spans = tuple(match.span() for match in re.finditer(rf"(?<!\d){year}(?!\d)", question))
    others = set(_YEAR.findall(question)) - {year}
    if owner and spans and not others:
        yield Slot("year", year, spans, tuple(dates), owner.table, owner.column)


def _values(question: str, cut: Sequence[str], said: Sequence[Constant], phrases: Phrases) -> Iterator[Slot]:
    """Find the texts that the question says as the SQL does, in part (LIKE), or by another name."""
    for constant in said:
        text = str(constant.value)
        places = _strings(cut, text)
        if constant.pattern:
            yield from _pattern(question, constant, text, places)
            continue
        spans = _said(question, text)
        if spans:
            yield Slot("value", text, spans, places, constant.table, constant.column)
            continue
        key = (constant.table.lower(), constant.column.lower(), text)
        for phrase in sorted(phrases.get(key, ()), key=len, reverse=True):
            spans = _said(question, phrase)
            if spans:
                yield Slot("alias", text, spans, places, constant.table, constant.column)
                break


def _pattern(question: str, constant: Constant, text: str, places: tuple[int, ...]) -> Iterator[Slot]:
    core = text.strip("%")
    kind = next((kind for before, after, kind in _PATTERNS if text == before + core + after), "")
    if core and kind and not set(core) & set("%_"):
        spans = _said(question, core)
        if spans and (len(core) > 1 or question[spans[0][0]].isupper()):
            yield Slot(kind, core, spans, places, constant.table, constant.column)  # type: ignore[arg-type]


def _said(question: str, text: str) -> Spans:
    """Find the one place where the question says a text, best as it is written; none where it is said twice."""
    pattern = re.escape(text)
    if not is_cjk(text):
        pattern = rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    for flags in (0, re.IGNORECASE):
        spans = tuple(match.span() for match in re.finditer(pattern, question, flags))
        if spans:
            return spans if len(spans) == 1 else ()
    return ()


def _numbers(question: str, cut: Sequence[str], said: Sequence[Constant]) -> Iterator[Slot]:
    """Find the numbers that stand once in the question and once in the SQL, where it compares or limits."""
    written = [(place, piece) for place, piece in enumerate(cut) if piece[0].isdigit()]
    counts: dict[str, int] = {}
    for _, piece in written:
        counts[piece] = counts.get(piece, 0) + 1
    constants_ = [literal for literal in literals(question) if literal.kind in ("number", "year")]
    for place, piece in written:
        same = [literal for literal in constants_ if literal.text == piece]
        if counts[piece] != 1 or len(same) != 1:
            continue
        before = "".join(cut[max(0, place - 12) : place])
        spans = ((same[0].start, same[0].end),)
        owner = next((c for c in said if not isinstance(c.value, str) and str(c.value) == piece), None)
        table, column = (owner.table, owner.column) if owner else ("", "")
        if _LIMITED.search(before):
            yield Slot("limit", piece, spans, (place,))
        elif owner and before.rstrip().endswith("=") and not before.rstrip().endswith(("<=", ">=")):
            yield Slot("equal", piece, spans, (place,), table, column)
        elif _COMPARED.search(before):
            yield Slot("number", piece, spans, (place,), table, column)
