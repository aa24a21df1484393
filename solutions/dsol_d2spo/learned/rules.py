"""Relations by trigger words, types and names, weighed as labelled documents teach: logistic regressions, no model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from dsol.folding import fold
from dsol_d2spo.language import language_of
from dsol_d2spo.names.marking import End, fitting
from dsol_d2spo.names.mentions import Mention, tokens_of
from dsol_d2spo.passages.pieces import sentence_at, sentences
from dsol_d2spo.schema import Schema

NEAR = 14  # words between two ends that are looked at
BESIDE = 3  # words before and after both


@dataclass(frozen=True)
class Pair:
    """Two ends, the nearest mentions of both, their types by language, and all that is noticed about them."""

    subject: End
    object: End
    at: Mention
    to: Mention
    types: str
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """By predicate: the log odds that types and hints add; `least`: the log odds from which on one is said to hold.

    One threshold for all predicates is what the best micro F1 wants of probabilities.
    """

    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    least: float = 0.0

    def scores(self, pair: Pair, schema: Schema) -> Iterator[tuple[str, float]]:
        """Give the log odds of each predicate that fits the types and was seen between them."""
        for one in fitting(schema, pair.subject.type, pair.object.type):
            known = self.weights.get(one.predicate, {})
            prior = known.get(f"types {pair.types}")
            if prior is not None:
                yield one.predicate, prior + sum(known.get(hint, 0.0) for hint in pair.hints)

    def to_json(self) -> dict[str, Any]:
        """Give them as JSON values."""
        return {"weights": self.weights, "least": self.least}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rules:
        """Read what `to_json` gave; without anything there is no rule."""
        return cls(value["weights"], value["least"]) if value else cls()


def pairs(text: str, ends: Sequence[End], schema: Schema) -> Iterator[Pair]:
    """Look at every ordered pair of ends between whose types some predicate may hold."""
    cuts, language = sentences(text), language_of(text)
    tokens = list(tokens_of(text))
    words = [fold(token) for token, _, _ in tokens]
    starts = [start for _, start, _ in tokens]
    place = {start: at for at, start in enumerate(starts)}
    number = {id(one): sentence_at(one.span.start, cuts) for end in ends for one in end.mentions}
    for subject in ends:
        for object in ends:
            if subject is object or not fitting(schema, subject.type, object.type):
                continue
            at, to = min(
                ((one, two) for one in subject.mentions for two in object.mentions),
                key=lambda both: (
                    number[id(both[0])] != number[id(both[1])],
                    abs(both[0].span.start - both[1].span.start),
                ),
            )
            hints = [f"s {fold(subject.name)}", f"o {fold(object.name)}"]
            hints += ["first"] if subject is ends[0] else []
            hints += ["object first"] if object is ends[0] else []
            if number[id(at)] == number[id(to)]:
                hints += _context(at, to, words, place, tokens)
            else:
                hints.append("apart")
            yield Pair(subject, object, at, to, f"{language} {subject.type}>{object.type}", tuple(dict.fromkeys(hints)))


def _context(
    at: Mention, to: Mention, words: Sequence[str], place: Mapping[int, int], tokens: Sequence[tuple[str, int, int]]
) -> list[str]:
    """Note the words between and beside two mentions of one sentence, and in which order they stand."""
    sign, first, second = (">", at, to) if at.span.start < to.span.start else ("<", to, at)
    start, end = place.get(first.span.start), place.get(second.span.start)
    if start is None or end is None:
        return []
    inner = [at for at in range(start, end) if tokens[at][1] >= first.span.end]
    between = [words[at] for at in inner]
    after = [word for word, token in zip(words[end:], tokens[end:], strict=True) if token[1] >= second.span.end]
    found = [f"{sign} gap {min(len(between), 8) if len(between) < NEAR else 'wide'}"]
    if len(between) < NEAR:
        found += [f"{sign} {word}" for word in between]
        found += [f"{sign} {one} {two}" for one, two in pairwise(between)]
        found += [f"{sign} = {' '.join(between)}"] if len(between) <= 4 else []
    found += [f"{sign} before {word}" for word in words[max(0, start - BESIDE) : start]]
    return found + [f"{sign} after {word}" for word in after[:BESIDE]]
