"""What `dsol plan` finds out before anything is built: the facts of a run, the rules' advice, sizes and time."""

from dsol.planning.gathering import gather
from dsol.planning.plan import Ask, Plan, TooLarge, advice, check, described, make, measured, shape_of
from dsol.planning.tables import tables

__all__ = [
    "Ask",
    "Plan",
    "TooLarge",
    "advice",
    "check",
    "described",
    "gather",
    "make",
    "measured",
    "shape_of",
    "tables",
]
