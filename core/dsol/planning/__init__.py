"""What `dsol plan` finds out before anything is built: the facts of a run, the rules' advice, sizes and time."""

from dsol.planning.disk import check_disk, estimate
from dsol.planning.gathering import gather
from dsol.planning.plan import Ask, Plan, TooLarge, check, described, known, make, measured, shape_of
from dsol.planning.tables import tables

__all__ = [
    "Ask",
    "Plan",
    "TooLarge",
    "check",
    "check_disk",
    "described",
    "estimate",
    "gather",
    "known",
    "make",
    "measured",
    "shape_of",
    "tables",
]
