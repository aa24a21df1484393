"""Texts as numbers: a run of letters and digits is a word, so is every Chinese character; many texts at once, in numpy.

All comparing of texts (exact and near duplicates, contamination, language) works on these numbers, so each text is
gone through once and nothing is done word by word in Python.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

HAN = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
LONGEST = 64  # letters of a word that are told apart by place


@dataclass(frozen=True)
class Words:
    """The words of some texts, one after the other.

    `hashes` uint64 (n,); `bounds` int64 (texts + 1,): the words of text i are bounds[i]:bounds[i + 1]; `han` bool
    (n,): the word is one character of Chinese or kana; `weak` bool (n,): a number or a single letter; `starts`, `ends`
    int64 (n,): where it stands in `joined`; `solid` int64 (texts,): the characters of a text that are no spaces.
    """

    hashes: Numbers
    bounds: Places
    han: Flags
    weak: Flags
    starts: Places
    ends: Places
    solid: Places
    joined: str

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @cached_property
    def owner(self) -> Places:
        """Name the text of each word, int64 (n,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    @cached_property
    def chinese(self) -> Flags:
        """Say of each text whether most of its words are Chinese characters, bool (texts,)."""
        total = np.concatenate([[0], np.cumsum(self.han)])
        most: Flags = (total[self.bounds[1:]] - total[self.bounds[:-1]]) * 2 > np.diff(self.bounds)
        return most

    @cached_property
    def letters(self) -> Places:
        """Count the letters and digits of each text, int64 (texts,)."""
        total: Places = np.concatenate([[0], np.cumsum(self.ends - self.starts)])
        return total[self.bounds[1:]] - total[self.bounds[:-1]]

    def runs(self, length: int) -> tuple[Numbers, Flags]:
        """Hash every run of `length` words, by its first; the flags say which lie within one text. Both (n,)."""
        size = len(self.hashes)
        hashes = np.zeros(size, np.uint64)
        within = np.zeros(size, bool)
        if size >= length:
            count = size - length + 1
            total = np.zeros(count, np.uint64)
            for at, factor in enumerate(_random(length, 11)):
                total += self.hashes[at : at + count] * factor
            hashes[:count] = _mix(total)
            within[:count] = self.owner[:count] == self.owner[length - 1 :]
        return hashes, within

    def whole(self) -> Numbers:
        """Hash each text as the sequence of its words, uint64 (texts,); 0 for a text without any."""
        place = np.arange(len(self.hashes)) - self.bounds[self.owner] if len(self.hashes) else self.starts
        return _sums(_mix(self.hashes ^ (place.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))), self.bounds)


def words(texts: Sequence[str]) -> Words:
    """Cut texts into words and hash them; case, width (NFKC) and everything but letters and digits don't count."""
    joined = "\n".join([*texts, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    folded = _table()[codes]
    place = np.flatnonzero(folded)
    letters = folded[place]
    han = _is_han(letters)
    first = np.ones(len(place), bool)
    first[1:] = (np.diff(place) > 1) | han[1:] | han[:-1]
    begins = np.flatnonzero(first)
    sizes = np.diff(np.append(begins, len(place)))
    within = np.minimum(np.arange(len(place)) - np.repeat(begins, sizes), LONGEST - 1)
    spelled = (letters.astype(np.uint64) + np.uint64(1)) * _random(LONGEST, 7)[within]
    hashes = _mix(np.add.reduceat(spelled, begins)) if len(begins) else np.zeros(0, np.uint64)
    starts = place[begins].astype(np.int64)
    ends = place[np.append(begins[1:], len(place)) - 1].astype(np.int64) + 1 if len(begins) else starts
    offsets = np.cumsum([0] + [len(text) + 1 for text in texts])
    inked = np.concatenate([[0], np.cumsum((codes > ord(" ")) & (codes != 0x3000))])[offsets]
    solid = np.diff(inked)
    lone = ((sizes == 1) & ~han[begins]) | ((letters[begins] >= ord("0")) & (letters[begins] <= ord("9")))
    return Words(hashes, np.searchsorted(starts, offsets), han[begins], lone, starts, ends, solid, joined)


def _sums(values: Numbers, bounds: Places) -> Numbers:
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)])
    sums: Numbers = total[bounds[1:]] - total[bounds[:-1]]
    return sums


def _mix(values: Numbers) -> Numbers:
    """Spread every bit of a number over all of it (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    spread: Numbers = values ^ (values >> np.uint64(31))
    return spread


@cache
def _random(count: int, seed: int) -> Numbers:
    drawn: Numbers = np.random.Generator(np.random.PCG64(seed)).integers(1, 2**64, count, np.uint64)
    drawn |= np.uint64(1)  # odd: multiplying by them loses nothing
    return drawn


def _is_han(codes: NDArray[Any]) -> Flags:
    found = np.zeros(len(codes), bool)
    for low, high in HAN:
        found |= (codes >= low) & (codes <= high)
    return found


@cache
def _table() -> NDArray[np.uint32]:
    """Map each character to the one it is compared as, and to 0 what is no part of a word."""
    table = np.zeros(0x110000, np.uint32)
    for code in range(0x20000):
        char = chr(code)
        if char.isalnum() or unicodedata.category(char) in ("Mn", "Mc"):
            same = unicodedata.normalize("NFKC", char).casefold()
            table[code] = ord(same) if len(same) == 1 and same.isalnum() else code
    table[0x20000:0x323B0] = np.arange(0x20000, 0x323B0)
    return table
