"""Read a text with its triples: plain rows, and DuIE's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dsol.records import Record
from dsol_d2spo.document import Document, Gold
from dsol_d2spo.language import language_of
from dsol_d2spo.triple import Triple

NAMES = ("text", "sentence", "document")
TRIPLES = ("triples", "spo_list", "relations")
PARTS = {"subject": "head", "predicate": "relation", "object": "tail"}  # what else each may be called


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


def plain(record: Record, wrong: Wrong) -> Document | None:
    """Read a text and its triples; None where there is no text, with the reason in `wrong`."""
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
    listed = next((one for one in TRIPLES if one in fields), "") or _misnamed(fields, wrong)
    rows = fields.get(listed) or []
    if not isinstance(rows, list):
        wrong.add(listed, f"must be a list, found {type(rows).__name__}")
        rows = []
    for number, row in enumerate(rows, 1):
        gold += _triple(row, f"{listed}[{number}]", text, wrong)
    return Document(
        id=identity(record), text=text, gold=tuple(gold), language=language_of(text), origin=record.origin,
        title=str(fields.get("title") or ""),
    )  # fmt: skip


def _misnamed(fields: Mapping[str, Any], wrong: Wrong) -> str:
    """Look for triples under a name that isn't read: a row isn't to be taken for one without any."""
    for name, value in fields.items():
        if isinstance(value, list) and any(isinstance(one, Mapping) and {*PARTS} <= {*one} for one in value):
            wrong.add(name, f"holds triples, which are read from {', '.join(TRIPLES)}; rename it")
    return ""


def says(fields: Mapping[str, Any]) -> bool:
    """Tell whether a row itself says a triple, or a part of one."""
    return any(fields.get(one) for name in PARTS.items() for one in name)


def _triple(row: Any, field: str, text: str, wrong: Wrong) -> Iterable[Gold]:
    """Read a plain triple, or DuIE's, whose object may hold several parts (`@value`, `inDate`, ...)."""
    if not isinstance(row, Mapping):
        wrong.add(field, f"must be an object with subject, predicate and object, found {type(row).__name__}")
        return
    said = {name: row.get(name) or row.get(also) for name, also in PARTS.items()}
    missing = [key for key, value in said.items() if not value or (isinstance(value, str) and not value.strip())]
    if missing:
        wrong.add(f"{field}.{missing[0]}", "is missing or empty")
        return
    values, types = said["object"], row.get("object_type") or ""
    parts = values if isinstance(values, Mapping) else {"@value": values}
    kinds = types if isinstance(types, Mapping) else {"@value": types}
    for key, value in parts.items():
        words: list[Any] = [
            said["subject"],
            said["predicate"],
            value,
            row.get("subject_type") or "",
            kinds.get(key) or "",
        ]
        names = ("subject", "predicate", "object", "subject_type", "object_type")
        odd = next((name for name, one in zip(names, words, strict=True) if not isinstance(one, str)), "")
        if odd:
            wrong.add(f"{field}.{odd}", "must be text")
            return
        subject, predicate, object, subject_type, object_type = (_spaced(one, text) for one in words)
        if not object:
            continue
        # DuIE names what is beside the main value by its role: 配音 with inWork becomes 配音.inWork.
        triple = Triple(
            subject=subject,
            predicate=predicate if key == "@value" else f"{predicate}.{key}",
            object=object,
            subject_type=subject_type,
            object_type=object_type,
        )
        yield Gold(triple, (subject,), (object,))


def _spaced(name: str, text: str) -> str:
    """Give a name with the text's own spaces (wide ones, line ends) where it stands there so, else with plain ones."""
    bare = name.strip()
    return bare if bare in text else " ".join(bare.split())
