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


@dataclass(frozen=True)
class Hardware:
    """Where training runs: "cuda" or "cpu", whether bf16 is worth it there, and free memory in bytes."""

    device: str
    bf16: bool
    memory: int


def look() -> Hardware:
    """Look at the machine; takes some milliseconds for a measured probe of bf16 on a CPU."""
    import psutil
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Hardware("cuda", torch.cuda.is_bf16_supported(including_emulation=False), int(free))
    return Hardware("cpu", bf16_is_faster(), int(psutil.virtual_memory().available))


def bf16_is_faster() -> bool:
    """Measure whether a bf16 matrix product beats fp32 here; CPU flags promise it where emulation makes it far slower."""
    import torch

    def seconds(dtype: Any) -> float:
        one = torch.ones(128, 128, dtype=dtype)
        one @ one  # the first product sets up the library
        start = time.perf_counter()
        for _ in range(4):
            one @ one
        return time.perf_counter() - start

    return min(seconds(torch.bfloat16), seconds(torch.bfloat16)) < min(seconds(torch.float32), seconds(torch.float32))


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
