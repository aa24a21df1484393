"""Read files of labelled documents: which form a file has, and what is wrong with its rows, all of it together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from dsol.records import Problems, Record, exists, lacking, read_records, read_text
from dsol_d2spo.characters import sound
from dsol_d2spo.document import Document, Entity, Gold
from dsol_d2spo.labelled.forms import read_document
from dsol_d2spo.labelled.places import spans_of
from dsol_d2spo.labelled.plain import NAMES, PARTS, TRIPLES, Wrong, says
from dsol_d2spo.language import language_of
from dsol_d2spo.schema import Schema
from dsol_d2spo.triple import Triple

DEMO = Path(str(files("dsol_d2spo"))) / "demo"
READ = ".jsonl, .json, .csv, .tsv, .parquet, or lines of `head tail relation sentence` with tabs between (.txt)"
NO_RELATION = ("unknown", "na", "none", "no_relation", "other")
RELATION_NAMES = ("rel_info.json", "pid2name.json", "relation_info.tsv")
# What publishers put beside the documents: CoNLL04's types, DuIE's schema, DocRED's numbers of types.
BESIDE = re.compile(r"(?:.*[_-])?(?:types|schemas?)\.\w+|\w+2id\.json", re.I)
CELLS = ("head", "tail", "relation", "sentence")


def read(paths: Iterable[Path], schema: Schema | None = None) -> list[Document]:
    """Read files, or folders of them; all rows that don't fit are one DataError with file, line, field and reason.

    Where a schema is given, a row's predicates and types must be in it; aliases of predicates become their names.
    """
    problems = Problems()
    found: list[Document] = []
    for path in paths:
        for file in _inside(path, problems):
            found += _read_file(file, problems)
    if schema is not None and schema.predicates:
        found = [_fitted(one, schema, problems) for one in found]
    problems.stop()
    return found


def _inside(path: Path, problems: Problems) -> list[Path]:
    if not exists(path, problems):
        return []
    if not path.is_dir():
        return [path]
    endings = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
    inside = [
        one
        for one in sorted(path.iterdir())
        if one.suffix.lower() in endings and one.name not in RELATION_NAMES and not BESIDE.fullmatch(one.name)
    ]
    if not inside:
        problems.add(str(path), f"holds no file of labelled documents; bring {READ}")
    return inside


def _read_file(path: Path, problems: Problems) -> list[Document]:
    if path.suffix.lower() == ".txt" or (path.suffix.lower() == ".tsv" and _has_no_header(path)):
        text = read_text(path, problems)
        return _lines(path, text, problems) if text else []
    ids = _relation_names(path.parent)
    documents = []
    records = read_records(path, problems, "an object with text and triples", READ, _check)
    flat = any(says(one.fields) and not {*TRIPLES} & {*one.fields} for one in records)
    for record in _gathered(records) if flat else records:
        wrong = Wrong([])
        document = read_document(record, ids, wrong)
        if document and (broken := _broken(document)):
            wrong.reasons.append(f"{broken!r} holds half a character (a lone \\ud800 to \\udfff); remove it")
        for reason in wrong.reasons:
            problems.add(record.origin, reason)
        if document and not wrong.reasons:
            documents.append(document)
    return documents


def _check(columns: Sequence[str]) -> str:
    return "" if {"tokens", "sents"} & set(columns) else lacking(columns, (NAMES,))


def _has_no_header(path: Path) -> bool:
    with open(path, "rb") as file:
        cells = file.readline(1 << 16).decode("utf-8-sig", "replace").lower().split("\t")
    known = {*NAMES, *PARTS, *PARTS.values()}
    return len(cells) == len(CELLS) and not known & {cell.strip() for cell in cells}


def _broken(document: Document) -> str:
    """Give a text that no encoding has; "" where all of them can be written."""
    said = (document.text, *(str(value) for one in document.gold for value in one.triple.model_dump().values()))
    return next((one[:40] for one in said if sound(one) != one), "")


def _gathered(records: Iterable[Record]) -> list[Record]:
    """Put rows that say one triple each together by their text; a row may hold none."""
    texts: dict[Any, list[Record]] = {}
    for record in records:
        text = next((record.fields[name] for name in NAMES if record.fields.get(name)), "")
        texts.setdefault(text if isinstance(text, str) else id(record), []).append(record)
    return [
        Record(some[0].origin, {**some[0].fields, "triples": [r.fields for r in some if _holds(r.fields)]})
        for some in texts.values()
    ]


def _holds(fields: Mapping[str, Any]) -> bool:
    return says(fields) and str(fields.get("relation", "")).lower() not in NO_RELATION


def _lines(path: Path, text: str, problems: Problems) -> list[Document]:
    """Read FinRE's lines, `head tail relation sentence`; lines of one sentence make up one document."""
    sentences: dict[str, list[Gold]] = {}
    first: dict[str, int] = {}
    ends: dict[str, dict[str, None]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        cells = line.rstrip("\r").split("\t")
        if number == 1 and tuple(cell.strip().lower() for cell in cells) == CELLS:
            continue
        if len(cells) != 4:
            hint = "is it a document? then it has no labels" if number == 1 and len(cells) == 1 else ""
            reason = f"{len(cells)} cells where there should be 4 with tabs between (head, tail, relation, sentence)"
            problems.add(f"{path}:{number}", f"{reason}; {hint}" if hint else reason)
            if hint:
                return []
            continue
        subject, object, predicate, sentence = (cell.strip() for cell in cells)
        empty = next((name for name, cell in zip(CELLS, cells, strict=True) if not cell.strip()), "")
        if empty:
            problems.add(f"{path}:{number}", f"field {empty!r}: is empty")
            continue
        said = sentences.setdefault(sentence, [])
        first.setdefault(sentence, number)
        ends.setdefault(sentence, {}).update({subject: None, object: None})
        triple = Triple(subject=subject, predicate=predicate, object=object)
        if predicate.lower() not in NO_RELATION and not any(one.triple == triple for one in said):
            said.append(Gold(triple, (subject,), (object,)))
    if ends and not any(name in one for one, some in ends.items() for name in some):
        problems.add(
            str(path), f"no head or tail stands in its sentence; is the order of the cells {', '.join(CELLS)}?"
        )
    return [
        Document(
            f"{path.stem}-{first[one]}",
            one,
            tuple(gold),
            tuple(Entity((name,), mentions=spans_of(one, name)) for name in ends[one]),
            language=language_of(one),
            origin=f"{path}:{first[one]}",
        )
        for one, gold in sentences.items()
    ]


def _relation_names(folder: Path) -> dict[str, str]:
    """Read what DocRED's relation ids mean, from the file that lies beside the documents."""
    path = next((folder / name for name in RELATION_NAMES[::-1] if (folder / name).is_file()), None)
    if path is None:
        return {}
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".tsv":
        rows = (line.split("\t") for line in text.splitlines()[1:])
        return {cells[0]: cells[1] for cells in rows if len(cells) >= 2}
    found = json.loads(text)
    return {key: name[0] if isinstance(name, list) else str(name) for key, name in found.items()}


def _fitted(document: Document, schema: Schema, problems: Problems) -> Document:
    """Check a document's triples against the schema, and write its predicates by their names."""
    named = names(schema)
    types = {one for p in schema.predicates for one in (p.subject_type, p.object_type)}
    gold = []
    for number, one in enumerate(document.gold, 1):
        triple = one.triple
        predicate = named.get(triple.predicate.casefold())
        if predicate is None:
            known = ", ".join(dict.fromkeys(p.predicate for p in schema.predicates))
            problems.add(document.origin, f"triple {number}, field 'predicate': {triple.predicate!r} is not in the "
                         f"schema (there is: {known})")  # fmt: skip
            continue
        for end in ("subject_type", "object_type"):
            said = getattr(triple, end)
            if said and types != {""} and said not in types:
                problems.add(document.origin, f"triple {number}, field {end!r}: {said!r} is no type of the schema "
                             f"(there is: {', '.join(sorted(types - {''}))})")  # fmt: skip
        gold.append(Gold(triple.model_copy(update={"predicate": predicate}), one.subject_names, one.object_names,
                         one.evidence))  # fmt: skip
    return Document(document.id, document.text, tuple(gold), document.entities, document.sentences,
                    document.language, document.origin, document.title)  # fmt: skip


def names(schema: Schema) -> Mapping[str, str]:
    """Give the name of each predicate by its name and its aliases, in folded case."""
    found = {alias.casefold(): one.predicate for one in schema.predicates for alias in one.aliases}
    return found | {one.predicate.casefold(): one.predicate for one in schema.predicates}
