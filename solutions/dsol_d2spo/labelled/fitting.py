"""Hold labelled triples against a schema: their predicates, and the types of their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dsol.records import Problems
from dsol_d2spo.answers.fitting import fits, fits_reversed, symmetric
from dsol_d2spo.document import Document
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.triple import Triple


class Fitting:
    """Tell what a schema lets through, and write predicates by its names."""

    def __init__(self, schema: Schema) -> None:
        self._named = names(schema)
        self._types = {one for p in schema.predicates for one in (p.subject_type, p.object_type)}
        some: dict[str, list[Predicate]] = {}
        for one in schema.predicates:
            some.setdefault(one.predicate, []).append(one)
        self._schemas = {name: Schema(predicates=tuple(listed)) for name, listed in some.items()}

    def fits(self, triple: Triple) -> bool:
        """Tell whether a predicate of the schema holds between such types."""
        schema = self._schemas.get(triple.predicate, Schema())
        turned = symmetric(schema, triple.predicate) and fits_reversed(schema, triple)
        return turned or fits(schema, triple)

    def fitted(self, document: Document, numbered: bool, problems: Problems) -> Document:
        """Check a document's triples, and write its predicates by their names.

        The types that a row gives its triple have to be a pair of the schema's; those of entities, which annotators
        gave without the relation in mind, may slip (in Re-DocRED 2 of 100): what they lose is counted instead. See
        `losses.lost`. `numbered`: the document lists its triples.
        """
        gold = []
        for number, one in enumerate(document.gold, 1):
            triple, place = one.triple, f"triple {number}, " if numbered else ""
            predicate = self._named.get(triple.predicate.casefold())
            if predicate is None:
                known = ", ".join(self._schemas)
                problems.add(document.origin, f"{place}field 'predicate': {triple.predicate!r} is not in the schema "
                             f"(there is: {known})")  # fmt: skip
                continue
            triple = triple.model_copy(update={"predicate": predicate})
            unknown = [end for end in ("subject_type", "object_type") if self._is_unknown(getattr(triple, end))]
            for end in unknown:
                problems.add(document.origin, f"{place}field {end!r}: {getattr(triple, end)!r} is no type of the "
                             f"schema (there is: {', '.join(sorted(self._types - {''}))})")  # fmt: skip
            if not unknown and not document.entities and not self.fits(triple):
                pairs = " or ".join(_pair(p.subject_type, p.object_type) for p in self._schemas[predicate].predicates)
                problems.add(document.origin, f"{place}fields 'subject_type' and 'object_type': {predicate!r} is from "
                             f"{pairs} in the schema, not from {_pair(triple.subject_type, triple.object_type)}; "
                             "correct the row, or add the pair to the schema")  # fmt: skip
            gold.append(replace(one, triple=triple))
        return replace(document, gold=tuple(gold))

    def _is_unknown(self, type: str) -> bool:
        return bool(type) and self._types != {""} and type not in self._types


def names(schema: Schema) -> Mapping[str, str]:
    """Give the name of each predicate by its name and its aliases, in folded case."""
    found = {alias.casefold(): one.predicate for one in schema.predicates for alias in one.aliases}
    return found | {one.predicate.casefold(): one.predicate for one in schema.predicates}


def _pair(subject: str, object: str) -> str:
    return f"{subject or 'any type'} to {object or 'any type'}"
