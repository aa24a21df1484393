"""Make the object that a product embeds out of one function that answers many inputs at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BaseModel

from dsol.answer import Answer


class Answering(Runnable[Any, Answer[Any]]):
    """Answer one input (`invoke`) or many (`batch`); a mapping of the input's fields is taken as well.

    Many at once is the normal case: their generations share a prefix and a batch.
    """

    def __init__(self, kind: type[BaseModel], answer_all: Callable[[Sequence[Any]], list[Answer[Any]]]) -> None:
        self._kind = kind
        self._answer_all = answer_all

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Answer[Any]:
        return self._answer_all([self._read(input)])[0]

    def batch(  # langchain's default calls invoke in threads
        self,
        inputs: Sequence[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Answer[Any]]:
        return self._answer_all([self._read(one) for one in inputs])

    def _read(self, value: Any) -> BaseModel:
        return value if isinstance(value, self._kind) else self._kind.model_validate(value)
