"""What a confidence is worth: coverage against risk, and whether it means what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsol.logistic import expected_error
from dsol.significance import wilson

COVERAGES = (0.25, 0.5, 0.75, 0.9, 1.0)
RISKS = (0.05, 0.1, 0.2, 0.3)
BINS = 10
SMALLEST = 5  # answers in a bin of the reliability diagram, where there are as many


@dataclass(frozen=True)
class Point:
    """Answer only what is at least `threshold` sure: that `coverage` of all samples, wrong at this `risk`."""

    coverage: float
    risk: float
    threshold: float


@dataclass(frozen=True)
class Bin:
    """Answers of like confidence: their mean `confidence`, and the share of them that is right with its interval."""

    confidence: float
    right: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class Selective:
    """How well a confidence tells right answers from wrong ones.

    `coverage`: share of the samples that got an answer at all. `area`: under the risk-coverage curve, averaged over
    the answered samples; `best`: the area of an ordering that knows every score. `error`: expected calibration error.
    `right_at`: coverage -> mean score (None past what is answered). `coverage_at`: risk -> the widest coverage with at
    most that risk (None where no threshold reaches it).
    """

    coverage: float
    area: float
    best: float
    error: float
    curve: tuple[Point, ...]
    bins: tuple[Bin, ...]
    right_at: dict[str, float | None]
    coverage_at: dict[str, Point | None]


def selective(
    confidence: Sequence[float], score: Sequence[float], answered: Sequence[bool], level: float
) -> Selective | None:
    """Order the answered samples by confidence and measure the risk (1 - score) of answering only the surest.

    Curve: El-Yaniv and Wiener 2010, Geifman and El-Yaniv 2017; area and best area: Geifman, Uziel and El-Yaniv 2019.
    Answers of equal confidence count as in random order. None where nothing is answered or all are equally sure: then
    there is nothing to order.
    """
    sure = np.array([c for c, there in zip(confidence, answered, strict=True) if there], dtype=float)
    loss = np.array([1.0 - s for s, there in zip(score, answered, strict=True) if there], dtype=float)
    if not len(sure) or sure.min() == sure.max():
        return None
    order = np.argsort(-sure, kind="stable")
    sure, loss = sure[order], loss[order]
    thresholds, first, size = np.unique(-sure, return_index=True, return_counts=True)
    expected = np.repeat(np.add.reduceat(loss, first) / size, size)
    count = np.arange(1, len(sure) + 1)
    risk = np.clip(np.cumsum(expected) / count, 0.0, 1.0)
    last = first + size - 1
    total = len(score)
    curve = tuple(
        Point(float(count[at] / total), float(risk[at]), float(-threshold))
        for at, threshold in zip(last.tolist(), thresholds.tolist(), strict=True)
    )
    wanted = {f"{c:g}": max(1, round(c * total)) for c in COVERAGES}
    return Selective(
        coverage=len(sure) / total,
        area=float(risk.mean()),
        best=float((np.cumsum(np.sort(loss)) / count).mean()),
        error=expected_error(sure.tolist(), (loss <= 0.5).tolist(), BINS),
        curve=curve,
        bins=_bins(sure, loss <= 0.5, level),
        right_at={name: float(1 - risk[at - 1]) if at <= len(sure) else None for name, at in wanted.items()},
        coverage_at={
            f"{limit:g}": max((p for p in curve if p.risk <= limit), key=lambda p: p.coverage, default=None)
            for limit in RISKS
        },
    )


def _bins(sure: np.ndarray, right: np.ndarray, level: float) -> tuple[Bin, ...]:
    """Cut into bins of equal mass, as the calibration error does, but not into crumbs."""
    number = max(1, min(BINS, len(sure) // SMALLEST))
    found = []
    for part in np.array_split(np.arange(len(sure))[::-1], number):
        low, high = wilson(int(right[part].sum()), len(part), level)
        found.append(Bin(float(sure[part].mean()), float(right[part].mean()), low, high, len(part)))
    return tuple(found)
