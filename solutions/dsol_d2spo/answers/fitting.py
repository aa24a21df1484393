"""Whether a triple fits the schema, in which direction, and between which types."""

from __future__ import annotations

from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.triple import Triple


def fits(schema: Schema, triple: Triple) -> bool:
    """Tell whether the schema has the predicate between such types; what has no type fits every type."""
    return any(_fits(one, triple.subject_type, triple.object_type) for one in _named(schema, triple.predicate))


def fits_reversed(schema: Schema, triple: Triple) -> bool:
    """Tell whether the triple would fit with its ends the other way round."""
    return fits(schema, turned(triple))


def turned(triple: Triple) -> Triple:
    """Exchange the ends, with their types."""
    return triple.model_copy(
        update={
            "subject": triple.object,
            "object": triple.subject,
            "subject_type": triple.object_type,
            "object_type": triple.subject_type,
        }
    )


def symmetric(schema: Schema, predicate: str) -> bool:
    """Tell whether a predicate holds in both directions."""
    return any(one.symmetric for one in _named(schema, predicate))


def _named(schema: Schema, predicate: str) -> list[Predicate]:
    return [one for one in schema.predicates if one.predicate == predicate]


def _fits(one: Predicate, subject: str, object: str) -> bool:
    return (not one.subject_type or subject in ("", one.subject_type)) and (
        not one.object_type or object in ("", one.object_type)
    )
