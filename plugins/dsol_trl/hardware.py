"""Choose precision, checkpointing and attention from what the machine does, not from what it says it has."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from dsol.sizing import Machine, Option, Shape, Work, option

# Parameters from which bf16 is considered on a CPU.
LARGE = 100_000_000


@dataclass(frozen=True)
class Hardware:
    """Where training runs: "cuda" or "cpu", whether bf16 is worth it there, and free memory in bytes."""

    device: Literal["cuda", "cpu"]
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


def fits(shape: Shape, work: Work, hardware: Hardware) -> bool:
    """Say whether training fits the memory, as `dsol plan` sizes it, if need be with activations computed twice."""
    return _sized(shape, work, hardware).fits


def wants_checkpointing(shape: Shape, work: Work, hardware: Hardware) -> bool:
    """Say whether activations don't fit beside the weights, as `dsol plan` sizes them, so that they must be computed
    twice.
    """
    sized = _sized(shape, work, hardware)
    return sized.kept.peak > sized.room


def _sized(shape: Shape, work: Work, hardware: Hardware) -> Option:
    return option(shape, work, Machine(device=hardware.device, count=1, memory=hardware.memory))
