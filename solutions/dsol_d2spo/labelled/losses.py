"""What labelled documents hold, and what of it can't be learned, for the report of what was built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dsol_d2spo.document import Document, Gold
from dsol_d2spo.labelled.fitting import Fitting
from dsol_d2spo.labelled.places import named
from dsol_d2spo.schema import Schema


def counted(some: Sequence[Document]) -> dict[str, Any]:
    """Count documents, their triples and their languages."""
    return {
        "documents": len(some),
        "triples": sum(len(one.gold) for one in some),
        "languages": dict(sorted(Counter(one.language for one in some).items())),
    }


def lost(some: Sequence[Document], schema: Schema) -> dict[str, Any]:
    """Count the triples of which an end doesn't stand in the text, or types don't fit the schema; name each's first."""
    fitting = Fitting(schema)
    found: dict[str, list[str]] = {"ends_not_in_text": [], "types_not_in_schema": []}
    for document in some:
        for gold in document.gold:
            if not stands(gold, document.text):
                found["ends_not_in_text"].append(f"{document.origin}: {spelled(gold)}")
            if schema.predicates and not fitting.fits(gold.triple):
                types = f"{gold.triple.subject_type} to {gold.triple.object_type}"
                found["types_not_in_schema"].append(f"{document.origin}: {spelled(gold)} ({types})")
    return {kind: {"triples": len(places), "first": "".join(places[:1])} for kind, places in found.items()}


def stands(gold: Gold, text: str) -> bool:
    """Tell whether both ends of a triple stand in the text, by any of their names: only so it can be learned."""
    return bool(named(gold.subject_names, text) and named(gold.object_names, text))


def spelled(gold: Gold) -> str:
    """Write a triple in one line."""
    return f"{gold.triple.subject!r} - {gold.triple.predicate} - {gold.triple.object!r}"
