"""Files as the texts that a person has in them, whole: what a question is asked of, not what a corpus is cut from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dsol.corpus.cleaning import normalise
from dsol.corpus.document import Document, Unreadable
from dsol.corpus.reading import Stretch, rows
from dsol.corpus.records import WHOLE
from dsol.corpus.source import FORMATS

PRINTED = (".pdf", ".docx", ".html", ".htm")  # there is no text behind them that places could point into


def read_whole(paths: Sequence[Path], field: str = "text") -> tuple[list[Document], list[tuple[Path, str]]]:
    """Read files of any format that corpora may have; each is one text, or one per row where it has rows.

    The text of `.txt` and of rows is as it stands there, so that places in it hold for the file; of other formats it is
    brought into one form. `field`: which one of a row is the text. Returns also what can't be read: file, and reason
    with the row's place.
    """
    found: list[Document] = []
    problems: list[tuple[Path, str]] = []
    for path in paths:
        try:
            for row in rows(_stretch(path), field):
                if isinstance(row, tuple):
                    problems.append((path, f"{row[0]}: {row[1]}"))
                elif row.text.strip():
                    text = normalise(row.text) if path.suffix.lower() in PRINTED else row.text
                    found.append(Document(text, row.file, row.place))
                else:
                    problems.append((path, f"{row.place}: empty" if row.place else "empty"))
        except Unreadable as error:
            problems.append((path, str(error)))
        except OSError as error:
            problems.append((path, f"can't be opened: {error.strerror or error}"))
    return found, problems


def _stretch(path: Path) -> Stretch:
    """Take a file as one stretch; Unreadable says why it isn't read."""
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise Unreadable(f"format {kind or 'without an ending'} is not read (there is: {' '.join(FORMATS)})")
    size = path.stat().st_size
    if path.is_dir():
        raise Unreadable("a folder; name its files")
    if not size:
        raise Unreadable("empty")
    if kind == ".parquet":
        from dsol.corpus.records import row_groups

        return Stretch(path, 0, len(row_groups(path)))
    if kind in (".txt", ".md", ".jsonl"):
        from dsol.corpus.encoding import detect_file

        if size > WHOLE:
            raise Unreadable(f"over {WHOLE >> 20} MB; cut it into several files")
        return Stretch(path, 0, size, detect_file(path))
    return Stretch(path)
