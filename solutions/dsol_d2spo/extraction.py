"""What was extracted from one text, with the text that proves it."""

from __future__ import annotations

from dataclasses import dataclass

from dsol_d2spo.triple import Output


@dataclass(frozen=True)
class Extraction:
    """A text, by its id, and what is in it."""

    id: str
    text: str
    output: Output
