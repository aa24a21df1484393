"""Answers that are lists: how sure each item is, and which items are returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from dsol.answer import OK, Item
from dsol.logistic import FOLDS, Logistic, expected_error, fit
from dsol.significance import mean, paired_difference

UNSURE = "low_confidence"
ONE_ERROR = 0.6827  # level of an interval that reaches one standard error to either side
NEVER = 1.0  # as a threshold: no confidence reaches it
RIDGE = 10.0  # weight of the L2 penalty: items of one answer are less than so many independent ones


class ItemCalibration(BaseModel):
    """Turn what is known of an item into the probability that it is right, and say from where on it is returned.

    `alone`: for the model's items where there is no baseline to fall back on, returned from `least_alone` on. Where
    there is one, `fresh` is for items that only the model found, `backed` for those that the baseline found, with the
    model ("agree" is 1) or without. Uncalibrated, everything is returned.
    """

    model_config = ConfigDict(frozen=True)

    alone: Logistic = Logistic()
    fresh: Logistic = Logistic()
    backed: Logistic = Logistic()
    least_alone: float = 0.0
    least_fresh: float = 0.0
    least_backed: float = 0.0
    items: int = 0
    error: float | None = None

    def judge(self, item: Item, beside: bool) -> Item:
        """Give the item its confidence, and "low_confidence" as its reason if that is too low and it had no other.

        `beside`: whether there is a baseline.
        """
        which = _which(item, beside)
        learned, least = {
            "alone": (self.alone, self.least_alone),
            "fresh": (self.fresh, self.least_fresh),
            "backed": (self.backed, self.least_backed),
        }[which]
        confidence = learned(_known(item, which))
        reason = UNSURE if item.reason == OK and confidence < least else item.reason
        return item.model_copy(update={"confidence": confidence, "reason": reason})


@dataclass(frozen=True)
class Judged:
    """An item of the development set: of which sample it is, and whether it is right."""

    sample: int
    item: Item
    right: bool


def learn(
    answers: Sequence[Sequence[Item]], right: Sequence[Sequence[bool]], missed: Sequence[int], floor: float
) -> ItemCalibration:
    """Learn from the items of a development set, sample by sample, with the verdict on each and how many were missed.

    Thresholds are those of the best micro F1 that the probabilities, learned on other samples, lead to expect (half of
    that F1, Lipton et al. 2014): the verdicts themselves are too few to choose by. Beside a baseline they depart from
    returning just what it found only in a way that the verdicts say to gain more than its standard error over the
    samples (the one-standard-error rule, Breiman et al. 1984): what is added may not cost what was there. No threshold
    is below `floor`. Items with a reason against them teach nothing. `error` is the expected calibration error out of
    fold.
    """
    known = [
        Judged(at, item, ok)
        for at, (items, verdicts) in enumerate(zip(answers, right, strict=True))
        for item, ok in zip(items, verdicts, strict=True)
    ]
    folds = min(FOLDS, len(answers))
    wanted = np.array([count + sum(verdicts) for count, verdicts in zip(missed, right, strict=True)], dtype=float)
    usable = [one for one in known if one.item.reason == OK]
    groups = {
        "alone": [one for one in usable if one.item.source != "baseline"],
        "fresh": [one for one in usable if one.item.source == "model"],
        "backed": [one for one in usable if one.item.source != "model"],
    }
    chances = {name: _out_of_fold(some, name, folds) for name, some in groups.items()}
    fresh, backed = _best_beside(groups, chances, wanted)
    sure = [*chances["fresh"], *chances["backed"]]
    return ItemCalibration(
        alone=_fit(groups["alone"], "alone"),
        fresh=_fit(groups["fresh"], "fresh"),
        backed=_fit(groups["backed"], "backed"),
        least_alone=max(floor, expected_best(chances["alone"], float(wanted.sum()))),
        least_fresh=max(floor, fresh),
        least_backed=max(floor, backed),
        items=len(known),
        error=expected_error(sure, [one.right for one in (*groups["fresh"], *groups["backed"])])
        if len(answers) >= 2 * FOLDS and sure
        else None,
    )


def _which(item: Item, beside: bool) -> str:
    if not beside:
        return "alone"
    return "fresh" if item.source == "model" else "backed"


def _known(item: Item, which: str) -> dict[str, float]:
    if which != "backed":
        return item.signals
    return {**item.signals, "confidence": item.baseline or 0.0, "agree": float(item.source == "both")}


def _fit(some: Sequence[Judged], which: str) -> Logistic:
    return fit([_known(one.item, which) for one in some], [one.right for one in some], RIDGE, bounded=True)


def _out_of_fold(some: Sequence[Judged], which: str, folds: int) -> list[float]:
    """Give each item the probability that the other folds' samples teach; an answer's items are in one fold."""
    chances = [0.0] * len(some)
    for fold in range(folds):
        learned = _fit([one for one in some if folds == 1 or one.sample % folds != fold], which)
        for at, one in enumerate(some):
            if one.sample % folds == fold:
                chances[at] = learned(_known(one.item, which))
    return chances


def _f1(right: float, given: float, wanted: float) -> float:
    return 2 * right / (given + wanted) if given + wanted else 1.0


def expected_best(chances: Sequence[float], wanted: float) -> float:
    """Choose the threshold of the best F1 that probabilities lead to expect; 0 where there are none."""
    best, least, right = 0.0, 0.0, 0.0
    for given, chance in enumerate(sorted(chances, reverse=True), 1):
        right += chance
        if (value := _f1(right, given, wanted)) > best:
            best, least = value, chance
    return least


def _best_beside(
    groups: Mapping[str, Sequence[Judged]], chances: Mapping[str, Sequence[float]], wanted: np.ndarray
) -> tuple[float, float]:
    """Choose the thresholds of fresh and of backed items: one for both, or all that the baseline found, or only that.

    `wanted`: how many items of each sample are wanted.
    """

    def counts(name: str, cut: float) -> np.ndarray:
        """Count right and given items of each sample."""
        table = np.zeros((2, len(wanted)))
        for one, chance in zip(groups[name], chances[name], strict=True):
            if chance >= cut:
                table[:, one.sample] += (one.right, 1)
        return table

    def scored(cuts: tuple[float, float]) -> tuple[list[float], list[float]]:
        """Give each sample's F1 and what it weighs."""
        right, given = counts("fresh", cuts[0]) + counts("backed", cuts[1])
        values = [_f1(*one) for one in zip(right.tolist(), given.tolist(), wanted.tolist(), strict=True)]
        return values, (given + wanted).tolist()

    cut = expected_best([*chances["fresh"], *chances["backed"]], float(wanted.sum()))
    just_old = (NEVER, 0.0)
    old, old_weights = scored(just_old)
    gaining = [just_old]
    for cuts in ((cut, cut), (cut, 0.0), (NEVER, cut)):
        values, weights = scored(cuts)
        if paired_difference(values, old, ONE_ERROR, 0, weights, old_weights).low > 0:
            gaining.append(cuts)
    return max(gaining, key=lambda cuts: mean(*scored(cuts)))
