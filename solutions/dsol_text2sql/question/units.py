"""Numbers with a unit, in the unit that a column counts in: ten minutes are 600,000 milliseconds."""

from __future__ import annotations

import re

from dsol_text2sql.question.text import name_words

# What one of a unit is in the smallest one of its measure. Sizes count in powers of 1,024, as file systems do.
TIME = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
SIZE = {"byte": 1, "kilobyte": 1 << 10, "megabyte": 1 << 20, "gigabyte": 1 << 30}
SAID = {
    "millisecond": r"(?:ms|milliseconds?)\b|毫秒",
    "second": r"(?:seconds?|secs?)\b|秒",
    "minute": r"(?:minutes?|mins?)\b|分钟",
    "hour": r"hours?\b|个?小时",
    "day": r"days?\b|天",
    "byte": r"bytes?\b|字节",
    "kilobyte": r"(?:kb|kilobytes?)\b",
    "megabyte": r"(?:mb|megabytes?)\b|兆",
    "gigabyte": r"(?:gb|gigabytes?)\b",
}
NAMED = {"ms": "millisecond", "sec": "second", "min": "minute", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte"}
# Of "between three and five minutes" the unit belongs to both numbers.
OTHER_END = re.compile(r"^(?:and|to|or|[-–~至到和与])\s*(?:\d+(?:\.\d+)?|[a-z]+|[一二两三四五六七八九十百]+)\s*")


def scaled(value: float, question: str, end: int, column: str) -> float:
    """Convert `value`, which ends at `question[:end]`, from the unit said behind it to the one that `column` names.

    Unchanged where no unit is said, where the column's name has none, or one of another measure.
    """
    rest = question[end : end + 32].lstrip(" -").lower()
    said = _unit(rest) or _unit(OTHER_END.sub("", rest))
    words = [NAMED.get(word, word.removesuffix("s")) for word in name_words(column)]
    for measure in (TIME, SIZE):
        counted = next((word for word in words if word in measure), "")
        if said in measure and counted and said != counted:
            exact = value * measure[said] / measure[counted]
            return int(exact) if exact == int(exact) else exact
    return value


def _unit(rest: str) -> str:
    return next((unit for unit, pattern in SAID.items() if re.match(pattern, rest)), "")
