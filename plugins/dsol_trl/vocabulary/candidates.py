"""Candidate tokens: byte-pair training that goes on from where the base's tokenizer stopped."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from dsol_trl.vocabulary.pieces import Run
from dsol_trl.vocabulary.spelling import Spelling, admissible

RARE = 5  # a token must save so many others, or its row learns nothing
Pair = tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A new token: the two tokens that it joins (none for a character spelled in bytes so far), and the base's pieces.

    `saved`: how many tokens fewer the text has with it, the tokens before it in the list being there.
    """

    token: str
    joins: tuple[str, ...]
    pieces: tuple[str, ...]
    saved: int


def learn(
    runs: Mapping[Run, int], spelled: Spelling, count: int, advance: Callable[..., None] = lambda done, total: None
) -> list[Candidate]:
    """Choose up to `count` tokens, the one that saves most first, each time over the text as it is split by then.

    So overlaps count once: after "neural network" is taken as two tokens, "network" saves only where it stands alone.
    """
    state = _State(runs, spelled)
    found: list[Candidate] = []
    while len(found) < count:
        best = state.best()
        if best is None:
            break
        found.append(state.take(*best))
        advance(len(found), count)
    return found


class _State:
    """The runs as split so far, how often each pair of neighbours occurs, and in which runs."""

    def __init__(self, runs: Mapping[Run, int], spelled: Spelling) -> None:
        self.spelled = spelled
        self.names = set(spelled.names)
        self.runs = [list(run) for run in runs]
        self.times = list(runs.values())
        self.pieces: dict[str, tuple[str, ...]] = {}
        self.counts: Counter[Pair] = Counter()
        self.places: defaultdict[Pair, set[int]] = defaultdict(set)
        self.neighbours: defaultdict[str, set[Pair]] = defaultdict(set)
        self.allowed: dict[Pair, bool] = {}
        for at in range(len(self.runs)):
            for pair in pairwise(self.runs[at]):
                self._add(pair, at)
            for token in self.runs[at]:
                if token not in self.names:  # a character spelled in bytes
                    self.counts[(token,)] += self.times[at] * (len(token.encode()) - 1)
        self.heap = [(-times, pair) for pair, times in self.counts.items() if times >= RARE]
        heapq.heapify(self.heap)

    def best(self) -> tuple[Pair, int] | None:
        """Find the pair, or the character, that saves most; entries of the heap may be out of date."""
        while self.heap:
            times, pair = heapq.heappop(self.heap)
            now = self.counts[pair]
            if now != -times:
                if now >= RARE:
                    heapq.heappush(self.heap, (-now, pair))
            elif self._may(pair):
                return pair, now
        return None

    def take(self, pair: Pair, saved: int) -> Candidate:
        """Make a token of a pair, or of a character, and split the runs with it."""
        token = "".join(pair)
        if len(pair) == 1:
            pieces = tuple(f"<0x{byte:02X}>" for byte in token.encode())
            self.names.add(token)
            self.counts[pair] = 0
            self._offer(self.neighbours[token])
        else:
            pieces = (*self._pieces(pair[0]), *self._pieces(pair[1]))
            self.names.add(token)
            touched: set[Pair] = set()
            for at in sorted(self.places.pop(pair)):
                touched |= self._join(at, pair, token)
            self.counts[pair] = 0
            self._offer(touched)
        self.pieces[token] = pieces
        return Candidate(token, pair if len(pair) == 2 else (), pieces, saved)

    def _pieces(self, token: str) -> tuple[str, ...]:
        return self.pieces.get(token, (token,))

    def _may(self, pair: Pair) -> bool:
        """A pair may join where both are tokens by now and the result is none yet.

        One that the base has already, but doesn't reach by merges here, would make its later merges apply as well.
        """
        if len(pair) == 1:
            return True
        if pair not in self.allowed:
            whole = self.spelled.bytes(pair[0]) + self.spelled.bytes(pair[1])
            self.allowed[pair] = admissible(whole)
        return self.allowed[pair] and self.names.issuperset(pair) and "".join(pair) not in self.names

    def _offer(self, pairs: set[Pair]) -> None:
        for pair in sorted(pairs):
            if self.counts[pair] >= RARE:
                heapq.heappush(self.heap, (-self.counts[pair], pair))

    def _join(self, at: int, pair: Pair, token: str) -> set[Pair]:
        """Join a pair wherever it stands in a run, from the left; give the pairs that are new by it."""
        run, joined, new = self.runs[at], [], set()
        times = self.times[at]
        here = 0
        while here < len(run):
            if here + 1 == len(run) or run[here] != pair[0] or run[here + 1] != pair[1]:
                joined.append(run[here])
                here += 1
                continue
            if joined:
                self.counts[joined[-1], pair[0]] -= times
                new.add(self._add((joined[-1], token), at))
            if here + 2 < len(run):
                self.counts[pair[1], run[here + 2]] -= times
                new.add(self._add((token, run[here + 2]), at))
            joined.append(token)
            here += 2
        self.runs[at] = joined
        return new

    def _add(self, pair: Pair, at: int) -> Pair:
        self.counts[pair] += self.times[at]
        self.places[pair].add(at)  # stays there when the pair is gone: joining looks for itself
        for token in pair:
            if token not in self.names:
                self.neighbours[token].add(pair)
        return pair
