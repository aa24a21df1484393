"""Find what a question quotes or counts: strings, numbers, years and dates, whether or not the database has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal as OneOf

LiteralKind = OneOf["string", "number", "year", "date"]

_QUOTES = (
    ('"', '"'),
    ("“", "”"),
    ("‘", "’"),
    ("「", "」"),
    ("『", "』"),
    ("《", "》"),
    ("〈", "〉"),
    ("'", "'"),
    ("`", "`"),
)
_DATE = re.compile(
    r"(?<![0-9])((?:1[5-9]|20)[0-9][0-9])\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})(?![0-9])\s*[日号]?"
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9.,_])(-?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)\s*((?:thousand|million|billion|[kKmM])\b|[百千]?[万亿]|[百千])?"
    r"(?:(?![A-Za-z_])|(?=(?:[kKmMgG][bB]|ms|mins?|secs?)\b))"
)
_FACTORS = {
    "k": 3,
    "m": 6,
    "thousand": 3,
    "million": 6,
    "billion": 9,
    "百": 2,
    "千": 3,
    "万": 4,
    "亿": 8,
}  # powers of 10
_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"万": 10_000, "亿": 100_000_000}
_WIDE = str.maketrans("０１２３４５６７８９．，－", "0123456789.,-")
_CHINESE = re.compile("[零〇一二两三四五六七八九十百千万亿]+")
# A Chinese numeral is also a syllable of names (三星, 一些), so something countable has to stand beside it.
_BEFORE = re.compile(r"(前|后|过|于|少|多|足|达|满|最高的?|最低的?|最大的?|最小的?|最长的?|最短的?)\s*$")
_AFTER = re.compile(r"\s*[个名位张首条部家种次岁年月天元美人分秒小公以本座所场项件份笔曲行篇]")
_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_ENGLISH = {word: number for number, word in enumerate(_WORDS.split(" "), 2)} | {"thirty": 30, "forty": 40, "fifty": 50}


@dataclass(frozen=True)
class Literal:
    """A constant of the question as SQL would hold it: numbers without separators, dates as YYYY-MM-DD."""

    text: str
    kind: LiteralKind
    start: int
    end: int


@lru_cache(maxsize=64)  # the rules and the prompt ask for the same question
def literals(question: str) -> tuple[Literal, ...]:
    """Find the constants of a question in their order; a number inside a quoted string or a date isn't told twice."""
    question = question.translate(_WIDE)
    found: list[Literal] = []
    free = [True] * len(question)
    for literal in (*_strings(question), *_dates(question), *_numbers(question), *_number_words(question)):
        if all(free[literal.start : literal.end]):
            found.append(literal)
            free[literal.start : literal.end] = [False] * (literal.end - literal.start)
    return tuple(sorted(found, key=lambda literal: literal.start))


def quoted(question: str) -> list[tuple[int, int]]:
    """Find the insides of quotation marks as [start, end); an apostrophe within a word quotes nothing."""
    spans: list[tuple[int, int]] = []
    place = 0
    while place < len(question):
        close = next((close for open_, close in _QUOTES if question[place] == open_), "")
        end = _closing(question, place, close) if close else -1
        if end > place + 1:
            spans.append((place + 1, end))
            place = end
        place += 1
    return spans


def chinese_number(text: str) -> int | None:
    """Read a Chinese numeral such as 二十三, 两万 or 二〇〇九; None where it isn't one."""
    if len(text) > 1 and all(letter in _DIGITS for letter in text):
        return int("".join(str(_DIGITS[letter]) for letter in text))
    whole = section = digit = 0
    for letter in text:
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _UNITS:
            section, digit = section + (digit or 1) * _UNITS[letter], 0
        elif letter == "亿" and (whole or section or digit):
            whole, section, digit = (whole + section + digit) * _SCALES[letter], 0, 0
        elif letter == "万" and (section or digit):
            whole, section, digit = whole + (section + digit) * _SCALES[letter], 0, 0
        else:
            return None
    return whole + section + digit


def _closing(question: str, place: int, close: str) -> int:
    """Find where the quotation that opens at `place` ends; -1 where it doesn't."""
    straight = close in "'`"
    if straight and place and question[place - 1].isascii() and question[place - 1].isalnum():
        return -1
    end = question.find(close, place + 1)
    while straight and end != -1 and end + 1 < len(question):
        after = question[end + 1]
        if not (after.isascii() and after.isalnum()):
            break
        end = question.find(close, end + 1)
    return end


def _strings(question: str) -> Iterator[Literal]:
    for start, end in quoted(question):
        if question[start:end].strip():
            yield Literal(question[start:end].strip(), "string", start, end)


def _dates(question: str) -> Iterator[Literal]:
    for match in _DATE.finditer(question):
        year, month, day = (int(part) for part in match.groups())
        if 1 <= month <= 12 and 1 <= day <= 31:
            yield Literal(f"{year:04d}-{month:02d}-{day:02d}", "date", match.start(), match.end())


def _numbers(question: str) -> Iterator[Literal]:
    for match in _NUMBER.finditer(question):
        digits, unit = match.group(1).replace(",", ""), match.group(2)
        end = match.end() if unit else match.end(1)
        if unit:
            yield Literal(_times(digits, unit), "number", match.start(), end)
        elif re.fullmatch(r"(1[5-9]|20)[0-9][0-9]", digits):
            yield Literal(digits, "year", match.start(), end)
        else:
            yield Literal(digits, "number", match.start(), end)


def _times(digits: str, unit: str) -> str:
    power = sum(_FACTORS[part] for part in ([unit.lower()] if unit.isascii() else unit))
    whole, _, fraction = digits.partition(".")
    moved = whole + fraction[:power].ljust(power, "0") + ("." + fraction[power:] if fraction[power:].strip("0") else "")
    return re.sub(r"^(-?)0+(?=[0-9])", r"\1", moved)


def _number_words(question: str) -> Iterator[Literal]:
    for match in _CHINESE.finditer(question):
        number = chinese_number(match.group())
        before = _BEFORE.search(question[: match.start()])
        # 一个 is an article rather than a count, unless something compares with it.
        if number is not None and (before or (number != 1 and _AFTER.match(question[match.end() :]))):
            yield Literal(str(number), "number", match.start(), match.end())
    for match in re.finditer("[A-Za-z]+", question):
        word = match.group().lower()
        if word in _ENGLISH:
            yield Literal(str(_ENGLISH[word]), "number", match.start(), match.end())
        elif word == "one" and re.search(r"(exactly|just|only|than|least)\s+$", question[: match.start()], re.I):
            yield Literal("1", "number", match.start(), match.end())
