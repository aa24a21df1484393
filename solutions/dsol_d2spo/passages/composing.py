"""A text with whole letters, and the way back: extraction sees one spelling, places hold for the text as it was given.

Files from macOS and from some PDFs write a letter and its accent as two characters (NFD). Whoever cuts words or looks
for a name would cut there, so each such pair becomes the one letter that Unicode has for it (NFC), else the bare one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from dsol_d2spo.triple import Found, Output, Span

_ACCENTED = re.compile("[^\u0300-\u036f][\u0300-\u036f]+")  # of Latin, Greek and Cyrillic; other scripts need theirs


@dataclass(frozen=True)
class Composed:
    """A text as it was `given`, and with whole letters.

    `places`: where each character of `text` begins in `given`, and the end; empty where both are the same.
    """

    given: str
    text: str
    places: tuple[int, ...] = ()

    @classmethod
    def of(cls, given: str) -> Composed:
        """Compose a text."""
        parts: list[str] = []
        places: list[int] = []
        at = 0
        for found in _ACCENTED.finditer(given):
            parts += (given[at : found.start()], unicodedata.normalize("NFC", found[0])[0])
            places += range(at, found.start() + 1)
            at = found.end()
        if not parts:
            return cls(given, given)
        return cls(given, "".join(parts) + given[at:], (*places, *range(at, len(given) + 1)))

    def back(self, output: Output) -> Output:
        """Give what was found in `text` with the places and words of the text that was given."""
        if not self.places:
            return output
        return output.model_copy(update={"triples": tuple(map(self._back, output.triples))})

    def _back(self, one: Found) -> Found:
        spans = ("subject_spans", "object_spans", "subject_aliases", "object_aliases", "evidence")
        update: dict[str, object] = {name: self._places(getattr(one, name)) for name in spans}
        update["subject"] = self._words(one.subject, one.subject_spans)
        update["object"] = self._words(one.object, one.object_spans)
        return one.model_copy(update=update)

    def _places(self, spans: Iterable[Span]) -> tuple[Span, ...]:
        return tuple(Span(start=self.places[one.start], end=self.places[one.end]) for one in spans)

    def _words(self, name: str, spans: Iterable[Span]) -> str:
        """Spell a name as it was given at the first place where it stands so."""
        same = (one for one in spans if self.text[one.start : one.end] == name)
        return next((self.given[one.start : one.end] for one in self._places(same)), name)
