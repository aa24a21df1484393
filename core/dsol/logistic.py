"""Logistic regression over named signals, and how far its probabilities are off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

RIDGE = 1.0  # weight of the L2 penalty on standardised signals: development sets are small
FOLDS = 5


class Logistic(BaseModel):
    """Logistic regression over named signals: p = 1 / (1 + exp(-(bias + sum of weight * signal))).

    `ranges`: what a signal was seen to be; one outside counts as the nearest that was seen, so that nothing is made of
    what was never learned.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    bias: float = 0.0
    weights: dict[str, float] = {}
    ranges: dict[str, tuple[float, float]] = {}

    def __call__(self, signals: Mapping[str, float]) -> float:
        """Give the probability; a signal that is missing counts as 0."""
        total = self.bias + sum(weight * self._seen(name, signals) for name, weight in self.weights.items())
        return float(1.0 / (1.0 + np.exp(-np.clip(total, -30, 30))))

    def _seen(self, name: str, signals: Mapping[str, float]) -> float:
        value = signals.get(name, 0.0)
        if name not in self.ranges:
            return value
        low, high = self.ranges[name]
        return min(high, max(low, value))


def fit(
    signals: Sequence[Mapping[str, float]], right: Sequence[bool], ridge: float = RIDGE, *, bounded: bool = False
) -> Logistic:
    """Fit a ridge logistic regression by Newton's method; without both outcomes it is the smoothed base rate.

    `bounded`: keep the range of every signal.
    """
    names = sorted({name for one in signals for name in one})
    outcome = np.array(right, dtype=float)
    # Krichevsky-Trofimov estimate: never 0 or 1 from a finite sample.
    rate = (outcome.sum() + 0.5) / (len(outcome) + 1.0)
    if len(outcome) < 10 or outcome.min(initial=1) == outcome.max(initial=0) or not names:
        return Logistic(bias=float(np.log(rate / (1 - rate))))
    table = np.array([[one.get(name, 0.0) for name in names] for one in signals])
    mean, spread = table.mean(axis=0), table.std(axis=0)
    spread[spread == 0] = 1.0
    design = np.hstack([np.ones((len(table), 1)), (table - mean) / spread])
    penalty = np.diag([0.0] + [ridge] * len(names))
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (outcome - chance) - penalty @ weights
        hessian = (design * (chance * (1 - chance))[:, None]).T @ design + penalty + 1e-9 * np.eye(len(weights))
        change = np.linalg.solve(hessian, gradient)
        weights = weights + np.clip(change, -5, 5)
        if np.abs(change).max() < 1e-9:
            break
    slopes = weights[1:] / spread
    bias = float(weights[0] - (slopes * mean).sum())
    weighed = {name: float(slope) for name, slope in zip(names, slopes, strict=True)}
    low, high = table.min(axis=0).tolist(), table.max(axis=0).tolist()
    ranges = {name: (low[at], high[at]) for at, name in enumerate(names)} if bounded else {}
    return Logistic(bias=bias, weights=weighed, ranges=ranges)


def expected_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Measure the expected calibration error with equal-mass bins (Naeini et al. 2015; Nguyen and O'Connor 2015)."""
    order = np.argsort(confidence, kind="stable")
    chance, outcome = np.array(confidence)[order], np.array(right, dtype=float)[order]
    parts = [part for part in np.array_split(np.arange(len(order)), bins) if len(part)]
    return float(sum(len(p) * abs(chance[p].mean() - outcome[p].mean()) for p in parts) / max(1, len(order)))
