"""Intervals of a mean score, and paired tests of two: exact for scores of 0 or 1, by resampling for graded ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

RESAMPLES = 10_000
EXACT = 14  # up to 2**14 sign patterns are enumerated; beyond that they are drawn
BLOCK = 2_000_000  # numbers held at once while resampling


@dataclass(frozen=True)
class Estimate:
    """A mean of `samples` scores with its interval."""

    value: float
    low: float
    high: float
    samples: int


def graded(scores: Sequence[float]) -> bool:
    """Say whether some score is neither 0 nor 1."""
    return any(score not in (0.0, 1.0) for score in scores)


def estimate(scores: Sequence[float], level: float, seed: int = 0) -> Estimate:
    """Estimate the mean score: Wilson's interval for 0/1 scores, a bootstrap over samples for graded ones.

    An empty sequence is a ValueError: there is nothing to estimate.
    """
    if not len(scores):
        raise ValueError("no scores to estimate a mean from")
    if graded(scores):
        low, high = bootstrap(scores, level, seed)
    else:
        low, high = wilson(round(sum(scores)), len(scores), level)
    return Estimate(float(np.mean(scores)), low, high, len(scores))


def wilson(right: int, samples: int, level: float) -> tuple[float, float]:
    """Bound a proportion by Wilson's score interval without continuity correction (Wilson 1927; Newcombe 1998)."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rate = right / samples
    centre = (rate + z * z / (2 * samples)) / (1 + z * z / samples)
    half = z * math.sqrt(rate * (1 - rate) / samples + z * z / (4 * samples * samples)) / (1 + z * z / samples)
    # The bounds at 0 and all right are exact; rounding must not push them past the proportion.
    return (0.0 if right == 0 else min(rate, centre - half), 1.0 if right == samples else max(rate, centre + half))


def bootstrap(values: Sequence[float], level: float, seed: int = 0) -> tuple[float, float]:
    """Bound the mean of a sample by the percentiles of its resamples (Efron 1979)."""
    distinct, counts = np.unique(np.asarray(values, dtype=float), return_counts=True)
    # How often each distinct value is drawn is multinomial: the same as drawing samples, at a fraction of the work.
    total = len(values)

    def means(random: np.random.Generator, size: int) -> np.ndarray:
        return np.asarray(random.multinomial(total, counts / total, size=size) @ distinct / total)

    drawn = _in_blocks(means, len(distinct), seed)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_p(a: Sequence[float], b: Sequence[float], seed: int = 0) -> tuple[str, float]:
    """Test two-sidedly whether `a` and `b`, scores of the same samples in order, differ; return (test, p)."""
    difference = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    if graded(a) or graded(b):
        return "paired permutation", permutation(difference, seed)
    return "exact McNemar", mcnemar(int((difference > 0).sum()), int((difference < 0).sum()))


def mcnemar(wins: int, losses: int) -> float:
    """Give the two-sided p of McNemar's exact test: the binomial test of the samples that only one side has right."""
    total = wins + losses
    term = tail = 1
    for at in range(min(wins, losses)):
        term = term * (total - at) // (at + 1)
        tail += term
    return float(min(1.0, 2 * tail / 2**total))


def permutation(difference: Sequence[float] | np.ndarray, seed: int = 0) -> float:
    """Give the two-sided p of the paired permutation test: how often random signs sum up to as much.

    All sign patterns of up to 14 differences are enumerated; else 10,000 are drawn and the observed one is counted
    among them (Phipson and Smyth 2010), so that p is never 0.
    """
    left = np.asarray(difference, dtype=float)
    left = left[left != 0]
    if not len(left):
        return 1.0
    enough = abs(float(left.sum())) - 1e-9 * float(np.abs(left).sum())
    if len(left) <= EXACT:
        signs = 1.0 - 2.0 * ((np.arange(2 ** len(left))[:, None] >> np.arange(len(left))) & 1)
        return float((np.abs(signs @ left) >= enough).mean())

    def sums(random: np.random.Generator, size: int) -> np.ndarray:
        return np.asarray(np.abs((1.0 - 2.0 * random.integers(0, 2, (size, len(left)))) @ left))

    drawn = _in_blocks(sums, len(left), seed)
    return float(((drawn >= enough).sum() + 1) / (len(drawn) + 1))


def _in_blocks(draw: Callable[[np.random.Generator, int], np.ndarray], width: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    size = max(1, BLOCK // width)
    starts = range(0, RESAMPLES, size)
    return np.concatenate([draw(random, min(size, RESAMPLES - start)) for start in starts])
