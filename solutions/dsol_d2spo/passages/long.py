"""Extract from a text of any length, passage by passage, in a folder from which it goes on after a stop."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from dsol import RunError
from dsol.files import read_json, write_json
from dsol_d2spo.passages.merging import merge
from dsol_d2spo.passages.pieces import Cutting, Piece, cut
from dsol_d2spo.schema import Schema
from dsol_d2spo.triple import Dropped, Found, Output, Span

BATCH = 8  # passages that are asked for at once, each with many prompts: what a stop loses at most
LOG = "passages.jsonl"
ABOUT = "document.json"

# Passages -> what is in each, spans counted from the passage's beginning, not merged with each other.
Answer = Callable[[Sequence[str]], Sequence[Output]]


class Limits(Cutting, Protocol):
    """The settings that a long text needs."""

    @property
    def triples(self) -> int: ...

    @property
    def aliases(self) -> bool: ...


def extract(
    text: str,
    answer: Answer,
    settings: Limits,
    schema: Schema,
    *,
    folder: Path | None = None,
    by: str = "",
    batch: int = BATCH,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Output:
    """Extract from a text: cut it, answer its passages in batches, merge what they gave.

    With a `folder` each batch is written there as JSON lines at once, and a second call goes on behind the last one;
    `by` names who answers (model, schema, settings), and a folder begun with another text, cut or answerer is a
    RunError. What isn't merged yet lies in memory only where there is no folder. `advance` counts passages.
    """
    pieces = cut(text, settings)
    log = _Log(folder, _mark(text, pieces, by), len(pieces)) if folder else None
    found: list[Output] = []
    done = log.done if log else 0
    advance(done, len(pieces))
    while done < len(pieces):
        batched = pieces[done : done + batch]
        answers = answer([piece.text for piece in batched])
        moved = [_moved(one, piece) for one, piece in zip(answers, batched, strict=True)]
        if log:
            log.add(moved)
        else:
            found += moved
        done += len(batched)
        advance(done, len(pieces))
    outputs = list(log.outputs() if log else found)
    triples = merge(text, [one for output in outputs for one in output.triples], schema, aliases=settings.aliases)
    dropped = [one for output in outputs for one in output.dropped]
    most = settings.triples or len(triples)
    dropped += [Dropped(text=_plain(one), reason="too_many") for one in triples[most:]]
    return Output(triples=tuple(triples[:most]), dropped=tuple(dropped))


def _moved(output: Output, piece: Piece) -> Output:
    """Count an answer's spans from the beginning of the whole text."""
    return output.model_copy(update={"triples": tuple(_shifted(one, piece.start) for one in output.triples)})


def _shifted(one: Found, by: int) -> Found:
    names = ("subject_spans", "object_spans", "subject_aliases", "object_aliases", "evidence")
    return one.model_copy(
        update={
            name: tuple(Span(start=span.start + by, end=span.end + by) for span in getattr(one, name)) for name in names
        }
    )


def _plain(one: Found) -> str:
    return json.dumps([one.subject, one.predicate, one.object], ensure_ascii=False)


def _mark(text: str, pieces: Sequence[Piece], by: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    digest.update(json.dumps([by, [(piece.start, len(piece.text)) for piece in pieces]]).encode())
    return digest.hexdigest()


class _Log:
    """The answers so far, one line a passage; a line that a kill cut short is written again."""

    def __init__(self, folder: Path, mark: str, passages: int) -> None:
        self._path = folder / LOG
        about = folder / ABOUT
        if about.exists() and (before := _about(about)).get("mark") != mark:
            raise RunError(
                f"{folder} holds answers to {before.get('passages', 'other')} passages of another text, or by another "
                "model or other settings; name another folder, or remove this one"
            )
        if not about.exists():
            self._path.unlink(missing_ok=True)
            write_json(about, {"mark": mark, "passages": passages})
        ends = [end for _, end in self._whole()]
        self.done = len(ends)
        if self._path.exists():
            with open(self._path, "rb+") as file:
                file.truncate(ends[-1] if ends else 0)

    def add(self, outputs: Sequence[Output]) -> None:
        with open(self._path, "ab") as file:
            file.write(b"".join(one.model_dump_json().encode() + b"\n" for one in outputs))

    def outputs(self) -> Iterator[Output]:
        for output, _ in self._whole():
            yield output

    def _whole(self) -> Iterator[tuple[Output, int]]:
        """Yield each whole line's answer and where the line ends."""
        if not self._path.exists():
            return
        end = 0
        with open(self._path, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                end += len(line)
                try:
                    yield Output.model_validate_json(line), end
                except ValidationError as error:
                    raise RunError(f"{self._path} is damaged; remove {self._path.parent} and start again") from error


def _about(path: Path) -> dict[str, Any]:
    found = read_json(path)
    return found if isinstance(found, dict) else {}
