"""Where a document names what is labelled in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dsol.folding import fold
from dsol_d2spo.document import Document
from dsol_d2spo.triple import Span

Labelled = tuple[int, int, str]  # where a name starts and ends, and its type


def spans_of(text: str, name: str) -> tuple[Span, ...]:
    """Find where a name stands in a text, as it is written; a Latin word isn't found within another."""
    edge = r"(?<!\w){}(?!\w)" if name.isascii() and name[:1].isalnum() and name[-1:].isalnum() else "{}"
    pattern = edge.format(re.escape(name))
    found = tuple(Span(start=one.start(), end=one.end()) for one in re.finditer(pattern, text)) if name else ()
    return found or tuple(Span(start=one.start(), end=one.end()) for one in re.finditer(re.escape(name), text) if name)


def named(names: Iterable[str], text: str) -> str:
    """Give the first of an end's names that stands in a text; "" where none does."""
    return next((name for name in names if name in text), "")


def same(one: str, other: str) -> bool:
    """Tell whether two spellings are one name; case, width, accents, spaces and punctuation don't count."""
    bare, also = ("".join(filter(str.isalnum, fold(name))) for name in (one, other))
    return bare == also if bare or also else one.split() == other.split()


def labelled_spans(document: Document) -> list[Labelled]:
    """List the labelled names' places in the text's order, those of entities or else of triples' ends; none overlap."""
    found: dict[tuple[int, int], str] = {}
    for entity in document.entities:
        for span in entity.mentions:
            found.setdefault((span.start, span.end), entity.type)
    types: dict[str, str] = {}
    for gold in () if found else document.gold:
        types |= dict.fromkeys(gold.subject_names, gold.triple.subject_type)
        types |= dict.fromkeys(gold.object_names, gold.triple.object_type)
    for name, type in types.items():
        for span in spans_of(document.text, name):
            found.setdefault((span.start, span.end), type)
    kept: list[Labelled] = []
    for (start, end), type in sorted(found.items(), key=lambda one: (one[0][0], -one[0][1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, type))
    return kept
