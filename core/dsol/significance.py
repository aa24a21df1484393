"""Intervals of a mean score, and paired tests of two: exact for scores of 0 or 1, by resampling for graded ones.

Scores may weigh differently, as in a micro average: then the mean of a resample is its own weighted mean, because how
much there is to get right differs from sample to sample as well.
"""

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
    """A (weighted) mean of `samples` scores with its interval."""

    value: float
    low: float
    high: float
    samples: int


def graded(scores: Sequence[float]) -> bool:
    """Say whether some score is neither 0 nor 1."""
    return any(score not in (0.0, 1.0) for score in scores)


def mean(scores: Sequence[float], weights: Sequence[float] = ()) -> float:
    """Give the weighted mean of scores; without weights, and where all of them are 0, the plain one."""
    if len(weights) and sum(weights) > 0:
        return float(np.average(np.asarray(scores, dtype=float), weights=np.asarray(weights, dtype=float)))
    return float(np.mean(scores))


def estimate(scores: Sequence[float], level: float, seed: int = 0, weights: Sequence[float] = ()) -> Estimate:
    """Estimate the mean score: Wilson's interval for 0/1 scores, a bootstrap over samples for graded or weighted ones.

    An empty sequence is a ValueError: there is nothing to estimate.
    """
    if not len(scores):
        raise ValueError("no scores to estimate a mean from")
    if _differ(weights):
        low, high = weighted_bootstrap([(scores, weights)], lambda means: means[0], level, seed)
    elif graded(scores):
        low, high = bootstrap(scores, level, seed)
    else:
        low, high = wilson(round(sum(scores)), len(scores), level)
    return Estimate(mean(scores, weights), low, high, len(scores))


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


def weighted_bootstrap(
    columns: Sequence[tuple[Sequence[float], Sequence[float]]],
    statistic: Callable[[Sequence[np.ndarray]], np.ndarray],
    level: float,
    seed: int = 0,
) -> tuple[float, float]:
    """Bound a statistic of weighted means by the percentiles of its resamples.

    `columns`: (scores, weights) of the same samples, one pair for each mean. `statistic` gets each mean over all
    resamples as an array, such as `lambda means: means[0] - means[1]`. A resample without any weight has mean 0.
    """
    table = np.array([column for s, w in columns for column in (np.multiply(s, w), w)], dtype=float).T
    distinct, counts = np.unique(table, axis=0, return_counts=True)
    total = len(table)

    def statistics(random: np.random.Generator, size: int) -> np.ndarray:
        sums = random.multinomial(total, counts / total, size=size) @ distinct
        return np.asarray(statistic([_ratio(sums[:, at], sums[:, at + 1]) for at in range(0, sums.shape[1], 2)]))

    low, high = np.quantile(_in_blocks(statistics, len(distinct), seed), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_difference(
    a: Sequence[float],
    b: Sequence[float],
    level: float,
    seed: int = 0,
    weights_a: Sequence[float] = (),
    weights_b: Sequence[float] = (),
) -> Estimate:
    """Estimate the difference of two means over the same samples, a - b, by a bootstrap over the samples."""
    if _differ([*weights_a, *weights_b]):
        pairs = [(a, weights_a), (b, weights_b)]
        interval = weighted_bootstrap(pairs, lambda means: means[0] - means[1], level, seed)
        return Estimate(mean(a, weights_a) - mean(b, weights_b), *interval, len(a))
    gains = [one - other for one, other in zip(a, b, strict=True)]
    return Estimate(sum(gains) / len(gains), *bootstrap(gains, level, seed), len(gains))


def paired_p(
    a: Sequence[float],
    b: Sequence[float],
    seed: int = 0,
    weights_a: Sequence[float] = (),
    weights_b: Sequence[float] = (),
) -> tuple[str, float]:
    """Test two-sidedly whether `a` and `b`, scores of the same samples in order, differ; return (test, p)."""
    if _differ([*weights_a, *weights_b]):
        return "paired permutation", swapping((a, weights_a), (b, weights_b), seed)
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


def swapping(
    a: tuple[Sequence[float], Sequence[float]], b: tuple[Sequence[float], Sequence[float]], seed: int = 0
) -> float:
    """Give the two-sided p of the paired permutation test of two weighted means, each given as (scores, weights).

    The answers to each sample change sides at random, and both means are computed anew (approximate randomisation,
    Noreen 1989; for F1 Yeh 2000). All ways for up to 14 samples that differ; else as `permutation`.
    """
    one, other = (np.array([np.multiply(s, w), w], dtype=float).T for s, w in (a, b))
    apart = (one != other).any(axis=1)
    if not apart.any():
        return 1.0
    change = other[apart] - one[apart]
    sums_a, sums_b = one.sum(axis=0), other.sum(axis=0)

    def differences(swapped: np.ndarray) -> np.ndarray:
        moved = swapped @ change
        left, right = sums_a + moved, sums_b - moved
        return np.asarray(np.abs(_ratio(left[:, 0], left[:, 1]) - _ratio(right[:, 0], right[:, 1])))

    number = int(apart.sum())
    enough = float(differences(np.zeros((1, number)))[0]) - 1e-9
    if number <= EXACT:
        return float((differences((np.arange(2**number)[:, None] >> np.arange(number)) & 1) >= enough).mean())

    def drawn(random: np.random.Generator, size: int) -> np.ndarray:
        return differences(random.integers(0, 2, (size, number)))

    found = _in_blocks(drawn, number, seed)
    return float(((found >= enough).sum() + 1) / (len(found) + 1))


def _differ(weights: Sequence[float]) -> bool:
    return len(set(weights)) > 1


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))


def _in_blocks(draw: Callable[[np.random.Generator, int], np.ndarray], width: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    size = max(1, BLOCK // width)
    starts = range(0, RESAMPLES, size)
    return np.concatenate([draw(random, min(size, RESAMPLES - start)) for start in starts])
