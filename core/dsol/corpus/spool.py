"""Documents between two passes over a corpus: compressed Arrow files, one for each unit of work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from dsol.corpus.document import Document

SCHEMA = pa.schema(
    [
        ("text", pa.large_string()),
        ("file", pa.string()),
        ("place", pa.string()),
        ("headings", pa.list_(pa.string())),
        ("ends", pa.bool_()),
        ("language", pa.string()),
    ]
)
GROUP = 1 << 17  # characters in one batch: what numpy works on at once, small enough for a processor's cache


@dataclass
class Writer:
    """Collect documents into batches of an open file."""

    file: Any
    texts: list[tuple[Document, str]] = field(default_factory=list)
    size: int = 0

    def add(self, document: Document, language: str = "") -> None:
        """Add a document."""
        self.texts.append((document, language))
        self.size += len(document.text)
        if self.size >= GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        if self.texts:
            some = [document for document, _ in self.texts]
            columns = [
                pa.array([one.text for one in some], pa.large_string()),
                pa.array([one.file for one in some], pa.string()),
                pa.array([one.place for one in some], pa.string()),
                pa.array([list(one.headings) for one in some], pa.list_(pa.string())),
                pa.array([one.ends for one in some], pa.bool_()),
                pa.array([language for _, language in self.texts], pa.string()),
            ]
            self.file.write_batch(pa.record_batch(columns, schema=SCHEMA))
        self.texts, self.size = [], 0


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Open a file for documents."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA, options=options) as file:
        writer = Writer(file)
        yield writer
        writer.flush()


def reading(path: Path) -> Iterator[Sequence[tuple[Document, str]]]:
    """Read the documents, with their languages, batch by batch."""
    with pa.OSFile(str(path), "rb") as source:
        file = pa.ipc.open_file(source)
        for number in range(file.num_record_batches):
            columns = file.get_batch(number).to_pydict()
            yield [
                (Document(text, name, place, tuple(headings), ends), language)
                for text, name, place, headings, ends, language in zip(*columns.values(), strict=True)
            ]
