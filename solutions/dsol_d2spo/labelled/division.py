"""Divide documents into training, development and held-out ones, near-duplicates on one side."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dsol.corpus.duplicates import buckets, near, repeated, signatures
from dsol.corpus.words import words
from dsol_d2spo.document import Document

ALIKE = 0.6  # estimated Jaccard similarity of word runs from which on two texts stay on one side
MOST = 150  # development documents: more cost scoring time and tell little more


def groups(documents: Sequence[Document], alike: float = ALIKE) -> list[list[int]]:
    """Put documents (by place) together whose texts are the same or nearly so."""
    if not documents:
        return []
    texts = words([one.text for one in documents])
    matrix = signatures(texts)
    first = repeated(texts.whole())
    alike_to = near(iter(buckets(matrix, alike)), first < 0, lambda places: matrix[places], alike)
    found: dict[int, list[int]] = {}
    root: list[int] = []
    for place, (same, like) in enumerate(zip(first.tolist(), alike_to.tolist(), strict=True)):
        earlier = same if same >= 0 else like
        root.append(place if earlier < 0 else root[earlier])
        found.setdefault(root[place], []).append(place)
    return list(found.values())


def divide(
    documents: Sequence[Document], share: float, seed: int, most: int = MOST
) -> tuple[list[Document], list[Document]]:
    """Take a share of the documents out, as many of each language as it has; return the rest and those."""
    order = groups(documents)
    random.Random(seed).shuffle(order)
    languages = [one.language for one in documents]
    room = {name: min(round(share * languages.count(name)), most) for name in set(languages)}
    room = {name: max(count, 1) if languages.count(name) > 1 else count for name, count in room.items()}
    out: set[int] = set()
    for group in order:
        language = languages[group[0]]
        if len(group) <= room[language]:
            room[language] -= len(group)
            out.update(group)
    return (
        [one for place, one in enumerate(documents) if place not in out],
        [one for place, one in enumerate(documents) if place in out],
    )


def apart(documents: Sequence[Document], judged: Sequence[Document]) -> tuple[list[Document], int]:
    """Leave out the documents that equal or nearly equal a judged one; return the rest and how many went."""
    every = [*judged, *documents]
    leaked = {
        place - len(judged)
        for group in groups(every)
        if min(group) < len(judged)
        for place in group
        if place >= len(judged)
    }
    return [one for place, one in enumerate(documents) if place not in leaked], len(leaked)
