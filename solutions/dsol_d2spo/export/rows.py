"""Triples as rows: JSON Lines with all that is known of each, and a table for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dsol_d2spo.characters import sound
from dsol_d2spo.extraction import Extraction
from dsol_d2spo.triple import Found, Span

COLUMNS = (
    "document subject predicate object subject_type object_type confidence count source flag subject_start subject_end "
    "object_start object_end evidence"
)


def jsonl(extractions: Sequence[Extraction], path: Path) -> None:
    """Write one triple a line, as JSON; spans are [start, end) in the document's characters."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for extraction, one in _each(extractions):
            file.write(json.dumps(_row(extraction, one), ensure_ascii=False) + "\n")


def csv_table(extractions: Sequence[Extraction], path: Path) -> None:
    """Write a table with the first place of each end; a byte order mark tells spreadsheets that it is UTF-8."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS.split())
        for extraction, one in _each(extractions):
            row = _row(extraction, one)
            subject, object = row["subject_spans"][:1] or [["", ""]], row["object_spans"][:1] or [["", ""]]
            proof = " … ".join(span["text"] for span in row["evidence"])
            plain = [row[name] for name in COLUMNS.split()[:10]]
            table.writerow([*plain, *subject[0], *object[0], proof])


def _each(extractions: Sequence[Extraction]) -> Iterator[tuple[Extraction, Found]]:
    for extraction in extractions:
        for one in extraction.output.triples:
            yield extraction, one


def _row(extraction: Extraction, one: Found) -> dict[str, Any]:
    words = {"document": extraction.id, "subject": one.subject, "predicate": one.predicate, "object": one.object}
    types = {"subject_type": one.subject_type, "object_type": one.object_type, "source": one.source, "flag": one.flag}
    return {
        **{name: sound(text) for name, text in {**words, **types}.items()},
        "confidence": round(one.confidence, 4),
        "count": one.count,
        "subject_spans": _pairs(one.subject_spans),
        "object_spans": _pairs(one.object_spans),
        "subject_aliases": _pairs(one.subject_aliases),
        "object_aliases": _pairs(one.object_aliases),
        "evidence": [
            {"start": span.start, "end": span.end, "text": sound(extraction.text[span.start : span.end])}
            for span in one.evidence
        ],
    }


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]
