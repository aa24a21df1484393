"""Choose precision, checkpointing and attention from what the machine does, not from what it says it has."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

# Bytes per parameter in full training with AdamW in fp32: weight, gradient, two moments.
TRAINING_BYTES = 16
# Bytes of activations per token, layer and hidden unit that a backward pass keeps (about 34 in half precision:
# arXiv 2205.05198, section 4.1, without the score matrix; twice that in fp32).
ACTIVATION_BYTES = 34
# Parameters from which bf16 is considered on a CPU.
LARGE = 100_000_000


@dataclass(frozen=True)
class Hardware:
    """Where training runs: "cuda" or "cpu", whether bf16 is worth it there, and free memory in bytes."""

    device: str
    bf16: bool
    memory: int


def look(parameters: int) -> Hardware:
    """Look at the machine that is to train a model of so many parameters.

    On a GPU bf16 is taken where it is native. On a CPU small models stay in fp32: little is won, and runs stay equal
    to the bit on every machine; for large ones bf16 must prove to be twice as fast.
    """
    import psutil  # type: ignore[import-untyped]
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Hardware("cuda", torch.cuda.is_bf16_supported(including_emulation=False), int(free))
    bf16 = parameters >= LARGE and bf16_speedup() >= 2
    return Hardware("cpu", bf16, int(psutil.virtual_memory().available))


def bf16_speedup() -> float:
    """Measure how many times faster than fp32 a layer's forward and backward pass is in bf16 on this CPU.

    Flags don't tell: where bf16 is listed but emulated, it is hundreds of times slower.
    """
    import torch

    def seconds(dtype: Any) -> float:
        rows = torch.ones(64, 512, dtype=dtype, requires_grad=True)
        weight = torch.ones(512, 512, dtype=dtype, requires_grad=True)
        start = time.process_time()  # of all threads: other processes on the machine don't count
        torch.autograd.backward((rows @ weight).sum())
        return time.process_time() - start

    best = {dtype: min(seconds(dtype) for _ in range(4)) for dtype in (torch.float32, torch.bfloat16)}
    return best[torch.float32] / max(best[torch.bfloat16], 1e-9)


def fits_full(parameters: int, hardware: Hardware) -> bool:
    """Say whether full tuning of so many parameters leaves a fifth of the memory for activations."""
    return parameters * TRAINING_BYTES < 0.8 * hardware.memory


def wants_checkpointing(
    parameters: int, trained: int, layers: int, hidden: int, tokens: int, hardware: Hardware
) -> bool:
    """Say whether activations of `tokens` tokens don't fit beside the weights, so that they must be computed twice."""
    size = 2 if hardware.bf16 else 4
    states = parameters * size + trained * TRAINING_BYTES
    activations = tokens * layers * hidden * ACTIVATION_BYTES * size // 2
    return states + activations > 0.8 * hardware.memory
