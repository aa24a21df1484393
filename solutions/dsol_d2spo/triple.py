"""What is extracted: triples, where their ends stand in the text, and what became of those that weren't kept."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Noun):
    """Characters `start` to `end` (excluded) of a document's text."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Triple(_Noun):
    """Subject, predicate and object, with the types of both ends where they are known ("" where not)."""

    subject: str
    predicate: str
    object: str
    subject_type: str = ""
    object_type: str = ""


class Found(Triple):
    """A triple with its proof.

    `subject` and `object` are the document's own words. `subject_spans`, `object_spans`: every place where they stand
    in it, the first of each being those of the sentence or passage that proves the triple; empty for an end that isn't
    in the text. `subject_aliases`, `object_aliases`: where the text that proves it calls an end otherwise, by a shorter
    name, an abbreviation or a pronoun. `evidence`: the spans of the sentences that prove it. `confidence`: a calibrated
    probability. `count`: how often it was found, over pieces and samples. `flag`: "" for a triple that may be used as
    it is, else the reason code for which it is only shown ("low_confidence", "ungrounded", ...). `signals`: what is
    known of it that confidence is learned from; empty in an answer, whose items hold them.
    """

    subject_spans: tuple[Span, ...] = ()
    object_spans: tuple[Span, ...] = ()
    subject_aliases: tuple[Span, ...] = ()
    object_aliases: tuple[Span, ...] = ()
    evidence: tuple[Span, ...] = ()
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    source: Literal["model", "baseline", "both"] = "model"
    count: int = Field(default=1, ge=1)
    flag: str = ""
    signals: dict[str, float] = Field(default_factory=dict)

    @property
    def grounded(self) -> bool:
        """Tell whether both ends stand in the text."""
        return bool(self.subject_spans) and bool(self.object_spans)


class Dropped(_Noun):
    """Something the model wrote that is not returned: the `text` it wrote, and the `reason` code."""

    text: str
    reason: str


class Output(_Noun):
    """All triples of a document, best first, and what was dropped of the model's answer."""

    triples: tuple[Found, ...] = ()
    dropped: tuple[Dropped, ...] = ()
