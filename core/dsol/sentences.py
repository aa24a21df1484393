"""Where sentences begin and end, English and Chinese: what an extraction or a citation is proved by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsol.corpus.structure import level

_CLOSERS = "”’」』）》】\"')\\]"
_END = re.compile(
    rf"(?:[。！？…｡]|．(?![\d]))+[{_CLOSERS}]*"
    # A run is tried from its beginning alone: from every sign of a long one would take its length squared.
    rf"|(?<![!?])[!?]++[{_CLOSERS}]*+(?=\s|\Z|[\u3400-\u9fff])|(?<!\.)\.++[{_CLOSERS}]*+(?=\s|\Z)|\.(?=\[\d)"
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ITEM = re.compile(r"\s*(?:[-*+•|>]|\d{1,3}[.)、]|[(（][一二三四五六七八九十\d]+[)）]|[一二三四五六七八九十]+、)\s*\S")
_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*\Z")
# Words that a full stop belongs to; before a capital letter, as before a name, they don't end a sentence.
_ABBREVIATED = (
    "mr mrs ms dr prof rev hon st sr jr gen col lt sgt capt maj gov sen rep pres messrs mme mlle vs cf fig figs eq sec "
    "ch vol vols ed eds pp approx dept univ inc ltd co corp bros no nos jan feb mar apr jun jul aug sep sept oct nov "
    "dec e.g i.e viz ca al ph.d m.d b.a m.a u.s u.k u.n d.c"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())


def sentences(text: str) -> list[tuple[int, int]]:
    """Give start and end (excluded) of each sentence, without the space around it.

    Blank lines, headings, items of lists and rows of tables end one as well; what stands between sentences is space.
    """
    found: list[tuple[int, int]] = []
    for start, end in _stretches(text):
        begin = start
        for match in _END.finditer(text, start, end):
            if match[0].startswith(".") and not _stops(text, begin, match, end):
                continue
            found.append((begin, match.end()))
            begin = match.end()
        found.append((begin, end))
    return [bounds for begin, end in found if (bounds := _trimmed(text, begin, end))]


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Cut at blank lines and around lines that stand for themselves."""
    start = at = 0
    alone = False
    for match in _LINE.finditer(text):
        line = match[0]
        blank = not line.strip()
        apart = blank or level(line) > 0 or _ITEM.match(line) is not None
        if (apart or alone) and at > start:
            yield start, at
            start = at
        at = match.end()
        alone = blank or level(line) > 0  # an item may go on in the next line, a heading doesn't
    if at > start:
        yield start, at


def _stops(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    """Tell whether a full stop ends a sentence."""
    after = text[match.end() : min(end, match.end() + 40)].lstrip()
    if not after:
        return True
    if after[0].islower() or after[0] in ",;:，；：":
        return False
    word = _WORD.search(text, max(begin, match.start() - 20), match.start())
    if word is None or len(match[0]) > 1:
        return True
    initial = len(word[0]) == 1 and word[0].isupper()
    return not (initial or word[0].lower() in _ABBREVIATIONS)


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int] | None:
    bare = text[begin:end]
    start = begin + len(bare) - len(bare.lstrip())
    end = begin + len(bare.rstrip())
    return (start, end) if start < end else None
