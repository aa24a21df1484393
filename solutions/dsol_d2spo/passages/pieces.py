"""Cut a long text into passages along its structure: headings, paragraphs, sentences, and clauses where need be.

Where to cut is chosen over the whole text at once (shortest path): few passages of even length, cut where little is
torn. A document that is a part of a longer one is so cut much as it is alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol

from dsol.corpus.structure import blocks, level
from dsol.sentences import sentences as bounds
from dsol_d2spo.language import EAST, plain_language
from dsol_d2spo.triple import Span

WIDE = 3  # a Chinese character says about as much, and takes as many tokens, as three letters
# What tearing costs before a heading, a paragraph, a sentence, a clause, in passages.
HEADING, PARAGRAPH, SENTENCE, CLAUSE = 0, 1, 2, 3
TEAR = (0.0, 0.05, 0.4, 2.0)
UNEVEN = 0.2
LONGEST = 1500  # characters of a sentence; longer ones are tables, or text without signs
_CLAUSE = re.compile(r"(?<=[,;:，；：、])|(?<=\s)(?=\S)")


class Cutting(Protocol):
    """The settings that say how to cut."""

    @property
    def piece(self) -> int: ...

    @property
    def overlap(self) -> int: ...


@dataclass(frozen=True)
class Piece:
    """A passage and where it begins: `text[start:start + len(piece.text)] == piece.text`."""

    text: str
    start: int


@dataclass(frozen=True)
class _Atom:
    start: int
    end: int
    rank: int  # what is torn by a cut before it
    turn: bool = False  # another language begins


def sentences(text: str) -> list[Span]:
    """Give the span of each sentence (see `dsol.sentences`), a very long one in parts: each is to prove something."""
    found: list[Span] = []
    for start, end in bounds(text):
        places = [start, end]
        if end - start > LONGEST:
            clauses = (match.start() for match in _CLAUSE.finditer(text, start + 1, end))
            places = _bounded([start, *clauses, end], range(len(text) + 1), LONGEST)
        found += [Span(start=one, end=two) for one, two in pairwise(places)]
    return found


def sentence_at(place: int, spans: Sequence[Span]) -> int:
    """Number the sentence that a place is in, or that ends before it; -1 before the first."""
    return bisect_right(spans, place, key=lambda one: one.start) - 1


def cut(text: str, settings: Cutting) -> list[Piece]:
    """Cut a text into passages of at most `settings.piece` letters; a Chinese character counts as three.

    A passage that begins within a paragraph repeats up to `settings.overlap` letters of the one before, in whole
    sentences. All but space is in some passage. Where a text goes on in the other language a passage ends: names are
    told, and a model is asked, by the language of a passage.
    """
    limit, overlap = settings.piece, min(settings.overlap, settings.piece // 2)
    sizes = [0, *accumulate(WIDE if sign >= EAST else 1 for sign in text)]
    atoms = _atoms(text, sizes, limit, overlap)
    leads = _leads(atoms, sizes, limit, overlap)
    best, origin = [0.0], [0]
    for upto in range(1, len(atoms) + 1):
        end = sizes[atoms[upto - 1].end]
        costs = []
        for first in range(upto - 1, -1, -1):
            size = end - sizes[atoms[leads[first]].start]
            if end - sizes[atoms[first].start] > limit or (first + 1 < upto and atoms[first + 1].turn):
                break
            if size <= limit:
                tear = TEAR[atoms[first].rank] if first else 0.0
                costs.append((best[first] + 1 + tear + UNEVEN * (1 - size / limit) ** 2, first))
        cost, first = min(costs)
        best.append(cost)
        origin.append(first)
    found: list[Piece] = []
    upto = len(atoms)
    while upto:
        first = origin[upto]
        start = atoms[leads[first]].start
        found.append(Piece(text[start : atoms[upto - 1].end], start))
        upto = first
    return found[::-1]


def _atoms(text: str, sizes: list[int], limit: int, overlap: int) -> list[_Atom]:
    """List what isn't torn if it can be helped: sentences, or clauses of those that are longer than a passage."""
    ranks: dict[int, int] = {}
    at = 0
    for block in blocks(text):
        ranks[at + len(block) - len(block.lstrip())] = HEADING if level(block) else PARAGRAPH
        at += len(block)
    found: list[_Atom] = []
    language = ""
    for start, end in bounds(text):
        rank = ranks.get(start, SENTENCE)
        said = plain_language(text[start:end]) or language
        turn, language = bool(language) and said != language, said
        if sizes[end] - sizes[start] <= limit:
            found.append(_Atom(start, end, PARAGRAPH if turn and rank > PARAGRAPH else rank, turn))
            continue
        places = [start, *(match.start() for match in _CLAUSE.finditer(text, start + 1, end)), end]
        for one, two in pairwise(_bounded(places, sizes, max(overlap, limit // 8, WIDE))):
            found.append(_Atom(one, two, rank if one == start else CLAUSE, turn and one == start))
    return found


def _bounded(places: list[int], sizes: Sequence[int], limit: int) -> list[int]:
    """Keep places at most `limit` apart, as few as can be; where there is none, one is put in anywhere."""
    kept = [places[0]]
    for before, place in pairwise(places):
        if sizes[place] - sizes[kept[-1]] > limit and before > kept[-1]:
            kept.append(before)
        while sizes[place] - sizes[kept[-1]] > limit:
            kept.append(max(kept[-1] + 1, bisect_left(sizes, sizes[kept[-1]] + limit - WIDE + 1, kept[-1], place)))
    return [*kept, places[-1]] if kept[-1] < places[-1] else kept


def _leads(atoms: list[_Atom], sizes: list[int], limit: int, overlap: int) -> list[int]:
    """Say for each atom with which one a passage begins whose own part begins with it."""
    found: list[int] = []
    for at, atom in enumerate(atoms):
        lead = at
        room = min(overlap, limit - (sizes[atom.end] - sizes[atom.start]))
        while (
            lead > 0
            and not atoms[lead].turn
            and atoms[lead].rank >= SENTENCE
            and sizes[atom.start] - sizes[atoms[lead - 1].start] <= room
            and sizes[atom.end] - sizes[atoms[lead - 1].start] <= limit
        ):
            lead -= 1
        found.append(lead)
    return found
