"""Relations by trigger words, types and names, weighed as labelled documents teach: logistic regressions, no model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
SEEN = 2  # times that a hint must be seen
RIDGE = 1.0  # weight of the L2 penalty
STEPS = 60  # of the fit, at most
LEAST = 0.05  # weights below it are left out
FOLDS = 2

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Two ends, the nearest mentions of both, and all that is noticed about them."""

    subject: End
    object: End
    at: Mention
    to: Mention
    types: str
    hints: tuple[str, ...]


Example = tuple[Pair, frozenset[str]]  # a pair, and the predicates that hold of it


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


def learn_rules(documents: Sequence[Document], schema: Schema, knowledge: Knowledge, settings: Settings) -> Rules:
    """Learn from documents, each seen with the names that the others taught.

    The log odds from which on a predicate holds are those of the best F1 on documents that didn't teach the weights.
    """
    seen: list[list[Example]] = []
    for document in documents:
        known = knowledge.without(document)
        here: list[Example] = []
        for piece in cut(document.text, settings):
            ends = mark(piece.text, known.shaped(piece.text)).ends
            held = relations(document.gold, ends)
            here += [
                (pair, frozenset(held.get((pair.subject.mark, pair.object.mark), ())))
                for pair in pairs(piece.text, ends, schema)
            ]
        seen.append(here)
    scored: list[tuple[float, bool]] = []
    for part in range(FOLDS):
        learned = _fitted([some for at, some in enumerate(seen) if at % FOLDS != part], schema)
        for pair, holding in (one for some in seen[part::FOLDS] for one in some):
            scored += [(score, name in holding) for name, score in learned.scores(pair, schema)]
    least = _threshold(scored, sum(len(one.gold) for one in documents))
    return Rules(_fitted(seen, schema).weights, least)


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
        found += [f"{sign} {one} {two}" for one, two in pairwise(between)]
        found += [f"{sign} = {' '.join(between)}"] if len(between) <= 4 else []
    found += [f"{sign} before {word}" for word in words[max(0, start - BESIDE) : start]]
    return found + [f"{sign} after {word}" for word in after[:BESIDE]]


def _fitted(seen: Sequence[Sequence[Example]], schema: Schema) -> Rules:
    """Fit a ridge logistic regression for each predicate, over the pairs whose types it was seen between."""
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    counts = Counter(hint for some in seen for pair, _ in some for hint in pair.hints)
    place = {hint: at for at, hint in enumerate(sorted(hint for hint, count in counts.items() if count >= SEEN))}
    examples = [one for some in seen for one in some]
    weights: dict[str, dict[str, float]] = {}
    for predicate in dict.fromkeys(one.predicate for one in schema.predicates):
        types = sorted({pair.types for pair, held in examples if predicate in held})
        mine = [one for one in examples if one[0].types in types]
        if not types:
            continue
        columns = [
            [len(place) + types.index(pair.types), *(place[h] for h in pair.hints if h in place)] for pair, _ in mine
        ]
        ends = np.cumsum([0, *map(len, columns)])
        flat = np.fromiter((at for some in columns for at in some), dtype=np.int64, count=int(ends[-1]))
        table = csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(mine), len(place) + len(types)))
        sign = np.where([predicate in held for _, held in mine], 1.0, -1.0)
        penalty = np.full(table.shape[1], RIDGE)
        penalty[len(place) :] = RIDGE / 100  # how usual the predicate is needs no proof

        def loss(
            w: Numbers, table: Any = table, sign: Numbers = sign, penalty: Numbers = penalty
        ) -> tuple[float, Numbers]:
            margin = sign * (table @ w)
            wrong = 1 / (1 + np.exp(np.clip(margin, -30, 30)))
            total = np.logaddexp(0, -margin).sum() + 0.5 * (penalty * w * w).sum()
            return float(total), penalty * w - table.T @ (sign * wrong)

        start = np.zeros(table.shape[1])
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
        names = [*place, *(f"types {one}" for one in types)]
        weights[predicate] = {
            name: round(float(weight), 2)
            for name, weight in zip(names, found, strict=True)
            if abs(weight) >= LEAST or name.startswith("types ")
        }
    return Rules(weights)


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
