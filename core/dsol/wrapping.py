"""Make the object that a product embeds out of one function that answers many inputs at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BaseModel, ValidationError

from dsol.answer import Answer
from dsol.errors import DataError, DsolError
from dsol.recipe import describe


class Answering(Runnable[Any, Answer[Any]]):
    """Answer one input (`invoke`) or many (`batch`); a mapping of the input's fields is taken as well.

    Many at once is the normal case: their generations share a prefix and a batch.
    """

    def __init__(self, kind: type[BaseModel], answer_all: Callable[[Sequence[Any]], list[Answer[Any]]]) -> None:
        self._kind = kind
        self._answer_all = answer_all

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Answer[Any]:
        return self._answer_all([read_input(self._kind, input)])[0]

    def batch(  # langchain's default calls invoke in threads
        self,
        inputs: Sequence[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Answer many; inputs that don't fit are one DataError, with `return_exceptions` one in place of each answer.

        With `return_exceptions` one that can't be answered, such as a text too long for the model, spoils no other.
        """
        read = [_read(self._kind, one, f"inputs[{at}]") for at, one in enumerate(inputs)]
        wrong = [problem for one in read if isinstance(one, DataError) for problem in one.problems]
        if wrong and not return_exceptions:
            raise DataError(wrong)
        good = [one for one in read if not isinstance(one, DataError)]
        answers = iter(self._each(good) if return_exceptions else self._answer_all(good))
        return [one if isinstance(one, DataError) else next(answers) for one in read]

    def _each(self, inputs: Sequence[BaseModel]) -> list[Any]:
        """Answer all together, or one by one where that fails, so that only those fail for which it does."""
        try:
            return list(self._answer_all(inputs))
        except DsolError as error:
            if len(inputs) == 1:
                return [error]
            return [answer for one in inputs for answer in self._each([one])]


def read_input(kind: type[BaseModel], given: Any, place: str = "input") -> BaseModel:
    """Read an input, or a mapping of its fields; a DataError names the fields that don't fit, and what is wanted."""
    if isinstance(given, kind):
        return given
    problems = []
    if isinstance(given, Mapping):  # pydantic would decode bytes, whatever encoding they have
        texts = [name for name, field in kind.model_fields.items() if field.annotation is str]
        problems = [
            f"{place}.{name}: text is wanted, not {type(given[name]).__name__}; decode it"
            for name in texts
            if isinstance(given.get(name), bytes | bytearray)
        ]
    try:
        read = kind.model_validate(given)
    except ValidationError as error:
        if any(not one["loc"] and one["type"].startswith(("model_", "dict_")) for one in error.errors()):
            fields = ", ".join(kind.model_fields)
            what = f"a mapping of {fields}, or {kind.__module__}.{kind.__name__}, is wanted"
            raise DataError([f"{place}: {what}, not {type(given).__name__} ({given!r:.80})"]) from error
        raise DataError([*problems, *describe(error, kind, place)]) from error
    if problems:
        raise DataError(problems)
    return read


def _read(kind: type[BaseModel], given: Any, place: str) -> BaseModel | DataError:
    try:
        return read_input(kind, given, place)
    except DataError as error:
        return error
