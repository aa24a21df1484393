"""What is weighed: contexts and their options, and the sequences by which they are run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from dsol_trl.prefix_store import common

INLINE = 48  # tokens of an item's options, apart, that are run in one sequence with their context


@dataclass(frozen=True)
class Branching:
    """A context's tokens, at least one, and the tokens of each option that may follow it, at least one each."""

    context: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]

    @property
    def alike(self) -> tuple[int, ...]:
        """The tokens that all options begin with, without the last token of any: it needs no pass."""
        first, last = min(self.options), max(self.options)  # what these two share, those between them share too
        return first[: min(common(first, last), *(len(option) - 1 for option in self.options))]


@dataclass
class Spelled:
    """Each token of an option: its log-probability, and whether it is the most likely one; both (tokens,)."""

    logprobs: np.ndarray
    best: np.ndarray

    @classmethod
    def empty(cls, tokens: int) -> Spelled:
        return cls(np.zeros(tokens), np.zeros(tokens, dtype=bool))


@dataclass(frozen=True)
class Row:
    """One sequence of a batch: its item, its own tokens behind the prefix, and how many of the last ones have logits.

    These are `alike` ones that stand before the first token that options have apart, the context's last among them, and
    then, where options are short, what each goes on with, all but its last token: `apart` of each option.
    """

    item: int
    own: tuple[int, ...]
    alike: int
    apart: tuple[int, ...] = ()

    @classmethod
    def of(cls, at: int, item: Branching, depth: int) -> Row:
        tail = item.alike
        own, alike = item.context[depth:] + tail, len(tail) + 1
        further = [option[len(tail) : -1] for option in item.options]
        if sum(map(len, further)) > INLINE:
            return cls(at, own, alike)
        return cls(at, own + tuple(token for some in further for token in some), alike, tuple(map(len, further)))

    @property
    def kept(self) -> int:
        return self.alike + sum(self.apart)

    @property
    def trunk(self) -> int:
        """Count the tokens before those of single options."""
        return len(self.own) - sum(self.apart)


def part_options(row: Row, longest: int, seen: torch.Tensor, positions: torch.Tensor) -> None:
    """Let what options have apart see no other option, and stand right behind what they have alike, in place.

    `seen` (query, key) and `positions` (query) are a batch's of this row, padded on the left to `longest`.
    """
    start = first = longest - sum(row.apart)
    for length in row.apart:
        seen[start : start + length, first:start] = False
        positions[start : start + length] = torch.arange(row.trunk, row.trunk + length)
        start += length
