"""Attention and cache for many sequences that share a prefix, whose keys and values are held and read once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from transformers import AttentionInterface, DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicLayer

NAME = "dsol_branches"
SPARE = 64  # columns that a cache grows by when it is full


@dataclass(frozen=True)
class Prefix:
    """The keys and values of a token prefix, one (keys, values) pair per layer, each (1, heads, tokens, head size)."""

    tokens: tuple[int, ...] = ()
    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...] = ()

    def head(self, length: int) -> Prefix:
        """Take the first `length` tokens, as views."""
        return Prefix(
            self.tokens[:length], tuple((keys[:, :, :length], values[:, :, :length]) for keys, values in self.layers)
        )

    @property
    def bytes(self) -> int:
        return sum(part.numel() * part.element_size() for layer in self.layers for part in layer)


class Columns(CacheLayerMixin):  # type: ignore[misc]
    """Hold what each sequence has beyond the prefix, in tensors with spare columns so that a step copies nothing.

    `keys` and `values` are views of the filled columns, (sequences, heads, columns, head size). Shorter sequences
    begin with columns that the attention mask hides.
    """

    def __init__(self, keys: torch.Tensor | None = None, values: torch.Tensor | None = None) -> None:
        super().__init__()
        self.length = 0
        self._room: tuple[torch.Tensor, torch.Tensor] | None = None
        if keys is not None and values is not None:
            self.lazy_initialization(keys, values)
            self.update(keys, values)

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self._room = (key_states.new_empty(0), value_states.new_empty(0))
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if self._room is None:
            self.lazy_initialization(key_states, value_states)
        assert self._room is not None
        end = self.length + key_states.shape[2]
        if self._room[0].dim() != 4 or end > self._room[0].shape[2]:
            self._room = (self._grown(self.keys, key_states, end), self._grown(self.values, value_states, end))
        for room, new in zip(self._room, (key_states, value_states), strict=True):
            room[:, :, self.length : end] = new
        self.length = end
        self.keys, self.values = (room[:, :, :end] for room in self._room)
        return self.keys, self.values

    @staticmethod
    def _grown(old: torch.Tensor | None, new: torch.Tensor, end: int) -> torch.Tensor:
        rows, heads, _, size = new.shape
        room = new.new_empty(rows, heads, end + SPARE, size)
        if old is not None:
            room[:, :, : old.shape[2]] = old
        return room

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        return self.length

    def get_max_length(self) -> int:
        return -1


def new_cache() -> Cache:
    """Make an empty cache of `Columns`, one per layer as the model asks for them."""
    return Cache(layer_class_to_replicate=Columns)


def joined(caches: Sequence[Cache], rows: Sequence[torch.Tensor], columns: int) -> Cache:
    """Put the chosen rows of several caches into one of their last `columns` columns; shorter ones move to the right.

    `rows`: row indices per cache; a row may be chosen more than once.
    """
    layers = []
    for parts in zip(*(cache.layers for cache in caches), strict=True):
        keys, values = (
            torch.cat([_right(tensor, chosen, columns) for tensor, chosen in zip(tensors, rows, strict=True)])
            for tensors in ([part.keys for part in parts], [part.values for part in parts])
        )
        layers.append(Columns(keys, values))
    return Cache(layers=layers)


def _right(tensor: torch.Tensor, rows: torch.Tensor, columns: int) -> torch.Tensor:
    kept = tensor[:, :, max(0, tensor.shape[2] - columns) :][rows]
    return functional.pad(kept, (0, 0, columns - kept.shape[2], 0))


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
    rows, heads, new, size = query.shape
    own_heads = key.shape[1]
    scale = 1 / math.sqrt(size) if scaling is None else scaling
    shared = shared_prefix.layers[module.layer_idx] if shared_prefix and shared_prefix.layers else None  # type: ignore[index]
    if softcap is None and (rows == 1 or shared is None) and new > 1:
        if shared is not None:
            key, value = torch.cat([shared[0], key], dim=2), torch.cat([shared[1], value], dim=2)
            if attention_mask is None:
                hidden = query.new_full((new, new), torch.finfo(query.dtype).min).triu(1)
                attention_mask = hidden[None, None]
            attention_mask = functional.pad(attention_mask, (shared[0].shape[2], 0))
        times = heads // own_heads
        out = functional.scaled_dot_product_attention(
            query,
            key.repeat_interleave(times, 1) if times > 1 else key,
            value.repeat_interleave(times, 1) if times > 1 else value,
            attn_mask=attention_mask,
            is_causal=attention_mask is None,
            scale=scale,
        )
        return out.transpose(1, 2).contiguous(), None

    if attention_mask is None:
        attention_mask = query.new_full((new, new), torch.finfo(query.dtype).min).triu(1)[None, None]
    grouped = query.reshape(rows, own_heads, -1, size)  # (rows, key heads, heads per key head x new, size)
    per_head = grouped.shape[2]
    scores = torch.matmul(grouped, key.transpose(2, 3))
    length = 0
    if shared is not None:
        length = shared[0].shape[2]
        flat = grouped.transpose(0, 1).reshape(own_heads, rows * per_head, size)
        before = torch.matmul(flat, shared[0][0].transpose(1, 2)).view(own_heads, rows, per_head, length)
        scores = torch.cat([before.transpose(0, 1), scores], dim=-1)
    scores = scores * scale
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    own = scores[..., length:].view(rows, own_heads, -1, new, key.shape[2])
    own += attention_mask[:, :, None]
    weights = functional.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    out = torch.matmul(weights[..., length:], value)
    if shared is not None:
        flat = weights[..., :length].transpose(0, 1).reshape(own_heads, rows * per_head, length)
        out += torch.matmul(flat, shared[1][0]).view(own_heads, rows, per_head, size).transpose(0, 1)
    return out.reshape(rows, heads, new, size).transpose(1, 2).contiguous(), None


def register() -> None:
    """Make `attend` known to transformers under NAME."""
    AttentionInterface.register(NAME, attend)


@torch.inference_mode()
def token_bytes(model: PreTrainedModel) -> int:
    """Switch a model to `attend` and return the bytes of cache per token; 0 where it can't share prefixes.

    Decided by what the model does: its cache must have nothing but plain layers, and its logits behind a prefix must
    equal those of its own attention. A model that fails keeps its own attention.
    """
    register()
    plain = DynamicCache(config=model.config)
    if not plain.layers or any(type(layer) is not DynamicLayer for layer in plain.layers):
        return 0
    if not model._supports_attention_backend:
        return 0
    own = model.config._attn_implementation
    ids = torch.arange(12, device=model.device)[None] % model.config.get_text_config().vocab_size
    wanted = model(input_ids=ids).logits[:, -1].float()
    model.set_attn_implementation(NAME)
    first, second = new_cache(), new_cache()
    model(input_ids=ids[:, :5], position_ids=torch.arange(5, device=ids.device)[None], past_key_values=first, use_cache=True)
    prefix = Prefix(tuple(range(5)), tuple((layer.keys, layer.values) for layer in first.layers))
    positions = torch.arange(5, 12, device=ids.device)[None].expand(2, -1)
    both = ids[:, 5:].expand(2, -1)
    mask = torch.full((2, 1, 7, 7), torch.finfo(model.dtype).min, dtype=model.dtype, device=ids.device).triu(1)
    found = model(
        input_ids=both,
        position_ids=positions,
        past_key_values=second,
        use_cache=True,
        attention_mask=mask,
        shared_prefix=prefix,
    ).logits[:, -1]
    tolerance = 1e-3 if model.dtype == torch.float32 else 0.1
    if (found.float() - wanted).abs().max() <= tolerance * max(1.0, float(wanted.abs().max())):
        return prefix.bytes // 5
    model.set_attn_implementation(own)
    return 0
