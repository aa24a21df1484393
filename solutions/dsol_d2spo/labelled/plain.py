"""Read a text with its triples: plain rows, DuIE's, and rows that say one triple each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dsol.records import Record
from dsol_d2spo.document import Document, Gold
from dsol_d2spo.labelled.places import same
from dsol_d2spo.language import language_of
from dsol_d2spo.triple import Triple

NAMES = ("text", "sentence", "document")
TRIPLES = ("triples", "spo_list", "relations")
PARTS = {"subject": "head", "predicate": "relation", "object": "tail"}  # what else each may be called
NO_RELATION = ("unknown", "na", "none", "no_relation", "other")


@dataclass
class Wrong:
    """What is wrong with one record, each with its field."""

    reasons: list[str]

    def add(self, field: str, reason: str) -> None:
        """Note that a field is not as it should be."""
        self.reasons.append(f"field {field!r}: {reason}")


def identity(record: Record) -> str:
    """Give a record's own id, else the place where it stands."""
    given = next((record.fields[key] for key in ("id", "orig_id", "doc_key") if record.fields.get(key)), "")
    return str(given) or record.origin.rpartition("/")[2]


def nested(fields: Mapping[str, Any]) -> str:
    """Name the field that lists a row's triples; "" where none lists any."""
    return next((name for name in TRIPLES if fields.get(name)), "")


def is_flat(fields: Mapping[str, Any]) -> bool:
    """Tell whether a row itself says a triple: a part alone may be anything, such as what the text is about."""
    return any(name in fields for name in NAMES) and not nested(fields) and _parts(fields) > 1


def plain(record: Record, flat: bool, wrong: Wrong) -> Document | None:
    """Read a text and its triples; None where there is no text, with the reason in `wrong`.

    `flat`: rows of its file say one triple each, so one that has a part of a triple has to have all.
    """
    fields = record.fields
    name = next(name for name in NAMES if name in fields)
    text = fields[name]
    if not isinstance(text, str):
        wrong.add(name, f"must be text, found {type(text).__name__}")
        return None
    if not text.strip():
        wrong.add(name, "is empty")
        return None
    gold: list[Gold] = []
    if field := nested(fields):
        rows = fields[field]
        if not isinstance(rows, list):
            wrong.add(field, f"must be a list, found {type(rows).__name__}")
            rows = []
        if _parts(fields) == len(PARTS):
            wrong.add(field, "stands beside subject, predicate and object, which say a triple too; keep one of the two")
        for number, row in enumerate(rows, 1):
            gold += _triple(row, f"{field}[{number}].", text, wrong)
    elif flat and _parts(fields):
        holds = str(fields.get("relation") or "").lower() not in NO_RELATION
        gold += _triple(fields, "", text, wrong) if holds else ()
    elif not any(name in fields for name in TRIPLES):
        _misnamed(fields, text, wrong)
    return Document(
        id=identity(record), text=text, gold=tuple(gold), language=language_of(text), origin=record.origin,
        title=str(fields.get("title") or ""),
    )  # fmt: skip


def _parts(fields: Mapping[str, Any]) -> int:
    """Count the parts of a triple that a row itself says."""
    return sum(bool(fields.get(name) or fields.get(also)) for name, also in PARTS.items())


def _misnamed(fields: Mapping[str, Any], text: str, wrong: Wrong) -> None:
    """Look for triples under a name that isn't read: a row isn't to be taken for one without any."""
    for name, value in fields.items():
        some = value if isinstance(value, list) else [value]
        named = any(isinstance(one, Mapping) and all({*pair} & {*one} for pair in PARTS.items()) for one in some)
        if named or (some and all(map(_is_three, some)) and any(sum(part in text for part in one) > 1 for one in some)):
            wrong.add(name, "holds triples; call it 'triples', a list of objects with subject, predicate and object")


def _is_three(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 3 and all(isinstance(one, str) and one for one in value)


def _triple(row: Any, before: str, text: str, wrong: Wrong) -> Iterable[Gold]:
    """Read a plain triple, or DuIE's, whose object may hold several parts (`@value`, `inDate`, ...).

    `before`: what stands before the names of its fields in what is said of them.
    """
    if not isinstance(row, Mapping):
        found = type(row).__name__
        wrong.add(before.rstrip("."), f"must be an object with subject, predicate and object, found {found}")
        return
    said = {name: row.get(name) or row.get(also) for name, also in PARTS.items()}
    other = any(also in row for also in PARTS.values())
    called = {name: before + (also if other and name not in row else name) for name, also in PARTS.items()}
    missing = [key for key, value in said.items() if not value or (isinstance(value, str) and not value.strip())]
    if missing:
        wrong.add(called[missing[0]], "is missing or empty")
        return
    values, types = said["object"], row.get("object_type") or ""
    parts = values if isinstance(values, Mapping) else {"@value": values}
    kinds = types if isinstance(types, Mapping) else {"@value": types}
    if not any(str(value or "").strip() for value in parts.values()):
        parts = {"@value": ""}
    for key, value in parts.items():
        words: list[Any] = [
            said["subject"],
            said["predicate"],
            value,
            row.get("subject_type") or "",
            kinds.get(key) or "",
        ]
        names = (*called.values(), f"{before}subject_type", f"{before}object_type")
        odd = next((name for name, one in zip(names, words, strict=True) if not isinstance(one, str)), "")
        if odd:
            wrong.add(odd, "must be text")
            return
        subject, predicate, object, subject_type, object_type = (_spaced(one, text) for one in words)
        if not object and key == "@value":
            wrong.add(f"{called['object']}.{key}", "is missing or empty")
        if not object:  # DuIE's other parts may say nothing
            continue
        if key == "@value":
            _check_places(row, "subject", subject, text, before, wrong)
            _check_places(row, "object", object, text, before, wrong)
        # DuIE names what is beside the main value by its role: 配音 with inWork becomes 配音.inWork.
        triple = Triple(
            subject=subject,
            predicate=predicate if key == "@value" else f"{predicate}.{key}",
            object=object,
            subject_type=subject_type,
            object_type=object_type,
        )
        yield Gold(triple, (subject,), (object,))


def _check_places(row: Mapping[str, Any], end: str, name: str, text: str, before: str, wrong: Wrong) -> None:
    """Check the places that a row gives for an end; where the end stands is found without them."""
    given = row.get(f"{end}_spans") or []
    if isinstance(given, str):  # a cell of a table
        return
    for one in given if isinstance(given, list) else [given]:
        start, stop = _bounds(one)
        if not 0 <= start < stop <= len(text):
            wrong.add(f"{before}{end}_spans", f"{one!r} is no [start, end] in the text's {len(text)} characters")
            return
        if not same(text[start:stop], name):
            wrong.add(f"{before}{end}_spans", f"{one!r} is {text[start:stop]!r}, where {name!r} should stand")
            return


def _bounds(span: Any) -> tuple[int, int]:
    """Give the bounds of a span, {"start": ..., "end": ...} or [start, end]; of anything else none that fit."""
    both = [span.get("start"), span.get("end")] if isinstance(span, Mapping) else span
    if isinstance(both, (list, tuple)) and len(both) == 2 and all(isinstance(one, int) for one in both):
        return both[0], both[1]
    return -1, -1


def _spaced(name: str, text: str) -> str:
    """Give a name with the text's own spaces (wide ones, line ends) where it stands there so, else with plain ones."""
    bare = name.strip()
    return bare if bare in text else " ".join(bare.split())
