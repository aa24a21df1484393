"""A question with its choices."""

from __future__ import annotations

import re
from dataclasses import dataclass

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")


@dataclass(frozen=True)
class Question:
    """A multiple-choice question; `answer` is the index of its one right choice, `language` is "zh" or "en"."""

    id: str
    question: str
    choices: tuple[str, ...]
    answer: int
    subject: str = ""
    language: str = "en"

    @property
    def letter(self) -> str:
        return LETTERS[self.answer]


def language(text: str) -> str:
    """Tell a Chinese question from an English one: formulas and a few quoted words don't count."""
    return "zh" if 2 * len(_CHINESE.findall(text)) > len(_LATIN.findall(text)) else "en"
