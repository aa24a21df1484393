"""What workers do with one unit of a corpus, in three passes: read, clean, write. Each is a function of files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsol.corpus import cleaning, duplicates, language, spool
from dsol.corpus.contamination import Contamination
from dsol.corpus.document import Document
from dsol.corpus.reading import Skipped, Stretch, read
from dsol.corpus.source import Cleaning
from dsol.corpus.tally import Tally
from dsol.corpus.words import Numbers, words

FEW = 5_000  # lines up to which a unit hands on also those it saw only once
MANY = 500_000  # lines that a unit counts at a time
DROP, TRAIN, HELDOUT, SAME, NEAR = range(5)


@dataclass(frozen=True)
class Unit:
    """A unit of work: stretches of files of one source, and the stem of its own files in the spool."""

    source: str
    field: str
    stretches: tuple[Stretch, ...]
    stem: Path
    cleaning: Cleaning

    def __truediv__(self, kind: str) -> Path:
        return self.stem.with_name(f"{self.stem.name}.{kind}")


@dataclass
class Read:
    """What reading a unit gave: documents, characters, in how many of its documents each line stands."""

    documents: int = 0
    characters: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    rows: Tally = field(default_factory=Tally)


@dataclass
class Cleaned:
    """What cleaning a unit left: a hash, the length and the language of each document kept, int64, and tallies."""

    hashes: Numbers
    characters: NDArray[np.int64]
    dropped: Tally
    removed: Tally


def read_unit(unit: Unit) -> Read:
    """Read a unit's files into the spool; count its lines, to find boilerplate."""
    result = Read()
    lines: Counter[str] = Counter()
    with spool.writing(unit / "read") as writer:
        for stretch in unit.stretches:
            for one in read(stretch, unit.field, unit.cleaning.part):
                if isinstance(one, Skipped):
                    if one.place:
                        result.rows.add("unreadable row", file=one.file, place=one.place, text=one.reason)
                    else:
                        result.skipped.append(one)
                    continue
                result.documents += 1
                result.characters += len(one.text)
                if unit.cleaning.repeated:
                    lines.update(cleaning.lines(one.text))
                    if len(lines) > MANY:
                        lines = Counter({line: count for line, count in lines.items() if count > 1})
                writer.add(one)
    few = len(lines) <= FEW
    result.lines = {line: count for line, count in lines.items() if few or count > 1}
    return result


def clean_unit(unit: Unit, boilerplate: frozenset[str], contamination: str) -> Cleaned:
    """Clean a unit's documents; leave those kept, their signatures and buckets in the spool."""
    dropped, removed = Tally(), Tally()
    options = unit.cleaning
    hashes: list[Numbers] = [np.zeros(0, np.uint64)]
    sizes: list[int] = []
    with (
        spool.writing(unit / "clean") as writer,
        open(unit / "signatures", "wb") as signatures,
    ):
        for group in spool.reading(unit / "read"):
            kept = [_cleaned(document, options, boilerplate, removed) for document, _ in group]
            found = words([one.text for one in kept])
            tags = language.tag(found)
            matches = _index(contamination).search(found) if contamination else {}
            alive = []
            for at, (one, tag) in enumerate(zip(kept, tags, strict=True)):
                where = {"file": one.file, "place": one.place}
                reason = cleaning.verdict(int(found.solid[at]), int(found.letters[at]), options.least, options.letters)
                if reason:
                    dropped.add(reason, **where, text=one.text)
                elif options.languages and tag not in options.languages:
                    dropped.add(f"language {tag}", **where, text=one.text)
                elif at in matches:
                    sets = ", ".join(name for match in matches[at] for name in match.sets)
                    dropped.add("contaminated", **where, set=sets, text=matches[at][0].run)
                else:
                    alive.append(at)
                    sizes.append(len(one.text))
                    writer.add(one, tag)
            hashes.append(found.whole()[alive])
            if options.near:
                duplicates.signatures(found)[alive].tofile(signatures)
    (unit / "read").unlink()
    if options.near:
        matrix = np.fromfile(unit / "signatures", np.uint32).reshape(-1, duplicates.SLOTS)
        np.save(unit / "buckets.npy", duplicates.buckets(matrix, options.similarity))
    return Cleaned(np.concatenate(hashes), np.array(sizes, np.int64), dropped, removed)


@dataclass(frozen=True)
class Written:
    """A unit's lines of JSON: for training, for held-out loss; counts by language; places by document of a few."""

    train: bytes
    heldout: bytes
    languages: dict[str, int]
    places: dict[int, dict[str, str]]


def write_unit(unit: Unit, marks: NDArray[np.uint8], first: int, wanted: Sequence[int]) -> Written:
    """Write a unit's documents out by their marks (TRAIN, HELDOUT); ids count on from `first`.

    `wanted`: documents of the unit whose file and place are asked for.
    """
    lines: dict[int, list[str]] = {TRAIN: [], HELDOUT: []}
    languages: Counter[str] = Counter()
    places: dict[int, dict[str, str]] = {}
    number = 0
    for group in spool.reading(unit / "clean"):
        for document, tag in group:
            mark = int(marks[number])
            if number in wanted:
                places[number] = {"file": document.file, "place": document.place, "text": document.text}
            number += 1
            if mark not in lines:
                continue
            languages[tag] += 1
            meta = {
                "file": document.file,
                "place": document.place,
                "language": tag,
                "headings": document.headings,
                "ends": document.ends,
            }
            row = {"id": f"{unit.source}-{first + sum(languages.values()) - 1}", "text": document.text, "meta": meta}
            lines[mark].append(json.dumps(row, ensure_ascii=False))
    train, heldout = ("".join(line + "\n" for line in lines[mark]).encode() for mark in (TRAIN, HELDOUT))
    return Written(train, heldout, dict(languages), places)


def _cleaned(document: Document, options: Cleaning, boilerplate: frozenset[str], removed: Tally) -> Document:
    where = {"file": document.file, "place": document.place}
    text = document.text
    if options.blobs:
        text, gone = cleaning.without_blobs(text)
        if gone:
            removed.add("encoded data (characters)", gone, **where)
    if options.repeated:
        text, lines = cleaning.without_lines(text, boilerplate)
        if lines:
            removed.add("repeated line", len(lines), **where, text=lines[0])
    text = cleaning.normalise(text)
    return Document(text, document.file, document.place, document.headings, document.ends)


@lru_cache(maxsize=1)
def _index(path: str) -> Contamination:
    return Contamination.load(Path(path))
