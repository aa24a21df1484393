"""The structure of a text (markdown headings, blocks, sentences), and cutting along it without losing a character."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

HEADING = re.compile(r"(#{1,6})[ \t]+\S")
CHAPTER = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]{1,9}[章回节節卷部篇](?:\s|$|[：:　])|(?:CHAPTER|Chapter)\s+[\dIVXLC]+\b"
)
FENCE = re.compile(r"\s{0,3}(```|~~~)")
SENTENCE = re.compile(r"(?<=[。！？；…])(?![”’」』）])|(?<=[。！？][”’」』）])|(?<=[.!?;])\s+(?=\S)")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text and the headings that it stands under, outermost first (markdown lines)."""

    text: str
    headings: tuple[str, ...] = ()


def level(line: str) -> int:
    """Say how deep a heading line is (1 to 6), 0 for any other line."""
    if line[:1] not in ("#", "第", "C"):
        return 0
    if line[0] == "#":
        match = HEADING.match(line)
        return len(match[1]) if match else 0
    return 1 if len(line) < 60 and CHAPTER.match(line) else 0


def blocks(text: str) -> list[str]:
    """Cut a text into headings, paragraphs, tables and fenced code; joined they are the text again."""
    found: list[str] = []
    current: list[str] = []
    fence = ""
    fenced = "```" in text or "~~~" in text
    blank = False
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line) if fenced else None
        starts = not fence and bool(current) and ((blank and bool(line.strip())) or level(line) > 0)
        if starts:
            found.append("".join(current))
            current = []
        current.append(line)
        if mark:
            fence = "" if fence == mark[1] else fence or mark[1]
        blank = not line.strip()
    return [*found, "".join(current)] if current else found


def parts(text: str, size: int, headings: tuple[str, ...] = ()) -> list[Piece]:
    """Cut a long text into parts of about `size` characters, at most twice that.

    Where a part ends depends on the words around the cut alone, not on how much text stands before (content-defined
    chunking, as in LBFS, 2001): two versions of a text are cut alike, so their unchanged parts are found to be
    duplicates.
    """
    if len(text) <= size:
        return [Piece(text, headings)] if text else []
    stack = list(headings)
    found: list[Piece] = []
    current: list[str] = []
    length = 0
    path = tuple(stack)
    for block in _bounded(blocks(text), size):
        deep = level(block)
        mark = zlib.crc32(block.strip()[:200].encode("utf-8", "surrogatepass"))
        natural = length >= size // 4 and mark % (4 if deep else 16) == 0
        if current and (natural or length + len(block) > 2 * size):
            found.append(Piece("".join(current), path))
            current, length = [], 0
        if not current:
            path = _above(stack, deep)
        if deep:
            _enter(stack, block, deep)
        current.append(block)
        length += len(block)
    return [*found, Piece("".join(current), path)] if current else found


def split(
    text: str,
    limit: int,
    measure: Callable[[Sequence[str]], list[int]],
    headings: tuple[str, ...] = (),
    whole: int = 0,
) -> list[Piece]:
    """Cut a text into pieces of at most `limit` by `measure` (tokens), along headings, paragraphs, lines, sentences.

    A piece ends before the highest heading in its second half where there is one. Joined, the pieces are the text,
    which stays whole where it measures no more than `whole`.
    """
    atoms = [(block, size) for block, size in zip(*_measured(blocks(text), measure), strict=True)]
    if atoms and sum(size for _, size in atoms) <= whole:
        return [Piece(text, headings)]
    fitting: list[tuple[str, int]] = []
    for block, size in atoms:
        fitting += [(block, size)] if size <= limit else _finer(block, limit, measure, 0)
    stack = list(headings)
    found: list[Piece] = []
    start = 0
    while start < len(fitting):
        end, total = start, 0
        while end < len(fitting) and (end == start or total + fitting[end][1] <= limit):
            total += fitting[end][1]
            end += 1
        if end < len(fitting):
            end = _cut(fitting, start, end, total)
        path = _above(stack, level(fitting[start][0]))
        for block, _ in fitting[start:end]:
            if level(block):
                _enter(stack, block, level(block))
        found.append(Piece("".join(block for block, _ in fitting[start:end]), path))
        start = end
    return found


def _cut(fitting: list[tuple[str, int]], start: int, end: int, total: int) -> int:
    best, chosen = 7, end
    size = 0
    for at in range(start, end + 1):
        deep = level(fitting[at][0]) if at < len(fitting) else 0
        if at > start and size * 2 >= total and deep and deep <= best:
            best, chosen = deep, at
        size += fitting[at][1]
    while chosen == end and end - 1 > start and level(fitting[chosen - 1][0]) and len(fitting[chosen - 1][0]) < 200:
        chosen = end = chosen - 1  # a heading stays with the text under it
    return chosen


def _finer(text: str, limit: int, measure: Callable[[Sequence[str]], list[int]], depth: int) -> list[tuple[str, int]]:
    """Cut what doesn't fit into lines, then sentences, then anywhere."""
    if depth == 0:
        smaller = text.splitlines(keepends=True)
    elif depth == 1:
        smaller = sentences(text)
    elif len(text) > 1:
        smaller = [text[: len(text) // 2], text[len(text) // 2 :]]
    else:
        return [(text, limit)]
    found: list[tuple[str, int]] = []
    for one, size in zip(*_measured(smaller, measure), strict=True):
        found += [(one, size)] if size <= limit else _finer(one, limit, measure, min(depth + 1, 2))
    return found


def sentences(text: str) -> list[str]:
    """Cut a text after its sentences, English and Chinese; joined they are the text again."""
    ends = [match.end() for match in SENTENCE.finditer(text)]
    bounds = sorted({0, *ends, len(text)})
    return [text[start:end] for start, end in pairwise(bounds)]


def _measured(texts: list[str], measure: Callable[[Sequence[str]], list[int]]) -> tuple[list[str], list[int]]:
    return texts, measure(texts) if texts else []


def _bounded(texts: list[str], size: int) -> Iterator[str]:
    for text in texts:
        if len(text) <= size:
            yield text
            continue
        for piece in split(text, size, lambda some: [len(one) for one in some]):
            yield piece.text


def _above(stack: list[str], deep: int) -> tuple[str, ...]:
    return tuple(one for one in stack if not deep or (level(one) or 6) < deep)


def _enter(stack: list[str], block: str, deep: int) -> None:
    stack[:] = [*_above(stack, deep), block.strip().splitlines()[0][:200]]
