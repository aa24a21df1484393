"""Keys and values: of a prefix that many sequences share, and of what each sequence has beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import Any

import torch
from torch.nn import functional
from transformers.cache_utils import Cache, CacheLayerMixin

SPARE = 64  # columns that a cache grows by when it is full


def keeping(model: Any, cache: Any) -> dict[str, Any]:
    """Name a forward pass's argument for its cache: newer versions of transformers call it `cache`."""
    kind: Any = type(model)
    return {_argument(kind): cache}


@lru_cache
def _argument(kind: Any) -> str:
    return "cache" if "cache" in signature(kind.forward).parameters else "past_key_values"


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

    keys: torch.Tensor | None
    values: torch.Tensor | None

    def __init__(self, keys: torch.Tensor | None = None, values: torch.Tensor | None = None) -> None:
        super().__init__()
        self.length = 0
        self._room: tuple[torch.Tensor, torch.Tensor] | None = None
        if keys is not None and values is not None:
            self.update(keys, values)

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Do nothing: `update` makes the room."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append columns; return all that are filled."""
        end = self.length + key_states.shape[2]
        if self._room is None or end > self._room[0].shape[2]:
            self._room = (_room(self.keys, key_states, end), _room(self.values, value_states, end))
            self.is_initialized = True
        for room, new in zip(self._room, (key_states, value_states), strict=True):
            room[:, :, self.length : end] = new
        self.length = end
        self.keys, self.values = self._room[0][:, :, :end], self._room[1][:, :, :end]
        return self.keys, self.values

    def copy(self, rows: Sequence[int], places: Sequence[int]) -> None:
        """Write sequences over others, in place."""
        for filled in (self.keys, self.values):
            if filled is not None:
                filled[list(places)] = filled[list(rows)]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        return self.length

    def get_max_length(self) -> int:
        return -1


def _room(filled: torch.Tensor | None, new: torch.Tensor, end: int) -> torch.Tensor:
    rows, heads, _, size = new.shape
    room = new.new_empty(rows, heads, end + SPARE, size)
    if filled is not None:
        room[:, :, : filled.shape[2]] = filled
    return room


def new_cache() -> Cache:
    """Make an empty cache of `Columns`, one per layer as the model asks for them."""
    return Cache(layer_class_to_replicate=Columns)


def inlined(cache: Cache, pads: Sequence[int], prefix: Prefix, start: int) -> Cache:
    """Copy a prefix from token `start` on in front of each row's own columns; its `pads` empty ones stay leftmost."""
    return Cache(
        layers=[
            Columns(
                *(
                    _inlined(own, pads, lead[:, :, start:])
                    for own, lead in zip((own.keys, own.values), leads, strict=True)
                )
            )
            for own, leads in zip(cache.layers, prefix.layers, strict=True)
        ]
    )


def _inlined(own: torch.Tensor, pads: Sequence[int], lead: torch.Tensor) -> torch.Tensor:
    return torch.stack(
        [torch.cat([row[:, :pad], lead[0], row[:, pad:]], dim=1) for row, pad in zip(own, pads, strict=True)]
    )


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
