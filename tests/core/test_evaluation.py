"""What is shared by those who answer a held-out set."""

from __future__ import annotations

from pydantic import BaseModel

from dsol.evaluation import asked_once


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
