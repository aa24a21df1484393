"""What a product sends: inputs that don't fit are named, and spoil no others where the product asks for that."""

import pytest
from pydantic import BaseModel, ConfigDict

from dsol import Answer, BackendError, DataError
from dsol.wrapping import Answering


class Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    most: int = 3


def answer_all(inputs):
    if any(one.text == "long" for one in inputs):
        raise BackendError("chat 0 has 9,000 tokens")
    return [Answer(value=one.text.upper(), source="model") for one in inputs]


ANSWERING = Answering(Question, answer_all)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "input: a mapping of text, most, or test_wrapping.Question, is wanted, not NoneType (None)"),
        ("What?", "input: a mapping of text, most, or test_wrapping.Question, is wanted, not str ('What?')"),
        ([1], "input: a mapping of text, most, or test_wrapping.Question, is wanted, not list ([1])"),
        ({}, "input.text: is missing"),
        ({"text": None}, "input.text: input should be a valid string (got None)"),
        ({"text": b"What?"}, "input.text: text is wanted, not bytes; decode it"),
        (
            {"text": "x", "tezt": "y"},
            "input.tezt: no key named 'tezt', did you mean 'text'? (there is: text, most)",
        ),
    ],
)
def test_an_input_that_does_not_fit_is_one_line(given, said):
    with pytest.raises(DataError) as refused:
        ANSWERING.invoke(given)
    assert str(refused.value).replace(f"{__name__}.", "test_wrapping.") == said


def test_those_of_a_batch_are_named_by_their_place():
    inputs = [{"text": "a"}, {"text": 3}, Question(text="b"), {}]
    with pytest.raises(DataError) as refused:
        ANSWERING.batch(inputs)
    assert [problem.partition(": ")[0] for problem in refused.value.problems] == ["inputs[1].text", "inputs[3].text"]


def test_what_can_be_answered_is_where_exceptions_are_returned():
    inputs = [{"text": "a"}, {"text": 3}, {"text": "long"}, {"text": "b"}]
    first, unfit, failed, last = ANSWERING.batch(inputs, return_exceptions=True)
    assert (first.value, last.value) == ("A", "B")
    assert isinstance(unfit, DataError)
    assert isinstance(failed, BackendError)
    with pytest.raises(BackendError):
        ANSWERING.batch(inputs[2:])
    assert ANSWERING.batch([], return_exceptions=True) == []
