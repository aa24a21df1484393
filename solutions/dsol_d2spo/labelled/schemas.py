"""Schemas as files: read, made from labelled rows, written for a user to edit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dsol.records import Problems, exists, read_text
from dsol_d2spo.document import Document
from dsol_d2spo.schema import Predicate, Schema

SHARE = 0.03  # of a predicate's triples that a pair of types needs, so that slips of annotators make no rule
FIELDS = tuple(Predicate.model_fields)


def read(path: Path) -> Schema:
    """Read a schema from JSON, JSON Lines (as DuIE's) or YAML: a list of predicates, or {"predicates": [...]}.

    All mistakes are one DataError with the number of the predicate, the field and the reason.
    """
    problems = Problems()
    text = read_text(path, problems) if exists(path, problems) else None
    problems.stop()
    rows = _rows(path, text or "", problems)
    found: list[Predicate] = []
    for number, row in enumerate(rows, 1):
        place = f"{path}: predicate {number}"
        if not isinstance(row, dict):
            problems.add(place, f"expected an object with predicate, found {type(row).__name__}")
            continue
        try:
            found += [Predicate.model_validate(fields) for fields in _duie(row)]
        except ValidationError as error:
            for one in error.errors():
                field = ".".join(map(str, one["loc"]))
                hint = f" (there is: {', '.join(FIELDS)})" if one["type"] == "extra_forbidden" else ""
                problems.add(place, f"field {field!r}: {one['msg']}{hint}")
    if not rows and not problems.lines:
        problems.add(str(path), "holds no predicate")
    _unique(found, path, problems)
    problems.stop()
    return Schema(predicates=tuple(found))


def of_documents(documents: Iterable[Document], frequent: int = 0) -> Schema:
    """Make the schema that labelled documents follow: the most frequent predicates first, `frequent` of them (0: all).

    A predicate is listed with every pair of types that at least SHARE of its triples have.
    """
    pairs: dict[str, Counter[tuple[str, str]]] = {}
    both: Counter[str] = Counter()
    for document in documents:
        said = {(one.triple.subject, one.triple.predicate, one.triple.object) for one in document.gold}
        for one in document.gold:
            triple = one.triple
            pairs.setdefault(triple.predicate, Counter())[triple.subject_type, triple.object_type] += 1
            both[triple.predicate] += (triple.object, triple.predicate, triple.subject) in said
    order = sorted(pairs, key=lambda name: -pairs[name].total())
    return Schema(
        predicates=tuple(
            Predicate(predicate=name, subject_type=one, object_type=two, symmetric=both[name] * 2 > pairs[name].total())
            for name in order[: frequent or None]
            for (one, two), count in pairs[name].most_common()
            if count >= SHARE * pairs[name].total()
        )
    )


def write(schema: Schema, path: Path) -> None:
    """Write a schema as JSON or YAML, by the file's ending; fields that say nothing are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".json":
        text = "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in _plain(schema)) + "\n]\n"
    else:
        text = as_yaml(schema)
    path.write_text(text, encoding="utf-8")


def as_yaml(schema: Schema) -> str:
    """Spell a schema as YAML."""
    return str(yaml.safe_dump(_plain(schema), allow_unicode=True, sort_keys=False, width=120))


def _plain(schema: Schema) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude_defaults=True) for one in schema.predicates]


def _rows(path: Path, text: str, problems: Problems) -> list[Any]:
    lines = path.suffix.lower() not in (".yaml", ".yml") and text.lstrip().startswith("{")  # DuIE's has no ending
    if path.suffix.lower() == ".jsonl" or lines:
        rows = []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                rows += [json.loads(line)] if line.strip() else []
            except ValueError as error:
                try:
                    whole = json.loads(text)
                except ValueError:
                    problems.add(f"{path}:{number}", f"malformed JSON: {error}")
                    return []
                return list(whole.get("predicates") or []) if isinstance(whole, dict) else list(whole)
        if len(rows) == 1 and isinstance(rows[0], dict) and isinstance(rows[0].get("predicates"), list):
            return list(rows[0]["predicates"])
        return rows
    try:
        whole = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        problems.add(str(path), f"can't be read: {str(error).splitlines()[0]}")
        return []
    if isinstance(whole, dict) and isinstance(whole.get("predicates"), list):
        whole = whole["predicates"]
    if not isinstance(whole, list):
        problems.add(str(path), "a schema is a list of predicates")
        return []
    return whole


def _duie(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Spell out DuIE's objects of several parts, as its rows are read."""
    kinds = row.get("object_type")
    if not isinstance(kinds, dict):
        return [row]
    name = row.get("predicate")
    return [
        {**row, "predicate": name if part == "@value" else f"{name}.{part}", "object_type": kind}
        for part, kind in kinds.items()
    ]


def _unique(found: list[Predicate], path: Path, problems: Problems) -> None:
    owner: dict[str, str] = {}
    seen: set[tuple[str, str, str]] = set()
    for one in found:
        if not one.predicate.strip():
            problems.add(str(path), "a predicate's name is empty")
        key = (one.predicate.casefold(), one.subject_type, one.object_type)
        if key in seen:
            problems.add(str(path), f"predicate {one.predicate!r} is listed twice with the same types")
        seen.add(key)
        for name in (one.predicate, *one.aliases):
            if owner.setdefault(name.casefold(), one.predicate) != one.predicate:
                problems.add(str(path), f"{name!r} is an alias of {owner[name.casefold()]!r} and {one.predicate!r}")
