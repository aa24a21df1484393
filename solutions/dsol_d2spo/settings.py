"""What a user can set for D2SPO, and what goes in."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

import dsol
from dsol_d2spo.characters import sound
from dsol_d2spo.triple import Output

__all__ = ["Input", "Output", "Settings"]


class Settings(dsol.Settings):
    """Say what is to be extracted, and from what it is learned.

    `relations`: a JSON or YAML file of predicates, as `dsol d2spo schema` writes it; without it the schema is that of
    the training rows, and without rows extraction is open. `examples`: files of labelled documents to train on ("demo":
    the shipped ones); `heldout`: files that are only scored (none: a part of the examples). `calibration`: files to
    choose checkpoints and thresholds by, never trained on (none: the share `development` of the examples). With
    examples of your own, those two are none unless you name them. `notation`: ask for triples in the text's words, or
    for the relation of every two names where they stand nearest (marks), which suits small models and is what the
    recipe takes for the bases seed and scratch. `frequent`: learn only the so many most frequent predicates of the rows
    (0: all). `batch`: predicates that one prompt asks for; `negatives`: how many of them are predicates that don't
    hold, in training (of marks: pairs without a relation to each pair with one). `triples`: the most that are returned
    of a document, however long it is (0: all). `confidence`: triples below it are flagged, or dropped if `drop`.
    `piece`: the longest passage that one prompt holds, in characters (a Chinese one counts as three); `overlap`: how
    much of it is repeated in the next. `aliases`: name an end by the fullest name that the text has for it, also where
    a passage says "WHO" or "she". `match`: how alike (0 to 100) the words of an end and the text's must be.
    `definition`: when a triple counts as right in the headline (the README's "Metric"); the others are reported as
    well. `samples`: how often a passage is asked beside the greedy answer, at which `temperature`. `constrained`: hold
    what the model writes to the prompt's form while it writes (needs dsol[constrained]): JSON lines of predicates that
    were asked for, or of two marks one of the relations that fit.
    """

    relations: Path | None = None
    examples: tuple[str, ...] = ("demo",)
    heldout: tuple[str, ...] = ("demo",)
    calibration: tuple[str, ...] = ("demo",)
    development: float = Field(default=0.1, gt=0, lt=0.5)
    languages: tuple[Literal["en", "zh"], ...] = ("en", "zh")

    notation: Literal["words", "marks"] = "words"
    frequent: int = Field(default=0, ge=0)
    batch: int = Field(default=6, ge=1)
    negatives: int = Field(default=3, ge=0)

    piece: int = Field(default=1200, ge=100)
    overlap: int = Field(default=200, ge=0)
    aliases: bool = True

    triples: int = Field(default=0, ge=0)
    confidence: float = Field(default=0.0, ge=0, le=1)
    drop: bool = False
    match: float = Field(default=88.0, ge=50, le=100)
    definition: Literal["strict", "relaxed", "duie", "docred"] = "strict"
    samples: int = Field(default=3, ge=0)
    temperature: float = Field(default=0.7, gt=0)
    max_new_tokens: int = Field(default=256, ge=1)
    constrained: bool = False


class Input(BaseModel):
    """A document: its text, and an id for the answer to name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    id: str = ""

    @field_validator("text", "id")
    @classmethod
    def _sound(cls, given: str) -> str:
        """Replace half characters, which no tokenizer and no file takes; places stay."""
        return sound(given)
