"""From bytes to text: byte order marks, UTF-8, UTF-16, then GB18030, Big5 and what else a detector knows."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

from dsol.corpus.document import Unreadable

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HEAD = 1 << 16
SURE = 0.05  # of the wide characters are common ones: a wrong decoding shows under 1 %
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# The characters that make up most of any Chinese text, simplified and traditional: a wrong decoding shows rare ones.
COMMON = frozenset(
    "的一是不了在人有我他这这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经"
    "么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实這個們來為國說時會對過發後裡種經麼學現當沒動還進樣開"
    "因從實與與及或由此被把给給让讓等则則因此，。、；：？！（）《》「」“”　"
)


def detect(head: bytes, whole: bool = True) -> str:
    """Name the encoding of a text file's first bytes; Unreadable where they are no text.

    `whole` is False where the bytes may end in the middle of a character.
    """
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _utf16(head)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return _legacy(head)
    _refuse_binary(head.decode("utf-8", errors="ignore"))
    return "utf-8"


def decode(data: bytes) -> str:
    """Decode a whole file; Unreadable says why it is no text."""
    name = detect(data)
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not decodable as {name} at byte {error.start}") from error


def detect_file(path: Path) -> str:
    """Name a file's encoding by its beginning, and, where that is plain ASCII, by all of it in bounded memory."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
        name = detect(head, whole=len(head) < HEAD)
        while name == "utf-8" and head.isascii():
            head = file.read(HEAD)
            if not head:
                break
            if not head.isascii():
                line = head + file.readline()
                start = next(at for at, byte in enumerate(line) if byte > 0x7F)
                name = detect(line[start:].rstrip(b"\0"), whole=True)
    return name


def _utf16(head: bytes) -> str:
    """Tell UTF-16 without a mark from binary data: by the common characters, or by where the zeros of ASCII stand."""
    scores = _scores(head, ("utf-16-le", "utf-16-be"))
    best = max(scores, key=scores.__getitem__, default="")
    if not best or scores[best] <= SURE:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        best = "utf-16-le" if odd > even else "utf-16-be"
        if max(even, odd) < len(head) / 5:
            raise Unreadable("a binary file, not text")
    text = head[: len(head) // 2 * 2].decode(best, errors="replace")
    if text.count("�") * 100 > len(text) or "\0" in text:
        raise Unreadable("a binary file, not text")
    _refuse_binary(text)
    return best


def _legacy(head: bytes) -> str:
    """Choose among encodings that decode by how common the characters are, then ask the detector."""
    scores = _scores(head, ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be"))
    best = max(scores, key=scores.__getitem__, default="")
    if best and scores[best] > SURE:
        return best
    try:
        text = head.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if text and sum(byte > 0x7F for byte in head) * 12 < len(head):
        _refuse_binary(text)  # a few accents and quotation marks: Western European
        return "cp1252"
    from charset_normalizer import from_bytes

    found = from_bytes(head).best()
    if found is None:
        raise Unreadable("neither UTF-8 nor another encoding that is known")
    _refuse_binary(str(found))
    return found.encoding


def _scores(head: bytes, names: Sequence[str]) -> dict[str, float]:
    """Give the share of common characters among the wide ones, for each encoding that decodes (but for a cut end)."""
    scores = {}
    for name in names:
        text = head.decode(name, errors="ignore")
        wide = [char for char in text if ord(char) > 0x7F]
        wrong = len(head) - len(text.encode(name, errors="ignore"))
        if wide and wrong <= 4 and wrong * 50 <= len(wide):
            scores[name] = sum(char in COMMON for char in wide) / len(wide)
    return scores


def _refuse_binary(text: str) -> None:
    control = len(CONTROL.findall(text, 0, 4096))
    if control * 50 > min(len(text), 4096):
        raise Unreadable("a binary file, not text")
