"""Triples of some documents as one graph: each thing once, each relation once, with all that proves it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from dsol_d2spo.characters import sound
from dsol_d2spo.extraction import Extraction
from dsol_d2spo.names.naming import key
from dsol_d2spo.names.pronouns import kind_of
from dsol_d2spo.triple import Found, Span

LONGEST = 600  # characters of a proof
NOTHING = "%e2%88%85"  # the empty text; others are spelled with capitals


@dataclass(frozen=True)
class Proof:
    """A sentence, where it begins in its document, and where in the sentence the ends stand (start, end)."""

    document: str
    text: str
    start: int
    subject: tuple[tuple[int, int], ...] = ()
    object: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Node:
    """A thing; `id` is made of its type and name and may stand in an IRI; `aliases`: what else it is called."""

    id: str
    name: str
    type: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A relation between two nodes (ids); `flag` is set where it is only shown, not held to be so."""

    subject: str
    predicate: str
    object: str
    confidence: float
    count: int
    source: str
    flag: str
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class Graph:
    """All of it, the surest relations first."""

    documents: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(extractions: Sequence[Extraction]) -> Graph:
    """Put the triples of documents together: names that differ in spelling alone are one thing, unless types differ."""
    types = _types(one for extraction in extractions for one in extraction.output.triples)
    nodes: dict[tuple[str, str], Node] = {}
    edges: dict[tuple[str, str, str], Edge] = {}
    for extraction in extractions:
        for one in extraction.output.triples:
            subject = _node(nodes, types, one.subject, one.subject_type, _words(extraction, one.subject_aliases))
            object = _node(nodes, types, one.object, one.object_type, _words(extraction, one.object_aliases))
            edge = Edge(
                subject,
                sound(one.predicate),
                object,
                one.confidence,
                one.count,
                one.source,
                sound(one.flag),
                _proofs(extraction, one),
            )
            place = (subject, edge.predicate, object)
            edges[place] = _joined(edges[place], edge) if place in edges else edge
    ordered = sorted(edges.values(), key=lambda edge: (bool(edge.flag), -edge.confidence, -edge.count))
    return Graph(tuple(sound(one.id) for one in extractions), tuple(nodes.values()), tuple(ordered))


def _types(found: Iterable[Found]) -> dict[str, str]:
    """Say the type of names that have but one."""
    seen: dict[str, set[str]] = defaultdict(set)
    for one in found:
        seen[key(one.subject)].add(one.subject_type)
        seen[key(one.object)].add(one.object_type)
    return {name: next(iter(some)) for name, kinds in seen.items() if len(some := kinds - {""}) == 1}


def _node(nodes: dict[tuple[str, str], Node], types: dict[str, str], name: str, type: str, also: Iterable[str]) -> str:
    kind = sound(type or types.get(key(name), ""))
    place = (key(sound(name)), kind)
    node = nodes.get(place)
    if node is None:
        words = sound(name)
        node = Node(f"{path(kind)}/{path(words)}" if kind else path(words), words, kind)
    more = [sound(one) for one in also if kind_of(one) is None]
    aliases = dict.fromkeys([*node.aliases, *more, sound(name)])
    nodes[place] = replace(node, aliases=tuple(one for one in aliases if one != node.name))
    return node.id


# Turtle's PN_CHARS_BASE and digits: µ, for one, is a letter that no name of Turtle may hold.
_LETTER = re.compile(
    "[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff]"
)


def path(text: str) -> str:
    """Spell a text so that it may stand between slashes of an IRI; letters of all scripts stay, no two texts meet."""
    return "".join(map(_sign, text)) or NOTHING


def _sign(sign: str) -> str:
    if sign == "_":
        return "%5F"
    kept = sign in "-.~" or (sign.isalnum() and _LETTER.fullmatch(sign))
    return "_" if sign == " " else sign if kept else quote(sign, safe="")


def _words(extraction: Extraction, spans: Iterable[Span]) -> list[str]:
    return [extraction.text[span.start : span.end] for span in spans]


def _joined(one: Edge, two: Edge) -> Edge:
    """Join what two documents say alike; what one of them holds to be so is so."""
    best = min(one, two, key=lambda edge: (bool(edge.flag), -edge.confidence))
    return replace(
        best,
        count=one.count + two.count,
        source="model" if "model" in (one.source, two.source) else best.source,
        proofs=one.proofs + two.proofs,
    )


def _proofs(extraction: Extraction, one: Found) -> tuple[Proof, ...]:
    subjects = _Spans((*one.subject_spans, *one.subject_aliases))
    objects = _Spans((*one.object_spans, *one.object_aliases))
    return tuple(_proof(extraction, subjects.inside(span), objects.inside(span), span) for span in one.evidence)


def _proof(extraction: Extraction, subject: Sequence[Span], object: Sequence[Span], span: Span) -> Proof:
    """Cut a sentence out, around the ends where it is a very long one."""
    start, end = span.start, span.end
    if end - start > LONGEST:
        first = min((some.start for some in (*subject[:1], *object[:1])), default=start)
        start = max(start, min(first - 80, end - LONGEST))
        end = min(end, start + LONGEST)
    window = Span(start=start, end=end)
    return Proof(
        sound(extraction.id),
        sound(extraction.text[start:end]),
        start,
        tuple((some.start - start, some.end - start) for some in subject if _holds(window, some)),
        tuple((some.start - start, some.end - start) for some in object if _holds(window, some)),
    )


def _holds(span: Span, one: Span) -> bool:
    return span.start <= one.start and one.end <= span.end


class _Spans:
    """Many spans, of which those within another one are looked for, each time without going through them all."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._order = sorted(range(len(spans)), key=lambda at: spans[at].start)
        self._starts = [spans[at].start for at in self._order]

    def inside(self, span: Span) -> list[Span]:
        """Give the spans within one, in their own order."""
        first, last = bisect_left(self._starts, span.start), bisect_right(self._starts, span.end)
        some = (self._spans[at] for at in sorted(self._order[first:last]))
        return [one for one in some if _holds(span, one)]
