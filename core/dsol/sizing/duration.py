"""How long a stage takes: the operations of its tokens over a speed that was measured here or looked up."""

from __future__ import annotations

from dataclasses import dataclass

from dsol.sizing.machine import Machine
from dsol.sizing.memory import Way
from dsol.sizing.shape import Shape

# Share of the datasheet's speed that training reaches ("model FLOPs utilisation", arXiv 2204.02311, which reports 46 %
# for a tuned system and 21 to 33 % for others); a single card with plain kernels is set at 35 %.
UTILISATION = 0.35


@dataclass(frozen=True)
class Speed:
    """Operations a second in training, and where the number comes from; 0 where it isn't known."""

    flops: float = 0.0
    source: str = ""


def looked_up(machine: Machine) -> Speed:
    """Take a card's speed from its datasheet at a stated utilisation."""
    if not machine.flops:
        return Speed()
    flops = machine.flops * machine.count * UTILISATION
    cards = f"{machine.count} x " if machine.count > 1 else ""
    return Speed(
        flops,
        f"{cards}{machine.flops / 1e12:.0f} TFLOP/s ({machine.source}) at {UTILISATION:.0%} utilisation (2204.02311)",
    )


def operations(shape: Shape, way: Way, context: int, labelled: float = 1.0, checkpointing: bool = False) -> float:
    """Count the operations of training on one token: 2 a weight forward, 2 for the gradient of its input and, where
    it is trained, 2 for its own (arXiv 2001.08361); attention to half the context; the head at `labelled` of tokens.
    """
    passes = 3.0 if way == "full" else 2.0
    again = 1.0 if checkpointing else 0.0
    attention = shape.layers * 4 * shape.heads * shape.head * context / 2
    inside = (2 * shape.matrices + attention) * (passes + again)
    return inside + 2 * shape.embedding * labelled * passes


def hours(tokens: float, operations_each: float, speed: Speed) -> float:
    """Turn tokens into hours; 0 where the speed isn't known."""
    return tokens * operations_each / speed.flops / 3600 if speed.flops else 0.0
