"""Count what was dropped and why, with a handful of examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 5
EXCERPT = 120


@dataclass
class Tally:
    """Counts by reason, and the first examples of each; adding tallies in one order gives one result."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def add(self, reason: str, count: int = 1, /, **example: str) -> None:
        """Count something, with an example: file, place, text."""
        self.counts[reason] = self.counts.get(reason, 0) + count
        shown = self.examples.setdefault(reason, [])
        if example and len(shown) < EXAMPLES:
            shown.append({key: value[:EXCERPT] if key == "text" else value for key, value in example.items()})

    def merge(self, other: Tally) -> None:
        """Add what another counted."""
        for reason, count in other.counts.items():
            self.counts[reason] = self.counts.get(reason, 0) + count
            shown = self.examples.setdefault(reason, [])
            shown += other.examples.get(reason, [])[: EXAMPLES - len(shown)]

    def plain(self) -> Mapping[str, Any]:
        """Give it as JSON: {reason: {count, examples}}, the commonest first."""
        order = sorted(self.counts, key=lambda reason: (-self.counts[reason], reason))
        return {reason: {"count": self.counts[reason], "examples": self.examples.get(reason, [])} for reason in order}
