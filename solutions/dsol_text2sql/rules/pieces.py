"""Cut a question into the pieces that a rule can act on: names, values, constants and words that ask for something."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dsol.han import TO_SIMPLIFIED
from dsol_text2sql.question.linking import NameIndex
from dsol_text2sql.question.literals import literals
from dsol_text2sql.question.text import CJK, Token, tokens
from dsol_text2sql.question.values import Match, ValueIndex
from dsol_text2sql.question.words import edge_characters, stop_words
from dsol_text2sql.rules.cues import Cue, cues
from dsol_text2sql.rules.stitching import Place, labels, with_links
from dsol_text2sql.schema import Schema

LONGEST = 1000  # characters of a question that are read
SURE = 0.55  # a mention that scores less is left alone
_GAP = re.compile(rf"(?<=[{CJK}，。？、])\s+(?=[{CJK}，。？、0-9])|(?<=[0-9])\s+(?=[{CJK}])")


@dataclass(frozen=True)
class Knowledge:
    """What the rules know of one database."""

    schema: Schema
    names: NameIndex
    values: ValueIndex

    @classmethod
    def of(cls, schema: Schema, values: ValueIndex) -> Knowledge:
        """Gather it; tables without declared keys are linked by columns of one name."""
        linked = with_links(schema)
        return cls(linked, NameIndex(linked), values)

    @cached_property
    def naming(self) -> frozenset[Place]:
        """Collect the columns that say what a row of their table is."""
        return frozenset(place for table in self.schema.tables for place in labels(self.schema, table.name))


@dataclass(frozen=True)
class Piece:
    """`text[start:end]` of the question and what it may mean.

    `kind` is "name" (`places` are its readings, best first), "value" (`places` hold it), "number", "year", "date",
    "string", or that of `cue`.
    """

    kind: str
    start: int
    end: int
    places: tuple[Place, ...] = ()
    value: str | int | float = ""
    cue: Cue | None = None
    score: float = 1.0

    @property
    def table(self) -> str:
        """Give the table that a name reads as; "" where it reads as a column."""
        return self.places[0].table if self.kind == "name" and self.places and not self.places[0].column else ""


@dataclass(frozen=True)
class Question:
    """A question made plain, in pieces; `lower` is its text for looking at what stands between them."""

    text: str
    lower: str
    pieces: tuple[Piece, ...]

    def between(self, one: Piece, two: Piece) -> str:
        """Give the text between two pieces, in either order."""
        return self.lower[min(one.end, two.end) : max(one.start, two.start)]

    def after(self, piece: Piece, *kinds: str, within: int = 12) -> Piece | None:
        """Find the first piece of these kinds that begins at most so many characters after this one."""
        near = (p for p in self.pieces if p.kind in kinds and 0 <= p.start - piece.end <= within)
        return min(near, key=lambda p: p.start, default=None)

    def before(self, piece: Piece, *kinds: str, within: int = 12) -> Piece | None:
        """Find the last piece of these kinds that ends at most so many characters before this one."""
        near = (p for p in self.pieces if p.kind in kinds and 0 <= piece.start - p.end <= within)
        return max(near, key=lambda p: p.end, default=None)


def cut(question: str, knowledge: Knowledge) -> Question:
    """Cut a question into pieces, in their order."""
    plain = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in question[:LONGEST])
    text = _GAP.sub("", unicodedata.normalize("NFKC", plain)).strip()
    lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text).translate(TO_SIMPLIFIED)
    named = _names(knowledge, text)
    sure = [(piece.start, piece.end) for piece in named if piece.score >= 0.9]
    values = [p for p in _values(knowledge, text) if p.score >= 0.8 or not _overlaps(p.start, p.end, sure)]
    given = literals(text)
    dates = [(literal.start, literal.end) for literal in given if literal.kind == "date"]
    values = [piece for piece in values if not _overlaps(piece.start, piece.end, dates)]
    held = [(piece.start, piece.end) for piece in values]
    constants = [
        Piece(literal.kind, literal.start, literal.end, value=_number(literal.text, literal.kind))
        for literal in given
        if not _inside(literal.start, literal.end, held)
    ]
    held += [(piece.start, piece.end) for piece in constants if piece.kind in ("string", "date")]
    names = [piece for piece in named if not _overlaps(piece.start, piece.end, held)]
    asked = [
        Piece(cue.kind, cue.start, cue.end, cue=cue)
        for cue in cues(lower)
        if not _overlaps(cue.start, cue.end, held) and not _within_longer(cue, names)
    ]
    counts = [(piece.start, piece.end) for piece in asked if piece.kind == "count"]
    # 数量 after a table asks for a count, not for a column named quantity.
    names = [
        n for n in names if not _inside(n.start, n.end, counts) or not any(0 <= n.start - m.end <= 1 for m in names)
    ]
    pieces = sorted([*values, *constants, *names, *asked], key=lambda piece: (piece.start, piece.end))
    return Question(text, lower, tuple(pieces))


def explained(question: Question) -> float:
    """Give the share of the question's content words that some piece accounts for, each as far as it is sure."""
    content = [token for token in tokens(question.text) if _content(token)]
    weights = [max((p.score for p in question.pieces if _covers(p, token)), default=0.0) for token in content]
    return sum(min(1.0, weight) for weight in weights) / len(content) if content else 0.0


