"""Documents as rows of tokens: cut along their structure, streamed to a memory-mapped Arrow file.

A document that is longer than a row is cut before headings, else between paragraphs, lines, sentences; each later piece
begins with the headings that it stands under, since a section without its title says half of what it says with it. The
end-of-text token follows the last piece alone: it teaches where texts end, and a cut is not an end. Packing
several rows to the context length is the trainer's part, not done here.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dsol.backend import Codec
from dsol.corpus.structure import blocks, split
from dsol.errors import DataError
from dsol.files import read_json, replace, write_json
from dsol.rows import SCHEMA
from dsol.workers import available, borrowed, ordered, workers

GROUP = 1 << 20  # bytes of documents that the tokenizer gets at once
MANY = 32 << 20  # bytes of documents from where on processes that each start the tokenizer anew are worth it
HEADINGS = 4  # at most this part of a row repeats headings
LIKELY = 6  # bytes for each token of the context: a text as long is measured block by block, not as a whole first


@dataclass(frozen=True)
class Text:
    """A document's text, the headings above it, and whether it ends here (a part of a book may not)."""

    text: str
    headings: tuple[str, ...] = ()
    ends: bool = True


def tokenise(
    documents: Path,
    codec: Codec,
    context: int,
    out: Path,
    advance: Callable[[int, int], None] = lambda done, total: None,
    processes: int = 0,
) -> dict[str, Any]:
    """Tokenise a `.jsonl` of documents (see dsol.corpus) into rows of at most `context` tokens, in bounded memory.

    The rows have the schema of dsol.rows; `labels` is null: the loss is on every token. Returns rows, tokens, documents
    and characters, which are also kept in `<out>.json`; files whose fingerprint (documents, tokenizer, context) matches
    are reused. `advance` counts bytes. `processes`: 0 takes all processors for large files; the rows are the same.
    """
    mark = fingerprint(documents, codec, context)
    facts_file = out.with_name(f"{out.name}.json")
    if out.exists() and facts_file.exists() and (kept := read_json(facts_file)).get("fingerprint") == mark:
        return dict(kept)
    facts: dict[str, Any] = {"fingerprint": mark, "rows": 0, "tokens": 0, "documents": 0, "characters": 0}
    total = documents.stat().st_size
    count = processes or (available() if total >= MANY else 1)

    def write(path: Path) -> None:
        jobs = list(_groups(documents))
        lending = (documents, codec, context, _end(codec))
        with (
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, SCHEMA) as writer,
            workers(count, lending) as pool,
        ):
            done = 0
            found = ordered(pool, _group, jobs, lambda at: f"{documents} from line {jobs[at][-1]} on", count)
            for (batches, counted), (_, size, _) in zip(found, jobs, strict=True):
                for batch in batches:
                    writer.write_batch(batch)
                for name, value in counted.items():
                    facts[name] += value
                done += size
                advance(done, total)

    replace(out, write)
    if not facts["rows"]:
        raise DataError([f"{documents}: no document in it gives a token"])
    write_json(facts_file, facts)
    return facts


def _group(start: int, size: int, first: int) -> tuple[list[pa.RecordBatch], dict[str, int]]:
    """Tokenise the documents of some bytes of the file; `first` is the number of their first line."""
    documents, codec, context, end = borrowed()
    group = _read(documents, start, size, first)
    rows = [row for one in encode(group, codec, context, end) for row in one]
    batches = [_batch(rows[at : at + 8192]) for at in range(0, len(rows), 8192)]
    return batches, {
        "rows": len(rows),
        "tokens": sum(map(len, rows)),
        "documents": len(group),
        "characters": sum(len(one.text) for one in group),
    }


