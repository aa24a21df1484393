"""What is known of each source while a corpus is built, and what follows from it for the source as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dsol.corpus import passes
from dsol.corpus.passes import Unit
from dsol.corpus.reading import Skipped
from dsol.corpus.source import Cleaning
from dsol.corpus.tally import Tally
from dsol.errors import DataError

OFTEN = 1000  # documents with one line, from which on it is boilerplate however large the source
LINES = 300_000  # different lines that are counted at a time


@dataclass
class State:
    """What is known of one source while it is built."""

    units: list[Unit] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    read: int = 0
    characters: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    dropped: Tally = field(default_factory=Tally)
    removed: Tally = field(default_factory=Tally)
    rows: Tally = field(default_factory=Tally)
    repeats: int = 0
    first: int = 0  # its first document and unit, among all
    size: int = 0


def note(state: State, read: passes.Read) -> None:
    state.read += read.documents
    state.characters += read.characters
    state.skipped += read.skipped
    state.rows.merge(read.rows)
    state.lines.update(read.lines)
    if len(state.lines) > LINES:  # lossy counting: what is rare so far can't become boilerplate soon
        least = sorted(state.lines.values())[len(state.lines) // 2]
        state.lines = Counter({line: count for line, count in state.lines.items() if count > least})


def boilerplate(state: State, cleaning: Cleaning) -> frozenset[str]:
    if not cleaning.repeated:
        return frozenset()
    often = max(5, min(OFTEN, cleaning.repeated * state.read))
    found = frozenset(line for line, count in state.lines.items() if count >= often)
    state.lines = Counter()
    return found


def require_documents(states: Mapping[str, State], left: Callable[[State], int]) -> None:
    """Refuse sources without any document, all together, with the commonest reasons."""
    problems = []
    for name, state in states.items():
        if left(state):
            continue
        counts = Counter({**state.dropped.counts, **state.rows.counts})
        counts.update({"that other documents repeat": state.repeats} if state.repeats else {})
        why = [f"{count} {reason}" for reason, count in counts.most_common(4)]
        why += [f"{one.file}: {one.reason}" for one in state.skipped[:5]]
        problems.append(f"source {name}: no document is left of {state.read} read ({'; '.join(why) or 'empty'})")
    if problems:
        raise DataError(problems)
