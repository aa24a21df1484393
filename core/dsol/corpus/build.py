"""From a recipe's sources to clean documents: read, clean, drop duplicates and evaluation texts, hold some out.

Three passes, each in units of some megabytes: reading (into a spool on disk, counting lines), cleaning (with signatures
for duplicates), writing. Between them stand decisions over all documents, for which 40 bytes of each are held. Results
don't depend on the number of workers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsol.corpus import passes
from dsol.corpus.contamination import Contamination
from dsol.corpus.deciding import decide, hold_out
from dsol.corpus.passes import HELDOUT, Unit
from dsol.corpus.reading import Skipped, units
from dsol.corpus.source import RANK, Cleaning, Source, check
from dsol.corpus.state import State, boilerplate, note, require_documents
from dsol.corpus.words import Numbers
from dsol.corpus.writing import write
from dsol.files import write_json
from dsol.workers import available, ordered, workers

SMALL = 4 << 20  # bytes of a corpus for which starting processes doesn't pay
REPORT = "corpus.json"


def build(
    sources: Mapping[str, Source],
    cleaning: Cleaning,
    contamination: Contamination,
    folder: Path,
    advance: Callable[..., None] = lambda done, total, note="": None,
    processes: int = 0,
) -> dict[str, Any]:
    """Write `<source>.jsonl` and `heldout/<source>.jsonl` (id, text, meta), and return and keep the report.

    A document that stands in several sources stays in the first by kind (standard and book, paper, site, news,
    general), then in the recipe's order; `contamination` indexes the texts that must not be trained on. The report,
    `corpus.json`, is written last: without it nothing counts as built. A source from which nothing is left is a
    DataError, and so is a missing path. `processes` 0 takes as many as there are processors.
    """
    listed = check(sources)
    names = sorted(sources, key=lambda name: (RANK[sources[name].kind], list(sources).index(name)))
    spool = folder / ".spool"
    (folder / REPORT).unlink(missing_ok=True)
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir(parents=True)
    try:
        states: dict[str, State] = {}
        for at, name in enumerate(names):
            found, left = listed[name]
            states[name] = State(skipped=[Skipped(str(path), reason) for path, reason in left])
            for number, stretches in enumerate(units(found, states[name].skipped)):
                stem = spool / f"{at}-{number}"
                states[name].units.append(Unit(name, sources[name].text, tuple(stretches), stem, cleaning))
        size = sum(path.stat().st_size for found, _ in listed.values() for path in found)
        count = 1 if size < SMALL else processes or available()
        report = _passes(states, cleaning, contamination, folder, advance, count)
    finally:
        shutil.rmtree(spool, ignore_errors=True)
    report = {name: report[name] for name in sources}
    write_json(folder / REPORT, report)
    return report


def _passes(
    states: dict[str, State],
    cleaning: Cleaning,
    contamination: Contamination,
    folder: Path,
    advance: Callable[..., None],
    count: int,
) -> dict[str, Any]:
    todo = [(state, unit) for state in states.values() for unit in state.units]
    done = 0

    def step(note: str) -> None:
        nonlocal done
        done += 1
        advance(done, 3 * len(todo), note)

    def name(at: int) -> str:
        return ", ".join(str(one.path) for one in todo[at][1].stretches[:5])

    with workers(count) as pool:
        index = _kept(contamination, folder / ".spool" / "evaluation.npz") if cleaning.ngram else ""
        jobs: list[tuple[object, ...]] = [(unit,) for _, unit in todo]
        for (state, _), read in zip(todo, ordered(pool, passes.read_unit, jobs, name, count), strict=True):
            note(state, read)
            step("reading")
        require_documents(states, lambda state: state.read)
        common = {id(state): boilerplate(state, cleaning) for state in states.values()}
        jobs = [(unit, common[id(state)], index) for state, unit in todo]
        hashes: list[Numbers] = [np.zeros(0, np.uint64)]
        sizes: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        bounds = [0]
        for (state, _), cleaned in zip(todo, ordered(pool, passes.clean_unit, jobs, name, count), strict=True):
            state.dropped.merge(cleaned.dropped)
            state.removed.merge(cleaned.removed)
            state.size += len(cleaned.hashes)
            hashes.append(cleaned.hashes)
            sizes.append(cleaned.characters)
            bounds.append(bounds[-1] + len(cleaned.hashes))
            step("cleaning")
        first = 0
        for state in states.values():
            state.first, first = first, first + state.size
        every, characters = np.concatenate(hashes), np.concatenate(sizes)
        marks, origin = decide([unit for _, unit in todo], bounds, every, cleaning)
        for state in states.values():
            hold_out(marks, origin, every, characters, state, cleaning)
        for state in states.values():
            state.repeats = int((marks[state.first :][: state.size] > HELDOUT).sum())
        require_documents(states, lambda state: state.size - state.repeats)
        return write(states, todo, bounds, marks, origin, characters, folder, pool, name, count, step)


def _kept(contamination: Contamination, path: Path) -> str:
    """Write the index for the other processes; "" where it is empty."""
    if not len(contamination.hashes):
        return ""
    contamination.save(path)
    return str(path)
