"""Keep training and test apart: choose development and held-out examples, take out and report what leaks."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from rapidfuzz import fuzz, process

from dsol.han import TO_SIMPLIFIED
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.question.questions import tidy

NEAR = 95.0  # rapidfuzz ratio of two normalised questions from which on they count as one
ALIKE = 90.0  # from which on a pair is told in the leakage report
MOST = 150  # development examples: more cost scoring time and tell little more
FEWEST = 40
BLOCK = 2048  # rows compared at a time, so that memory stays small

_NOT_TEXT = re.compile(r"(?<!\d)\.|\.(?!\d)|[^\w.]|_")

Together = Callable[[Example], Hashable]


@dataclass(frozen=True)
class Leak:
    """A training example that says what a judged one says, and how alike they are (100: the same)."""

    example: Example
    judged: Example
    ratio: float


def normal(question: str) -> str:
    """Fold case, width, punctuation, spaces and traditional characters: two writings of one question differ in them."""
    folded = unicodedata.normalize("NFKC", question).casefold().translate(TO_SIMPLIFIED)
    return tidy(_NOT_TEXT.sub(" ", folded))


def size(count: int, share: float) -> int:
    """Say how many of `count` examples are set apart: the share, within bounds, and never more than a quarter."""
    wanted = min(max(round(count * share), FEWEST), MOST)
    return max(min(wanted, count // 4), min(1, count // 2))


def choose(examples: Sequence[Example], count: int, seed: int, together: Together) -> list[Example]:
    """Draw about `count` examples, as many of each language as its share; those that belong together come together.

    It stops short of a group that would overshoot, so that one large group doesn't swallow the rest.
    """
    groups: dict[Hashable, list[Example]] = defaultdict(list)
    for example in examples:
        groups[together(example)].append(example)
    order = list(groups.values())
    random.Random(seed).shuffle(order)
    totals = Counter(example.language for example in examples)
    wanted = {language: round(count * total / len(examples)) for language, total in totals.items()}
    taken: Counter[str] = Counter()
    chosen: list[Example] = []
    for group in order:
        here = Counter(example.language for example in group)
        if all(taken[language] + many <= wanted[language] for language, many in here.items()):
            taken += here
            chosen += group
    if not chosen and count and len(order) > 1:
        chosen = min(order, key=lambda group: len(group))
    return chosen


def leaks(examples: Sequence[Example], judged: Sequence[Example], bound: float = NEAR) -> list[Leak]:
    """Find the examples whose question equals, or nearly equals, one that is only judged; each with its nearest.

    Questions are compared within a database: the same words ask for something else of another one.
    """
    goals: dict[str, list[Example]] = defaultdict(list)
    for example in judged:
        goals[example.database].append(example)
    places: dict[str, list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        if example.database in goals:
            places[example.database].append(place)
    found: dict[int, Leak] = {}
    for database, ours in places.items():
        for place, nearest, ratio in _near([examples[place] for place in ours], goals[database], bound):
            found[ours[place]] = Leak(examples[ours[place]], goals[database][nearest], ratio)
    return [found[place] for place in sorted(found)]


def _near(examples: Sequence[Example], judged: Sequence[Example], bound: float) -> Iterator[tuple[int, int, float]]:
    """Yield (place among examples, place of its nearest among judged, ratio from `bound` on)."""
    goals = [normal(example.question) for example in judged]
    for start in range(0, len(examples), BLOCK):
        block = [normal(example.question) for example in examples[start : start + BLOCK]]
        ratios = process.cdist(block, goals, scorer=fuzz.ratio, score_cutoff=bound, dtype=numpy.float32)
        best = ratios.argmax(axis=1)
        for row in numpy.flatnonzero(ratios.max(axis=1) >= bound).tolist():
            yield start + row, int(best[row]), float(ratios[row, best[row]])


def shared_templates(
    examples: Iterable[Example], judged: Iterable[Example], template: Callable[[Example], str]
) -> set[str]:
    """List the SQL templates that both have."""
    return {template(example) for example in examples} & {template(example) for example in judged}


def without(examples: Sequence[Example], out: Iterable[Example]) -> list[Example]:
    """Give the examples that are not among `out`, by identity of the id."""
    gone = {example.id for example in out}
    return [example for example in examples if example.id not in gone]


def leakage_report(
    training: Sequence[Example], judged: Mapping[str, Sequence[Example]], template: Callable[[Example], str]
) -> dict[str, Any]:
    """Count what training still shares with each judged set: equal and similar questions, SQL templates.

    Questions are compared within a database; `template` should name it where there are several.
    """
    report: dict[str, Any] = {}
    for name, examples in judged.items():
        alike = sorted(leaks(training, examples, ALIKE), key=lambda leak: -leak.ratio)
        shared = shared_templates(training, examples, template)
        report[name] = {
            "questions": len(examples),
            "equal_questions": sum(leak.ratio >= 100 for leak in alike),
            "near_questions": sum(NEAR <= leak.ratio < 100 for leak in alike),
            "similar_questions": len({leak.judged.id for leak in alike}),
            "templates": len({template(example) for example in examples}),
            "shared_templates": len(shared),
            "questions_with_shared_template": sum(template(example) in shared for example in examples),
            "most_similar": [
                {"ratio": round(leak.ratio, 1), "training": leak.example.question, name: leak.judged.question}
                for leak in alike[:5]
            ],
        }
    return report
