"""What is shared by those who answer a held-out set."""

from __future__ import annotations

from pydantic import BaseModel

from dsol import Sample, Score
from dsol.evaluation import asked_once
from dsol.metric import brief


class Question(BaseModel):
    text: str


def test_a_baseline_is_asked_each_question_once() -> None:
    asked: list[str] = []

    def old_feature(one: Question) -> tuple[str, float]:
        asked.append(one.text)
        return one.text.upper(), 0.5

    once = asked_once(old_feature)
    assert [once(Question(text=text)) for text in "aba"] == [("A", 0.5), ("B", 0.5), ("A", 0.5)]
    assert asked == ["a", "b"]


class Exact:
    """A metric without a brief score."""

    name = "exact"
    higher_is_better = True

    def score(self, sample: Sample, output: object) -> Score:
        return Score(float(output == sample.target), {"long": "to find out"})

    def reduce(self, scores: object) -> dict[str, object]:
        return {"value": 0.0}


class Quick(Exact):
    """A metric with one."""

    def brief(self, sample: Sample, output: object) -> Score:
        return Score(float(output == sample.target))


def test_a_brief_score_is_the_metrics_own_where_it_offers_one() -> None:
    sample = Sample(id="one", target="x")
    assert brief(Exact(), sample, "x") == Score(1.0, {"long": "to find out"})
    assert brief(Quick(), sample, "x") == Score(1.0)
    assert brief(Quick(), sample, "y") == Score(0.0)
