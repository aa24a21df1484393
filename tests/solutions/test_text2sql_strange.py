"""What a question has that nothing explains, and questions that no database answers."""

from __future__ import annotations

import pytest

from dsol import Sample
from dsol_text2sql.databases.database import open_databases
from dsol_text2sql.examples.unanswerable import FEWEST, MOST, QUESTIONS, STRANGE, unanswerable
from dsol_text2sql.question.questions import language_of
from dsol_text2sql.question.strange import heard, named, strange
from dsol_text2sql.question.values import ValueIndex
from dsol_text2sql.settings import Settings

LEARNED = ("Which customers live in Germany?", "How many albums does each artist have?", "有多少位客户来自法国？")


@pytest.fixture(scope="module")
def share():
    (database,) = open_databases(Settings(database="demo")).values()
    known = frozenset(heard(LEARNED)) | named(database.schema)
    values = ValueIndex.build(database)
    return lambda question: strange(question, known, values.match(question))


@pytest.mark.parametrize(
    "question",
    [
        "How many customers live in Brazil?",  # a value of the database
        "Which albums has the artist AC/DC?",
        "List the 5 longest tracks.",  # a name of the schema, a number, grammar
        "有多少位客户来自法国？",
        "",
        "?!",
    ],
)
def test_what_names_values_and_learned_questions_explain_is_not_strange(share, question) -> None:
    assert share(question) == 0


@pytest.mark.parametrize(
    ("question", "least"),
    [("What is the weather in Paris?", 0.5), ("How do I cook rice?", 1.0), ("今天天气怎么样", 0.9)],
)
def test_what_nothing_explains_is_strange(share, question, least) -> None:
    assert share(question) >= least


def test_a_strange_word_among_known_ones_counts_by_its_share(share) -> None:
    assert 0 < share("How many kayaks does each customer have?") < 0.6


def test_questions_that_have_nothing_to_do_with_the_database_are_chosen_in_turn(share) -> None:
    found = unanswerable(("en", "zh"), {"demo": ["Paris", "AC/DC"]}, 100, lambda question, database: share(question))
    assert len(found) == 25
    assert [one.meta["language"] for one in found[:4]] == ["en", "zh", "en", "zh"]
    assert all(language_of(str(one.meta["question"])) == one.meta["language"] for one in found)
    assert all(share(str(one.meta["question"])) >= STRANGE for one in found)
    asked = [str(one.meta["question"]) for one in found]
    assert any("Paris" in one for one in asked)  # some of them name what is there
    assert not any("{}" in one for one in asked)


def test_a_question_that_the_database_may_answer_is_no_unanswerable_one() -> None:
    weather = QUESTIONS["en"][1]
    found = unanswerable(("en",), {"a": []}, 400, lambda question, _: 0.0 if question == weather else 1.0)
    assert weather not in [one.meta["question"] for one in found]
    assert len(found) == len(QUESTIONS["en"]) - 1
    assert unanswerable(("en",), {"a": []}, 400, lambda question, _: 0.0) == []


@pytest.mark.parametrize(("development", "count"), [(4, FEWEST), (100, 25), (10_000, MOST)])
def test_there_are_some_but_never_more_than_confidence_can_bear(development, count) -> None:
    found = unanswerable(("en", "zh"), {"a": ["x"], "b": ["y"]}, development, lambda question, database: 1.0)
    assert len(found) == count
    assert [one.meta["database"] for one in found[:3]] == ["a", "b", "a"]
    assert len({one.id for one in found}) == count
    assert isinstance(found[0], Sample)
