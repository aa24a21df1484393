"""Lay the rows of one optimizer step out as one flat row of tokens, each shared prefix written once.

A step is `[prefix][branch][branch]...[prefix][branch]...`; rows that share nothing are branches of an empty prefix.
Nothing is padded: position ids and the attention (see dsol_trl.attention) keep the rows apart. The last token of a
prefix predicts nothing, because the row's own part begins with a token that carries no loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dsol import NO_LOSS
from dsol.rows import read, sizes

# Branches are padded together up to this ratio of lengths, or up to so many tokens.
ALIKE, SHORT = 2, 64


@dataclass(frozen=True)
class Branched:
    """A prefix of `prefix` tokens that begins at `start`, followed by branches of the given lengths."""

    start: int
    prefix: int
    branches: tuple[int, ...]

    @property
    def own(self) -> int:
        """Where the first branch begins."""
        return self.start + self.prefix

    @property
    def end(self) -> int:
        return self.own + sum(self.branches)


@dataclass(frozen=True)
class Layout:
    """Which token of a flat row belongs where.

    `number`: the sequence of each token, `branch`: its branch (0: the prefix), both int64 (T,). `kept`: positions
    whose next token carries loss, `source`: the source of each of them, both int64 (K,). `longest`: tokens of the
    longest row.
    """

    sequences: tuple[Branched, ...]
    number: torch.Tensor
    branch: torch.Tensor
    kept: torch.Tensor
    source: torch.Tensor
    longest: int

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Layout:
        """Move the tensors."""
        names = ("number", "branch", "kept", "source")
        return replace(self, **{name: getattr(self, name).to(device, non_blocking=non_blocking) for name in names})

    def visible(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        """Say which keys a query sees: those before it in its own branch and in the prefix of its sequence."""
        own = (self.branch[key] == 0) | (self.branch[key] == self.branch[query])
        return own & (self.number[key] == self.number[query]) & (key <= query)

    @cached_property
    def padded(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of branches of like lengths, so that short rows aren't padded to the length of documents.

        Each: the positions of its branches' tokens (B, longest of them), and which are real; padding repeats the first.
        """
        starts = torch.tensor([at for one in self.sequences for at in _starts(one)])
        lengths = torch.tensor([length for one in self.sequences for length in one.branches])
        order = torch.argsort(lengths, stable=True)
        found = []
        while len(order):
            alike = int((lengths[order] <= max(ALIKE * int(lengths[order[0]]), SHORT)).sum())
            batch, order = order[:alike], order[alike:]
            steps = torch.arange(int(lengths[batch].max()))
            real = steps < lengths[batch, None]
            found.append((starts[batch, None] + torch.where(real, steps, 0), real))
        return found


def flatten(
    rows: Sequence[tuple[int, int, np.ndarray, np.ndarray, int]], length: int = 0, fill: int = 0
) -> dict[str, Any]:
    """Make the inputs of one step.

    `rows`: (sequence, source, input ids, labels, shared prefix length) in order; rows of one sequence follow each
    other. Returns `input_ids`, `position_ids` and `labels` (1, T), `shift_labels` (1, K) of the kept positions, and
    the `layout`. Up to `length` tokens are filled up with `fill`, in a sequence of their own without loss, for
    attention that is compiled for one length.
    """
    ids: list[np.ndarray] = []
    positions: list[np.ndarray] = []
    targets: list[np.ndarray] = []
    number: list[np.ndarray] = []
    branch: list[np.ndarray] = []
    source: list[np.ndarray] = []
    sequences: list[Branched] = []
    last = None
    for sequence, origin, tokens, labels, shared in rows:
        if sequence != last:
            last = sequence
            sequences.append(Branched(sequences[-1].end if sequences else 0, shared, ()))
            ids.append(tokens[:shared])
            positions.append(np.arange(shared))
            targets.append(np.full(shared, NO_LOSS))
            number.append(np.full(shared, len(sequences)))
            branch.append(np.zeros(shared, dtype=np.int64))
            source.append(np.full(shared, origin))
        own = tokens[shared:]
        sequences[-1] = replace(sequences[-1], branches=(*sequences[-1].branches, len(own)))
        ids.append(own)
        positions.append(np.arange(shared, len(tokens)))
        targets.append(np.append(labels[shared + 1 :], NO_LOSS))
        number.append(np.full(len(own), len(sequences)))
        branch.append(np.full(len(own), len(sequences[-1].branches)))
        source.append(np.full(len(own), origin))
    spare = max(0, length - sum(len(part) for part in ids))
    for parts, rest in (
        (ids, np.full(spare, fill)),
        (positions, np.arange(spare)),
        (targets, np.full(spare, NO_LOSS)),
        (number, np.zeros(spare)),
        (branch, np.zeros(spare)),
        (source, np.zeros(spare)),
    ):
        parts.append(rest)
    target = torch.from_numpy(np.concatenate(targets).astype(np.int64))
    kept = (target != NO_LOSS).nonzero().flatten()
    if not len(kept):
        kept = torch.zeros(1, dtype=torch.int64)  # the trainer wants a loss of every step, be it an empty one
    layout = Layout(
        tuple(sequences),
        torch.from_numpy(np.concatenate(number).astype(np.int64)),
        torch.from_numpy(np.concatenate(branch).astype(np.int64)),
        kept,
        torch.from_numpy(np.concatenate(source).astype(np.int64))[kept],
        max(len(tokens) for _, _, tokens, _, _ in rows),
    )
    return {
        "input_ids": torch.from_numpy(np.concatenate(ids).astype(np.int64))[None],
        "position_ids": torch.from_numpy(np.concatenate(positions).astype(np.int64))[None],
        "labels": target[None],
        "shift_labels": target[kept][None],
        "layout": layout,
    }


