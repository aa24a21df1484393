"""A question as people type it: its language, and its spaces."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[㐀-鿿豈-﫿]")
_WORD = re.compile(r"[A-Za-z]+")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|《[^》]*》|「[^」]*」|(?<!\w)'[^']*'(?!\w)")
_BETWEEN_CHINESE = re.compile(r"(?<=[㐀-鿿，。？！、：；（）]) +(?=[㐀-鿿，。？！、：；（）])")


def language_of(question: str) -> str:
    """Tell Chinese from English by the share of Chinese characters outside quotation marks."""
    bare = _QUOTED.sub(" ", question)
    text = bare if _CHINESE.search(bare) or _WORD.search(bare) else question
    chinese, words = len(_CHINESE.findall(text)), len(_WORD.findall(text))
    return "zh" if chinese and chinese >= 0.3 * (chinese + words) else "en"


def tidy(question: str) -> str:
    """Collapse spaces, and take out those between Chinese characters: people don't type them."""
    return _BETWEEN_CHINESE.sub("", " ".join(question.split()))
