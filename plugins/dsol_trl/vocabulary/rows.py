"""The embeddings' rows of new tokens: made as the mean of their pieces' rows, and put back after training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


def enlarge(model: Any, pieces: Sequence[Sequence[int]], start: int) -> None:
    """Give the tokens from id `start` on rows in input and output embeddings, each the mean of its pieces' rows.

    `pieces`: for each new token the ids of the base's tokens that it stands for. Rows that the base has beyond its
    tokens are used first. Tied embeddings stay tied; a head's bias is treated alike.
    """
    needed = start + len(pieces)
    if needed > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(needed, mean_resizing=False)
    with torch.no_grad():
        # Tied embeddings come twice: their pieces' rows are below `start`, so the second time changes nothing.
        for module, name in places(model):
            weight = getattr(module, name)
            for at, ids in enumerate(pieces):
                weight[start + at] = weight[list(ids)].float().mean(0).to(weight.dtype)


def places(model: Any) -> list[tuple[Any, str]]:
    """List what has one row per token, as module and name: input embeddings, head, the head's bias if it has one."""
    inner, head = model.get_input_embeddings(), model.get_output_embeddings()
    found = [(inner, "weight")]
    if head is not None:
        found.append((head, "weight"))
        if getattr(head, "bias", None) is not None:
            found.append((head, "bias"))
    return found


def copy(source: Any, target: Any, start: int) -> None:
    """Copy the rows from `start` on from a trained model; every other weight of `target` stays to the bit."""
    with torch.no_grad():
        for (trained, name), (module, _) in zip(places(source), places(target), strict=True):
            weight = getattr(module, name)
            weight[start:] = getattr(trained, name)[start : len(weight)].to(weight)
