"""Conversations that users bring: `messages`, Alpaca and ShareGPT rows, each answer of them a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dsol.corpus.source import Source, files
from dsol.errors import DataError
from dsol.prompt import Prompt
from dsol.records import ENDINGS, Problems, read_records
from dsol.sample import Sample

SHAREGPT = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}
ROLES = ("system", "user", "assistant")
FORMS = "messages (role, content), conversations (from, value), or instruction, input and output"

Advance = Callable[[int, int], None]


def make_prompt() -> Prompt:
    """Make the prompt that shows a sample's `messages` as they are; its reader gives the text that was written."""
    from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder

    return Prompt(ChatPromptTemplate.from_messages([MessagesPlaceholder("messages")]), lambda text, values: text)


def read_chats(name: str, source: Source) -> list[Sample]:
    """Read a source of conversations; all rows that don't fit are one DataError.

    Every assistant turn is a sample: what was said before is its input, the turn its target, so the loss is on answers
    alone. Samples of one conversation share a prefix.
    """
    samples: list[Sample] = []
    problems = Problems()
    for path in _files(name, source):
        for record in read_records(path, problems, "a conversation as an object", ", ".join(ENDINGS)):
            try:
                turns = read_turns(record.fields)
            except ValueError as error:
                problems.add(record.origin, str(error))
                continue
            identity = str(record.fields.get("id", ""))
            for at, turn in enumerate(turns):
                if turn["role"] == "assistant":
                    given = {"messages": turns[:at]}
                    mark = f"{name}/{len(samples)}" + (f"/{identity}" if identity else "")
                    samples.append(Sample(id=mark, input=given, target=turn["content"], meta={"place": record.origin}))
    problems.stop()
    if not samples:
        raise DataError([f"source {name}: its files hold no conversation with an answer"])
    return samples


def read_turns(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Read one row's turns, whatever its form; a ValueError says which field is wrong.

    A conversation begins with an optional system turn; then user and assistant take turns, and it ends with an answer.
    """
    if "messages" in row:
        turns = _listed(row["messages"], "messages", "role", "content", {role: role for role in ROLES})
    elif "conversations" in row:
        turns = _listed(row["conversations"], "conversations", "from", "value", SHAREGPT)
    elif "instruction" in row and "output" in row:
        asked = "\n\n".join(part for part in (_text(row, "instruction"), _text(row, "input", "")) if part)
        turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": _text(row, "output")}]
        history = row.get("history") or ()
        if not all(isinstance(pair, Sequence) and len(pair) == 2 for pair in history):
            raise ValueError("field history: a list of [question, answer] pairs is wanted")
        earlier = [turn for asked, answered in history for turn in _pair(str(asked), str(answered))]
        turns = [*earlier, *turns]
    else:
        raise ValueError(f"has none of the forms that are read: {FORMS}; its fields are {', '.join(row) or 'none'}")
    said = _text(row, "system", "")
    if said and turns[0]["role"] != "system":
        turns = [{"role": "system", "content": said}, *turns]
    rest = turns[1:] if turns and turns[0]["role"] == "system" else turns
    if not rest or any(turn["role"] != ("user", "assistant")[at % 2] for at, turn in enumerate(rest)):
        order = ", ".join(turn["role"] for turn in turns) or "nothing"
        raise ValueError(f"user and assistant must take turns, beginning with the user; here: {order}")
    if len(rest) % 2:
        rest = rest[:-1]
        turns = turns[:-1]
    if not rest:
        raise ValueError("no answer follows the question")
    empty = [turn["role"] for turn in rest if not turn["content"].strip()]
    if empty:
        raise ValueError(f"a turn of the {empty[0]} is empty")
    return turns


def _pair(asked: str, answered: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]


def _listed(given: Any, field: str, role: str, text: str, names: Mapping[str, str]) -> list[dict[str, str]]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ValueError(f"field {field}: a list of turns is wanted")
    turns = []
    for number, turn in enumerate(given, 1):
        if not isinstance(turn, Mapping) or not isinstance(turn.get(text), str):
            raise ValueError(f"turn {number} of {field}: {role} and {text} are wanted")
        if turn.get(role) not in names:
            known = ", ".join(dict.fromkeys(names))
            raise ValueError(f"turn {number} of {field}, field {role!r}: {turn.get(role)!r} is not one of {known}")
        turns.append({"role": names[turn[role]], "content": turn[text]})
    return turns


def _text(row: Mapping[str, Any], field: str, default: Any = None) -> str:
    value = row.get(field, default)
    if value is None:
        value = default
    if not isinstance(value, str):
        raise ValueError(f"field {field}: text is wanted, not {type(value).__name__}")
    return value


def _files(name: str, source: Source) -> list[Path]:
    listed, _, problems = files(source)
    found = [path for path in listed if path.suffix.lower() in ENDINGS]
    if problems or not found:
        places = ", ".join(map(str, source.paths))
        wanted = f"no file that ends in {', '.join(ENDINGS)} in {places}; conversations are rows of such files"
        raise DataError([f"source {name}: {problem}" for problem in problems or [wanted]])
    return found
