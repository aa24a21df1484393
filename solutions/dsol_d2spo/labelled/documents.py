"""Read files of labelled documents: which form a file has, and what is wrong with its rows, all of it together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from dsol.records import Problems, exists, lacking, read_records, read_text
from dsol_d2spo.characters import sound
from dsol_d2spo.document import Document, Gold
from dsol_d2spo.labelled.docred import RELATION_NAMES, is_docred, relation_names
from dsol_d2spo.labelled.fitting import Fitting
from dsol_d2spo.labelled.forms import read_document
from dsol_d2spo.labelled.lines import is_lines, read_lines
from dsol_d2spo.labelled.losses import spelled, stands
from dsol_d2spo.labelled.plain import NAMES, Wrong, is_flat, nested
from dsol_d2spo.schema import Schema
from dsol_d2spo.triple import Triple

DEMO = Path(str(files("dsol_d2spo"))) / "demo"
READ = ".jsonl, .json, .csv, .tsv, .parquet, or lines of `head tail relation sentence` with tabs between (.txt)"
# What publishers put beside the documents: CoNLL04's types, DuIE's schema, DocRED's numbers of types.
BESIDE = re.compile(r"(?:.*[_-])?(?:types|schemas?)\.\w+|\w+2id\.json", re.I)


def read(paths: Iterable[Path], schema: Schema | None = None) -> list[Document]:
    """Read files, or folders of them; all rows that don't fit are one DataError with file, line, field and reason.

    Where a schema is given, a row's predicates and types must be in it; aliases of predicates become their names.
    """
    problems = Problems()
    fitting = Fitting(schema) if schema is not None and schema.predicates else None
    found: list[Document] = []
    for path in paths:
        for file in _inside(path, problems):
            some = _read_file(file, fitting, problems)
            _check_ends(file, some, problems)
            found += some
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


def _read_file(path: Path, fitting: Fitting | None, problems: Problems) -> list[Document]:
    """Read a file; its documents by what they are put together by: their text where rows say one triple each."""
    found: dict[str | int, list[Document]] = {}
    for number, (document, alone) in enumerate(_read_rows(path, problems)):
        one = fitting.fitted(document, not alone, problems) if fitting else document
        found.setdefault(one.text if alone else number, []).append(one)
    return [_together(some) for some in found.values()]


def _read_rows(path: Path, problems: Problems) -> Iterable[tuple[Document, bool]]:
    """Yield the document of each row, and whether the row says one triple of its text."""
    if is_lines(path):
        text = read_text(path, problems)
        yield from ((one, True) for one in (read_lines(path, text, problems) if text else ()))
        return
    records = read_records(path, problems, "an object with text and triples", READ, _check)
    flat = any(is_flat(one.fields) for one in records)
    ids = relation_names(path.parent, problems) if any(is_docred(one.fields) for one in records) else {}
    for record in records:
        wrong = Wrong([])
        document = read_document(record, ids, flat, wrong)
        if document and (broken := _broken(document)):
            wrong.reasons.append(f"{broken!r} holds half a character (a lone \\ud800 to \\udfff); remove it")
        for reason in wrong.reasons:
            problems.add(record.origin, reason)
        if document and not wrong.reasons:
            yield document, flat and not document.sentences and not nested(record.fields)


def _check_ends(path: Path, some: Sequence[Document], problems: Problems) -> None:
    """Note where a file has triples of which none can be learned; those of some rows are counted when it is built."""
    every = [(one, gold) for one in some for gold in one.gold]
    if every and not problems.about(path) and not any(stands(gold, one.text) for one, gold in every):
        first, gold = every[0]
        problems.add(first.origin, f"{spelled(gold)}: an end doesn't stand in the text as it is written, and so it is "
                     "with every triple of the file; write both ends as the text has them")  # fmt: skip


def _together(some: Sequence[Document]) -> Document:
    """Put what rows say of one text together."""
    gold: dict[Triple, Gold] = {}
    for one in some:
        for each in one.gold:
            gold.setdefault(each.triple, each)
    entities = dict.fromkeys(entity for one in some for entity in one.entities)
    return replace(some[0], gold=tuple(gold.values()), entities=tuple(entities)) if len(some) > 1 else some[0]


def _check(columns: Sequence[str]) -> str:
    return "" if {"tokens", "sents"} & set(columns) else lacking(columns, (NAMES,))


def _broken(document: Document) -> str:
    """Give a text that no encoding has; "" where all of them can be written."""
    said = (document.text, *(str(value) for one in document.gold for value in one.triple.model_dump().values()))
    return next((one[:40] for one in said if sound(one) != one), "")
