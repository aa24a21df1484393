"""Relations by rules that labelled documents teach: types, names, and the words that stand between and beside two ends."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsol.folding import fold
from dsol_d2spo.document import Document
from dsol_d2spo.knowledge import Knowledge
from dsol_d2spo.marking import End, fitting, mark
from dsol_d2spo.mentions import Mention, tokens_of
from dsol_d2spo.pieces import cut, sentences
from dsol_d2spo.relations import relations
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Span

NEAR = 14  # words between two ends that are looked at
BESIDE = 3  # words before and after both
BEST = 4  # triggers of a pair that count; more would count the same hint twice
LEAST = 1.0  # natural log odds that make a word a trigger
SEEN = 2  # times that a trigger must be seen with its predicate
SMOOTH = 0.5
FOLDS = 2


@dataclass(frozen=True)
class Pair:
    """Two ends, the nearest mentions of both, and all that is noticed about them."""

    subject: End
    object: End
    at: Mention
    to: Mention
    types: str
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """By predicate: log odds of pairs of types, log odds that each hint adds, and the score from which on it holds."""

    priors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    triggers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)

    def scores(self, pair: Pair, schema: Schema) -> Iterator[tuple[str, float]]:
        """Give the log odds of each predicate that fits the types and was seen between them."""
        for one in fitting(schema, pair.subject.type, pair.object.type):
            prior = self.priors.get(one.predicate, {}).get(pair.types)
            if prior is None:
                continue
            known = self.triggers.get(one.predicate, {})
            weights = sorted((known[hint] for hint in pair.hints if hint in known), key=abs, reverse=True)
            yield one.predicate, prior + sum(weights[:BEST])

    def to_json(self) -> dict[str, Any]:
        """Give them as JSON values."""
        return {"priors": self.priors, "triggers": self.triggers, "least": self.least}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rules:
        """Read what `to_json` gave; without anything there is no rule."""
        return cls(value["priors"], value["triggers"], value["least"]) if value else cls()


def learn_rules(documents: Sequence[Document], schema: Schema, knowledge: Knowledge, settings: Settings) -> Rules:
    """Learn from documents, each seen with the names that the others taught.

    The score from which on a predicate holds is that of the best F1 on documents that didn't teach the triggers.
    """
    seen: list[list[tuple[Pair, frozenset[str]]]] = []
    for document in documents:
        known = knowledge.without(document)
        here: list[tuple[Pair, frozenset[str]]] = []
        for piece in cut(document.text, settings):
            ends = mark(piece.text, known.shaped(piece.text)).ends
            held = relations(document.gold, ends)
            here += [
                (pair, frozenset(held.get((pair.subject.mark, pair.object.mark), ())))
                for pair in pairs(piece.text, ends, schema)
            ]
        seen.append(here)
    scored: dict[str, list[tuple[float, bool]]] = {}
    wanted = Counter(gold.triple.predicate for one in documents for gold in one.gold)
    for fold_ in range(FOLDS):
        learned = _counted([some for at, some in enumerate(seen) if at % FOLDS != fold_], schema)
        for pair, held in (one for at, some in enumerate(seen) if at % FOLDS == fold_ for one in some):
            for predicate, score in learned.scores(pair, schema):
                scored.setdefault(predicate, []).append((score, predicate in held))
    least = {predicate: _threshold(some, wanted[predicate]) for predicate, some in scored.items()}
    learned = _counted(seen, schema)
    return Rules(learned.priors, learned.triggers, least)


def pairs(text: str, ends: Sequence[End], schema: Schema) -> Iterator[Pair]:
    """Look at every ordered pair of ends between whose types some predicate may hold."""
    cuts = sentences(text)
    tokens = list(tokens_of(text))
    words = [fold(token) for token, _, _ in tokens]
    starts = [start for _, start, _ in tokens]
    place = {start: at for at, start in enumerate(starts)}
    number = {id(one): _sentence(cuts, one.span) for end in ends for one in end.mentions}
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
            yield Pair(subject, object, at, to, f"{subject.type}>{object.type}", tuple(dict.fromkeys(hints)))


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
        found += [f"{sign} {one} {two}" for one, two in zip(between, between[1:], strict=False)]
        found += [f"{sign} = {' '.join(between)}"] if len(between) <= 4 else []
    found += [f"{sign} before {word}" for word in words[max(0, start - BESIDE) : start]]
    return found + [f"{sign} after {word}" for word in after[:BESIDE]]


def _counted(seen: Sequence[Sequence[tuple[Pair, frozenset[str]]]], schema: Schema) -> Rules:
    total: Counter[str] = Counter()  # pairs by types
    hints: dict[str, Counter[str]] = {}  # by types
    held: dict[str, dict[str, int]] = {}  # predicate -> types -> pairs
    with_it: dict[str, Counter[str]] = {}  # predicate -> hints
    for pair, predicates in (one for some in seen for one in some):
        total[pair.types] += 1
        hints.setdefault(pair.types, Counter()).update(pair.hints)
        for predicate in predicates:
            counts = held.setdefault(predicate, {})
            counts[pair.types] = counts.get(pair.types, 0) + 1
            with_it.setdefault(predicate, Counter()).update(pair.hints)
    priors: dict[str, dict[str, float]] = {}
    triggers: dict[str, dict[str, float]] = {}
    for predicate, counts in held.items():
        priors[predicate] = {
            types: math.log((count + SMOOTH) / (total[types] - count + SMOOTH)) for types, count in counts.items()
        }
        positive = sum(counts.values())
        negative = sum(total[types] for types in counts) - positive
        weights: dict[str, float] = {}
        for hint, count in with_it[predicate].items():
            if count >= SEEN:
                other = sum(hints[types][hint] for types in counts) - count
                weight = math.log((count + SMOOTH) / (positive + 1)) - math.log((other + SMOOTH) / (negative + 1))
                if abs(weight) >= LEAST:
                    weights[hint] = round(weight, 2)
        for types in counts:  # what often stands by, but never with it, speaks against it
            for hint, count in hints[types].items():
                if count >= 20 and hint not in with_it[predicate]:
                    weight = math.log(SMOOTH / (positive + 1)) - math.log((count + SMOOTH) / (negative + 1))
                    if weight <= -LEAST:
                        weights[hint] = round(weight, 2)
        triggers[predicate] = weights
    return Rules(priors, triggers)


def _threshold(scored: Sequence[tuple[float, bool]], wanted: int) -> float:
    best, least, right = 0.0, math.inf, 0
    for given, (score, ok) in enumerate(sorted(scored, key=lambda one: -one[0]), 1):
        right += ok
        f1 = 2 * right / (given + max(wanted, right))
        if f1 > best:
            best, least = f1, score
    return min(least, 1e6)


def _sentence(cuts: Sequence[Span], span: Span) -> int:
    return next((at for at, one in enumerate(cuts) if span.start < one.end), len(cuts))
