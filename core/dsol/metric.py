"""How an answer is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dsol.sample import Sample


@dataclass(frozen=True)
class Score:
    """One answer's verdict: `value` in [0, 1], and `detail` (error class, hardness, ...) for tables and reports."""

    value: float
    detail: dict[str, Any] = field(default_factory=dict)


class Metric(Protocol):
    """Score one answer, and reduce many scores to numbers.

    `output` is what `Prompt.parse` or `Answer.value` gave; None (nothing usable) is scored too, as a miss. A broken
    metric raises; it never scores 0. `reduce` returns {"value": headline, ...}; further keys may hold tables
    (name -> number).
    """

    @property
    def name(self) -> str: ...

    @property
    def higher_is_better(self) -> bool: ...

    def score(self, sample: Sample, output: Any) -> Score: ...

    def reduce(self, scores: Sequence[Score]) -> dict[str, Any]: ...
