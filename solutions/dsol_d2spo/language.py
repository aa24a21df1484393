"""What scripts tell: Chinese text from English, and where words begin and end."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
EAST = "\u2e80"  # where the scripts begin that set no spaces between words
HAN, WORDS = 6, 4  # Chinese characters, and words of Latin letters, of which a sentence may be made
_LATIN = re.compile(r"[A-Za-z]+")


def language_of(text: str) -> str:
    """Give "zh" where Chinese characters outnumber other words, else "en"."""
    return "zh" if len(_HAN.findall(text)) > len(_LATIN.findall(text)) else "en"


def plain_language(text: str) -> str:
    """Give the language of a text that is plainly in one; "" where it is short, or holds much of both."""
    han, words = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if max(han / HAN, words / WORDS) < 1 or min(han / HAN, words / WORDS) >= 1:
        return ""
    return "zh" if han >= HAN else "en"


def inside_word(text: str, at: int) -> bool:
    """Tell whether a place is within a word of an alphabet, or within a number."""
    if not 0 < at < len(text):
        return False
    one, two = text[at - 1], text[at]
    return one.isalnum() and two.isalnum() and max(one, two) < EAST
