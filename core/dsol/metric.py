"""How an answer is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from dsol.sample import Sample


@dataclass(frozen=True)
class Score:
    """One answer's verdict: `value` in [0, 1], and `detail` (error class, hardness, ...) for tables and reports.

    `detail` may hold `expected` and `answered`, lines for people to read of what was wanted and what was given; reports
    show them in place of a sample's target and the output as it is.
    `weight`: what it counts in the headline, the weighted mean of the values over all samples. With 1 that is the mean
    over samples; see `counted` for a micro average. Where an answer is a list, `items` says which of its items are
    right, in its order, `counting` which of them count as answered, and `missed` how many more were wanted.
    """

    value: float
    detail: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    items: tuple[bool, ...] = ()
    counting: tuple[bool, ...] = ()
    missed: int = 0


def counted(
    items: Sequence[bool], missed: int, detail: Mapping[str, Any], counting: Sequence[bool] | None = None
) -> Score:
    """Score a list by its items so that the headline is micro F1: the sample's own F1, weighted by what it is of.

    F1 = 2 right / (given + wanted) (van Rijsbergen 1979); its weighted mean with the weights given + wanted is the F1
    of the sums. `counting`: which items count as given, by default all (not what is shown as doubtful, or twice); a
    right one that doesn't count is missed. Where nothing is given and nothing wanted the value is 1, with no weight.
    """
    counts = tuple(counting) if counting is not None else (True,) * len(items)
    right = sum(ok and counts for ok, counts in zip(items, counts, strict=True))
    weight = sum(counts) + sum(items) + missed
    return Score(2 * right / weight if weight else 1.0, dict(detail), float(weight), tuple(items), counts, missed)


class Metric(Protocol):
    """Score one answer, and reduce many scores to numbers.

    `output` is what `Prompt.parse` or `Answer.value` gave; None (nothing usable) is scored too, as a miss. A broken
    metric raises; it never scores 0. `reduce` returns {"value": headline, ...}; further keys may hold tables
    (name -> number, or name -> numbers by name). The headline is the weighted mean of the values (`dsol.significance`).
    """

    @property
    def name(self) -> str: ...

    @property
    def higher_is_better(self) -> bool: ...

    def score(self, sample: Sample, output: Any) -> Score: ...

    def reduce(self, scores: Sequence[Score]) -> dict[str, Any]: ...


@runtime_checkable
class Brief(Protocol):
    """What a metric offers as well where the detail of its scores is costly: a score without detail."""

    def brief(self, sample: Sample, output: Any) -> Score: ...


def brief(metric: Metric, sample: Sample, output: Any) -> Score:
    """Score an answer where nobody looks at the detail, which may be missing."""
    return metric.brief(sample, output) if isinstance(metric, Brief) else metric.score(sample, output)
