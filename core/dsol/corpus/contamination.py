"""Find evaluation texts inside training texts: runs of words that both hold.

In English a run is 13 words (Brown et al. 2020, GPT-3). Chinese words aren't marked, and 13 characters make up only
eight or nine words, a length at which idioms and exam phrases repeat by chance; 20 characters carry about what 13
words do (a Chinese word is about 1.5 characters), so a run that is mostly Chinese has 20. An evaluation text shorter
than a run counts as a whole from 8 words, or 13 characters, on. Runs that are mostly numbers and single letters (a
counting table) show nothing and don't count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsol.corpus.words import Flags, Numbers, Places, Words, words

CHINESE = 20 / 13  # characters that carry what one word does
SHORT = 8 / 13  # the share of a run from which on a short evaluation text counts as a whole
GROUP = 256


@dataclass(frozen=True)
class Match:
    """A run of words of a text that an evaluation set holds as well."""

    sets: tuple[str, ...]
    run: str


@dataclass(frozen=True)
class Contamination:
    """The runs of all evaluation texts, 18 bytes each: sorted hashes and the number of the set that each is from."""

    names: tuple[str, ...]
    lengths: tuple[int, ...]
    english: int
    hashes: Numbers
    owners: NDArray[np.uint16]
    filter: Flags

    @classmethod
    def of(cls, evaluation: Mapping[str, Iterable[str]], ngram: int = 13) -> Contamination:
        """Index evaluation texts by set name, in a stream; the items' own texts, not the instructions around them."""
        hashes: list[Numbers] = [np.zeros(0, np.uint64)]
        owners: list[NDArray[np.uint16]] = [np.zeros(0, np.uint16)]
        lengths: set[int] = set()
        for number, texts in enumerate(evaluation.values()):
            for group in _groups(texts):
                for length, found in _indexed(words(group), ngram):
                    lengths.add(length)
                    hashes.append(found)
                    owners.append(np.full(len(found), number, np.uint16))
        keys = np.concatenate(hashes)
        sets = np.concatenate(owners)
        order = np.lexsort((sets, keys))
        keys, sets = keys[order], sets[order]
        new = np.ones(len(keys), bool)
        new[1:] = (keys[1:] != keys[:-1]) | (sets[1:] != sets[:-1])
        return cls(tuple(evaluation), tuple(sorted(lengths)), ngram, keys[new], sets[new], _filter(keys))

    def found(self, texts: Iterable[str]) -> Iterator[list[Match]]:
        """Name what each text shares with evaluation texts: one match for each set, empty where it is clean."""
        for group in _groups(texts):
            matches = self.search(words(group)) if len(self.hashes) else {}
            yield from (matches.get(number, []) for number in range(len(group)))

    def search(self, texts: Words) -> dict[int, list[Match]]:
        """Look many texts over at once; the matches by number of the text, the clean ones left out."""
        matches: dict[int, dict[int, Match]] = {}
        for length in self.lengths if len(self.hashes) else ():
            hashes, counted = texts.runs(length)
            counted &= self.filter[(hashes & np.uint64(len(self.filter) - 1)).astype(np.int64)]
            for at in np.flatnonzero(counted):
                left = int(np.searchsorted(self.hashes, hashes[at]))
                right = int(np.searchsorted(self.hashes, hashes[at], "right"))
                if left == right or not _tells(texts, length)[at]:
                    continue
                run = texts.joined[texts.starts[at] : texts.ends[at + length - 1]]
                for one in self.owners[left:right]:
                    here = matches.setdefault(int(texts.owner[at]), {})
                    here.setdefault(int(one), Match((self.names[one],), run))
        return {number: list(here.values()) for number, here in matches.items()}

    def save(self, path: Path) -> None:
        """Write the index for other processes."""
        with open(path, "wb") as file:
            np.savez(
                file,
                names=np.array(self.names, dtype=np.str_),
                lengths=np.array([self.english, *self.lengths]),
                hashes=self.hashes,
                owners=self.owners,
            )

    @classmethod
    def load(cls, path: Path) -> Contamination:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as kept:
            english, *lengths = (int(length) for length in kept["lengths"])
            hashes = kept["hashes"]
            names = tuple(str(name) for name in kept["names"])
            return cls(names, tuple(lengths), english, hashes, kept["owners"], _filter(hashes))


def _indexed(texts: Words, english: int) -> Iterator[tuple[int, Numbers]]:
    """Give the runs that stand for texts, by their length in words."""
    chinese = round(english * CHINESE)
    for length, script in ((english, False), (chinese, True)):
        hashes, within = texts.runs(length)
        counted = within & _tells(texts, length) & (_mostly(texts.han, length) == script)
        if counted.any():
            yield length, np.unique(hashes[counted])
    sizes = np.diff(texts.bounds)
    needed = np.where(texts.chinese, chinese, english)
    least = np.where(texts.chinese, english, int(np.ceil(english * SHORT)))
    short = (sizes < needed) & (sizes >= least)
    for length in np.unique(sizes[short]):
        hashes, _ = texts.runs(int(length))
        starts = texts.bounds[:-1][short & (sizes == length)]
        starts = starts[_tells(texts, int(length))[starts]]
        if len(starts):
            yield int(length), np.unique(hashes[starts])


def _tells(texts: Words, length: int) -> Flags:
    return ~_mostly(texts.weak, length)


def _mostly(flags: Flags, length: int) -> Flags:
    """Say of each run of `length` words whether more than half of them are flagged, by its first; bool (n,)."""
    total: Places = np.concatenate([[0], np.cumsum(flags)])
    found = np.zeros(len(flags), bool)
    if len(flags) >= length:
        found[: len(flags) - length + 1] = (total[length:] - total[:-length]) * 2 > length
    return found


def _filter(hashes: Numbers) -> Flags:
    """Make a table that says of most hashes at one look that they aren't in the index."""
    size = 1 << max(16, int(16 * max(len(hashes), 1) - 1).bit_length())
    table = np.zeros(min(size, 1 << 26), bool)
    table[(hashes & np.uint64(len(table) - 1)).astype(np.int64)] = True
    return table


def _groups(texts: Iterable[str]) -> Iterator[Sequence[str]]:
    stream = iter(texts)
    while group := list(islice(stream, GROUP)):
        yield group