def pad(rows: Sequence[tuple[int, int, np.ndarray, np.ndarray, int]], fill: int) -> dict[str, Any]:
    """Make the inputs of one step as an ordinary batch, every row whole, for models that lay out nothing themselves."""
    longest = max(len(tokens) for _, _, tokens, _, _ in rows)
    batch = {
        "input_ids": torch.full((len(rows), longest), fill),
        "labels": torch.full((len(rows), longest), NO_LOSS),
        "attention_mask": torch.zeros((len(rows), longest), dtype=torch.int64),
    }
    for at, (_, _, tokens, labels, _) in enumerate(rows):
        batch["input_ids"][at, : len(tokens)] = torch.from_numpy(tokens.astype(np.int64))
        batch["labels"][at, : len(tokens)] = torch.from_numpy(labels.astype(np.int64))
        batch["labels"][at, 0] = NO_LOSS
        batch["attention_mask"][at, : len(tokens)] = 1
    return batch


def together(rows: Sequence[tuple[int, int, np.ndarray, np.ndarray, int]]) -> list[Any]:
    """Put sequences of a step that share the same prefix into one, so that it is computed once for all of them."""
    sequences: dict[Any, list[Any]] = {}
    for row in rows:
        sequence, _, tokens, _, shared = row
        sequences.setdefault(tokens[:shared].tobytes() if shared else sequence, []).append(row)
    return [(some[0][0], *row[1:]) for some in sequences.values() for row in some]


class Steps:
    """Read the rows of each step of a mix, and lay them out; the data collator of the trainer.

    `order`: the mix, int64 (n, 4): step, sequence, source (index into the sorted names), row. One example is one
    step: `{"step": number}`. `everywhere`: the loss is on all tokens of every row. With `flat` False, rows are padded
    to a batch with the token `fill` instead. Flat steps are filled up to `length`.
    """

    def __init__(self, order: np.ndarray, rows: Mapping[str, Path], everywhere: bool = False) -> None:
        self.names = sorted(rows)
        self.files = dict(rows)
        self.tables = [read(rows[name]) for name in self.names]
        self.everywhere = everywhere
        self.fill = 0
        self.flat = True
        self.length = 0
        self.follow(order)

    def follow(self, order: np.ndarray) -> None:
        """Take the rows in this order."""
        self.order = order
        self.count = int(order[-1, 0]) + 1 if len(order) else 0
        self.bounds = np.searchsorted(order[:, 0], np.arange(self.count + 1))
        # Whether a sequence shares its rows' prefix is the mix's choice: one row alone shares nothing.
        sequences, members = np.unique(order[:, 1], return_counts=True)
        self.sharing = set(sequences[members > 1].tolist())

    def rows(self, step: int) -> list[tuple[int, int, np.ndarray, np.ndarray, int]]:
        """Read a step's rows: sequence, source, input ids, labels, length of the prefix that its sequence shares."""
        found = []
        for _, sequence, source, row in self.order[self.bounds[step] : self.bounds[step + 1]].tolist():
            table = self.tables[source]
            ids, labels = self.row(table, row)
            shared = table["prefix_length"][row].as_py() if sequence in self.sharing else 0
            found.append((sequence, source, ids, labels, shared))
        return found

    def row(self, table: Any, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Read one row's input ids and labels."""
        ids = table["input_ids"][row].values.to_numpy()
        labels = table["labels"][row]
        if self.everywhere or not labels.is_valid:
            return ids, ids
        return ids, labels.values.to_numpy()

    def longest(self) -> int:
        """Count the tokens of the longest flat step."""
        columns = [sizes(self.files[name]) for name in self.names]
        longest = 0
        for step in range(self.count):
            total, opened = 0, set()
            for _, sequence, source, row in self.order[self.bounds[step] : self.bounds[step + 1]].tolist():
                length, shared = int(columns[source][0][row]), int(columns[source][2][row])
                total += length - (shared if sequence in opened and sequence in self.sharing else 0)
                opened.add(sequence)
            longest = max(longest, total)
        return longest

    def __call__(self, examples: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        rows = together([row for example in examples for row in self.rows(example["step"])])
        return flatten(rows, self.length, self.fill) if self.flat else pad(rows, self.fill)


def _starts(sequence: Branched) -> list[int]:
    return [sequence.own + sum(sequence.branches[:at]) for at in range(len(sequence.branches))]
