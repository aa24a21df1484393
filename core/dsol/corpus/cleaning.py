"""Clean one text: characters, encoded data, repeated lines; say what is no document at all."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dsol.corpus.structure import FENCE, level

# Layout characters of other alphabets than tab and line feed become one of these.
SPACES = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F)
BREAKS = (0x0B, 0x0C, 0x85, 0x2028, 0x2029)
# Invisible characters say nothing; joiners (200C, 200D) and variation selectors spell words and emoji, so they stay.
INVISIBLE = (
    *(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0B, 0x0C)),
    *(code for code in range(0x7F, 0xA0) if code != 0x85),
    *(0xAD, 0x200B, 0x200E, 0x200F, 0xFEFF, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),
)
BLOB = re.compile(r"(?:data:[\w/+.-]{1,60};base64,)?[A-Za-z0-9+/_-]{200,}={0,2}")
HASH = re.compile(r"[0-9A-Fa-f]{32}")
HEXADECIMAL = re.compile(r"(?:\b[0-9A-Fa-f]{32,}\b[,:]?\s+){3,}[0-9A-Fa-f]{32,}\b")
INDENT = re.compile(r"[ \t\u3000]+$|^[ \t]*\u3000[ \t\u3000]*", re.MULTILINE)
GAP = re.compile(r"\n{3,}")
STRUCTURE = ("#", "|", "$$", "= ")  # headings, tables, formulas
LINE = 20  # bytes: shorter lines (names of speakers, brackets) repeat for good reasons
REPEATS = 3


def normalise(text: str) -> str:
    """Bring a text into one form: NFC, line feeds, no control or invisible characters, no trailing spaces.

    NFC joins letters and accents and changes nothing else. NFKC would also turn `，` into `,`, `①` into `1` and `x²`
    into `x2`: it is used to compare texts (dsol.corpus.words), never to keep them.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    better = _characters()[codes]
    if not np.array_equal(codes, better):
        text = better[better > 0].tobytes().decode("utf-32-le")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if " \n" in text or "\t\n" in text or text[-1:] in (" ", "\t", "\u3000"):
        text = "\n".join([line.rstrip(" \t\u3000") for line in text.split("\n")])
    if "\u3000" in text:
        text = INDENT.sub("", text)
    return _closed(text)


@cache
def _characters() -> NDArray[np.uint32]:
    """Map each character to the one that is kept, 0 for none."""
    table = np.arange(0x110000, dtype=np.uint32)
    table[list(SPACES)] = ord(" ")
    table[list(BREAKS)] = ord("\n")
    table[list(INVISIBLE)] = 0
    return table


def _closed(text: str) -> str:
    return (GAP.sub("\n\n", text) if "\n\n\n" in text else text).strip("\n")


def without_blobs(text: str) -> tuple[str, int]:
    """Take out base64 and long runs of hexadecimal; return the text and how many characters went."""
    if max(map(len, text.split()), default=0) < 32:
        return text, 0
    long = [word for word in text.split() if len(word) >= 32]
    shorter = text
    if any(len(word) >= 200 for word in long):
        shorter = BLOB.sub(_blob, shorter)
    if sum(HASH.match(word) is not None for word in long) >= 4:
        shorter = HEXADECIMAL.sub(" ", shorter)
    return shorter, len(text) - len(shorter)


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and stripped text of every line that may count as repeated: no heading, table, code or short one."""
    fence = ""
    fenced = "```" in text or "~~~" in text
    for number, line in enumerate(text.split("\n")):
        mark = FENCE.match(line) if fenced else None
        if mark:
            fence = "" if fence == mark[1] else fence or mark[1]
            continue
        bare = line.strip()
        if fence or line.startswith(("    ", "\t")) or bare.startswith(STRUCTURE) or " | " in bare or level(line):
            continue
        if len(bare) >= LINE or (len(bare) * 3 >= LINE and len(bare.encode("utf-8", "surrogatepass")) >= LINE):
            yield number, bare


def lines(text: str) -> set[str]:
    """Give a text's lines that are long enough to count, stripped."""
    return {line for line in map(str.strip, text.split("\n")) if len(line) * 3 >= LINE}


def without_lines(text: str, boilerplate: frozenset[str]) -> tuple[str, list[str]]:
    """Take out lines that are boilerplate of the source, and from the third on those that repeat in the text itself.

    The latter only as whole paragraphs: a line in the middle of a wrapped sentence may repeat by chance.
    """
    every = text.split("\n")
    counts = Counter(map(str.strip, every))
    often = [line for line, count in counts.items() if count >= REPEATS and len(line) * 3 >= LINE]
    if not often and boilerplate.isdisjoint(counts):
        return text, []
    gone: dict[int, str] = {}
    again: dict[int, str] = {}
    so_far: Counter[str] = Counter()
    for number, bare in prose(text):
        so_far[bare] += 1
        if bare in boilerplate:
            gone[number] = bare
        elif so_far[bare] >= REPEATS:
            again[number] = bare
    gone |= {number: bare for number, bare in again.items() if _apart(every, number, again)}
    if not gone:
        return text, []
    kept = "\n".join(line for number, line in enumerate(every) if number not in gone)
    return _closed(kept), [gone[number] for number in sorted(gone)]


def _apart(lines: list[str], number: int, among: Collection[int]) -> bool:
    """Say whether a line and those of its paragraph are all among the given ones."""
    for way in (-1, 1):
        at = number + way
        while 0 <= at < len(lines) and lines[at].strip():
            if at not in among:
                return False
            at += way
    return True


def verdict(solid: int, letters: int, least: int, share: float) -> str:
    """Say why a text of so many characters (spaces aside) and letters and digits is no document, empty if it is one."""
    if solid < max(least, 1):
        return "too short"
    return "mostly not text" if letters < max(share * solid, 1) else ""


def _blob(match: re.Match[str]) -> str:
    """Keep what only looks like encoded data: rules of dashes, long names, which don't mix cases and digits."""
    text = match[0]
    mixed = any(map(str.isdigit, text)) and any(map(str.isupper, text)) and any(map(str.islower, text))
    return " " if "base64," in text or (mixed and text.count("-") + text.count("_") < len(text) / 8) else text
