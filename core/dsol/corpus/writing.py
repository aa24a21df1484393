"""Write the documents that are kept, and say of each source what became of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsol.corpus import passes
from dsol.corpus.passes import HELDOUT, NEAR, SAME, TRAIN, Unit
from dsol.corpus.state import State
from dsol.corpus.tally import EXAMPLES
from dsol.corpus.words import Places
from dsol.files import replace
from dsol.workers import ordered


def write(
    states: dict[str, State],
    todo: list[tuple[State, Unit]],
    bounds: list[int],
    marks: NDArray[np.uint8],
    origin: Places,
    characters: NDArray[np.int64],
    folder: Path,
    pool: Any,
    name: Callable[[int], str],
    count: int,
    step: Callable[[str], None],
) -> dict[str, Any]:
    shown = {
        (source, mark): [
            state.first + int(at) for at in np.flatnonzero(marks[state.first :][: state.size] == mark)[:EXAMPLES]
        ]
        for source, state in states.items()
        for mark in (SAME, NEAR)
    }
    wanted = {one for places in shown.values() for at in places for one in (at, int(origin[at]))}
    jobs: list[tuple[object, ...]] = []
    ids: Counter[str] = Counter()
    for at, (_, unit) in enumerate(todo):
        here = marks[bounds[at] : bounds[at + 1]]
        asked = [one - bounds[at] for one in wanted if bounds[at] <= one < bounds[at + 1]]
        jobs.append((unit, here, ids[unit.source], asked))
        ids[unit.source] += int(np.isin(here, (TRAIN, HELDOUT)).sum())
    results = iter(enumerate(ordered(pool, passes.write_unit, jobs, name, count)))
    places: dict[int, dict[str, str]] = {}
    languages: dict[str, Counter[str]] = {source: Counter() for source in states}

    def fill(source: str, train: Path, heldout: Path) -> None:
        with open(train, "wb") as first, open(heldout, "wb") as second:
            for _ in states[source].units:
                at, written = next(results)
                first.write(written.train)
                second.write(written.heldout)
                languages[source].update(written.languages)
                places.update({bounds[at] + number: place for number, place in written.places.items()})
                step("writing")

    for source in states:
        one, two = folder / f"{source}.jsonl", folder / "heldout" / f"{source}.jsonl"
        replace(one, lambda train, source=source, two=two: replace(two, lambda held: fill(source, train, held)))  # type: ignore[misc]
    for (source, mark), examples in shown.items():
        state = states[source]
        reason = {SAME: "duplicate", NEAR: "near duplicate"}[mark]
        for number in examples:
            other = places[int(origin[number])]
            state.dropped.add(reason, 0, **places[number], of=f"{other['file']} {other['place']}".strip())
        total = int((marks[state.first :][: state.size] == mark).sum())
        if total:
            state.dropped.add(reason, total)
    return {
        source: _report(
            state, marks[state.first :][: state.size], characters[state.first :][: state.size], languages[source]
        )
        for source, state in states.items()
    }


def _report(
    state: State, marks: NDArray[np.uint8], characters: NDArray[np.int64], languages: Counter[str]
) -> dict[str, Any]:
    return {
        "read": state.read,
        "read_characters": state.characters,
        "kept": int((marks == TRAIN).sum()),
        "characters": int(characters[marks == TRAIN].sum()),
        "heldout": {"kept": int((marks == HELDOUT).sum()), "characters": int(characters[marks == HELDOUT].sum())},
        "languages": dict(languages.most_common()),
        "dropped": state.dropped.plain(),
        "removed": state.removed.plain(),
        "unreadable_rows": state.rows.plain(),
        "skipped_files": [{key: value for key, value in asdict(one).items() if value} for one in state.skipped],
    }
