"""Tell Chinese text from English by its letters."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]+")


def language_of(text: str) -> str:
    """Give "zh" where Chinese characters outnumber other words, else "en"."""
    return "zh" if len(_HAN.findall(text)) > len(_LATIN.findall(text)) else "en"
