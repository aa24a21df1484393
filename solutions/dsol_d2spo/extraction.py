"""What was extracted from one text, with the text that proves it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dsol_d2spo.triple import Output


@dataclass(frozen=True)
class Extraction:
    """A text, by its id, and what is in it."""

    id: str
    text: str
    output: Output

    @property
    def sure(self) -> Extraction:
        """What isn't flagged of it."""
        triples = tuple(one for one in self.output.triples if not one.flag)
        return replace(self, output=self.output.model_copy(update={"triples": triples}))
