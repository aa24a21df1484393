"""Make the seed base's data out of the folder of public data: `python -m dsol_seed.prepare PUBLIC FOLDER`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dsol.progress import Watch
from dsol_seed import citing, copying, passages, queries, records, talk
from dsol_seed.documents import CORPORA, Piece, pieces, trained_on
from dsol_seed.row import Task

COPIED, TOLD = 14_000, 8_000  # rows
EACH = 12  # rows that are read of a table


def prepare(public: Path, folder: Path, watch: Watch) -> None:
    """Write `documents/<corpus>.jsonl`, `tasks/<task>.jsonl`, what is kept back of both in `heldout/`, and counts."""
    counts: dict[str, Any] = {"documents": {}, "tasks": {}}
    found: list[Piece] = []
    with watch.step("cut the documents") as advance:
        for done, corpus in enumerate(CORPORA, 1):
            some = pieces(public, corpus)
            found += some
            kept = [piece for piece in some if not trained_on(piece)]
            _write(folder / f"documents/{corpus.name}.jsonl", _texts([one for one in some if trained_on(one)]))
            _write(folder / f"heldout/documents/{corpus.name}.jsonl", _texts(kept))
            counts["documents"][corpus.name] = {"pieces": len(some), "kept_back": len(kept)}
            advance(done, len(CORPORA))
    listed, bare = queries.queries(public, folder / "work", watch)
    with watch.step("make the other tasks"):
        asked = passages.all_asked(public)
        rows = records.records(folder / "work/databases", EACH)
        tasks = {
            "queries": listed,
            "queries_bare": bare,
            "copying": copying.copying(found, COPIED),
            "fields": records.fields(rows, TOLD),
            "triples": records.triples(public, rows, TOLD // 2),
            "things": records.things(public),
            "answering": passages.answering(asked),
            "asking": passages.asking(asked),
            "citing": citing.citing(asked),
            "talk": talk.talk(),
        }
        for name, task in tasks.items():
            _write(folder / f"tasks/{name}.jsonl", (row.messages() for row in task.training))
            _write(folder / f"heldout/tasks/{name}.jsonl", (row.messages() for row in task.kept_back))
            counts["tasks"][name] = _counted(task)
    (folder / "counts.json").write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")


def _texts(some: Iterable[Piece]) -> Iterable[Mapping[str, Any]]:
    return ({"id": f"{piece.about}/{at}", "text": piece.text} for at, piece in enumerate(some))


def _counted(task: Task) -> dict[str, int]:
    size = sum(len(row.system) + len(row.user) + len(row.answer) for row in task.training)
    return {"rows": len(task.training), "kept_back": len(task.kept_back), "characters": size}


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as handle:
        handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), Path(sys.argv[2]), Watch())
