"""Measure the held-out loss of row files, by source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from dsol import NO_LOSS, Loss
from dsol.rows import read
from dsol_trl.branching import Branching
from dsol_trl.likelihood import load_weigher

BLOCK = 1024  # rows that are read and grouped by their prefixes at a time


def measure(
    model: Path, rows: Mapping[str, Path], advance: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Loss]:
    """Give the mean loss per label token of each source; a source without any label token has a mean of 0.

    `rows`: row files by source (see dsol.rows); labels that are null carry loss on every token. The first token of a
    row is predicted from nothing and never counts. What the rows of a block begin with alike (a schema) is computed
    once; the rest is batched by length.
    """
    weigher = load_weigher(model)
    tables = {name: read(path) for name, path in rows.items()}
    total = sum(len(table) for table in tables.values())
    done = 0
    found = {}
    for name, table in tables.items():
        nats, tokens = 0.0, 0
        for start in range(0, len(table), BLOCK):
            block = table.slice(start, BLOCK)
            items, masks = [], []
            for ids, labels in zip(block["input_ids"], block["labels"], strict=True):
                item = ids.values.to_numpy()
                counted = labels.values.to_numpy() != NO_LOSS if labels.is_valid else np.ones(len(item), dtype=bool)
                at = np.flatnonzero(counted[1:]) + 1
                if len(at):
                    text, first, end = tuple(item.tolist()), int(at[0]), int(at[-1]) + 1
                    items.append(Branching(text[:first], (text[first:end],)))
                    masks.append(counted[first:end])
            spelled = weigher.weigh(items, lambda part, whole, so_far=done: advance(so_far + part, total))  # type: ignore[misc]
            for (one,), mask in zip(spelled, masks, strict=True):
                nats -= float(one.logprobs[mask].sum())
                tokens += int(mask.sum())
            done += len(block)
            advance(done, total)
        found[name] = Loss(nats / tokens if tokens else 0.0, tokens)
    return found
