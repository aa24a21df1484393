"""Confidence: what is learned from a development set, and who answers by it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsol.calibration import Calibration, Logistic, calibrate, expected_error, fit, read, save, together
from dsol.errors import RunError


def test_confidence_follows_what_was_seen() -> None:
    chance = random.Random(0)
    signals = [{"votes": chance.random()} for _ in range(400)]
    right = [chance.random() < one["votes"] for one in signals]
    learned = fit(signals, right)
    assert learned({"votes": 0.9}) > 0.75
    assert learned({"votes": 0.1}) < 0.25
    assert expected_error([learned(one) for one in signals], right) < 0.08


@given(st.lists(st.booleans(), max_size=9))
def test_few_examples_give_a_rate_between_0_and_1(right: list[bool]) -> None:
    learned = fit([{"votes": 1.0}] * len(right), right)
    assert 0 < learned({"votes": 1.0}) < 1
    assert learned.weights == {}


def test_without_calibration_the_model_answers() -> None:
    plain = Calibration()
    assert plain.decide({"votes": 0.0}, 1.0)[0] == "model"
    assert plain.decide(None, 1.0)[0] == "baseline"
    assert plain.decide(None, None)[0] == "none"


def test_below_the_floor_nobody_answers() -> None:
    unsure = Calibration(model=Logistic(bias=-3.0), floor=0.2)
    who, confidence = unsure.decide({}, None)
    assert who == "none"
    assert confidence == pytest.approx(0.047, abs=0.001)


def test_agreement_says_who_is_right() -> None:
    """The model is right where both agree, and the baseline where they don't: only the comparison can tell."""
    agree = [at % 2 == 0 for at in range(100)]
    signals = [{"votes": 0.5}] * 100
    learned = calibrate(signals, agree, [0.5] * 100, [True] * 100, agree, floor=0.0)
    assert learned.decide({"votes": 0.5}, 0.5, True)[1] > 0.9
    who, confidence = learned.decide({"votes": 0.5}, 0.5, False)
    assert who == "baseline"
    assert confidence > 0.9
    assert 0.3 < learned.decide({"votes": 0.5}, None)[1] < 0.7  # alone, the model's rate is all that is known


def test_where_only_one_side_answers_its_own_rate_counts() -> None:
    signals = [{"votes": 1.0} if at % 2 else None for at in range(60)]
    old = [None if at % 2 else 0.9 for at in range(60)]
    learned = calibrate(
        signals, [bool(at % 2) for at in range(60)], old, [at % 4 == 0 for at in range(60)], [None] * 60, 0.0
    )
    assert learned.decide({"votes": 1.0}, None)[1] > 0.9
    assert 0.3 < learned.decide(None, 0.9)[1] < 0.7


def test_who_answers_is_kept_with_the_run(tmp_path: Path) -> None:
    path = tmp_path / "thresholds.json"
    learned = calibrate(
        [{"a": 0.1}, {"a": 0.9}] * 20, [False, True] * 20, [0.5] * 40, [True, False] * 20, [False] * 40, 0.1
    )
    save(path, learned)
    assert read(path) == learned


def test_the_signals_of_both_sides_stand_together() -> None:
    assert together({"a": 1.0}, 0.4, None) == {"a": 1.0, "confidence": 0.4, "agree": 0.5}
    assert together({"a": 1.0}, 0.4, True)["agree"] == 1.0


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", "3", '{"model": {}, "floor": 0.5}', '{"model": {}, "baseline": {}, "floor": NaN}',
     '{"model": {"bias": Infinity}, "baseline": {}, "floor": 0.5}'],
)  # fmt: skip
def test_a_damaged_file_makes_nobody_sure(tmp_path: Path, content: str) -> None:
    path = tmp_path / "thresholds.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RunError, match="damaged"):
        read(path)
