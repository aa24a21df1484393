"""HTML and DOCX files as markdown: headings, lists and tables stay what they are.

trafilatura (Apache-2.0) finds a web page's own text among navigation and banners; python-docx (MIT) reads Word files.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from dsol.corpus.document import Unreadable

LARGEST = 256 << 20  # bytes that a DOCX may unpack to: more is a zip bomb or no document
FRONT = re.compile(r"\A---[ \t]*\n(?:[^\n]*\n){0,60}?---[ \t]*(?:\n|\Z)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def html(text: str) -> str:
    """Turn a page into markdown: the main content alone where it can be told, else all visible text."""
    import logging

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of each empty page; the report names them
    found = trafilatura.extract(
        text,
        output_format="markdown",
        include_formatting=True,
        include_links=False,
        include_comments=False,
        favor_recall=True,
        config=_settings(),
    )
    return found or trafilatura.html2txt(text) or ""


@cache
def _settings() -> Any:
    """Take short pages for what they are: trafilatura expects articles and gives up on less than 250 characters."""
    from trafilatura.settings import use_config

    config = use_config()
    for name in ("MIN_EXTRACTED_SIZE", "MIN_OUTPUT_SIZE"):
        config.set("DEFAULT", name, "1")
    return config


def markdown(text: str) -> str:
    """Leave out what markdown files hold for machines: front matter and comments."""
    return COMMENT.sub("", FRONT.sub("", text))


def docx(path: Path) -> str:
    """Read a Word file; Unreadable says why it can't be."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import LxmlError

    with open(path, "rb") as file:
        if file.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise Unreadable("encrypted, or an old .doc; save it as .docx without a password")
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST:
                raise Unreadable(f"unpacks to more than {LARGEST >> 20} MB")
        document = docx.Document(str(path))
        return "\n\n".join(_blocks(document))
    except (
        zipfile.BadZipFile,
        PackageNotFoundError,
        LxmlError,
        KeyError,
        ValueError,
        AttributeError,
        OSError,
    ) as error:
        # python-docx reads a package's parts by name and raises whatever a missing one leads to.
        raise Unreadable(f"a broken DOCX ({type(error).__name__}: {str(error)[:80]})") from error


def _blocks(document: Any) -> Iterator[str]:
    from docx.table import Table

    listed: list[str] = []
    for item in document.iter_inner_content():
        if not isinstance(item, Table) and (mark := _bullet(item)) and item.text.strip():
            listed.append(mark + item.text.strip())
            continue
        if listed:
            yield "\n".join(listed)
            listed = []
        if isinstance(item, Table):
            yield table([[cell.text for cell in _cells(row)] for row in item.rows])
        elif item.text.strip():
            yield "#" * _deep(item) + " " * bool(_deep(item)) + item.text.strip()
    if listed:
        yield "\n".join(listed)


def table(rows: list[list[str]]) -> str:
    """Write rows as a markdown table, the first as its head."""
    lines = ["| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |" for row in rows]
    if lines:
        lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


def _cells(row: Any) -> list[Any]:
    """List a row's cells; a merged one, which python-docx repeats, once."""
    found: list[Any] = []
    for cell in row.cells:
        if not found or cell._tc is not found[-1]._tc:
            found.append(cell)
    return found


def _deep(paragraph: Any) -> int:
    name = paragraph.style.name if paragraph.style is not None else ""
    match = re.fullmatch(r"(?:Heading|标题|標題)\s*(\d)", name or "", re.I)
    if match:
        return min(int(match[1]), 6)
    return 1 if name == "Title" else 0


def _bullet(paragraph: Any) -> str:
    name = (paragraph.style.name if paragraph.style is not None else "") or ""
    if _deep(paragraph):
        return ""
    if name.startswith("List Number"):
        return "1. "
    properties = paragraph._p.pPr
    return "- " if name.startswith("List") or (properties is not None and properties.numPr is not None) else ""
