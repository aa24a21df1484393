"""Show two names where they stand nearest to each other, with the words around them."""

from __future__ import annotations

from dsol_d2spo.learned.rules import Pair
from dsol_d2spo.names.mentions import Mention

BESIDE = {False: 30, True: 10}  # characters before and after both; by whether the text is Chinese
BETWEEN = {False: 110, True: 40}  # characters between them that are shown whole


def near(passage: str, pair: Pair) -> str:
    """Write the nearest mentions with the words around: `«1 PER Ada Lovelace» was born in «2 LOC London».`"""
    first, second = sorted((pair.at, pair.to), key=lambda one: one.span.start)
    chinese = passage[first.span.start] >= "\u2e80" or passage[second.span.end - 1] >= "\u2e80"
    beside, between = BESIDE[chinese], BETWEEN[chinese]
    inner = passage[first.span.end : second.span.start]
    if len(inner) > between:
        inner = _cut(inner[: between // 2], False) + " … " + _cut(inner[-between // 2 :], True)
    before = _cut(passage[max(0, first.span.start - beside) : first.span.start], first.span.start > beside)
    end = second.span.end
    after = _cut(passage[end : end + beside], False) if end + beside < len(passage) else passage[end:]
    return " ".join(f"{before}{_named(first, pair)}{inner}{_named(second, pair)}{after}".split())


def _named(one: Mention, pair: Pair) -> str:
    number, whole = ("1", pair.subject) if one == pair.at else ("2", pair.object)
    return f"«{number} {whole.type} {one.text}»" if whole.type else f"«{number} {one.text}»"


def _cut(text: str, front: bool) -> str:
    """Leave out a word that is cut at the front, or else at the end."""
    if front:
        return text[text.find(" ") + 1 :] if " " in text else text
    return text[: text.rfind(" ") + 1] if " " in text else text
