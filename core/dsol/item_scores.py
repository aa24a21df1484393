"""How well answers that are lists do, counted by their items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsol.answer import OK
from dsol.significance import Estimate, estimate, wilson


@dataclass(frozen=True)
class ItemScores:
    """How a contestant did by items: those that count as answered, and how many of them are right.

    `sources`: who found them -> how many, and how many of those are right with the interval of the share. `reasons`:
    why further items don't count -> how many.
    """

    given: int
    right: int
    wanted: int
    precision: Estimate
    recall: Estimate
    sources: Mapping[str, Mapping[str, float]]
    reasons: Mapping[str, int]


def measure(answers: Sequence[Mapping[str, Any]], level: float) -> ItemScores | None:
    """Measure one contestant's answers, as answer rows hold them, by their items; None where they have none."""
    if not any(one.get("items") or one.get("missed") for one in answers):
        return None
    counts, sources, reasons = [], dict[str, list[bool]](), Counter[str]()
    for one in answers:
        counting = [item for item in one["items"] if item["reason"] == OK]
        reasons.update(item["reason"] for item in one["items"] if item["reason"] != OK)
        for item in counting:
            sources.setdefault(item["source"], []).append(item["right"])
        wanted = one["missed"] + sum(item["right"] for item in one["items"])
        counts.append((len(counting), sum(item["right"] for item in counting), wanted))
    given, right, wanted = (sum(column) for column in zip(*counts, strict=True))
    return ItemScores(
        given,
        right,
        wanted,
        share([(ok, many) for many, ok, _ in counts], level),
        share([(ok, many) for _, ok, many in counts], level),
        {name: _share(some, level) for name, some in sorted(sources.items(), key=lambda pair: -len(pair[1]))},
        dict(reasons.most_common()),
    )


def share(counts: Sequence[tuple[float, float]], level: float) -> Estimate:
    """Estimate a share of sums, such as precision: (part, whole) of each sample, resampled by sample; 0 of 0 is 0."""
    return estimate(
        [part / whole if whole else 0.0 for part, whole in counts], level, weights=[whole for _, whole in counts]
    )


def _share(right: Sequence[bool], level: float) -> dict[str, float]:
    low, high = wilson(sum(right), len(right), level)
    return {"items": len(right), "right": sum(right), "value": sum(right) / len(right), "low": low, "high": high}
