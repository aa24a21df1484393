"""Files as documents: cut into units of work, read in a stream, long texts in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsol.corpus import markup, pdf, records
from dsol.corpus.cleaning import normalise
from dsol.corpus.document import Document, Unreadable
from dsol.corpus.encoding import decode, detect_file
from dsol.corpus.structure import parts

UNIT = 8 << 20  # bytes of one unit of work: bounds the memory of a worker
WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")


@dataclass(frozen=True)
class Stretch:
    """A file, or a part of one: bytes of text and JSON Lines, row groups of Parquet; `end` 0 is all of it."""

    path: Path
    start: int = 0
    end: int = 0
    encoding: str = ""


@dataclass(frozen=True)
class Skipped:
    """A file that gave nothing, with the reason; with a `place`, a row of one."""

    file: str
    reason: str
    place: str = ""


def units(files: Sequence[Path], skipped: list[Skipped]) -> list[list[Stretch]]:
    """Cut a source's files into units of about the same size; files that show at once to be unreadable are skipped."""
    found: list[list[Stretch]] = []
    small: list[Stretch] = []
    size = 0
    for path in files:
        try:
            stretches = _stretches(path)
        except (Unreadable, OSError) as error:
            skipped.append(Skipped(str(path), str(error)))
            continue
        if len(stretches) == 1 and path.stat().st_size < UNIT:
            if small and (size + path.stat().st_size > UNIT or len(small) >= 500):
                found.append(small)
                small, size = [], 0
            small.append(stretches[0])
            size += path.stat().st_size
        else:
            found += [small] if small else []
            small, size = [], 0
            found += [[stretch] for stretch in stretches]
    return [*found, small] if small else found


def read(stretch: Stretch, field: str, part: int) -> Iterator[Document | Skipped]:
    """Read documents; what can't be read is yielded as skipped, with the reason."""
    path = str(stretch.path)
    empty = True
    reason = ""
    try:
        for row in rows(stretch, field):
            if isinstance(row, tuple):
                reason = reason or row[1]
                yield Skipped(path, row[1], row[0])
                continue
            for document in _parts(row, part):
                empty = False
                yield document
        if empty and reason:
            yield Skipped(path, f"no row can be read: {reason}")
        elif empty and not stretch.start:
            yield Skipped(path, "empty")
    except (Unreadable, OSError) as error:
        yield Skipped(path, str(error))


def _stretches(path: Path) -> list[Stretch]:
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("empty")
    kind = path.suffix.lower()
    if kind in (".jsonl", ".txt", ".md"):
        encoding = detect_file(path)
        if encoding in WIDE:
            return [Stretch(path, 0, size, encoding)]
        return [Stretch(path, start, min(start + UNIT, size), encoding) for start in range(0, size, UNIT)]
    if kind == ".parquet":
        return list(_groups(path))
    return [Stretch(path)]


def _groups(path: Path) -> Iterator[Stretch]:
    sizes = records.row_groups(path)
    first, total = 0, 0
    for at, size in enumerate(sizes, 1):
        total += size
        if total >= UNIT or at == len(sizes):
            yield Stretch(path, first, at)
            first, total = at, 0
    if not sizes:
        raise Unreadable("empty")


def rows(stretch: Stretch, field: str) -> Iterator[records.Row]:
    """Read what a file holds, as it stands there; Unreadable where that can't be."""
    path, kind = stretch.path, stretch.path.suffix.lower()
    if kind == ".jsonl":
        if stretch.encoding in WIDE:
            yield from records.json_lines_wide(path, field, stretch.encoding)
        else:
            yield from records.json_lines(path, field, stretch.start, stretch.end, stretch.encoding)
    elif kind == ".parquet":
        yield from records.parquet(path, field, stretch.start, stretch.end)
    elif kind == ".csv":
        yield from records.table(path, field)
    elif kind == ".json":
        yield from records.json_array(path, field)
    elif kind == ".pdf":
        yield Document(pdf.read(path), str(path))
    elif kind == ".docx":
        yield Document(markup.docx(path), str(path))
    elif kind in (".html", ".htm"):
        if path.stat().st_size > records.WHOLE:
            raise Unreadable(f"a page over {records.WHOLE >> 20} MB")
        yield Document(markup.html(decode(path.read_bytes())), str(path))
    else:
        yield _text(stretch, markdown=kind == ".md")


def _text(stretch: Stretch, markdown: bool) -> Document:
    """Read the lines of plain text that begin within a stretch."""
    path, size = stretch.path, stretch.path.stat().st_size
    whole = stretch.start == 0 and stretch.end == size
    if whole and size > records.WHOLE:
        raise Unreadable(
            f"a {stretch.encoding} file over {records.WHOLE >> 20} MB has to be read at once; save it as UTF-8"
        )
    with open(path, "rb") as file:
        if stretch.start:
            file.seek(stretch.start - 1)
            file.readline(UNIT)
        data = file.read(max(stretch.end - file.tell(), 0))
        data += file.readline(UNIT) if stretch.end < size and not data.endswith(b"\n") else b""
    try:
        text = decode(data) if whole else data.decode(stretch.encoding if stretch.start == 0 else _inner(stretch))
    except UnicodeDecodeError as error:
        raise Unreadable(f"not decodable as {stretch.encoding} near byte {stretch.start + error.start}") from error
    place = "" if whole else f"byte {stretch.start}"
    return Document(markup.markdown(text) if markdown else text, str(path), place, ends=stretch.end == size)


def _inner(stretch: Stretch) -> str:
    return "utf-8" if stretch.encoding == "utf-8-sig" else stretch.encoding


def _parts(document: Document, size: int) -> Iterator[Document]:
    pieces = parts(normalise(document.text), size)
    for number, piece in enumerate(pieces, 1):
        place = document.place if len(pieces) == 1 else f"{document.place} part {number}".strip()
        yield Document(piece.text, document.file, place, piece.headings, document.ends and number == len(pieces))
