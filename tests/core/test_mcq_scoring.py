"""Scores from likelihoods: a model that is made of a rule says what must come out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from dsol.backend import Alternatives, LogLikelihood
from dsol.comparison import compare_slices
from dsol.errors import DataError
from dsol.mcq import Options, Question, score
from dsol.mcq.result import Result, rows
from dsol.mcq.shots import choose


@dataclass
class Rule:
    """A model that finds an option as likely as a rule says: rule(context, option, place in the list)."""

    rule: Callable[[str, str, int], float]
    chat: bool = False
    cut: int = 0

    def __call__(
        self,
        asked: Sequence[Alternatives],
        advance: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[list[LogLikelihood]]:
        self.asked = list(asked)
        return [
            [
                LogLikelihood(self.rule(words(one), option, at), 1, False, self.cut)
                for at, option in enumerate(one.options)
            ]
            for one in asked
        ]


def words(one: Alternatives) -> str:
    return one.context if isinstance(one.context, str) else "\n".join(turn["content"] for turn in one.context)


def question(
    number: int, answer: int = 0, subject: str = "s", choices: tuple[str, ...] = ("a1", "b2", "c3")
) -> Question:
    return Question(f"q{number}", f"Question {number}?", choices, answer, subject)


QUESTIONS = [question(at, at % 3, "one" if at < 9 else "two") for at in range(12)]


def listed(context: str, letter: str) -> str:
    """Find the choice that a context lists under a letter, in its last question."""
    return next(line for line in reversed(context.split("\n")) if line.startswith(f"{letter.strip()}. "))[3:]


def test_rotations_undo_a_preference_for_a_letter() -> None:
    stubborn = score(Rule(lambda context, option, at: 5.0 * (at == 1)), QUESTIONS, Options(form="letters"))
    assert stubborn.scores["letters_as_given"].accuracy.value == pytest.approx(1 / 3)
    assert stubborn.positions is not None
    assert stubborn.positions.shares == {"A": 0.0, "B": 1.0, "C": 0.0}
    assert stubborn.positions.bias == pytest.approx(2 / 3)
    assert stubborn.positions.consistent == 0
    for one in stubborn.outcomes:
        assert one.letters == pytest.approx([1 / 3] * 3)
    # A model that knows that "b2" is right, and likes the letter A as well.
    knows = Rule(lambda context, option, at: 3.0 * (listed(context, option) == "b2") + 1.0 * (at == 0))
    found = score(knows, QUESTIONS, Options(form="letters"))
    assert {one.picks["letters"] for one in found.outcomes} == {1}
    assert found.positions is not None
    assert found.positions.consistent == 1
    assert found.positions.bias == pytest.approx(0)


def test_texts_are_normalised_by_characters_and_bytes() -> None:
    one = Question("q", "Which?", ("四个汉字", "twelve bytes"), 0, "s")
    totals = {" 四个汉字": -8.0, " twelve bytes": -18.0}
    found = score(Rule(lambda context, option, at: totals[option]), [one], Options(form="text")).outcomes[0]
    assert found.picks == {"text": 0, "text_per_character": 1, "text_per_byte": 0}
    assert found.sure["text"] == pytest.approx(1 / (1 + math.exp(-10)))
    assert found.sure["text_per_character"] == pytest.approx(1 / (1 + math.exp(-0.5)))


def test_a_result_has_intervals_subjects_chance_and_what_was_cut() -> None:
    model = Rule(lambda context, option, at: float(option == " a1"), cut=3)
    found = score(model, QUESTIONS, Options(form="text"))
    assert found.accuracy.value == pytest.approx(4 / 12)
    assert found.accuracy.low < 1 / 3 < found.accuracy.high
    subjects = found.scores["text"].subjects
    assert {name: (one.value, one.samples) for name, one in subjects.items()} == {"one": (3 / 9, 9), "two": (1 / 3, 3)}
    assert found.scores["text"].macro.value == pytest.approx(1 / 3)
    assert found.chance == pytest.approx(1 / 3)
    assert found.cut == 12


def test_two_models_are_compared_question_by_question() -> None:
    right = {one.question: one.choices[one.answer] for one in QUESTIONS}
    knows = Rule(lambda context, option, at: float(right[context.split("\n")[0].removeprefix("Question: ")] in option))
    first = Rule(lambda context, option, at: -float(at))
    a, b = (rows(score(model, QUESTIONS, Options(form="text"))) for model in (knows, first))
    found = compare_slices(a, "text", b, "text")
    whole = found["all"]
    assert (whole.wins, whole.losses, whole.test) == (8, 0, "exact McNemar")
    assert whole.p == pytest.approx(2 / 2**8)
    assert set(found) == {"all", "one", "two"}


def test_chat_models_are_asked_in_turns_and_base_models_in_one_text() -> None:
    model = Rule(lambda context, option, at: 0.0)
    score(model, QUESTIONS[:4], Options(shots=1, form="letters", rotate=False))
    text = model.asked[0].context
    assert isinstance(text, str)
    assert text.startswith("The following are multiple choice questions (with answers) about one.\n\nQuestion ")
    assert text.endswith("Question 0?\nA. a1\nB. b2\nC. c3\nAnswer:")
    assert model.asked[0].options == (" A", " B", " C")
    talks = Rule(lambda context, option, at: 0.0, chat=True)
    found = score(talks, QUESTIONS[:4], Options(shots=1, form="both"))
    assert found.metric == "letters"
    turns = talks.asked[0].context
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]  # type: ignore[index]
    assert len(talks.asked) == 4 * (3 + 1)
    zh = Question("z", "哪一个？", ("甲", "乙"), 1, "常识", "zh")
    score(model, [zh], Options(form="both", rotate=False))
    assert (
        model.asked[0].context == "以下是关于常识的单项选择题，请选出其中的正确答案。\n\n哪一个？\nA. 甲\nB. 乙\n答案："
    )
    assert model.asked[1] == Alternatives("问题：哪一个？\n答案：", ("甲", "乙"))


def test_shots_are_of_the_subject_never_the_question_itself_and_mostly_the_same() -> None:
    twin = Question("twin", QUESTIONS[0].question, ("x", "y"), 0, "one")
    chosen = choose([*QUESTIONS, twin], 3, seed=4)
    for one, shots in zip([*QUESTIONS, twin], chosen, strict=True):
        assert len({shot.id for shot in shots}) == 3
        assert one.question not in {shot.question for shot in shots}
        if one.subject == "one":
            assert {shot.subject for shot in shots} == {"one"}
    assert len(set(chosen[:9])) <= 4
    assert choose(QUESTIONS, 3, seed=4) == choose(QUESTIONS, 3, seed=4)
    examples = [question(at, 0, "one") for at in range(100, 105)]
    assert choose(QUESTIONS[:2], 2, examples)[0] == tuple(examples[:2])
    with pytest.raises(DataError, match="only 2 other questions"):
        choose(QUESTIONS[:3], 3)


def test_a_limit_draws_the_same_questions_for_every_model() -> None:
    def ids(seed: int, rule: Callable[[str, str, int], float]) -> list[str]:
        found: Result = score(Rule(rule), QUESTIONS, Options(limit=5, seed=seed, form="text"))
        return [one.question.id for one in found.outcomes]

    assert ids(1, lambda *_: 0.0) == ids(1, lambda context, option, at: float(at))
    assert len(set(ids(1, lambda *_: 0.0))) == 5
    assert ids(1, lambda *_: 0.0) != ids(2, lambda *_: 0.0)
