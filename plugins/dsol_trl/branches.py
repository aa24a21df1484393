"""Weigh what may follow a context: what contexts have in common is computed once, each context once for its options.

Contexts form a trie. Where enough of them go on alike (the shots of all questions, the stem of all rotations of one
question), the keys and values of that stretch are computed once and held once. The rest of each context is run in
batches behind it, and what options have alike is run with their context (all but the last token, where there is one
option, or where a tokenizer spells letters with a common first token). What they go on with apart stands in the same
sequence, one option unseen by another, where it is short; else it is run as branches behind their context's keys and
values, which are copied for each of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from dsol_trl.branching import Branching, Row, Spelled, part_options
from dsol_trl.cache import Prefix, joined, keeping, new_cache
from dsol_trl.decoding import SCORES, extend
from dsol_trl.head import Head
from dsol_trl.prefix_attention import additive
from dsol_trl.prefix_store import common

SAVED = 96  # tokens that a common stretch must save; less isn't worth a pass of its own
CROWD = 8  # sequences of which a batch has at least so many before it is closed to shorter ones
ROWS = 64  # sequences in one batch
TOKENS = 4096  # tokens in one batch, padding included, unless one sequence alone has more
SEAM = {True: 64, False: 2048}  # tokens that a batch of its own costs more, on a CPU and elsewhere
LOGITS = 1 << 27  # numbers that the head may put out at once


@dataclass
class Branches:
    """Weigh items with a model that can share prefixes (dsol_trl.sharing); `memory`: bytes for keys and values."""

    model: PreTrainedModel
    token_bytes: int
    memory: int
    items: Sequence[Branching]
    advance: Callable[[int, int], None] = lambda done, total: None
    done: int = 0
    found: list[list[Spelled]] = field(init=False)

    @torch.inference_mode()
    def weigh(self) -> list[list[Spelled]]:
        """Give what every option of every item is spelled with."""
        self.found = [[Spelled.empty(len(option)) for option in item.options] for item in self.items]
        self.heads = self.model.config.get_text_config().num_attention_heads
        self.vocabulary = self.model.config.get_text_config().vocab_size
        with Head(self.model) as self.head:
            self._below(Prefix(), sorted(range(len(self.items)), key=lambda at: self.items[at].context))
        return self.found

    def _below(self, prefix: Prefix, part: Sequence[int]) -> None:
        """Weigh items, in the order of their contexts, that all begin with `prefix`."""
        depth = len(prefix.tokens)
        for batch in self._batches(self._further(prefix, part, depth), depth):
            self._run(prefix, batch)
            self.done += len(batch)
            self.advance(self.done, len(self.items))

    def _further(self, prefix: Prefix, part: Sequence[int], depth: int) -> list[int]:
        """Weigh items that are worth a longer prefix, from `depth` tokens on that all have alike; return the others."""
        rest: list[int] = []
        for run in self._runs(part, depth):
            if len(run) == 1:
                rest += run
                continue
            first, last = (self.items[at].context for at in (run[0], run[-1]))
            # The last token of a context is each item's own: its logits are wanted.
            length = min(common(first, last), *(len(self.items[at].context) - 1 for at in run))
            held = len(prefix.tokens)
            if (len(run) - 1) * (length - held) >= SAVED:
                self._below(extend(self.model, prefix, first[held:length]), run)
            else:
                rest += self._further(prefix, run, length)  # some of them may go on alike
        return rest

    def _runs(self, part: Sequence[int], depth: int) -> Iterator[Sequence[int]]:
        """Part items by the next token of their contexts; one that has none left to share is alone."""
        start = 0
        for at in range(1, len(part) + 1):
            if at == len(part) or self._next(part[at], depth) != self._next(part[start], depth):
                yield part[start:at]
                start = at

    def _next(self, at: int, depth: int) -> int:
        context = self.items[at].context
        return context[depth] if len(context) > depth + 1 else -1 - at

    def _batches(self, part: Sequence[int], depth: int) -> Iterator[list[Row]]:
        """Put items of about one length together, so that least is run and memory takes it; the longest first."""
        rows = [Row.of(at, self.items[at], depth) for at in part]
        rows.sort(key=lambda row: -len(row.own))
        # The cheapest way to cut the first rows into batches, from that for fewer rows: what is run, padding included.
        seam = SEAM[self.model.device.type == "cpu"]
        least, start = [0.0], [0]
        for end in range(1, len(rows) + 1):
            best, chosen, kept = math.inf, end - 1, 0
            for at in range(end - 1, -1, -1):
                kept += rows[at].kept
                longest = len(rows[at].own)
                if at < end - 1 and not self._fits(end - at, longest, depth, kept):
                    break
                cost = least[at] + longest * (end - at) + seam
                if cost < best:
                    best, chosen = cost, at
            least.append(best)
            start.append(chosen)
        cuts = [len(rows)]
        while cuts[-1]:
            cuts.append(start[cuts[-1]])
        for first, last in pairwise(reversed(cuts)):
            yield rows[first:last]

    def _fits(self, rows: int, tokens: int, before: int, kept: int) -> bool:
        return (
            rows <= ROWS
            and rows * tokens <= TOKENS
            and rows * tokens * (before + tokens) * self.heads <= SCORES
            and rows * tokens * self.token_bytes <= self.memory // 4
            and kept * self.vocabulary <= LOGITS
        )

    def _run(self, prefix: Prefix, rows: Sequence[Row]) -> None:
        """Run what a batch's items have behind the prefix, weigh first tokens, and then what else options have."""
        device = self.model.device
        longest = len(rows[0].own)
        pads = torch.tensor([longest - len(row.own) for row in rows])
        ids = torch.tensor([[0] * (longest - len(row.own)) + list(row.own) for row in rows])
        column = torch.arange(longest)
        positions = (column - pads[:, None]).clamp_min(0)
        mask = None
        if bool(pads.any()) or any(any(row.apart) for row in rows):
            seen = (column[None, :] <= column[:, None]) & (column >= pads[:, None])[:, None]
            for at, row in enumerate(rows):
                part_options(row, longest, seen[at], positions[at])
            mask = additive(seen.to(device), self.model.dtype)[:, None]
        wanted = column >= longest - torch.tensor([row.kept for row in rows])[:, None]
        branches = [
            (at, option)
            for at, row in enumerate(rows)
            for option, tokens in enumerate(self.items[row.item].options)
            if len(tokens) > row.alike and not row.apart
        ]
        cache = new_cache() if branches else None
        logits = self.head.logits(
            wanted.to(device),
            input_ids=ids.to(device),
            attention_mask=mask,
            position_ids=(len(prefix.tokens) + positions).to(device),
            **keeping(self.model, cache),
            use_cache=cache is not None,
            shared_prefix=prefix,
        )
        self._first(rows, logits)
        if cache is None:
            return
        branches.sort(key=lambda one: -self._length(rows, one))
        start = 0
        while start < len(branches):
            tokens, size = self._length(rows, branches[start]) - 1, 1
            held = longest + tokens
            while start + size < len(branches) and self._fits_branches(size + 1, tokens, held, len(prefix.tokens)):
                if size >= CROWD and 2 * self._length(rows, branches[start + size]) < tokens:
                    break  # the rest would be padding for the most part
                size += 1
            self._branch(prefix, rows, cache, pads, branches[start : start + size])
            start += size

    def _length(self, rows: Sequence[Row], branch: tuple[int, int]) -> int:
        """Count a branch's tokens: those beyond what was run with the context."""
        row = rows[branch[0]]
        return len(self.items[row.item].options[branch[1]]) - row.alike + 1

    def _fits_branches(self, size: int, tokens: int, held: int, before: int) -> bool:
        return self._fits(size, tokens, before + held, size * tokens) and (
            size * held * self.token_bytes <= self.memory // 4
        )

    def _first(self, rows: Sequence[Row], logits: torch.Tensor) -> None:
        """Weigh the tokens that were run with their context, and the one of each option behind every one of them."""
        positions: list[int] = []
        targets: list[int] = []
        places: list[tuple[int, int, int]] = []
        start = 0
        for row in rows:
            options = self.items[row.item].options
            further = start + row.alike
            for option, tokens in enumerate(options):
                stands = [*range(start, start + row.alike)]
                if row.apart:
                    stands += range(further, further + row.apart[option])
                    further += row.apart[option]
                for at, position in enumerate(stands):
                    positions.append(position)
                    targets.append(tokens[at])
                    places.append((row.item, option, at))
            start += row.kept
        self._note(logits, targets, places, positions)

    def _branch(
        self, prefix: Prefix, rows: Sequence[Row], cache: Cache, pads: torch.Tensor, part: Sequence[tuple[int, int]]
    ) -> None:
        """Run what options have apart behind their contexts' keys and values; weigh their tokens from there on."""
        device = self.model.device
        of = torch.tensor([at for at, _ in part])
        options = [self.items[rows[at].item].options[option][rows[at].alike - 1 :] for at, option in part]
        filled = len(rows[0].own) - pads[of]
        held = int(filled.max())
        lengths = torch.tensor([len(option) - 1 for option in options])
        longest = int(lengths.max())
        ids = torch.tensor([list(option[:-1]) + [0] * (longest + 1 - len(option)) for option in options])
        column = torch.arange(longest)
        key = torch.arange(held + longest)
        seen = (key <= held + column[:, None]) & (key >= (held - filled)[:, None])[:, None]
        wanted = column < lengths[:, None]
        logits = self.head.logits(
            wanted.to(device),
            input_ids=ids.to(device),
            attention_mask=additive(seen.to(device), self.model.dtype)[:, None],
            position_ids=(len(prefix.tokens) + filled[:, None] + column).to(device),
            **keeping(self.model, joined([cache], [of.to(device)], held)),
            use_cache=True,
            shared_prefix=prefix,
        )
        targets = [token for option in options for token in option[1:]]
        places = [
            (rows[at].item, option, rows[at].alike - 1 + token)
            for (at, option), tokens in zip(part, options, strict=True)
            for token in range(1, len(tokens))
        ]
        self._note(logits, targets, places)

    def _note(
        self,
        logits: torch.Tensor,
        targets: Sequence[int],
        places: Sequence[tuple[int, int, int]],
        positions: Sequence[int] = (),
    ) -> None:
        """Write down what `targets` weigh, at `positions` of the logits (empty: in order)."""
        logprobs, best = spell(logits, targets, positions)
        for (item, option, token), logprob, first in zip(places, logprobs, best, strict=True):
            self.found[item][option].logprobs[token] = logprob
            self.found[item][option].best[token] = first


def spell(
    logits: torch.Tensor, targets: Sequence[int], positions: Sequence[int] = ()
) -> tuple[list[float], list[bool]]:
    """Give each target's log-probability, and whether it is the most likely token, in single precision.

    `logits` (positions, vocabulary); `positions` says where each target stands (empty: in order).
    """
    logits = logits.float()
    at = torch.tensor(positions, device=logits.device) if positions else slice(None)
    target = torch.tensor(targets, device=logits.device)
    norm, most = torch.logsumexp(logits, -1)[at], logits.argmax(-1)[at]
    chosen: Any = logits[at, target] if positions else logits.gather(1, target[:, None]).squeeze(1)
    return (chosen - norm).tolist(), (most == target).tolist()
