"""Measure how fast this machine trains: one decoder layer of a shape, forward and backward, for a second or two."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from dsol.sizing import Shape, operations
from dsol.sizing.duration import Speed
from dsol_trl import hardware

if TYPE_CHECKING:
    from torch import Tensor

SECONDS = 1.2
TOKENS = 256
LARGEST = 300_000_000  # parameters of a layer that are made for it: above that a probe would take long


def measure(shape: Shape) -> Speed:
    """Time a layer of `shape` on some hundred tokens, in training's precision, and give operations a second.

    A layer that is too large for a probe, or a shape that isn't known, gives a speed of 0.
    """
    import torch

    if not shape.layers or shape.matrices // shape.layers > LARGEST:
        return Speed()
    machine = hardware.look(shape.parameters)
    layer = _layer(shape, machine.device)
    rows = torch.randn(1, TOKENS, shape.hidden, device=machine.device, requires_grad=True)

    def step() -> None:
        with torch.autocast(machine.device, dtype=torch.bfloat16, enabled=machine.bf16):
            out = layer(rows)
        torch.autograd.backward(out.float().sum())
        if machine.device == "cuda":
            torch.cuda.synchronize()

    step()
    best, spent = float("inf"), 0.0
    while spent < SECONDS:
        started = time.perf_counter()
        step()
        taken = time.perf_counter() - started
        best, spent = min(best, taken), spent + taken
    one = Shape(
        layers=1,
        matrices=shape.matrices // shape.layers,
        heads=shape.heads,
        head=shape.head,
        hidden=shape.hidden,
    )
    flops = TOKENS * operations(one, "full", TOKENS, labelled=0.0) / best
    where = "bf16" if machine.bf16 else "fp32"
    return Speed(flops, f"{flops / 1e9:,.1f} GFLOP/s, measured here on one layer in {where}")


def _layer(shape: Shape, device: str) -> Callable[[Tensor], Tensor]:
    """Make a decoder layer in plain torch (grouped-query attention, gated feed-forward): transformers' own takes
    seconds to import.
    """
    import torch
    from torch.nn import functional

    def linear(inward: int, outward: int) -> torch.nn.Linear:
        return torch.nn.Linear(inward, outward, bias=False, device=device)

    inner, outer = shape.heads * shape.head, shape.key_heads * shape.head
    before, after = (torch.nn.RMSNorm(shape.hidden, device=device) for _ in range(2))
    query, key, value = (linear(shape.hidden, size) for size in (inner, outer, outer))
    out, gate, up = linear(inner, shape.hidden), *(linear(shape.hidden, shape.feed_forward) for _ in range(2))
    down = linear(shape.feed_forward, shape.hidden)
    angles = torch.outer(torch.arange(TOKENS, device=device), 1e-4 ** torch.linspace(0, 1, shape.head // 2).to(device))
    cosine, sine = (part.repeat(1, 2) for part in (angles.cos(), angles.sin()))

    def turned(heads: Tensor) -> Tensor:
        left, right = heads.chunk(2, dim=-1)
        return heads * cosine + torch.cat((-right, left), dim=-1) * sine

    def layer(rows: Tensor) -> Tensor:
        normed = before(rows)
        parts = (one(normed).unflatten(-1, (-1, shape.head)).transpose(1, 2) for one in (query, key, value))
        q, k, v = parts
        seen = functional.scaled_dot_product_attention(turned(q), turned(k), v, is_causal=True, enable_gqa=True)
        rows = rows + out(seen.transpose(1, 2).flatten(2))
        normed = after(rows)
        result: Tensor = rows + down(functional.silu(gate(normed)) * up(normed))
        return result

    return layer
