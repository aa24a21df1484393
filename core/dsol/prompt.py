"""The one object that training, evaluation and serving render with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsol.backend import Chat, Completion, Generate

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

ROLES = {"system": "system", "human": "user", "ai": "assistant"}


def free(values: Mapping[str, Any]) -> str:
    """Hold a completion to nothing."""
    return ""


@dataclass(frozen=True)
class Prompt:
    """Pair a langchain chat template with the reader of what the model writes.

    `parse(completion, values)` turns a completion into the solution's output, read against the prompt that it answers,
    and never raises: what can't be read is None. `pattern(values)` is a regular expression that the completion is held
    to while it is written, where the backend can do that (see `dsol.Generate`); empty leaves it free.
    """

    template: ChatPromptTemplate
    parse: Callable[[str, Mapping[str, Any]], Any]
    pattern: Callable[[Mapping[str, Any]], str] = free

    @property
    def constrained(self) -> bool:
        """Whether completions are held to patterns."""
        return self.pattern is not free

    def ask(self, generate: Generate, asked: Sequence[Mapping[str, Any]], **options: Any) -> list[list[Completion]]:
        """Ask a model the prompts of many `values` at once, held to their patterns; `options` are `generate`'s."""
        if self.constrained:
            options["patterns"] = [self.pattern(values) for values in asked]
        return generate([self.chat(values) for values in asked], **options)

    def chat(self, values: Mapping[str, Any]) -> Chat:
        """Render `values` (a sample's `input`) as messages with the roles system, user and assistant."""
        wanted = {name: values[name] for name in self.template.input_variables}
        messages = self.template.format_messages(**wanted)
        return [{"role": ROLES[message.type], "content": str(message.content)} for message in messages]
