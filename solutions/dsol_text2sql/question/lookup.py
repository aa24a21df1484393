"""What mentions are looked up in, and the question as it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from dsol_text2sql.question.literals import quoted
from dsol_text2sql.question.text import Token, tokens

SENTENCE = 4  # words


@dataclass(frozen=True)
class Lookup:
    """The values as tables: `entries` are (column, value, key); the rest lead from keys to entries."""

    entries: list[tuple[int, str | int, str]]
    whole: dict[str, list[int]]
    parts: dict[str, list[int]]
    joined: dict[str, list[int]]
    aliases: dict[str, list[int]]
    names: list[tuple[list[str], list[str]]]
    sizes: list[int]
    schema_words: frozenset[str]
    longest: int

    @cached_property
    def spellings(self) -> dict[tuple[str, int], list[str]]:
        """Group the values' spellings by first letter and length, for finding near ones."""
        groups: dict[tuple[str, int], list[str]] = {}
        for spelling in self.joined:
            if spelling.isascii() and not spelling.isdigit() and 4 <= len(spelling) <= 40:
                groups.setdefault((spelling[0], len(spelling)), []).append(spelling)
        return groups


@dataclass(frozen=True)
class Mention:
    """One column's value that tokens [first, last) mention, characters [start, end) of the question."""

    column: int
    value: str | int
    first: int
    last: int
    start: int
    end: int
    score: float
    whole: bool = True


@dataclass(frozen=True)
class Reading:
    """A question cut into tokens, with what the way it is written tells."""

    question: str
    tokens: list[Token]
    quotes: list[tuple[int, int]]
    cased: bool
    keys: frozenset[str] = field(default=frozenset())

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Give tokens [first, last) as characters."""
        return self.tokens[first].start, self.tokens[last - 1].end

    def surface(self, first: int, last: int) -> str:
        """Give tokens [first, last) as written."""
        start, end = self.span(first, last)
        return self.question[start:end]

    def in_quotes(self, first: int, last: int) -> bool:
        """Tell whether the tokens stand inside quotation marks."""
        start, end = self.span(first, last)
        return any(left <= start and end <= right for left, right in self.quotes)

    def capital(self, first: int, last: int) -> bool:
        """Tell whether a token is written as a name, other than by beginning the sentence."""
        return any(self.question[self.tokens[i].start].isupper() and i for i in range(first, last))


def read(question: str) -> Reading:
    """Cut a question into tokens and note its quotation marks and its use of capitals."""
    found = tokens(question)
    # Who begins a sentence with a capital writes names with one.
    cased = any(question[token.start].isupper() for token in found[1:]) or (
        len(found) >= SENTENCE and question[found[0].start].isupper()
    )
    return Reading(question, found, quoted(question), cased, frozenset(token.key for token in found))
