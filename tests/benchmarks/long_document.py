"""A document of 50,000 words: what is found in it against what its parts give alone, killed halfway and continued.

    python tests/benchmarks/long_document.py --run runs/d2spo --rows dev_revised.json --folder OUT [--documents 100]

Labelled rows (any format that D2SPO reads) are joined to so many documents of about the same length, these to one
file with a heading each. The documents are extracted one by one; the file is extracted by the same command, killed
when half of its passages are answered, and started again. Prints recall of the labelled triples (any name of both
ends) both ways, passages answered before and after the kill, the peak memory and the time. Run by hand.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from dsol_d2spo.document import Document
from dsol_d2spo.labelled import documents
from dsol_d2spo.names.naming import key
from dsol_d2spo.passages.pieces import cut
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings

LOG = "passages.jsonl"


def joined(rows: Sequence[Document], count: int, words: int) -> list[list[Document]]:
    """Deal rows out to documents, in order, up to so many words in all."""
    found: list[list[Document]] = [[]]
    used = total = 0
    for row in rows:
        length = len(row.text.split())
        if total + length > words:
            break
        if used + length > words / count and found[-1] and len(found) < count:
            found.append([])
            used = 0
        found[-1].append(row)
        used += length
        total += length
    return found


def watched(command: Sequence[str], done: Callable[[], bool]) -> tuple[float, int]:
    """Run a command until it ends, or kill it when `done`; return its seconds and its peak memory in MB."""
    import psutil

    started, peak = time.monotonic(), 0
    process = subprocess.Popen([sys.executable, "-m", "dsol", *command])
    while process.poll() is None:
        try:
            peak = max(peak, psutil.Process(process.pid).memory_info().rss >> 20)
        except psutil.Error:
            break
        if done():
            process.kill()
        time.sleep(0.2)
    killed = process.wait() == -9
    if process.returncode and not killed:
        raise SystemExit(f"dsol {' '.join(command)} failed")
    return time.monotonic() - started, peak


def answered(folder: Path) -> int:
    """Count the passages that were answered so far."""
    return sum(path.read_bytes().count(b"\n") for path in folder.rglob(LOG))


def found_in(path: Path) -> set[tuple[str, str, str]]:
    """Read the triples of an exported file."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {(key(row["subject"]), row["predicate"], key(row["object"])) for row in rows}


def recalled(groups: Iterable[Sequence[Document]], schema: Schema, found: set[tuple[str, str, str]]) -> tuple[int, int]:
    """Count the labelled triples of the schema that were found, by any names of both ends, and all of them."""
    known = {one.predicate for one in schema.predicates}
    wanted = [gold for group in groups for row in group for gold in row.gold if gold.triple.predicate in known]
    got = [
        any((key(a), gold.triple.predicate, key(b)) in found for a in gold.subject_names for b in gold.object_names)
        for gold in wanted
    ]
    return sum(got), len(got)


def main() -> None:
    """Extract both ways, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--words", type=int, default=50_000)
    given = parser.parse_args()
    parts, folder = given.folder / "parts", given.folder / "passages"
    parts.mkdir(parents=True)
    groups = joined(documents.read([given.rows]), given.documents, given.words)
    texts = ["\n\n".join(row.text for row in group) for group in groups]
    for at, text in enumerate(texts):
        (parts / f"{at:04}.txt").write_text(text, encoding="utf-8")
    whole = given.folder / "whole.md"
    whole.write_text("".join(f"# Part {at}\n\n{text}\n\n" for at, text in enumerate(texts)), encoding="utf-8")
    schema = Schema.model_validate(json.loads((given.run / "data" / "schema.json").read_text(encoding="utf-8")))
    if not recalled(groups, schema, set())[1]:
        raise SystemExit(f"{given.rows}: no triple has a predicate of the run's schema; are they named alike?")
    command = ("d2spo", "extract", "--run", str(given.run))
    one_by_one, _ = watched((*command, str(parts), "--to", str(given.folder / "parts.jsonl")), lambda: False)
    again: tuple[Any, ...] = (*command, str(whole), "--folder", str(folder), "--to", str(given.folder / "whole.jsonl"))
    passages = len(cut(whole.read_text(encoding="utf-8"), Settings()))
    first, peak = watched(again, lambda: answered(folder) >= passages / 2)
    before = answered(folder)
    second, later = watched(again, lambda: False)
    table = Table("", "recall", "found", "seconds", "peak MB", title=f"{sum(len(t.split()) for t in texts):,} words")
    scores = {}
    for name, seconds, memory in (("parts", one_by_one, 0), ("whole", first + second, max(peak, later))):
        triples = found_in(given.folder / f"{name}.jsonl")
        right, wanted = recalled(groups, schema, triples)
        scores[name] = right
        table.add_row(
            name, f"{right}/{wanted} = {right / wanted:.1%}", f"{len(triples):,}", f"{seconds:.0f}", f"{memory or ''}"
        )
    Console().print(table)
    print(f"recall of the whole against its parts: {scores['whole'] / scores['parts']:.3f}")
    print(f"killed after {before} of {passages} passages, then {answered(folder) - before} more")


if __name__ == "__main__":
    main()