def fingerprint(documents: Path, codec: Codec, context: int) -> str:
    """Hash what the rows depend on: the documents' file, the tokenizer, the context length."""
    digest = hashlib.sha256(f"{codec.fingerprint} {context} documents".encode())
    with open(documents, "rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()


def encode(group: Sequence[Text], codec: Codec, context: int, end: Sequence[int]) -> list[list[list[int]]]:
    """Tokenise documents into rows, for each a list of them; `end` is the end-of-text token, empty for none."""
    short = [at for at, one in enumerate(group) if len(one.text.encode(errors="replace")) < LIKELY * context]
    texts = ["\n\n".join([*group[at].headings, group[at].text]) for at in short]
    rows = {at: [ids] for at, ids in zip(short, codec.encode_documents(texts), strict=True) if len(ids) <= context}
    longer = [at for at in range(len(group)) if at not in rows]
    rows |= zip(longer, _cut([group[at] for at in longer], codec, context, end), strict=True)
    found = []
    for at, one in enumerate(group):
        if rows[at] and not one.ends:
            rows[at][-1] = _open(rows[at][-1], end)
        found.append([row for row in rows[at] if row])
    return found


def _cut(texts: Sequence[Text], codec: Codec, context: int, end: Sequence[int]) -> list[list[list[int]]]:
    """Cut documents that are longer than a row; the tokenizer gets the blocks of all at once, then the pieces of all.

    Few large calls are what it can share among processors.
    """

    def measure(some: Sequence[str]) -> list[int]:
        new = [one for one in dict.fromkeys(some) if one not in sizes]
        sizes.update((one, len(_open(ids, end))) for one, ids in zip(new, codec.encode_documents(new), strict=True))
        return [sizes[one] for one in some]

    sizes: dict[str, int] = {}
    measure([block for one in texts for block in blocks(one.text)])
    limit = context - len(end)
    room = max(limit - limit // HEADINGS, 1)  # headings are added to a piece
    pieces = [split(one.text, room, measure, one.headings, limit) for one in texts]
    titled = [_titled(one.text, one.headings, limit // HEADINGS, measure) for some in pieces for one in some]
    encoded = iter(codec.encode_documents(titled))
    found = []
    for some in pieces:
        rows: list[list[int]] = []
        for number, piece in enumerate(some):
            ids = next(encoded)
            again = [ids]
            if len(ids) > context:  # pieces of text merge into other tokens than those that were counted
                finer = split(piece.text, max(room // 2, 1), measure, piece.headings)
                again = codec.encode_documents([part.text for part in finer])
            last = number == len(some) - 1
            rows += [part if last and at == len(again) - 1 else _open(part, end) for at, part in enumerate(again)]
        longest = max(map(len, rows), default=0)
        if longest > context:
            raise DataError([f"a piece of {longest} tokens can't be cut to context={context}; give a longer context"])
        found.append(rows)
    return found


def _titled(text: str, headings: Sequence[str], limit: int, measure: Callable[[Sequence[str]], list[int]]) -> str:
    """Put the headings above a piece in front of it, the nearest ones where not all fit."""
    kept = list(headings)
    while kept and measure(["\n\n".join(kept)])[0] + 2 > limit:
        kept = kept[1:]
    return "\n\n".join([*kept, text.lstrip("\n")]) if kept else text


def _end(codec: Codec) -> list[int]:
    """Find the end-of-text token: what all encoded documents end with."""
    one, two = codec.encode_documents(["a", "b c"])
    return one[-1:] if one and two and one[-1] == two[-1] else []


def _open(ids: list[int], end: Sequence[int]) -> list[int]:
    return ids[: -len(end)] if end and ids[-len(end) :] == list(end) else ids


def _batch(rows: Sequence[list[int]]) -> pa.RecordBatch:
    count = len(rows)
    columns = [
        pa.array(rows, SCHEMA.field("input_ids").type),
        pa.nulls(count, SCHEMA.field("labels").type),
        pa.array([-1] * count, pa.int32()),
        pa.array([0] * count, pa.int32()),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def _groups(documents: Path) -> Iterator[tuple[int, int, int]]:
    """Part a file into whole lines of about GROUP bytes: where each part starts, its bytes, its first line's number."""
    start = size = 0
    first = 1
    with open(documents, "rb") as lines:
        for number, line in enumerate(lines, 1):
            size += len(line)
            if size >= GROUP:
                yield start, size, first
                start, size, first = start + size, 0, number + 1
    if size:
        yield start, size, first


def _read(documents: Path, start: int, size: int, first: int) -> list[Text]:
    with open(documents, "rb") as file:
        file.seek(start)
        lines = io.BytesIO(file.read(size))
    group = []
    for number, line in enumerate(lines, first):
        try:
            row = json.loads(line)
            meta = row.get("meta", {})
            group.append(Text(str(row["text"]), tuple(meta.get("headings", ())), bool(meta.get("ends", True))))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise DataError([f"{documents} line {number}: not a document ({error}); build the corpus again"]) from error
    return group
