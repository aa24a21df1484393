"""Where a pair of names is asked about, every predicate is weighed, not only the one that the model would write."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dsol import Completion
from dsol_d2spo.answers.asking import ask
from dsol_d2spo.learned.rules import pairs
from dsol_d2spo.names.marking import mark
from dsol_d2spo.names.mentions import Mention
from dsol_d2spo.prompt import OFFERED, choices, make_prompt, pair_values, prompt_values
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Span

TEXT = "Ann Lee lives in Oslo."
SCHEMA = Schema(
    predicates=tuple(
        Predicate(predicate=name) for name in ("born in", "lives in", "died in", "owns", "a", "b", "c", "d")
    )
)


def values(chances: dict[str, float]) -> dict[str, str]:
    mentions = [Mention(Span(start=0, end=7), "Ann Lee", "name"), Mention(Span(start=17, end=21), "Oslo", "name")]
    pair = next(iter(pairs(TEXT, mark(TEXT, mentions), SCHEMA)))
    return pair_values(TEXT, pair, chances, SCHEMA)


def test_nothing_the_likeliest_predicates_and_the_first_two_together_are_weighed() -> None:
    offered = choices(values({"born in": 0.2, "lives in": 0.7, "died in": 0.001}))
    assert offered == ["none", "lives in", "born in", "died in", "lives in\nborn in"]


def test_without_rules_the_schema_s_first_predicates_are_weighed() -> None:
    offered = choices(values({}))
    assert offered[:3] == ["none", "born in", "lives in"]
    assert len(offered) == OFFERED + 2


def test_prompts_for_the_text_s_words_are_not_weighed() -> None:
    assert choices(prompt_values(TEXT, SCHEMA.predicates)) == []


class Weighs:
    """Say how likely each choice is; the same for every chat."""

    def __init__(self, **chances: float) -> None:
        self.chances = {name.replace("_", " "): chance for name, chance in chances.items()}
        self.weighed = 0

    def __call__(self, chats: Any, *, choices: Any = (), **more: Any) -> list[list[Completion]]:
        if not choices:
            return [[Completion("none", (-0.1,))] for _ in chats]
        self.weighed += len(chats)
        return [
            [Completion(text, (math.log(self.chances.get(text, 1e-9)) - 1.0, 1.0)) for text in some] for some in choices
        ]


def test_a_predicate_that_would_not_be_written_is_heard_with_its_probability() -> None:
    model = Weighs(none=0.6, lives_in=0.25, born_in=0.1, **{"lives in\nborn in": 0.04})
    ((heard, dropped),) = ask(
        model, make_prompt(Settings(notation="marks")), [values({"born in": 0.2, "lives in": 0.7, "owns": 0.1})],
        Settings(notation="marks", samples=0),
    )  # fmt: skip
    found = {one.triple.predicate: one for one in heard}
    assert set(found) == {"lives in", "born in"}  # `owns` is below UNLIKELY
    assert found["lives in"].probability == pytest.approx(0.29)
    assert found["born in"].probability == pytest.approx(0.14)
    assert not any(one.greedy for one in heard)
    assert dropped == []


def test_what_is_likeliest_is_marked_as_what_would_be_written() -> None:
    model = Weighs(none=0.3, lives_in=0.6, born_in=0.1)
    asked = [values({"born in": 0.2, "lives in": 0.7})]
    ((heard, _),) = ask(model, make_prompt(Settings(notation="marks")), asked, Settings(notation="marks", samples=0))
    assert {one.triple.predicate: one.greedy for one in heard} == {"lives in": True, "born in": False}


def test_prompts_of_both_kinds_keep_their_order() -> None:
    model = Weighs(none=0.1, lives_in=0.9)
    asked = [prompt_values(TEXT, SCHEMA.predicates), values({"lives in": 0.7}), prompt_values(TEXT, SCHEMA.predicates)]
    heard = ask(model, make_prompt(Settings()), asked, Settings(samples=0))
    assert [len(some) for some, _ in heard] == [0, 1, 0]
    assert model.weighed == 1
