"""Which way of training fits a machine, and what would where none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dsol.sizing.machine import GB, Machine
from dsol.sizing.memory import WAYS, Memory, Way, Work, training
from dsol.sizing.shape import Shape, smaller

# Of a machine's memory: the rest goes to fragments between tensors and to what else runs.
USABLE = 0.9
CEILING = 13_000_000_000  # parameters: what enterprises deploy on their own hardware
ROUNDING = 1.05  # a "13B" model has 13.02 billion


@dataclass(frozen=True)
class Option:
    """One way to train, with and without keeping activations; bytes are those of one card."""

    way: Way
    kept: Memory
    again: Memory
    room: float

    @property
    def trained(self) -> bool:
        """Whether a backend of dsol trains this way; 4 bits are sized for comparison."""
        return self.way != "4-bit"

    @property
    def fits(self) -> bool:
        return self.again.peak <= self.room

    @property
    def verdict(self) -> str:
        """Word whether it fits."""
        if not self.room:
            return "memory not known"
        if self.kept.peak <= self.room:
            return "fits"
        return "fits with checkpointing" if self.fits else "does not fit"


def options(shape: Shape, work: Work, machine: Machine) -> list[Option]:
    """Size every way to train; on a CPU there is no training in 4 bits.

    With several cards, full tuning's states are shared out among them (FSDP or ZeRO-3, arXiv 1910.02054), while each
    card works on tokens of its own.
    """
    ways = [way for way in WAYS if not (way == "4-bit" and machine.device == "cpu")]
    return [_option(shape, replace(work, way=way), machine) for way in ways]


def option(shape: Shape, work: Work, machine: Machine) -> Option:
    """Size one way to train."""
    return _option(shape, work, machine)


def too_large(shape: Shape) -> bool:
    """Say whether a model is above the ceiling of 13B parameters."""
    return shape.parameters > CEILING * ROUNDING


def what_would(shape: Shape, work: Work, machine: Machine, ways: Sequence[Option]) -> list[str]:
    """List what would fit where none of the ways does: fewer tokens a step, a smaller base, more memory."""
    found = []
    least = min((one for one in ways if one.trained), key=lambda one: one.again.peak)
    tokens = work.tokens // 2
    while tokens >= 128:
        if _option(shape, replace(work, way=least.way, tokens=tokens, labelled=tokens), machine).fits:
            found.append(f"{least.way} with batch_tokens and context of {tokens}")
            break
        tokens //= 2
    limit = shape.parameters
    while limit > 10**8:
        base = smaller(limit - 1)
        if base.parameters >= limit:
            break
        fitting = [one for one in options(base, work, machine) if one.fits and one.trained]
        if fitting:
            found.append(f"a smaller base ({base.name}: {fitting[0].way})")
            break
        limit = base.parameters
    found.append(f"a machine with {least.again.peak / USABLE / GB:.1f} GB ({least.way})")
    return found


def _option(shape: Shape, work: Work, machine: Machine) -> Option:
    kept = training(shape, replace(work, checkpointing=False), machine)
    again = training(shape, replace(work, checkpointing=True), machine)
    if machine.count > 1 and work.way == "full":
        kept, again = _shared(kept, machine.count), _shared(again, machine.count)
    return Option(work.way, kept, again, machine.memory * USABLE)


def _shared(memory: Memory, count: int) -> Memory:
    return replace(
        memory,
        weights=memory.weights / count,
        gradients=memory.gradients / count,
        optimizer=memory.optimizer / count,
        update=memory.update / count,
    )
