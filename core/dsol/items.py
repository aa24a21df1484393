"""Answers that are lists: how sure each item is, and which items are returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from dsol.answer import OK, Item
from dsol.logistic import FOLDS, Logistic, expected_error, fit
from dsol.significance import paired_difference

UNSURE = "low_confidence"
ONE_ERROR = 0.6827  # level of an interval that reaches one standard error to either side
NEVER = 1.0  # as a threshold: no confidence reaches it
RIDGE = 10.0  # weight of the L2 penalty: items of one answer are less than so many independent ones


class ItemCalibration(BaseModel):
    """Turn what is known of an item into the probability that it is right, and say from where on it is returned.

    `alone`: for the model's items where there is no baseline to fall back on, returned from `least_alone` on. Where
    there is one, `beside` is for the model's items ("agree" is 1 where the baseline found the same), `old` for those of
    the baseline alone. What only the model found is returned from `least_fresh` on, what the baseline found from
    `least_backed` on. Uncalibrated, everything is returned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")  # of another shape it would let everything through

    alone: Logistic = Logistic()
    beside: Logistic = Logistic()
    old: Logistic = Logistic()
    least_alone: float = 0.0
    least_fresh: float = 0.0
    least_backed: float = 0.0
    items: int = 0
    error: float | None = None

    def judge(self, item: Item, beside: bool) -> Item:
        """Give the item its confidence, and "low_confidence" as its reason if that is too low and it had no other.

        `beside`: whether there is a baseline.
        """
        if beside:
            learned = self.old if item.source == "baseline" else self.beside
            least = self.least_fresh if item.source == "model" else self.least_backed
        else:
            learned, least = self.alone, self.least_alone
        confidence = learned(_known(item, beside))
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
    returning just what it found only if the verdicts say that this gains more than its standard error over the samples
    (the one-standard-error rule, Breiman et al. 1984): what is added may not cost what was there. No threshold
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
    # What the baseline found as well is learned from with the model's other items: too few to learn all signals anew.
    ours = [one for one in usable if one.item.source != "baseline"]
    theirs = [one for one in usable if one.item.source == "baseline"]
    alone = _out_of_fold(ours, False, folds)
    sure = [*_out_of_fold(ours, True, folds), *_out_of_fold(theirs, True, folds)]
    judged = list(zip([*ours, *theirs], sure, strict=True))
    fresh, backed = _best_beside(
        {
            "fresh": [(one, chance) for one, chance in judged if one.item.source == "model"],
            "backed": [(one, chance) for one, chance in judged if one.item.source != "model"],
        },
        wanted,
    )
    return ItemCalibration(
        alone=_fit(ours, False),
        beside=_fit(ours, True),
        old=_fit(theirs, True),
        least_alone=max(floor, expected_best(alone, float(wanted.sum()))),
        least_fresh=max(floor, fresh),
        least_backed=max(floor, backed),
        items=len(known),
        error=expected_error(sure, [one.right for one, _ in judged]) if len(answers) >= 2 * FOLDS and sure else None,
    )


def _known(item: Item, beside: bool) -> dict[str, float]:
    if not beside:
        return item.signals
    if item.source == "baseline":
        return {**item.signals, "confidence": item.baseline or 0.0}
    return {**item.signals, "agree": float(item.source == "both")}


def _fit(some: Sequence[Judged], beside: bool) -> Logistic:
    return fit([_known(one.item, beside) for one in some], [one.right for one in some], RIDGE, bounded=True)


def _out_of_fold(some: Sequence[Judged], beside: bool, folds: int) -> list[float]:
    """Give each item the probability that the other folds' samples teach; an answer's items are in one fold."""
    chances = [0.0] * len(some)
    for fold in range(folds):
        learned = _fit([one for one in some if folds == 1 or one.sample % folds != fold], beside)
        for at, one in enumerate(some):
            if one.sample % folds == fold:
                chances[at] = learned(_known(one.item, beside))
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


def _best_beside(groups: Mapping[str, Sequence[tuple[Judged, float]]], wanted: np.ndarray) -> tuple[float, float]:
    """Choose the thresholds of fresh and of backed items: one for both, or all that the baseline found, or only that.

    `groups`: each item with its probability; `wanted`: how many items of each sample are wanted.
    """

    def counts(name: str, cut: float) -> np.ndarray:
        """Count right and given items of each sample."""
        table = np.zeros((2, len(wanted)))
        for one, chance in groups[name]:
            if chance >= cut:
                table[:, one.sample] += (one.right, 1)
        return table

    def scored(cuts: tuple[float, float]) -> tuple[list[float], list[float]]:
        """Give each sample's F1 and what it weighs."""
        right, given = counts("fresh", cuts[0]) + counts("backed", cuts[1])
        values = [_f1(*one) for one in zip(right.tolist(), given.tolist(), wanted.tolist(), strict=True)]
        return values, (given + wanted).tolist()

    cut = expected_best([chance for some in groups.values() for _, chance in some], float(wanted.sum()))
    just_old = (NEVER, 0.0)
    old, old_weights = scored(just_old)
    # In the order of what the probabilities expect of them; which one the few verdicts like best is mostly chance.
    for cuts in ((cut, cut), (cut, 0.0), (NEVER, cut)):
        values, weights = scored(cuts)
        if paired_difference(values, old, ONE_ERROR, 0, weights, old_weights).low > 0:
            return cuts
    return just_old
