"""Attention for many sequences that share a prefix, whose keys and values are held and read once."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

from dsol import BackendError
from dsol_trl.cache import Prefix

NAME = "dsol_shared_prefix"

_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    softcap: float | None = None,
    shared_prefix: Prefix | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attend to the shared prefix and to the sequence's own keys under one softmax.

    `query` (sequences, heads, new tokens, head size); `key` and `value` (sequences, key heads, own columns, head
    size). `attention_mask` is additive over the own columns, (sequences, 1, new tokens, own columns); None is causal
    and needs an empty cache. The prefix is seen by all: one matrix product for all sequences, no copy per sequence.
    Called by transformers' attention modules; returns (sequences, new tokens, heads, head size).
    """
    scale = 1 / math.sqrt(query.shape[-1]) if scaling is None else scaling
    shared = shared_prefix.layers[module.layer_idx] if shared_prefix and shared_prefix.layers else None  # type: ignore[index]
    if shared is not None and shared[0].shape[-1] != key.shape[-1]:
        raise BackendError("this model's cache holds something else than the keys that it attends to")
    rows, new = query.shape[0], query.shape[2]
    if softcap is None and new > 1 and (rows == 1 or shared is None):
        out = _fused(query, key, value, attention_mask, scale, shared)
    elif shared is not None and softcap is None and new > 1 and query.device.type == "cpu" and _suits(query, value):
        out = _merged(query, key, value, attention_mask, scale, shared)
    else:
        out = _in_two_parts(query, key, value, attention_mask, scale, softcap, shared)
    return out.transpose(1, 2).contiguous(), None


def _fused(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    shared: tuple[torch.Tensor, torch.Tensor] | None,
) -> torch.Tensor:
    """Put the prefix in front of the keys and leave the rest to torch: best for one sequence of many new tokens."""
    if shared is not None:
        key, value = torch.cat([shared[0], key], dim=2), torch.cat([shared[1], value], dim=2)
        mask = functional.pad(_causal(query) if mask is None else mask, (shared[0].shape[2], 0))
    times = query.shape[1] // key.shape[1]
    if times > 1:
        key, value = key.repeat_interleave(times, 1), value.repeat_interleave(times, 1)
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=mask is None, scale=scale
    )


def _suits(query: torch.Tensor, value: torch.Tensor) -> bool:
    return query.dtype == torch.float32 and query.shape[-1] == value.shape[-1]


def _merged(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    shared: tuple[torch.Tensor, torch.Tensor],
) -> torch.Tensor:
    """Attend to the prefix and to each sequence's own keys apart, and merge both by their log-sum-exp.

    No matrix of scores is formed, which on a CPU takes a third of the time (as in dsol_trl.attention).
    """
    rows, heads, new, size = query.shape
    groups = key.shape[1]
    # Heads that share a key head stand with the tokens of all sequences: one product with the prefix for all.
    folded = query.reshape(rows, groups, -1, size).transpose(0, 1).reshape(1, groups, -1, size)
    before, norm = _flash(folded, *shared, 0.0, False, scale=scale)
    before = before.view(groups, rows, -1, new, size).transpose(0, 1).reshape(query.shape)
    norm = norm.reshape(groups, rows, -1, new).transpose(0, 1).reshape(rows, heads, new)
    if heads > groups:
        key, value = key.repeat_interleave(heads // groups, 1), value.repeat_interleave(heads // groups, 1)
    own, own_norm = _flash(query, key, value, 0.0, mask is None, attn_mask=mask, scale=scale)
    share = torch.sigmoid(own_norm - norm)[..., None]
    return torch.lerp(before, own, share)


def _in_two_parts(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    softcap: float | None,
    shared: tuple[torch.Tensor, torch.Tensor] | None,
) -> torch.Tensor:
    """Multiply all sequences with the prefix at once and each with its own keys; the scores meet in the softmax."""
    rows, heads, new, size = query.shape
    groups, length = key.shape[1], 0 if shared is None else shared[0].shape[2]
    grouped = query.reshape(rows, groups, -1, size)  # heads that share a key head stand with the new tokens
    scores = torch.matmul(grouped, key.transpose(2, 3))
    if shared is not None:
        flat = grouped.transpose(0, 1).reshape(groups, -1, size)
        before = torch.matmul(flat, shared[0][0].transpose(1, 2)).view(groups, rows, -1, length)
        scores = torch.cat([before.transpose(0, 1), scores], dim=-1)
    scores = scores * scale
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    own = scores[..., length:].view(rows, groups, -1, new, key.shape[2])
    own += (_causal(query) if mask is None else mask)[:, :, None]
    weights = functional.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    out = torch.matmul(weights[..., length:], value)
    if shared is not None:
        flat = weights[..., :length].transpose(0, 1).reshape(groups, -1, length)
        out += torch.matmul(flat, shared[1][0]).view(groups, rows, -1, value.shape[-1]).transpose(0, 1)
    return out.reshape(rows, heads, new, -1)


def _causal(query: torch.Tensor) -> torch.Tensor:
    new = query.shape[2]
    return query.new_full((new, new), torch.finfo(query.dtype).min).triu(1)[None, None]


def additive(seen: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Turn a boolean mask into one that is added to attention scores; finite, as a padded query may see nothing."""
    return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill_(~seen, torch.finfo(dtype).min)
