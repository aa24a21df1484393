"""What is known of this very run when the rules are asked: its data, its base, its machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsol.sizing.machine import Machine
from dsol.sizing.shape import Shape

UNKNOWN_SHAPE = Shape()
UNKNOWN_MACHINE = Machine()
CHAT_KINDS = ("general", "chat")  # kinds of sources that aren't of the domain


@dataclass(frozen=True)
class SourceFacts:
    """Size of one source; 0 where it isn't known. `counted` says how the tokens were counted."""

    kind: str = ""
    rows: int = 0
    tokens: int = 0
    counted: str = ""


@dataclass(frozen=True)
class Facts:
    """Numbers of this run; what isn't known is empty or 0, and the rules then say so instead of guessing.

    `sources`: documents and chat rows by source. `examples`: training examples by solution; `counted` says how.
    `task_tokens`: of their rows, shared prefixes left out.
    """

    sources: Mapping[str, SourceFacts] = field(default_factory=dict)
    examples: Mapping[str, int] = field(default_factory=dict)
    counted: str = ""
    task_tokens: int = 0
    shape: Shape = UNKNOWN_SHAPE
    machine: Machine = UNKNOWN_MACHINE

    def tokens(self, *kinds: str) -> int:
        """Add up the tokens of the sources of these kinds."""
        return sum(source.tokens for source in self.sources.values() if source.kind in kinds)

    @property
    def domain_tokens(self) -> int:
        """Tokens of all sources that are of the domain."""
        return sum(source.tokens for source in self.sources.values() if source.kind not in CHAT_KINDS)

    @property
    def general_tokens(self) -> int:
        return self.tokens("general")

    @property
    def all_examples(self) -> int:
        return sum(self.examples.values())
