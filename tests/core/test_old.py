"""A product's own feature as a baseline: what it gives is checked."""

import pytest
from pydantic import BaseModel

from dsol import RecipeError
from dsol.old import checked


class Output(BaseModel):
    text: str


@pytest.mark.parametrize("given", [(None, 0), (Output(text="a"), 0.5)])
def test_an_answer_of_the_right_form_passes(given):
    assert checked(lambda asked: given, Output)("?") == given


@pytest.mark.parametrize("given", ["SELECT 1", None, ("SELECT 1", 0.5), (Output(text="a"), "sure"), Output(text="a")])
def test_another_form_is_shown_with_what_is_wanted(given):
    def rules(asked):
        return given

    with pytest.raises(RecipeError, match=r"rules is to return \(Output or None, confidence from 0 to 1\)"):
        checked(rules, Output)("?")
