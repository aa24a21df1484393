"""Where a name stands in a text: as it is, but for spelling, or nearly, with a bound on how nearly.

Nothing is grounded that isn't the text's own words: what is returned are places, and an end of a triple becomes the
words that stand there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

from dsol.folding import fold, fold_with_places
from dsol_d2spo.language import EAST, inside_word
from dsol_d2spo.names.mentions import tokens_of
from dsol_d2spo.names.naming import key
from dsol_d2spo.triple import Span

Manner = Literal["exact", "normalised", "fuzzy", ""]

MOST = 200  # places of one name that are given
# Shorter names are too alike: "May" and "Mary", 王明 and 王朋.
SHORTEST, SHORTEST_HAN = 6, 4
NEAR = 3  # words from where it should begin or end, of which each is tried
_DIGITS = re.compile(r"\d+")


class Limits(Protocol):
    """The setting that grounding needs: how alike, of 100, words must be."""

    @property
    def match(self) -> float: ...


@dataclass(frozen=True)
class Grounding:
    """Where a name stands, in the text's order, and in which manner it was found there ("": nowhere)."""

    spans: tuple[Span, ...] = ()
    manner: Manner = ""


@dataclass(frozen=True)
class Ground:
    """A text in which names are looked for many times."""

    text: str

    def find(self, name: str, match: float = 100.0) -> Grounding:
        """Find a name as it is, else but for case, width, accents, script, quotes and spaces, else nearly.

        Nearly: at least `match` of 100 alike (normalised insertions and deletions), digits the same, and long enough to
        tell. Within a longer word of an alphabet nothing is found.
        """
        if not name.strip():
            return Grounding()
        if spans := self._spans(self.text, name, lambda at: at):
            return Grounding(spans, "exact")
        folded, places = self._close
        bare = _closed(key(name))
        if bare and (spans := self._spans(folded, bare, places.__getitem__)):
            return Grounding(spans, "normalised")
        words = self._alike(key(name), match) if match < 100 else ""
        return Grounding(self.find(words).spans, "fuzzy") if words else Grounding()

    @cached_property
    def _close(self) -> tuple[str, list[int]]:
        """The text folded and without spaces, and where each of its characters came from."""
        folded, places = fold_with_places(self.text)
        kept = [at for at, letter in enumerate(folded) if not letter.isspace()]
        return "".join(folded[at] for at in kept), [places[at] for at in kept]

    def _spans(self, text: str, name: str, place: Callable[[int], int]) -> tuple[Span, ...]:
        found: list[Span] = []
        at = text.find(name)
        while at >= 0 and len(found) < MOST:
            start, end = place(at), place(at + len(name) - 1) + 1
            if not (inside_word(self.text, start) or inside_word(self.text, end)):
                found.append(Span(start=start, end=end))
                at = text.find(name, at + len(name))
            else:
                at = text.find(name, at + 1)
        return tuple(found)

    def _alike(self, name: str, match: float) -> str:
        """Give the words of the text that are most alike to a name, "" where they aren't enough."""
        from rapidfuzz import fuzz

        if len(name) < (SHORTEST_HAN if name >= EAST else SHORTEST):
            return ""
        folded, places = fold_with_places(self.text)
        best = fuzz.partial_ratio_alignment(name, folded, score_cutoff=match)
        if best is None or best.dest_start == best.dest_end:
            return ""
        digits = _DIGITS.findall(name)
        # What is aligned is as long as the name and may begin and end in words: what counts is the words around there.
        tried = self._windows(places[best.dest_start], places[best.dest_end - 1] + 1)
        rated = [(fuzz.ratio(name, fold(words)), words) for words in tried if _DIGITS.findall(fold(words)) == digits]
        score, words = max(rated, default=(0.0, ""))
        return words if score >= match else ""

    def _windows(self, start: int, end: int) -> list[str]:
        """List the runs of whole words that begin and end about there."""
        starts, ends = self._words
        first, last = bisect_right(starts, start) - 1, bisect_left(ends, end)
        near = [at for at in range(first - 1, first + NEAR) if 0 <= at < len(starts)]
        far = [at for at in range(last - NEAR + 1, last + 2) if 0 <= at < len(ends)]
        return [self.text[starts[one] : ends[two]] for one in near for two in far if one <= two]

    @cached_property
    def _words(self) -> tuple[list[int], list[int]]:
        tokens = [(start, end) for token, start, end in tokens_of(self.text) if token.isalnum()]
        return [start for start, _ in tokens], [end for _, end in tokens]


def ground(text: str, name: str, settings: Limits) -> tuple[Span, ...]:
    """Give the places where a name stands in a text; see `Ground.find`."""
    return Ground(text).find(name, settings.match).spans


def _closed(text: str) -> str:
    return "".join(text.split())
