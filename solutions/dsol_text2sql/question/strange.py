"""How much of a question nothing explains: no name or value of the database, and no question that was learned from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from dsol_text2sql.question.text import Token, is_cjk, keys, name_words, tokens
from dsol_text2sql.question.values import Match
from dsol_text2sql.question.words import stop_characters, stop_words
from dsol_text2sql.schema import Schema


def heard(questions: Iterable[str]) -> list[str]:
    """List the units of content that questions have: words, and pairs of neighbouring Chinese characters."""
    return sorted({unit for question in questions for unit, _, _ in _units(tokens(question))})


def named(schema: Schema) -> frozenset[str]:
    """Collect the units that the schema's names and descriptions have."""
    found: set[str] = set()
    for table in schema.tables:
        for name, description in [(table.name, table.description), *((c.name, c.description) for c in table.columns)]:
            found.update(name_words(name), keys(description))
            for text in (name, description):
                found.update(unit for unit, _, _ in _units(tokens(text)))
    return frozenset(found)


def strange(question: str, known: frozenset[str], matches: Sequence[Match]) -> float:
    """Give the share of a question's units that are not `known` and in no value that matches, from 0 to 1."""
    units = list(_units(tokens(question)))
    new = [
        unit
        for unit, start, end in units
        if unit not in known and not any(one.start <= start and end <= one.end for one in matches)
    ]
    return len(new) / len(units) if units else 0.0


def _units(read: Sequence[Token]) -> Iterator[tuple[str, int, int]]:
    """Yield what carries content, and where it stands; numbers and words of grammar don't."""
    for token in read:
        if not is_cjk(token.key) and token.key not in stop_words() and not token.key.isdigit():
            yield token.key, token.start, token.end
    for one, two in pairwise(read):
        both = is_cjk(one.key) and is_cjk(two.key) and one.end == two.start
        grammar = one.key in stop_characters() and two.key in stop_characters()
        if both and not grammar and one.key + two.key not in stop_words():
            yield one.key + two.key, one.start, two.end
