"""Learn the weights of rules from labelled documents: a ridge logistic regression for each predicate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsol_d2spo.document import Document
from dsol_d2spo.learned.relations import relations
from dsol_d2spo.learned.rules import Pair, Rules, pairs
from dsol_d2spo.names.marking import mark
from dsol_d2spo.names.mentions import Mention
from dsol_d2spo.passages.pieces import cut
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings

SEEN = 2  # times that a hint must be seen
RIDGE = 1.0  # weight of the L2 penalty
STEPS = 60  # of the fit, at most
LEAST = 0.05  # weights below it are left out
FOLDS = 2

Numbers = NDArray[np.float64]
Example = tuple[Pair, frozenset[str]]  # a pair, and the predicates that hold of it


def observed(
    document: Document, find: Callable[[str], Sequence[Mention]], schema: Schema, settings: Settings
) -> list[Example]:
    """Look at all pairs of a document's passages, among the mentions that `find` finds, with what holds of each."""
    found: list[Example] = []
    for piece in cut(document.text, settings):
        ends = mark(piece.text, find(piece.text))
        held = relations(document.gold, ends)
        found += [
            (pair, frozenset(held.get((pair.subject.mark, pair.object.mark), ())))
            for pair in pairs(piece.text, ends, schema)
        ]
    return found


def learn_rules(seen: Sequence[Sequence[Example]], wanted: int, schema: Schema) -> Rules:
    """Learn from what was observed in documents that hold `wanted` triples in all.

    The log odds from which on a predicate holds are those of the best F1 on documents that didn't teach the weights.
    """
    scored: list[tuple[float, bool]] = []
    for part in range(FOLDS):
        learned = fit_rules([some for at, some in enumerate(seen) if at % FOLDS != part], schema)
        for pair, holding in (one for some in seen[part::FOLDS] for one in some):
            scored += [(score, name in holding) for name, score in learned.scores(pair, schema)]
    return Rules(fit_rules(seen, schema).weights, _threshold(scored, wanted))


def fit_rules(seen: Sequence[Sequence[Example]], schema: Schema) -> Rules:
    """Fit a ridge logistic regression for each predicate, over the pairs whose types it was seen between."""
    from scipy.optimize import minimize
    from scipy.sparse import hstack

    examples = [one for some in seen for one in some]
    counts = Counter(hint for pair, _ in examples for hint in pair.hints)
    place = {hint: at for at, hint in enumerate(sorted(hint for hint, count in counts.items() if count >= SEEN))}
    columns = [[place[hint] for hint in pair.hints if hint in place] for pair, _ in examples]
    hints, names = _table(columns, len(place)), list(place)
    holding: dict[str, list[int]] = {}
    for at, (_, held) in enumerate(examples):
        for predicate in held:
            holding.setdefault(predicate, []).append(at)
    between = np.array([pair.types for pair, _ in examples])
    weights: dict[str, dict[str, float]] = {}
    for predicate in dict.fromkeys(one.predicate for one in schema.predicates):
        if predicate not in holding:
            continue
        types = sorted({examples[at][0].types for at in holding[predicate]})
        mine = np.flatnonzero(np.isin(between, types))
        known = _table([[at] for at in np.searchsorted(types, between[mine]).tolist()], len(types))
        told = hints[mine]
        used = np.unique(told.indices)  # the other hints' weights would stay at 0
        table = hstack([told[:, used], known], format="csr")
        sign = np.where(np.isin(mine, holding[predicate]), 1.0, -1.0)
        penalty = np.full(table.shape[1], RIDGE)
        penalty[len(used) :] = RIDGE / 100  # how usual the predicate is needs no proof

        def loss(
            w: Numbers, table: Any = table, sign: Numbers = sign, penalty: Numbers = penalty
        ) -> tuple[float, Numbers]:
            margin = sign * (table @ w)
            wrong = 1 / (1 + np.exp(np.clip(margin, -30, 30)))
            total = np.logaddexp(0, -margin).sum() + 0.5 * (penalty * w * w).sum()
            return float(total), penalty * w - table.T @ (sign * wrong)

        start = np.zeros(table.shape[1])
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
        named = [*(names[at] for at in used.tolist()), *(f"types {one}" for one in types)]
        weights[predicate] = {
            name: round(float(weight), 2)
            for name, weight in zip(named, found, strict=True)
            if abs(weight) >= LEAST or name.startswith("types ")
        }
    return Rules(weights)


def _table(columns: Sequence[Sequence[int]], width: int) -> Any:
    """Make a sparse matrix of ones, (rows, width), from the columns of each row."""
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *map(len, columns)])
    flat = np.fromiter((at for some in columns for at in some), dtype=np.int64, count=int(ends[-1]))
    return csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(columns), width))


def _threshold(scored: Sequence[tuple[float, bool]], wanted: int) -> float:
    best, least, right = 0.0, math.inf, 0
    for given, (score, ok) in enumerate(sorted(scored, key=lambda one: -one[0]), 1):
        right += ok
        f1 = 2 * right / (given + max(wanted, right))
        if f1 > best:
            best, least = f1, score
    return min(least, 1e6)
