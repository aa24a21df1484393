"""Tokenised rows: rendered and tokenised once, kept as memory-mapped Arrow files, ordered later by index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from dsol import prefix
from dsol.backend import NO_LOSS, Codec, TokenRow
from dsol.errors import DataError
from dsol.files import read_json, replace, write_json
from dsol.prompt import Prompt
from dsol.sample import Sample

TOGETHER = 128  # samples that the tokenizer gets at once
WORTH = 0.25  # what parting rows with a common prefix has to save more (see prefix.group)

# Null `labels` mean that the loss is on every token, as in documents, whose tokens needn't be kept twice.
SCHEMA = pa.schema(
    [
        ("input_ids", pa.list_(pa.int32())),
        ("labels", pa.list_(pa.int32())),
        ("prefix", pa.int32()),
        ("prefix_length", pa.int32()),
    ]
)


def fingerprint(
    sources: Mapping[str, Sequence[Sample]], prompts: Mapping[str, Prompt], codec: Codec, context: int
) -> str:
    """Hash what the rows depend on: samples, prompts, the tokenizer with its template, the context length."""
    digest = hashlib.sha256(f"{codec.fingerprint} {context}".encode())
    for name in sorted(sources):
        digest.update(f"{name} {prompts[name].template!r}".encode())
        for sample in sources[name]:
            digest.update(json.dumps([sample.input, sample.target], sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()


def tokenise(
    sources: Mapping[str, Sequence[Sample]],
    prompts: Mapping[str, Prompt],
    codec: Codec,
    context: int,
    folder: Path,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Path]:
    """Render each source with its prompt and tokenise it once into `folder/<source>.arrow`; reuse what is unchanged.

    Prefix groups are found over all sources together. Rows longer than `context` tokens are left out and counted in
    `folder/rows.json`; a source that loses every row is a DataError. Returns the files by source name.
    """
    files = {name: folder / f"{name}.arrow" for name in sources}
    mark = fingerprint(sources, prompts, codec, context)
    facts_file = folder / "rows.json"
    if (
        facts_file.exists()
        and all(path.exists() for path in files.values())
        and read_json(facts_file)["fingerprint"] == mark
    ):
        return files
    rows: list[TokenRow] = []
    bounds: dict[str, tuple[int, int]] = {}
    too_long: dict[str, int] = {}
    total = sum(len(samples) for samples in sources.values())
    done = 0
    for name in sorted(sources):
        start = len(rows)
        for at in range(0, len(sources[name]), TOGETHER):
            some = sources[name][at : at + TOGETHER]
            rows += [row for row in _encode(some, prompts[name], codec) if len(row.input_ids) <= context]
            done += len(some)
            advance(done, total)
        bounds[name] = (start, len(rows))
        too_long[name] = len(sources[name]) - (len(rows) - start)
        if sources[name] and start == len(rows):
            raise DataError([f"source {name}: all {len(sources[name])} rows are longer than context={context} tokens"])
    groups = prefix.group([row.input_ids for row in rows], [_sharable(row) for row in rows], worth=WORTH)
    ids, lengths = prefix.columns(groups, len(rows))
    for name, (start, end) in bounds.items():
        table = pa.table(
            {
                "input_ids": [row.input_ids for row in rows[start:end]],
                "labels": [row.labels for row in rows[start:end]],
                "prefix": ids[start:end],
                "prefix_length": lengths[start:end],
            },
            schema=SCHEMA,
        )
        replace(files[name], lambda path, table=table: _write(path, table))  # type: ignore[misc]
    write_json(
        facts_file,
        {
            "fingerprint": mark,
            "rows": {name: end - start for name, (start, end) in bounds.items()},
            "tokens": {name: sum(len(r.input_ids) for r in rows[start:end]) for name, (start, end) in bounds.items()},
            "too_long": too_long,
            "prefix_groups": len(groups),
            "prefix_tokens_saved": sum((len(one.rows) - 1) * one.length for one in groups),
        },
    )
    return files


def read(path: Path) -> pa.Table:
    """Open a row file memory-mapped: reading a row touches only its pages."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def thin(path: Path, tokens: int, out: Path) -> None:
    """Write so many of a file's rows, evenly spaced, that they have about `tokens` tokens; at least one, all if few.

    They go to another file: what is thinned in its place would be thinned again by a process that goes on after a kill.
    """
    table = read(path)
    lengths = sizes(path)[0]
    total = int(lengths.sum())
    if total > tokens:
        count = max(1, round(len(lengths) * tokens / total))
        picked = np.unique(np.linspace(0, len(lengths) - 1, count).round().astype(np.int64))
        table = table.take(pa.array(picked))
    replace(out, lambda temporary: _write(temporary, table))


def sizes(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read length in tokens, prefix group and prefix length of every row of a file, each int64 (n,)."""
    import pyarrow.compute as compute

    table = read(path)
    lengths = compute.list_value_length(table["input_ids"])
    columns = (lengths, table["prefix"], table["prefix_length"])
    first, second, third = (column.to_numpy().astype(np.int64) for column in columns)
    return first, second, third


def _encode(samples: Sequence[Sample], prompt: Prompt, codec: Codec) -> Iterator[TokenRow]:
    """Tokenise samples, the chats among them together."""
    chats = iter(codec.encode_chats([(prompt.chat(one.input), one.target) for one in samples if one.input is not None]))
    for sample in samples:
        yield next(chats) if sample.input is not None else codec.encode(None, sample.target)


def _sharable(row: TokenRow) -> int:
    """Count the leading tokens that may be shared: all before the first with loss, but one."""
    unlabelled = next((at for at, label in enumerate(row.labels) if label != NO_LOSS), len(row.labels))
    return unlabelled - 1


def _write(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_table(table)
