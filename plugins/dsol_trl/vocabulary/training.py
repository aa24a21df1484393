"""Train the new rows alone; the layers and all other rows are frozen, so that what the base knows stays as it is.

A small loop of its own: peft's trainable tokens through `dsol_trl.fit` would be the engine's way, but trl's fused head
reads the head's weight past peft's wrapper, so that the rows would be trained in one of their two places only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils import parametrize
from torch.optim.lr_scheduler import OneCycleLR

from dsol import NO_LOSS, Codec
from dsol.sizing import Work
from dsol_trl import hardware
from dsol_trl.model import load_model, read_card
from dsol_trl.quiet import quiet
from dsol_trl.shape import read
from dsol_trl.vocabulary import rows

CONTEXT = 512  # tokens of a row: new rows learn from their neighbourhood
ROWS = 4  # rows that are run through the model at once
STEP = 2  # such batches in an optimizer step
LEARNING_RATE = 2e-3  # higher than for layers: a token's row is touched in few steps


class _New(torch.nn.Module):
    """Lay trained rows over the end of a frozen matrix, or bias."""

    def __init__(self, frozen: torch.Tensor, start: int) -> None:
        super().__init__()
        self.start = start
        self.rows = torch.nn.Parameter(frozen[start:].detach().float().clone())

    def forward(self, frozen: torch.Tensor) -> torch.Tensor:
        return torch.cat([frozen[: self.start], self.rows.to(frozen.dtype)])


def train(
    base: Path, codec: Codec, start: int, texts: Sequence[str], tokens: int, seed: int, advance: Callable[..., None]
) -> Any:
    """Train the rows from id `start` on of a prepared base, input and output, on documents; return the model.

    `tokens`: how many are trained on, in passes over the documents, each in an order of its own. With AdamW and one
    cycle of the learning rate. Where bf16 is native the frozen weights are in it, the trained rows never.
    """
    machine = hardware.look(sum(file.stat().st_size for file in base.glob("*.safetensors")) // 2)
    with quiet():
        model = load_model(base, torch.bfloat16 if machine.bf16 else torch.float32).to(machine.device)
    model.requires_grad_(False).train()
    new = _lay_over(model, start)
    tokens_at_once = ROWS * CONTEXT
    work = Work("lora", tokens_at_once, tokens_at_once, rank=1)  # all but the new rows is frozen
    if hardware.wants_checkpointing(read(base, base.name, read_card(base).trust_remote_code), work, machine):
        model.gradient_checkpointing_enable()
    cut = _rows(codec, texts)
    batches = list(_batches(cut, tokens, seed))
    steps = -(-len(batches) // STEP)
    optimizer = torch.optim.AdamW(new, lr=LEARNING_RATE, weight_decay=0.0, betas=(0.9, 0.98))
    schedule = OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps + 1, pct_start=0.1)
    for step in range(steps):
        some = batches[step * STEP : (step + 1) * STEP]
        labelled = sum(len(row) - 1 for batch in some for row in batch)
        total = 0.0
        for batch in some:
            loss = _loss(model, batch) / labelled
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        advance(step + 1, steps, f"loss {total:.3f}")
    for module in {id(one): one for one in model.modules() if parametrize.is_parametrized(one)}.values():
        for name in list(module.parametrizations):
            parametrize.remove_parametrizations(module, name, leave_parametrized=True)
    return model.eval()


def _lay_over(model: Any, start: int) -> list[torch.nn.Parameter]:
    """Lay new rows over embeddings and head; tied ones share them. Return what is to be trained."""
    shared: dict[int, _New] = {}
    for module, name in rows.places(model):
        frozen = getattr(module, name)
        one = shared.setdefault(frozen.data_ptr(), _New(frozen, start).to(frozen.device))
        parametrize.register_parametrization(module, name, one, unsafe=True)
    return [one.rows for one in shared.values()]


def _loss(model: Any, batch: Sequence[Sequence[int]]) -> torch.Tensor:
    """Sum the loss over a batch; it is filled up on the right, which no token of a causal model sees."""
    length = max(map(len, batch))
    ids = torch.tensor([[*row, *[0] * (length - len(row))] for row in batch], device=model.device)
    labels = torch.tensor([[*row, *[NO_LOSS] * (length - len(row))] for row in batch], device=model.device)
    with parametrize.cached():
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
    return functional.cross_entropy(
        logits.float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=NO_LOSS, reduction="sum"
    )


def _rows(codec: Codec, texts: Sequence[str]) -> list[list[int]]:
    """Tokenise documents and cut them into rows of the context's length; no row holds parts of two."""
    documents = (codec.encode(None, text).input_ids for text in texts)
    parts = (ids[at : at + CONTEXT] for ids in documents for at in range(0, len(ids), CONTEXT))
    return [part for part in parts if len(part) > 1]


def _batches(cut: Sequence[list[int]], tokens: int, seed: int) -> Iterator[list[list[int]]]:
    """Draw batches in passes over all rows until so many tokens are drawn."""
    drawn = np.random.default_rng(seed)
    order: list[int] = []
    while tokens > 0:
        if not order:
            order = drawn.permutation(len(cut)).tolist()
        batch = [cut[at] for at in order[:ROWS]]
        order = order[ROWS:]
        tokens -= sum(map(len, batch))
        yield batch
