"""What the forms with tokens share: sentences put together, runs of tokens checked, relations between entities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dsol_d2spo.document import Entity, Gold
from dsol_d2spo.labelled.plain import Wrong
from dsol_d2spo.labelled.tokens import Place, covering, joined
from dsol_d2spo.language import language_of
from dsol_d2spo.triple import Span, Triple


def sentences_of(sentences: Sequence[Sequence[str]]) -> tuple[str, list[list[Place]], list[Span]]:
    """Join sentences; give the text, the spans of each sentence's tokens, and of the sentences."""
    text, places, cut = "", [], []
    between = "" if language_of(joined(sentences[0])[0]) == "zh" else " "
    for tokens in sentences:
        text += between if text else ""
        said, spans = joined(tokens, len(text))
        text += said
        places.append(spans)
        cut.append(covering(spans, 0, len(spans)))
    return text, places, cut


def linked(
    row: Any, entities: Sequence[Entity], field: str, head: str, tail: str, kind: str, wrong: Wrong,
    named: Callable[[str], str] = str, evidence: tuple[Span, ...] = (),
) -> list[Gold]:  # fmt: skip
    """Read a relation between two entities that are given by their numbers."""
    for end in (head, tail):
        if not (isinstance(row.get(end), int) and 0 <= row[end] < len(entities)):
            wrong.add(f"{field}.{end}", f"{row.get(end)!r} is none of the {len(entities)} entities, counted from 0")
            return []
    said = row.get(kind)
    if not (isinstance(said, str) and said):
        missing = said is None or said == ""
        wrong.add(f"{field}.{kind}", "is missing or empty" if missing else f"must be text, found {type(said).__name__}")
        return []
    return [gold_of(entities[row[head]], named(said), entities[row[tail]], evidence)]


def gold_of(subject: Entity, predicate: str, object: Entity, evidence: tuple[Span, ...] = ()) -> Gold:
    """Make the triple of two entities."""
    triple = Triple(
        subject=subject.names[0],
        predicate=predicate,
        object=object.names[0],
        subject_type=subject.type,
        object_type=object.type,
    )
    return Gold(triple, subject.names, object.names, evidence)


def listed(fields: Mapping[str, Any], name: str, wrong: Wrong, kind: type = Mapping) -> list[Any]:
    """Give a field's list of objects; none where it is missing, as texts without any triple are."""
    found = fields.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
        wrong.add(name, "must be a list of lists" if kind is list else "must be a list of objects")
        return []
    return found


def bounds_of(row: Mapping[str, Any], tokens: int, field: str, wrong: Wrong) -> tuple[int, int] | None:
    """Give where a run of tokens starts and ends; None where it is none, with the reason in `wrong`."""
    start, end = row.get("start"), row.get("end")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= tokens:
        return start, end
    wrong.add(field, f"start {start} and end {end} are no run of the {tokens} tokens")
    return None


def crossing(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two runs overlap without one holding the other (nested names are usual)."""
    return one[0] < other[0] < one[1] < other[1] or other[0] < one[0] < other[1] < one[1]


def are_words(value: Any) -> bool:
    """Tell whether a value is a list of texts that aren't empty."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)
