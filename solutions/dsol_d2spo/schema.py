"""The schema: which predicates there are, between which types."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Predicate(BaseModel):
    """A kind of relation; an empty type lets every type through.

    `description` and `aliases` are other words for it, shown to the model and read in its answers. `symmetric`: it
    holds in both directions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    predicate: str
    subject_type: str = ""
    object_type: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()
    symmetric: bool = False


class Schema(BaseModel):
    """All predicates, in order; one predicate may be listed with several pairs of types. Empty: open extraction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    predicates: tuple[Predicate, ...] = ()
