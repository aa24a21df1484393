"""From a recipe's sources to clean documents: read, clean, drop duplicates and evaluation texts, hold some out.

Three passes, each in units of some megabytes: reading (into a spool on disk, counting lines), cleaning (with signatures
for duplicates), writing. Between them stand decisions over all documents, for which 40 bytes of each are held. Results
don't depend on the number of workers.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsol.corpus import duplicates, passes
from dsol.corpus.contamination import Contamination
from dsol.corpus.passes import HELDOUT, NEAR, SAME, TRAIN, Unit
from dsol.corpus.reading import Skipped, units
from dsol.corpus.source import RANK, Cleaning, Source, check
from dsol.corpus.tally import EXAMPLES, Tally
from dsol.corpus.words import Numbers, Places
from dsol.errors import DataError
from dsol.run import replace, write_json
from dsol.workers import available, ordered, workers

SMALL = 4 << 20  # bytes of a corpus for which starting processes doesn't pay
REPORT = "corpus.json"
OFTEN = 1000  # documents with one line, from which on it is boilerplate however large the source
SOME = 8  # documents held out of a source that has ten times as many
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


def build(
    sources: Mapping[str, Source],
    cleaning: Cleaning,
    evaluation: Mapping[str, Iterable[str]],
    folder: Path,
    advance: Callable[..., None] = lambda done, total, note="": None,
    processes: int = 0,
) -> dict[str, Any]:
    """Write `<source>.jsonl` and `heldout/<source>.jsonl` (id, text, meta), and return and keep the report.

    A document that stands in several sources stays in the first by kind (standard and book, paper, site, news,
    general), then in the recipe's order; `evaluation` holds the texts of each set that must not be trained on. The
    report, `corpus.json`, is written last: without it nothing counts as built. A source from which nothing is left is
    a DataError, and so is a missing path. `processes` 0 takes as many as there are processors.
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
        report = _passes(states, cleaning, evaluation, folder, advance, count)
    finally:
        shutil.rmtree(spool, ignore_errors=True)
    report = {name: report[name] for name in sources}
    write_json(folder / REPORT, report)
    return report


def _passes(
    states: dict[str, State],
    cleaning: Cleaning,
    evaluation: Mapping[str, Iterable[str]],
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
        contamination = _contamination(cleaning, evaluation, folder / ".spool" / "evaluation.npz")
        jobs: list[tuple[object, ...]] = [(unit,) for _, unit in todo]
        for (state, _), read in zip(todo, ordered(pool, passes.read_unit, jobs, name, count), strict=True):
            _note(state, read)
            step("reading")
        _nothing_left(states, lambda state: state.read)
        common = {id(state): _boilerplate(state, cleaning) for state in states.values()}
        jobs = [(unit, common[id(state)], contamination) for state, unit in todo]
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
        marks, origin = _decide([unit for _, unit in todo], bounds, every, cleaning)
        for state in states.values():
            _hold_out(marks, origin, every, characters, state, cleaning)
        for state in states.values():
            state.repeats = int((marks[state.first :][: state.size] > HELDOUT).sum())
        _nothing_left(states, lambda state: state.size - state.repeats)
        return _write(states, todo, bounds, marks, origin, characters, folder, pool, name, count, step)


def _contamination(cleaning: Cleaning, evaluation: Mapping[str, Iterable[str]], path: Path) -> str:
    if not cleaning.ngram or not evaluation:
        return ""
    Contamination.of(evaluation, cleaning.ngram).save(path)
    return str(path)


def _note(state: State, read: passes.Read) -> None:
    state.read += read.documents
    state.characters += read.characters
    state.skipped += read.skipped
    state.rows.merge(read.rows)
    state.lines.update(read.lines)
    if len(state.lines) > LINES:  # lossy counting: what is rare so far can't become boilerplate soon
        least = sorted(state.lines.values())[len(state.lines) // 2]
        state.lines = Counter({line: count for line, count in state.lines.items() if count > least})


def _boilerplate(state: State, cleaning: Cleaning) -> frozenset[str]:
    if not cleaning.repeated:
        return frozenset()
    often = max(5, min(OFTEN, cleaning.repeated * state.read))
    found = frozenset(line for line, count in state.lines.items() if count >= often)
    state.lines = Counter()
    return found


def _nothing_left(states: Mapping[str, State], left: Callable[[State], int]) -> None:
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


def _decide(
    todo: Sequence[Unit], bounds: list[int], hashes: Numbers, cleaning: Cleaning
) -> tuple[NDArray[np.uint8], Places]:
    """Mark every document as kept or as a duplicate, and name the one that it repeats (-1: none)."""
    origin = duplicates.repeated(hashes) if cleaning.exact else np.full(len(hashes), -1, np.int64)
    marks = np.where(origin >= 0, SAME, TRAIN).astype(np.uint8)
    if cleaning.near and len(hashes):
        bands, _ = duplicates.banding(cleaning.similarity)

        def column(band: int) -> Numbers:
            return np.concatenate([np.load(unit / "buckets.npy", mmap_mode="r")[band] for unit in todo])

        def fetch(places: Places) -> NDArray[np.uint32]:
            found = np.zeros((len(places), duplicates.SLOTS), np.uint32)
            owners = np.searchsorted(bounds, places, "right") - 1
            for owner in np.unique(owners):
                with open(todo[owner] / "signatures", "rb") as file:
                    for at in np.flatnonzero(owners == owner):
                        file.seek(int(places[at] - bounds[owner]) * duplicates.SLOTS * 4)
                        found[at] = np.frombuffer(file.read(duplicates.SLOTS * 4), np.uint32)
            return found

        close = duplicates.near(map(column, range(bands)), origin < 0, fetch, cleaning.similarity)
        marks[close >= 0] = NEAR
        origin = np.where(close >= 0, close, origin)
    return marks, origin


def _hold_out(
    marks: NDArray[np.uint8],
    origin: Places,
    hashes: Numbers,
    characters: NDArray[np.int64],
    state: State,
    cleaning: Cleaning,
) -> None:
    """Mark a share of a source's documents as held out, chosen by the hash of their text: the same in every run."""
    here = state.first + np.flatnonzero(marks[state.first : state.first + state.size] == TRAIN)
    if not cleaning.heldout or not cleaning.heldout_characters:
        return
    wanted = max(round(cleaning.heldout * len(here)), min(SOME, len(here) // 10))
    order = here[np.argsort(hashes[here], kind="stable")][:wanted]
    fitting = np.cumsum(characters[order]) <= max(
        cleaning.heldout_characters, int(characters[order[0]]) if len(order) else 0
    )
    chosen = order[fitting]
    marks[chosen] = HELDOUT
    if not cleaning.exact:  # then copies of a held-out text would stay in training
        copies = np.flatnonzero(np.isin(hashes, hashes[chosen]) & (marks == TRAIN))
        marks[copies] = SAME
        origin[copies] = chosen[np.searchsorted(hashes[chosen], hashes[copies])]


def _write(
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
