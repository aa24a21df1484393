"""A question as people type it: its language, its spaces, and whether it asks for data at all."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[㐀-鿿豈-﫿]")
_WORD = re.compile(r"[A-Za-z]+")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|《[^》]*》|「[^」]*」|(?<!\w)'[^']*'(?!\w)")
_BETWEEN_CHINESE = re.compile(r"(?<=[㐀-鿿，。？！、：；（）]) +(?=[㐀-鿿，。？！、：；（）])")
# An order to change data: the verb comes first, and what follows doesn't make a noun of it ("delete dates of ...").
_ORDER = re.compile(
    r"(?:please\s+|can you\s+|could you\s+)?(?:delete|drop|truncate|insert)\s+"
    r"(?!(?:date|time|flag|count|rate|reason|status|off|out|in)\w*\b)\w"
    r"|请?(?:你|帮我|帮忙|把)*(?:删除|删掉|清空)(?!的|了|时间|日期|标|状态|原因|数|次|人)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:how|which|what|who|when|where|list|show)\b|多少|哪|几|什么|谁|吗|列出|查询|显示", re.IGNORECASE
)


def language_of(question: str) -> str:
    """Tell Chinese from English by the share of Chinese characters outside quotation marks."""
    bare = _QUOTED.sub(" ", question)
    text = bare if _CHINESE.search(bare) or _WORD.search(bare) else question
    chinese, words = len(_CHINESE.findall(text)), len(_WORD.findall(text))
    return "zh" if chinese and chinese >= 0.3 * (chinese + words) else "en"


def tidy(question: str) -> str:
    """Collapse spaces, and take out those between Chinese characters: people don't type them."""
    return _BETWEEN_CHINESE.sub("", " ".join(question.split()))


def orders_a_change(question: str) -> bool:
    """Tell an order to delete or insert from a question; questions that only speak of it aren't meant."""
    return bool(_ORDER.match(question.strip())) and not _ASKING.search(question)
