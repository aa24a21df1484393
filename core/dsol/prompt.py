"""The one object that training, evaluation and serving render with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsol.backend import Chat

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

ROLES = {"system": "system", "human": "user", "ai": "assistant"}


@dataclass(frozen=True)
class Prompt:
    """Pair a langchain chat template with the reader of what the model writes.

    `parse(completion, values)` turns a completion into the solution's output, read against the prompt that it answers,
    and never raises: what can't be read is None.
    """

    template: ChatPromptTemplate
    parse: Callable[[str, Mapping[str, Any]], Any]

    def chat(self, values: Mapping[str, Any]) -> Chat:
        """Render `values` (a sample's `input`) as messages with the roles system, user and assistant."""
        wanted = {name: values[name] for name in self.template.input_variables}
        messages = self.template.format_messages(**wanted)
        return [{"role": ROLES[message.type], "content": str(message.content)} for message in messages]
