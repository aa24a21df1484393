"""Clean one text: characters, encoded data, repeated lines; say what is no document at all."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator

from xxhash import xxh3_64_intdigest

from dsol.corpus.structure import FENCE, level

# Layout characters of other alphabets than tab and line feed become one of these.
SPACES = {code: " " for code in (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F)}
BREAKS = {code: "\n" for code in (0x0B, 0x0C, 0x85, 0x2028, 0x2029)}
# Invisible characters say nothing; the joiners (200C, 200D) and variation selectors spell words and emoji, so they stay.
INVISIBLE = dict.fromkeys(
    [code for code in range(0x20) if chr(code) not in "\t\n\x0b\x0c"]
    + list(range(0x7F, 0x85))
    + list(range(0x86, 0xA0))
    + [0xAD, 0x200B, 0x200E, 0x200F, 0xFEFF, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF]
    + list(range(0x202A, 0x202F))
    + list(range(0x2060, 0x2070))
    + list(range(0xD800, 0xE000)),
    None,
)
TRANSLATION: dict[int, str | None] = {**INVISIBLE, **SPACES, **BREAKS}
SUSPECT = re.compile("[" + re.escape("".join(map(chr, TRANSLATION))) + "]")
BLOB = re.compile(r"(?:data:[\w/+.-]{1,60};base64,)?[A-Za-z0-9+/_-]{200,}={0,2}")
HEXADECIMAL = re.compile(r"(?:\b[0-9A-Fa-f]{32,}\b[\s,:]*){4,}")
MARGIN = re.compile(r"[ \t\u3000]+$|^[ \t]*\u3000+[ \t\u3000]*", re.MULTILINE)
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
    if SUSPECT.search(text):
        text = text.translate(TRANSLATION)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return GAP.sub("\n\n", MARGIN.sub("", text)).strip("\n")


def without_blobs(text: str) -> tuple[str, int]:
    """Take out base64 and long runs of hexadecimal; return the text and how many characters went."""
    if len(text) < 200:
        return text, 0
    shorter = HEXADECIMAL.sub(" ", BLOB.sub(_blob, text))
    return shorter, len(text) - len(shorter)


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and stripped text of every line that may count as repeated: no heading, table, code or short one."""
    fence = ""
    for number, line in enumerate(text.split("\n")):
        mark = FENCE.match(line)
        if mark:
            fence = "" if fence == mark[1] else fence or mark[1]
            continue
        bare = line.strip()
        if fence or line.startswith(("    ", "\t")) or bare.startswith(STRUCTURE) or " | " in bare or level(line):
            continue
        if len(bare) >= LINE or len(bare) * 3 >= LINE and len(bare.encode("utf-8", "surrogatepass")) >= LINE:
            yield number, bare


def line_mark(line: str) -> int:
    """Hash a stripped line; digits count as equal, since page numbers and dates differ."""
    return xxh3_64_intdigest(DIGITS.sub("0", line).encode("utf-8", "surrogatepass"))


DIGITS = re.compile(r"\d+")


def without_lines(text: str, boilerplate: Collection[int]) -> tuple[str, list[str]]:
    """Take out lines that are boilerplate of the source, and from the third on those that repeat in the text itself.

    The latter only as whole paragraphs: a line in the middle of a wrapped sentence may repeat by chance.
    """
    candidates = list(prose(text))
    seen = Counter(bare for _, bare in candidates)
    if not boilerplate and max(seen.values(), default=0) < REPEATS:
        return text, []
    lines = text.split("\n")
    gone: dict[int, str] = {}
    again: dict[int, str] = {}
    so_far: Counter[str] = Counter()
    for number, bare in candidates:
        so_far[bare] += 1
        if boilerplate and line_mark(bare) in boilerplate:
            gone[number] = bare
        elif so_far[bare] >= REPEATS:
            again[number] = bare
    gone |= {number: bare for number, bare in again.items() if _apart(lines, number, again)}
    if not gone:
        return text, []
    kept = "\n".join(line for number, line in enumerate(lines) if number not in gone)
    return GAP.sub("\n\n", kept).strip("\n"), [gone[number] for number in sorted(gone)]


def _apart(lines: list[str], number: int, among: Collection[int]) -> bool:
    """Say whether a line and those of its paragraph are all among the given ones."""
    for way in (-1, 1):
        at = number + way
        while 0 <= at < len(lines) and lines[at].strip():
            if at not in among:
                return False
            at += way
    return True


def verdict(text: str, least: int, letters: float) -> str:
    """Say why a text is no document ("too short", "mostly not text"), empty where it is one."""
    bare = "".join(text.split())
    if len(bare) < least:
        return "too short"
    if letters and sum(map(str.isalnum, bare)) < letters * len(bare):
        return "mostly not text"
    return ""


def _blob(match: re.Match[str]) -> str:
    """Keep what only looks like encoded data: rules of dashes, long paths and names, which don't mix cases and digits."""
    text = match[0]
    mixed = any(map(str.isdigit, text)) and any(map(str.isupper, text)) and any(map(str.islower, text))
    return " " if "base64," in text or (mixed and text.count("-") + text.count("_") < len(text) / 8) else text
