"""Make the samples of many examples, on several processors where it pays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from dsol import Sample
from dsol.workers import available, ordered, workers
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.examples.samples import Rendering
from dsol_text2sql.question.values import Aliases
from dsol_text2sql.settings import Settings

if TYPE_CHECKING:
    from dsol.solution import Progress

FEWEST = 1500  # examples; for fewer, processes that each open and index the databases aren't worth their start
UNIT = 50  # examples that a worker gets at once

Job = tuple[str, Example, str, str]  # the sample's id, the example, its query in canonical style and as a template


def rendered(
    groups: Mapping[str, Sequence[Example]], rendering: Rendering, aliases: Aliases, progress: Progress
) -> dict[str, list[Sample]]:
    """Make the samples of all groups, in order; they are the same on any number of processors."""
    jobs: list[Job] = [
        (f"{name}/{number}/{one.id}", one, rendering.writing.target(one), rendering.writing.template(one))
        for name, examples in groups.items()
        for number, one in enumerate(examples, 1)
    ]
    count = available() if len(jobs) >= FEWEST else 1
    found: list[Sample] = []
    if count == 1:
        for done, (id, example, _, _) in enumerate(jobs, 1):
            found.append(rendering.sample(example, id))
            if done % UNIT == 0 or done == len(jobs):
                progress("link values", done, len(jobs))
    else:
        known = json.dumps({"aliases": aliases, "numberings": rendering.numberings})
        units = [(rendering.settings, known, jobs[start : start + UNIT]) for start in range(0, len(jobs), UNIT)]
        with workers(count) as pool:
            for some in ordered(pool, _unit, units, lambda at: f"examples from {jobs[at * UNIT][0]} on", count):
                found += some
                progress("link values", len(found), len(jobs))
    samples = iter(found)
    return {name: [next(samples) for _ in examples] for name, examples in groups.items()}


def _unit(settings: Settings, known: str, jobs: Sequence[Job]) -> list[Sample]:
    rendering = _opened(settings, known)
    for _, example, target, template in jobs:
        rendering.writing.written(example, target, template)
    return [rendering.sample(example, id) for id, example, _, _ in jobs]


@lru_cache(maxsize=1)
def _opened(settings: Settings, known: str) -> Rendering:
    return Rendering.open(settings, json.loads(known))
