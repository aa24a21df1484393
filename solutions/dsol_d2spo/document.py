"""A labelled document: text with the triples that hold in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsol_d2spo.triple import Span, Triple


@dataclass(frozen=True)
class Entity:
    """Something that a document speaks of: all `names` that it goes by there, the first one the fullest.

    `mentions`: where each of them stands, in the text's order.
    """

    names: tuple[str, ...]
    type: str = ""
    mentions: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Gold:
    """A triple that people labelled; `triple` holds the first name of each end.

    `subject_names`, `object_names`: every name that counts as this end (its aliases in the document). `evidence`:
    spans of the sentences that prove it.
    """

    triple: Triple
    subject_names: tuple[str, ...]
    object_names: tuple[str, ...]
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document as it was read: `origin` is its file and line, `sentences` as the file cut them (empty: uncut).

    `entities` only where the format says them; `language` "en" or "zh" by its letters.
    """

    id: str
    text: str
    gold: tuple[Gold, ...] = ()
    entities: tuple[Entity, ...] = ()
    sentences: tuple[Span, ...] = ()
    language: str = "en"
    origin: str = ""
    title: str = field(default="")
