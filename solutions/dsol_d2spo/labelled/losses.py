"""What labelled documents hold, and what of it can't be learned, for the report of what was built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dsol_d2spo.document import Document, Gold
from dsol_d2spo.labelled.fitting import Fitting
from dsol_d2spo.labelled.places import named
from dsol_d2spo.schema import Schema

FEW = 0.05  # of the triples; labels are never without a slip
WHY = {
    "ends_not_in_text": "an end that their text doesn't hold",
    "types_not_in_schema": "entities of types that the schema doesn't have for them",
}


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


def warnings(losses: Mapping[str, Any], triples: int) -> list[str]:
    """Say of so many labelled triples how many can't be learned, where that is more than a few."""
    said = []
    for kind, why in WHY.items():
        count = losses[kind]["triples"]
        if count > FEW * triples:
            said.append(
                f"{count} of {triples} labelled triples have {why}, so they can't be learned or found; the first is "
                f"{losses[kind]['first']}"
            )
    return said


def stands(gold: Gold, text: str) -> bool:
    """Tell whether both ends of a triple stand in the text, by any of their names: only so it can be learned."""
    return bool(named(gold.subject_names, text) and named(gold.object_names, text))


def spelled(gold: Gold) -> str:
    """Write a triple in one line."""
    return f"{gold.triple.subject!r} - {gold.triple.predicate} - {gold.triple.object!r}"
