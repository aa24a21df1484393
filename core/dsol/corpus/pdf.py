"""PDF files as markdown: paragraphs mended over lines and pages, headings by their size, running lines left out.

pypdfium2 (Google's PDFium; Apache-2.0 and BSD) reads them: it copes with Chinese fonts and broken files, and is some
ten times as fast as readers written in Python. Scanned pages hold no text; such a file is named, not guessed at.
"""

from __future__ import annotations

import re
from collections import Counter
from ctypes import c_double
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from dsol.corpus.document import Unreadable

EDGE = 2  # lines at the top and at the bottom of a page that may be running headers and footers
NUMBER = re.compile(
    r"[-–—\s]*(?:page|p\.|seite|第)?\s*(?:\d{1,4}|[ivxlc]{1,7})\s*(?:页|頁)?(?:\s*(?:of|/|共)\s*\d{1,4}\s*[页頁]?)?[-–—\s]*",
    re.I,
)
BULLET = re.compile(r"[•·▪‣●○■□◦➢]\s*")
ITEM = re.compile(
    r"(?:[•·▪‣●○■□◦➢–-]|\(?\d{1,3}[.)、]|[（(][一二三四五六七八九十\d]+[）)]|[一二三四五六七八九十]+、|[a-z][.)])\s*\S"
)
END = re.compile(r"[.!?:;。！？：；…][\"”’)）」』]*$")
WIDE = re.compile(r"[\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’…—]")


@dataclass(frozen=True)
class Line:
    """A printed line: its font size and box in points."""

    text: str
    size: float
    left: float
    right: float
    top: float
    bottom: float


def read(path: Path) -> str:
    """Read a PDF as markdown; Unreadable says why there is no text in it."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise Unreadable("encrypted: it opens with a password only" if locked else f"a broken PDF ({error})") from error
    try:
        pages = []
        for number in range(len(document)):
            try:
                page = document[number]
                pages.append(_lines(page))
                page.close()
            except pypdfium2.PdfiumError as error:
                raise Unreadable(f"a broken PDF (page {number + 1}: {error})") from error
    finally:
        document.close()
    text = markdown(pages)
    if len("".join(text.split())) < 5 * min(len(pages), 2):
        raise Unreadable(f"a PDF without text ({len(pages)} scanned or empty pages); run OCR over it first")
    return text


def markdown(pages: list[list[Line]]) -> str:
    """Join the lines of pages into paragraphs and headings."""
    kept = _without_running(pages)
    body = _body([line for page in kept for line in page])
    sizes = sorted({_step(line.size) for page in kept for line in page if _step(line.size) > body * 1.12}, reverse=True)
    found: list[str] = []
    before: Line | None = None
    for page in kept:
        right = max((line.right for line in page), default=0.0)
        left = min((line.left for line in page), default=0.0)
        pitch = _pitch(page)
        last: Line | None = None  # of this page: gaps don't reach over pages
        for line in page:
            deep = (
                1 + min(sizes.index(_step(line.size)), 5) if _step(line.size) in sizes and len(line.text) < 150 else 0
            )
            if deep:
                same = before is not None and found and found[-1].startswith("#" * deep + " ")
                close = last is not None and same and last.bottom - line.top < line.size
                found[-1:] = [_joined(found[-1], line.text)] if close else [*found[-1:], "#" * deep + " " + line.text]
            elif before is None or not found or found[-1].startswith("#") or _gap(last, line, pitch):
                found.append(_item(line.text))
            elif ITEM.match(line.text):
                found[-1] += "\n" + _item(line.text)
            elif _goes_on(before, line, left, right, last is None):
                found[-1] = _joined(found[-1], line.text)
            elif END.search(before.text):
                found.append(line.text)
            else:
                found[-1] += "\n" + line.text
            before = last = line
    return "\n\n".join(found)


def _gap(last: Line | None, line: Line, pitch: float) -> bool:
    return last is not None and last.top - line.top > 1.45 * pitch


def _goes_on(before: Line, line: Line, left: float, right: float, turned: bool) -> bool:
    """Say whether a line goes on where the one before ended: that one was full, and it isn't a paragraph's end."""
    full = before.right - left > 0.8 * (right - left)
    indented = line.left > before.left + 1.2 * line.size and line.left > left + 1.2 * line.size
    if turned:
        return not END.search(before.text) and (line.text[0].islower() or bool(WIDE.match(line.text)))
    return full and not (indented and END.search(before.text))


def _joined(text: str, more: str) -> str:
    if text.endswith(("\u00ad", "\x02", "\ufffe")):
        return text[:-1] + more
    if text.endswith("-") and text[-2:-1].isalpha() and more[:1].islower():
        return text[:-1] + more
    if WIDE.match(text[-1:]) and WIDE.match(more[:1]):
        return text + more
    return f"{text} {more}"


def _item(text: str) -> str:
    return BULLET.sub("- ", text, count=1) if BULLET.match(text) else text


def _without_running(pages: list[list[Line]]) -> list[list[Line]]:
    """Leave out headers, footers and page numbers: lines at a page's edge that most pages have, numbers aside."""
    counts: Counter[str] = Counter()
    edges: list[set[int]] = []
    for page in pages:
        order = sorted(range(len(page)), key=lambda at, page=page: -page[at].top)  # type: ignore[misc]
        edge = {*order[:EDGE], *order[-EDGE:]} if len(order) > 2 * EDGE else {*order[:1], *order[-1:]}
        edges.append(edge)
        counts.update({_same(page[at].text) for at in edge})
    often = max(3, 0.3 * len(pages))  # books have one header on the left pages and one on the right
    return [
        [
            line
            for at, line in enumerate(page)
            if at not in edge
            or not (counts[_same(line.text)] >= often or (len(pages) > 1 and NUMBER.fullmatch(line.text)))
        ]
        for page, edge in zip(pages, edges, strict=True)
    ]


def _same(text: str) -> str:
    return re.sub(r"\d+", "0", text).strip().lower()


def _body(lines: list[Line]) -> float:
    counts: Counter[float] = Counter()
    for line in lines:
        counts[_step(line.size)] += len(line.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def _step(size: float) -> float:
    return round(size * 2) / 2


def _pitch(page: list[Line]) -> float:
    gaps = sorted(a.top - b.top for a, b in pairwise(page) if a.top > b.top)
    return gaps[len(gaps) // 3] if gaps else 0.0


def _lines(page: Any) -> list[Line]:
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    text = text_page.get_text_range()
    found: list[Line] = []
    start = 0
    for raw in text.splitlines(keepends=True):
        words = raw.strip()
        if words:
            first = start + len(raw) - len(raw.lstrip())
            last = first + len(words) - 1
            size = pdfium.FPDFText_GetFontSize(text_page.raw, (first + last) // 2)
            one, two = _box(text_page, first), _box(text_page, last)
            height = max(one[3] - one[1], two[3] - two[1])
            # A font of size 1 under a scaling matrix says nothing; then the height of the letters does.
            size = size if size > 2 else height
            found.append(Line(words, size, one[0], two[2], max(one[3], two[3]), min(one[1], two[1])))
        start += len(raw)
    text_page.close()
    return found


def _box(text_page: Any, index: int) -> tuple[float, float, float, float]:
    """Read a character's box, its font's height: left, bottom, right, top."""
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    if pdfium.FPDFText_GetLooseCharBox(text_page.raw, index, box):
        return box.left, box.bottom, box.right, box.top
    sides = [c_double() for _ in range(4)]
    pdfium.FPDFText_GetCharBox(text_page.raw, index, *sides)
    left, right, bottom, top = (side.value for side in sides)
    return left, bottom, right, top
