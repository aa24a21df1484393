"""Measure how fast this machine trains: one decoder layer of a shape, forward and backward, for a second or two."""

from __future__ import annotations

import time

from dsol.sizing import Shape, operations
from dsol.sizing.duration import Speed
from dsol_trl import hardware

SECONDS = 1.2
TOKENS = 256
LARGEST = 300_000_000  # parameters of a layer that are made for it: above that a probe would take long


def measure(shape: Shape) -> Speed:
    """Time a layer of `shape` on some hundred tokens, in training's precision, and give operations a second.

    A layer that is too large for a probe, or a shape that isn't known, gives a speed of 0.
    """
    import torch
    from transformers import Qwen3Config
    from transformers.models.qwen3.modeling_qwen3 import Qwen3DecoderLayer, Qwen3RotaryEmbedding

    if not shape.layers or shape.matrices // shape.layers > LARGEST:
        return Speed()
    machine = hardware.look(shape.parameters)
    config = Qwen3Config(
        hidden_size=shape.hidden,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=1,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads,
        head_dim=shape.head,
        vocab_size=8,
        attn_implementation="sdpa",
    )
    layer = Qwen3DecoderLayer(config, 0).to(machine.device)
    rotary = Qwen3RotaryEmbedding(config).to(machine.device)
    rows = torch.randn(1, TOKENS, shape.hidden, device=machine.device, requires_grad=True)
    places = rotary(rows, torch.arange(TOKENS, device=machine.device)[None])

    def step() -> None:
        with torch.autocast(machine.device, dtype=torch.bfloat16, enabled=machine.bf16):
            out = layer(rows, attention_mask=None, position_embeddings=places)
            out = out[0] if isinstance(out, tuple) else out
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
