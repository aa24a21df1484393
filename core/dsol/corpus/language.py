"""Tell English and Chinese texts from others by script and by English function words.

On 524 documents at hand (standards, books, cheat sheets; English or Chinese with much code) this is measured against
libraries in tests/benchmarks/corpora.py: documents full of code and tables are what detectors trained on sentences
get wrong.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import numpy as np

from dsol.corpus.words import Numbers, Words, words

Language = Literal["en", "zh", "other"]
# The commonest English words that aren't common in another language of the Latin script.
ENGLISH = (
    "the of and to that is with for are this be from which it as by on or not have has was were will can should must "
    "when if an at but they their you your we our these those there what how his her he she would could may been i my "
    "all any other used using use"
)
SHARE = 0.09
CHINESE = 0.1
KANA = re.compile("[\u3041-\u30fa]")


def tag(found: Words) -> list[Language]:
    """Tag each text."""
    common = np.isin(found.hashes, _english())
    counts = _counts(found, common)
    han = _counts(found, found.han)
    total = np.maximum(np.diff(found.bounds), 1)
    tags: list[Language] = []
    for at in range(len(found)):
        if han[at] > CHINESE * total[at]:
            tags.append("other" if _japanese(found, at, int(han[at])) else "zh")
        else:
            tags.append("en" if counts[at] > SHARE * (total[at] - han[at]) else "other")
    return tags


def _counts(found: Words, flags: np.ndarray) -> np.ndarray:
    total = np.concatenate([[0], np.cumsum(flags)])
    return np.asarray(total[found.bounds[1:]] - total[found.bounds[:-1]])


def _japanese(found: Words, at: int, han: int) -> bool:
    start, end = found.bounds[at], found.bounds[at + 1]
    text = found.joined[found.starts[start] : found.ends[end - 1]]
    return len(KANA.findall(text)) * 10 > han


@cache
def _english() -> Numbers:
    return np.sort(words([ENGLISH]).hashes)
