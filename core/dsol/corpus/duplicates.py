"""Exact duplicates by hash, near duplicates by MinHash and banded LSH (Broder 1997; Indyk and Motwani 1998).

rensa (Rust) makes the signatures. The banding is a sort of one column of numbers after the other, so that memory holds
8 bytes for each document and signatures stay on disk; a table of buckets in memory would take ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dsol.corpus.source import SIMILARITY
from dsol.corpus.words import Numbers, Places, Words, words

if TYPE_CHECKING:
    Signatures = NDArray[np.uint32]

SLOTS = 128  # standard error of an estimated similarity of 0.8: 0.035
SEED = 42
SHINGLE = 3  # words
CHINESE_SHINGLE = 5  # characters, about three words
RECALL = 0.99  # of pairs at the threshold that become candidates
LEADERS = 4  # of documents in one bucket, that the others are compared with
BATCH = 50_000
GROUP = 256  # texts whose signatures are made at once


def signatures(texts: Words) -> Signatures:
    """Make MinHash signatures, uint32 (texts, SLOTS): of runs of 3 words, in Chinese texts of 5 characters."""
    import rensa

    shingles, within = texts.runs(SHINGLE)
    longer, fit = texts.runs(CHINESE_SHINGLE)
    chinese = texts.chinese[texts.owner] if len(texts.owner) else np.zeros(0, bool)
    needed = np.where(texts.chinese, CHINESE_SHINGLE, SHINGLE)
    tiny = (np.diff(texts.bounds) < needed)[texts.owner] if len(texts.owner) else np.zeros(0, bool)
    values = np.where(tiny, texts.hashes, np.where(chinese, longer, shingles))
    kept = tiny | np.where(chinese, fit, within)
    total = np.concatenate([[0], np.cumsum(kept)])
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        np.ascontiguousarray(values[kept]), total[texts.bounds].astype(np.uint64), SLOTS, SEED
    )
    return np.array(matrix.to_rows(), np.uint32).reshape(len(texts), SLOTS)


@cache
def banding(similarity: float) -> tuple[int, int]:
    """Choose bands and rows: the longest rows with which a pair at the threshold is still found (RECALL)."""
    fitting = [rows for rows in range(1, 33) if 1 - (1 - similarity**rows) ** (SLOTS // rows) >= RECALL]
    rows = max(fitting, default=1)
    return SLOTS // rows, rows


def buckets(matrix: Signatures, similarity: float) -> Numbers:
    """Hash each band of each signature, uint64 (bands, texts)."""
    bands, rows = banding(similarity)
    cut = matrix[:, : bands * rows].reshape(len(matrix), bands, rows).astype(np.uint64)
    mixed = np.zeros((len(matrix), bands), np.uint64)
    for row in range(rows):
        mixed = (mixed ^ cut[:, :, row]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return np.ascontiguousarray(mixed.T)


def repeated(hashes: Numbers) -> Places:
    """Name for each document the first with the same hash, -1 for the first itself; int64 (n,)."""
    order = np.argsort(hashes, kind="stable")
    new = np.ones(len(order), bool)
    new[1:] = hashes[order[1:]] != hashes[order[:-1]]
    first = order[np.flatnonzero(new)][np.cumsum(new) - 1] if len(order) else order
    found = np.full(len(hashes), -1, np.int64)
    found[order[~new]] = first[~new]
    return found


def near(
    columns: Iterator[Numbers],
    alive: NDArray[np.bool_],
    fetch: Callable[[Places], Signatures],
    similarity: float,
) -> Places:
    """Name for each document an earlier one that is kept and at least so similar to it, -1 where there is none.

    `columns` yields the buckets of one band after the other, each uint64 (n,); only documents that are `alive` take
    part. `fetch(places)` reads signatures, uint32 (len(places), SLOTS).
    """
    size = len(alive)
    places = np.flatnonzero(alive)
    known: Places = np.zeros(0, np.int64)
    for column in columns:
        pairs = np.setdiff1d(_candidates(column[places], places, size), known, assume_unique=True)
        close = [
            pairs[at : at + BATCH][_close(pairs[at : at + BATCH], size, fetch, similarity)]
            for at in range(0, len(pairs), BATCH)
        ]
        known = np.union1d(known, np.concatenate(close)) if close else known
    found = np.full(size, -1, np.int64)
    for later, earlier in zip((known // size).tolist(), (known % size).tolist(), strict=True):
        if found[later] < 0 and found[earlier] < 0:
            found[later] = earlier
    return found


def distinct(texts: Sequence[str], apart: Sequence[str] = (), similarity: float = SIMILARITY) -> list[str]:
    """Leave out texts that are at least so similar to an earlier one, or to one of `apart`; for what fits in memory."""
    every = [*apart, *texts]
    made = [signatures(words(every[at : at + GROUP])) for at in range(0, len(every), GROUP)]
    matrix = np.concatenate([np.zeros((0, SLOTS), np.uint32), *made])
    columns = buckets(matrix, similarity)
    close = near(iter(columns), np.ones(len(every), bool), lambda places: matrix[places], similarity)
    return [text for text, other in zip(texts, close[len(apart) :].tolist(), strict=True) if other < 0]


def _candidates(buckets: Numbers, places: Places, size: int) -> Places:
    """Pair documents of one bucket with its first ones, as later * size + earlier, sorted, each once."""
    order = np.argsort(buckets, kind="stable")
    new = np.ones(len(order), bool)
    new[1:] = buckets[order[1:]] != buckets[order[:-1]]
    starts = np.flatnonzero(new)
    start = starts[np.cumsum(new) - 1] if len(order) else order
    rank = np.arange(len(order)) - start
    pairs = [np.zeros(0, np.int64)]
    for leader in range(LEADERS):
        later = np.flatnonzero(rank > leader)
        pairs.append(places[order[later]] * size + places[order[start[later] + leader]])
    return np.unique(np.concatenate(pairs))


def _close(pairs: Places, size: int, fetch: Callable[[Places], Signatures], similarity: float) -> NDArray[np.bool_]:
    places, where = np.unique(np.concatenate([pairs // size, pairs % size]), return_inverse=True)
    rows = fetch(places)
    later, earlier = rows[where[: len(pairs)]], rows[where[len(pairs) :]]
    return np.asarray((later == earlier).mean(axis=1) >= similarity)
