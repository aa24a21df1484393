"""How a page words numbers and names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LABELS = {"model": "model alone", "wrapped": "wrapped model", "baseline": "baseline", "combined": "combined"}
MEANINGS = {
    "model": "greedy completions, parsed, nothing else",
    "wrapped": "with checks, repair and confidence",
    "baseline": "the old, rule-based feature",
    "combined": "what users get: the wrapped model, falling back on the baseline",
}


def label(contestant: str) -> str:
    """Name a contestant."""
    return LABELS.get(contestant, contestant)


def share(value: float | None, digits: int = 1) -> str:
    """Word a share in percent."""
    return "–" if value is None else f"{value * 100:.{digits}f}%"


def between(estimate: Mapping[str, Any]) -> str:
    """Word the interval of a share, in percent without the sign."""
    return f"{estimate['low'] * 100:.1f}–{estimate['high'] * 100:.1f}"


def points(value: float) -> str:
    """Word a difference of shares in percentage points, signed with a true minus."""
    return f"{value * 100:+.1f}".replace("-", "−")


def count(value: float) -> str:
    """Word a number with thousands apart."""
    return f"{value:,.0f}".replace(",", "\u202f") if value == int(value) else f"{value:,.3g}"


def metric(report: Mapping[str, Any]) -> str:
    """Name the headline metric."""
    return str(report["metric"]).replace("_", " ")


def shown(report: Mapping[str, Any]) -> str:
    """Choose the contestant that users meet: combined, else the last one there is."""
    names = report["contestants"]
    return "combined" if "combined" in names else str(names[-1])