def _covers(piece: Piece, token: Token) -> bool:
    return piece.start <= token.start and token.end <= piece.end


def _content(token: Token) -> bool:
    return token.word not in stop_words() and token.key not in stop_words() and token.key not in edge_characters()


def _values(knowledge: Knowledge, text: str) -> list[Piece]:
    """Take one piece a mention; its places are the columns that hold the value, naming columns first."""
    groups: dict[tuple[int, int], list[Match]] = {}
    for match in knowledge.values.match(text, limit=40):
        if match.score >= SURE:
            groups.setdefault((match.start, match.end), []).append(match)
    pieces = []
    for (start, end), matches in groups.items():
        top = max(match.score for match in matches)
        best = [match for match in matches if match.value == matches[0].value and match.score > top - 0.25]
        best.sort(key=lambda match: (Place(match.table, match.column) not in knowledge.naming, -match.score))
        # A bare number is a value of some text column only by chance.
        if not str(matches[0].value).isdigit():
            places = tuple(Place(match.table, match.column) for match in best)
            pieces.append(Piece("value", start, end, places, matches[0].value, score=top))
    longest = sorted(pieces, key=lambda piece: (piece.start - piece.end, -piece.score))
    kept: list[Piece] = []
    for piece in longest:
        if not _overlaps(piece.start, piece.end, [(other.start, other.end) for other in kept]):
            kept.append(piece)
    return kept


def _names(knowledge: Knowledge, text: str) -> list[Piece]:
    read = tokens(text)
    spans: dict[tuple[int, int], list[tuple[float, Place]]] = {}
    for named in knowledge.names.link(read):
        span = (read[named.first].start, read[named.last - 1].end)
        # Of equally good readings the table is the likelier one.
        score = named.score + (0.15 if not named.column else 0.0)
        spans.setdefault(span, []).append((score, Place(named.table, named.column)))
    pieces = []
    for (start, end), readings in spans.items():
        readings.sort(key=lambda reading: -reading[0])
        pieces.append(Piece("name", start, end, tuple(place for _, place in readings), score=readings[0][0]))
    return pieces


def _number(text: str, kind: str) -> str | int | float:
    if kind != "number":
        return text
    return int(text) if re.fullmatch("-?[0-9]+", text) else float(text)


def _inside(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(left <= start and end <= right for left, right in spans)


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < right and left < end for left, right in spans)


def _within_longer(cue: Cue, names: Sequence[Piece]) -> bool:
    """Tell whether a cue is only a part of a name ("Last" in "last name"), or begins in one ("phone number of")."""
    return any(
        (n.start <= cue.start and cue.end <= n.end and n.end - n.start > cue.end - cue.start)
        or n.start < cue.start < n.end < cue.end
        for n in names
    )
