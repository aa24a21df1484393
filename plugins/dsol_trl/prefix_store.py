"""Remember the keys and values of the last few prompt prefixes, so that one question at a time pays a schema once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsol_trl.cache import Prefix


class PrefixStore:
    """Keep the most recently used prefixes, at most `entries` of them and `limit` bytes in all."""

    def __init__(self, limit: int, entries: int = 8) -> None:
        self.limit = limit
        self.entries = entries
        self._kept: list[Prefix] = []  # the most recently used last

    def __len__(self) -> int:
        return len(self._kept)

    def longest(self, tokens: Sequence[int]) -> Prefix:
        """Find the longest remembered beginning of `tokens`; empty where there is none."""
        lengths = [common(prefix.tokens, tokens) for prefix in self._kept]
        if not lengths or max(lengths) == 0:
            return Prefix()
        at = lengths.index(max(lengths))
        found = self._kept.pop(at)
        self._kept.append(found)
        return found.head(lengths[at])

    def keep(self, prefix: Prefix) -> None:
        """Remember a prefix; one that it begins with is replaced, the least recently used ones go."""
        count = len(prefix.tokens)
        self._kept = [one for one in self._kept if prefix.tokens[: len(one.tokens)] != one.tokens or not count]
        self._kept.append(prefix)
        while self._kept and (len(self._kept) > self.entries or sum(one.bytes for one in self._kept) > self.limit):
            self._kept.pop(0)


def common(one: Sequence[int], two: Sequence[int]) -> int:
    """Count the leading tokens that two sequences have in common."""
    length = min(len(one), len(two))
    differ = np.flatnonzero(np.asarray(one[:length]) != np.asarray(two[:length]))
    return int(differ[0]) if len(differ) else length
