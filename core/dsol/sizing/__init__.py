"""Size a run before it starts: memory, what fits, and time, from a model's shape and a machine."""

from dsol.sizing.duration import Speed, hours, looked_up, operations
from dsol.sizing.fitting import Option, option, options, too_large, what_would
from dsol.sizing.machine import Machine, look, parse
from dsol.sizing.memory import Memory, Serving, Work, serving, tile_tokens, training
from dsol.sizing.shape import KNOWN, Shape, decoder

__all__ = [
    "KNOWN",
    "Machine",
    "Memory",
    "Option",
    "Serving",
    "Shape",
    "Speed",
    "Work",
    "decoder",
    "hours",
    "look",
    "looked_up",
    "operations",
    "option",
    "options",
    "parse",
    "serving",
    "tile_tokens",
    "too_large",
    "training",
    "what_would",
]
