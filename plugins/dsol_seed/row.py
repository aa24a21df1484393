"""A training row of the seed base, and which of the public data are never trained on."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

KEPT_BACK = 10  # one of so many stories, articles, documents and queries is only scored


@dataclass(frozen=True)
class Row:
    """One exchange: what a user asks, what the base is to answer, and the system's words before it ("": none)."""

    user: str
    answer: str
    system: str = ""

    def messages(self) -> dict[str, Any]:
        """Give the row in the form of chat data."""
        turns = [{"role": "system", "content": self.system}] if self.system else []
        turns += [{"role": "user", "content": self.user}, {"role": "assistant", "content": self.answer}]
        return {"messages": turns}


@dataclass(frozen=True)
class Task:
    """The rows of one skill: to train on, and to score."""

    training: tuple[Row, ...]
    kept_back: tuple[Row, ...]


def kept_back(name: str, of: int = KEPT_BACK) -> bool:
    """Say whether what bears this name is the one in so many that is kept back, everywhere and for ever."""
    return zlib.crc32(name.encode()) % of == 0


def divided(rows: Iterable[tuple[str, Row]]) -> Task:
    """Divide rows by the name of what they are about; the same row is taken once."""
    training: dict[Row, None] = {}
    scored: dict[Row, None] = {}
    for name, row in rows:
        (scored if kept_back(name) else training)[row] = None
    return Task(tuple(training), tuple(row for row in scored if row not in training))
