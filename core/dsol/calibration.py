"""Confidence that means something: signals of an answer become the probability that it is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from dsol.errors import RunError
from dsol.files import read_json, write_json
from dsol.items import ItemCalibration
from dsol.logistic import FOLDS, Logistic, expected_error, fit

__all__ = ["Calibration", "Logistic", "calibrate", "expected_error", "fit", "read", "save", "together"]


class Calibration(BaseModel):
    """Turn signals into confidence, and decide who answers.

    `model` gives the probability that the model's answer is right where there is no other. Where both have one,
    `beside` and `against` give those of the model and of the baseline from the signals of both: the model's, the
    baseline's own "confidence", and whether their answers "agree" (1, 0, or 0.5 where nobody says). `baseline` is for
    where only the baseline has an answer. The likelier one answers, and below `floor` nobody does. Without calibration
    the model answers whatever it found. `items` does the like for each item of an answer that is a list.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    model: Logistic = Logistic()
    baseline: Logistic = Logistic(bias=-30.0)
    beside: Logistic = Logistic()
    against: Logistic = Logistic(bias=-30.0)
    floor: float = 0.0
    samples: int = 0
    error: float | None = None
    items: ItemCalibration = ItemCalibration()

    def decide(
        self, model: Mapping[str, float] | None, baseline: float | None, agree: bool | None = None
    ) -> tuple[Literal["model", "baseline", "none"], float]:
        """Choose who answers, with which confidence, from the model's signals and the baseline's own confidence.

        None means that side has no answer. `agree`: whether both answers say the same, where somebody knows. The
        confidence of "none" is that of the better side.
        """
        if model is not None and baseline is not None:
            both = together(model, baseline, agree)
            by_model, by_baseline = self.beside(both), self.against(both)
        else:
            by_model = self.model(model) if model is not None else 0.0
            by_baseline = self.baseline({"confidence": baseline}) if baseline is not None else 0.0
        best = max(by_model, by_baseline)
        if (model is None and baseline is None) or best < self.floor:
            return "none", best
        if baseline is not None and (model is None or by_baseline > by_model):
            return "baseline", by_baseline
        return "model", by_model


def together(model: Mapping[str, float], baseline: float, agree: bool | None) -> dict[str, float]:
    """Put the signals of both sides into one mapping."""
    return {**model, "confidence": baseline, "agree": 0.5 if agree is None else float(agree)}


def calibrate(
    signals: Sequence[Mapping[str, float] | None],
    right: Sequence[bool],
    baseline: Sequence[float | None],
    baseline_right: Sequence[bool],
    agree: Sequence[bool | None],
    floor: float,
) -> Calibration:
    """Learn all probabilities from the development set; `error` is the expected calibration error out of fold."""
    answered = [(one, ok) for one, ok in zip(signals, right, strict=True) if one is not None]
    old = [({"confidence": one}, ok) for one, ok in zip(baseline, baseline_right, strict=True) if one is not None]
    both = [
        (together(one, sure, same), ok, old_ok)
        for one, sure, same, ok, old_ok in zip(signals, baseline, agree, right, baseline_right, strict=True)
        if one is not None and sure is not None
    ]
    return Calibration(
        beside=fit([one for one, _, _ in both], [ok for _, ok, _ in both]),
        against=fit([one for one, _, _ in both], [ok for _, _, ok in both]) if both else Logistic(bias=-30.0),
        model=fit([one for one, _ in answered], [ok for _, ok in answered]),
        baseline=fit([one for one, _ in old], [ok for _, ok in old]) if old else Logistic(bias=-30.0),
        floor=floor,
        samples=len(signals),
        error=_held_out_error([one for one, _ in answered], [ok for _, ok in answered]),
    )


def _held_out_error(signals: Sequence[Mapping[str, float]], right: Sequence[bool]) -> float | None:
    if len(signals) < 2 * FOLDS:
        return None
    chances = [0.0] * len(signals)
    for fold in range(FOLDS):
        inside = [at for at in range(len(signals)) if at % FOLDS != fold]
        model = fit([signals[at] for at in inside], [right[at] for at in inside])
        for at in range(fold, len(signals), FOLDS):
            chances[at] = model(signals[at])
    return expected_error(chances, right)


def save(path: Path, calibration: Calibration) -> None:
    """Write `thresholds.json`."""
    write_json(path, calibration.model_dump(mode="json"))


def read(path: Path) -> Calibration:
    """Read `thresholds.json` of a run; one that lacks a side would let that side answer whatever it found."""
    found = read_json(path)
    if not isinstance(found, dict) or not {"model", "baseline", "floor"} <= found.keys():
        raise RunError(f"{path} is damaged: no model, baseline or floor in it; start the run over with --restart")
    try:
        return Calibration.model_validate(found)
    except ValidationError as error:
        raise RunError(
            f"{path} is damaged, or of another version of dsol; train the run anew with --restart"
        ) from error
