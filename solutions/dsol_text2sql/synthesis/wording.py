"""Ways to say one thing, written as lines of text.

A line may begin with a weight ("2* "), choose between words ("[Find|Show] the ...", "[all |]") and hold slots
("{things}"). One line is drawn, its choices are drawn, then its slots are filled; what fills them is left as it is.
"""

from __future__ import annotations

import random
import re
from functools import cache

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")


@cache
def _lines(text: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    ways, weights = [], []
    for line in filter(str.strip, text.splitlines()):
        weight, star, rest = line.strip().partition("* ")
        ways.append(rest if star else line.strip())
        weights.append(float(weight) if star else 1.0)
    return tuple(ways), tuple(weights)


def say(source: random.Random, text: str, **slots: object) -> str:
    """Draw one of the lines and fill it."""
    ways, weights = _lines(text)
    line = source.choices(ways, weights)[0]
    line = _CHOICE.sub(lambda match: source.choice(match[1].split("|")), line)
    return _SLOT.sub(lambda match: str(slots[match[1]]), line)
