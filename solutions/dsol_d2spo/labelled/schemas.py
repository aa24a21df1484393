"""Schemas as files: read, made from labelled rows, written for a user to edit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dsol.records import Problems, exists, malformed, read_text
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
                reason = "must be a list" if one["type"] == "tuple_type" else one["msg"]
                problems.add(place, f"field {field!r}: {reason}{hint}")
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


class _Loader(yaml.SafeLoader):
    """Refuse a key that is given twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping."""
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                reason = f"the key {key.value!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, reason, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _rows(path: Path, text: str, problems: Problems) -> list[Any]:
    ending = path.suffix.lower()
    begins = ending not in (".yaml", ".yml") and text.lstrip().startswith("{")  # DuIE's schema has no ending
    whole = _json(path, text, problems) if begins or ending in (".json", ".jsonl") else _yaml(path, text, problems)
    if problems.lines:
        return []
    if isinstance(whole, dict) and "predicates" in whole:
        whole = whole["predicates"]
        if not isinstance(whole, list):
            problems.add(str(path), f"field 'predicates': must be a list, found {type(whole).__name__}")
            return []
    if isinstance(whole, dict) and "predicate" in whole:
        return [whole]
    if not isinstance(whole, list):
        problems.add(str(path), f"a schema is a list of predicates, found {type(whole).__name__}")
        return []
    return whole


def _json(path: Path, text: str, problems: Problems) -> Any:
    """Read a text that is one JSON value, or the values of its lines."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        objects = all(line.lstrip().startswith("{") for _, line in lines[:2])
        if len(lines) < 2 or not objects or lines[0][1].rstrip().endswith(("{", "[", ",")):
            problems.add(f"{path}:{getattr(error, 'lineno', 1)}", malformed(error))
            return None
    values = []
    for number, line in lines:
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            problems.add(f"{path}:{number}", malformed(error))
    return values


def _yaml(path: Path, text: str, problems: Problems) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        column = f" at column {mark.column + 1}" if mark else ""
        problems.add(f"{path}:{mark.line + 1}" if mark else str(path), f"not valid YAML: {reason}{column}")
        return None


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
    """Note names that stand for two predicates; case doesn't count."""
    called: dict[str, str] = {}
    seen: set[tuple[str, str, str]] = set()
    for one in found:
        if not one.predicate.strip():
            problems.add(str(path), "a predicate's name is empty")
        other = called.setdefault(one.predicate.casefold(), one.predicate)
        if other != one.predicate:
            problems.add(str(path), f"the predicates {other!r} and {one.predicate!r} differ only in case, which "
                         "doesn't count; spell them alike, or rename one")  # fmt: skip
        key = (one.predicate, one.subject_type, one.object_type)
        if key in seen:
            problems.add(str(path), f"predicate {one.predicate!r} is listed twice with the same types")
        seen.add(key)
    owner: dict[str, str] = {}
    for one in found:
        for name in one.aliases:
            folded = name.casefold()
            if called.get(folded, one.predicate) != one.predicate:
                problems.add(str(path), f"{name!r} is an alias of {one.predicate!r} and the name of another predicate")
            elif owner.setdefault(folded, one.predicate) != one.predicate:
                problems.add(str(path), f"{name!r} is an alias of {owner[folded]!r} and of {one.predicate!r}; keep one")
