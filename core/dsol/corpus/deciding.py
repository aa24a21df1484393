"""Decide over all documents at once which are kept, which repeat others, and which are held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dsol.corpus import duplicates
from dsol.corpus.passes import HELDOUT, NEAR, SAME, TRAIN, Unit
from dsol.corpus.source import Cleaning
from dsol.corpus.state import State
from dsol.corpus.words import Numbers, Places

SOME = 8  # documents held out of a source that has ten times as many


def decide(
    todo: Sequence[Unit], bounds: list[int], hashes: Numbers, cleaning: Cleaning
) -> tuple[NDArray[np.uint8], Places]:
    """Mark every document as kept or as a duplicate, and name the one that it repeats (-1: none)."""
    origin = duplicates.repeated(hashes) if cleaning.exact else np.full(len(hashes), -1, np.int64)
    marks = np.where(origin >= 0, SAME, TRAIN).astype(np.uint8)
    if cleaning.near and len(hashes):
        bands, _ = duplicates.banding(cleaning.similarity)

        def column(band: int) -> Numbers:
            return np.concatenate([np.load(unit / "buckets.npy", mmap_mode="r")[band] for unit in todo])

        def fetch(places: Places) -> NDArray[np.uint32]:
            found = np.zeros((len(places), duplicates.SLOTS), np.uint32)
            owners = np.searchsorted(bounds, places, "right") - 1
            for owner in np.unique(owners):
                with open(todo[owner] / "signatures", "rb") as file:
                    for at in np.flatnonzero(owners == owner):
                        file.seek(int(places[at] - bounds[owner]) * duplicates.SLOTS * 4)
                        found[at] = np.frombuffer(file.read(duplicates.SLOTS * 4), np.uint32)
            return found

        close = duplicates.near(map(column, range(bands)), origin < 0, fetch, cleaning.similarity)
        marks[close >= 0] = NEAR
        origin = np.where(close >= 0, close, origin)
    return marks, origin


def hold_out(
    marks: NDArray[np.uint8],
    origin: Places,
    hashes: Numbers,
    characters: NDArray[np.int64],
    state: State,
    cleaning: Cleaning,
) -> None:
    """Mark a share of a source's documents as held out, chosen by the hash of their text: the same in every run."""
    here = state.first + np.flatnonzero(marks[state.first : state.first + state.size] == TRAIN)
    if not cleaning.heldout or not cleaning.heldout_characters:
        return
    wanted = max(round(cleaning.heldout * len(here)), min(SOME, len(here) // 10))
    order = here[np.argsort(hashes[here], kind="stable")][:wanted]
    fitting = np.cumsum(characters[order]) <= max(
        cleaning.heldout_characters, int(characters[order[0]]) if len(order) else 0
    )
    chosen = order[fitting]
    marks[chosen] = HELDOUT
    if not cleaning.exact:  # then copies of a held-out text would stay in training
        copies = np.flatnonzero(np.isin(hashes, hashes[chosen]) & (marks == TRAIN))
        marks[copies] = SAME
        origin[copies] = chosen[np.searchsorted(hashes[chosen], hashes[copies])]
