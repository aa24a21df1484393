"""Token shares: by rule, by name, with a cap on repeats; what can't be met is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsol import RecipeError
from dsol.knowhow import KIND_WEIGHTS, general_ratio
from dsol.recipe import Stage
from dsol.shares import Supply, plan

SUPPLIES = {
    "norms": Supply("standard", 1000),
    "pages": Supply("site", 1000),
    "wiki": Supply("general", 100_000),
    "questions": Supply("task", 4000),
    "talks": Supply("chat", 4000),
}
DOCUMENTS = {"data": "documents", "repeats": 1000}


def test_documents_are_weighed_by_kind_with_general_text_and_task_rows_among_them():
    planned = plan(Stage(**DOCUMENTS, general=3, mip=0.2), SUPPLIES)
    shares = planned.shares
    assert shares["questions"] == pytest.approx(0.2)
    assert shares["talks"] == 0
    domain = shares["norms"] + shares["pages"]
    assert shares["wiki"] == pytest.approx(3 * domain)
    assert shares["norms"] == pytest.approx(shares["pages"] * KIND_WEIGHTS["standard"] / KIND_WEIGHTS["site"])
    assert sum(planned.tokens[name] for name in ("norms", "pages")) == pytest.approx(2000)


def test_what_is_left_to_the_rules_is_theirs():
    planned = plan(Stage(data="documents", repeats=1000), SUPPLIES)
    domain = planned.shares["norms"] + planned.shares["pages"]
    assert planned.shares["questions"] == pytest.approx(0.1)
    assert planned.shares["wiki"] == pytest.approx(general_ratio(2000, 0.1) * domain)
    weighed = plan(Stage(**DOCUMENTS, kinds={"site": 3}), SUPPLIES)
    assert weighed.shares["norms"] == pytest.approx(weighed.shares["pages"])


def test_a_stage_of_tasks_takes_tasks_and_conversations_by_their_size():
    planned = plan(Stage(epochs=2), {**SUPPLIES, "more": Supply("task", 8000)})
    assert planned.tokens == pytest.approx(
        {"norms": 0, "pages": 0, "wiki": 0, "questions": 8000, "talks": 8000, "more": 16000}
    )


def test_named_shares_take_the_place_of_the_rules_and_patterns_part_theirs_by_size():
    supplies = {"a/x": Supply("task", 3000), "a/y": Supply("task", 1000), "b": Supply("book", 500)}
    planned = plan(Stage(sources={"a/*": 0.5, "b": 0.5}, tokens=1000), supplies)
    assert planned.tokens == pytest.approx({"a/x": 375, "a/y": 125, "b": 500})


def test_a_small_source_is_not_repeated_without_end():
    supplies = {"small": Supply("task", 100), "large": Supply("task", 10_000)}
    fixed = plan(Stage(sources={"small": 1, "large": 1}, tokens=10_000), supplies)
    assert fixed.tokens == pytest.approx({"small": 400, "large": 9600})
    assert fixed.short == {"small": 4.0}
    assert not fixed.notes
    shorter = plan(Stage(sources={"small": 1, "large": 1}, epochs=1), supplies)
    assert shorter.tokens == pytest.approx({"small": 400, "large": 5050})


def test_text_that_is_not_there_is_said():
    planned = plan(Stage(sources={"small": 1}, tokens=10_000), {"small": Supply("task", 100)})
    assert "10,000 tokens were asked for, 400 are there within 4 passes" in planned.notes[0]
    alone = plan(Stage(data="documents"), {"norms": Supply("standard", 100)})
    assert "nothing in this stage guards against forgetting" in alone.notes[0]


@pytest.mark.parametrize(
    ("stage", "supplies", "message"),
    [
        (Stage(), {"norms": Supply("standard", 9)}, "a stage of tasks has no task rows"),
        (Stage(data="documents"), {"q": Supply("task", 9)}, "a stage of documents has no documents"),
        (Stage(data="documents", mip=0.1), {"n": Supply("book", 9)}, r"mip: 0\.1 of the tokens are to be task rows"),
        (Stage(data="documents", general=5), {"n": Supply("book", 9)}, "no source is of kind general"),
        (Stage(sources={"x": 1}), {"n": Supply("book", 9)}, r"sources\.x: no source named 'x' \(there is: n\)"),
        (Stage(sources={"n": 1}), {"n": Supply("book", 0)}, r"sources\.n: has a share but no rows"),
        (Stage(sources={"n": 0}), {"n": Supply("book", 9)}, "no source has a share above 0"),
    ],
)
def test_a_share_that_cannot_be_met_is_named(stage, supplies, message):
    with pytest.raises(RecipeError, match=message):
        plan(stage, supplies)


KINDS = st.sampled_from(["standard", "book", "paper", "site", "news", "general", "task", "chat"])


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(KINDS, st.integers(1, 10**6)), min_size=1),
    st.sampled_from(["tasks", "documents"]),
    st.integers(0, 10**7),
)
def test_no_plan_repeats_more_than_it_may_or_takes_from_nothing(given, data, tokens):
    supplies = {name: Supply(kind, count) for name, (kind, count) in given.items()}
    try:
        planned = plan(Stage(data=data, tokens=tokens), supplies)
    except RecipeError:
        return
    assert sum(planned.shares.values()) == pytest.approx(1)
    for name, count in planned.tokens.items():
        assert 0 <= count <= 4 * supplies[name].tokens * (1 + 1e-6)
    if tokens and not planned.notes:
        assert sum(planned.tokens.values()) == pytest.approx(tokens, rel=0.011)
