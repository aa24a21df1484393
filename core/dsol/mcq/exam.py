"""Take questions apart whose choices stand inside the text, as in GAOKAO-Bench; only where that is safe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# A capital letter with a stop behind it that is not part of a word or of a formula.
_MARK = re.compile(r"(?<![A-Za-z0-9\\{$.])([A-H])\s*[．.、](?!\d)")
_NUMBER = re.compile(r"^\s*\d+\s*[．.、]?\s*(?:[(（]\s*[\d.]+\s*分\s*[)）])?\s*")
_COUNTED = re.compile(r"(?<!\S)(\d{1,2})\s*[．.](?!\d)")
_CJK = r"[\u2e80-\u9fff\uff00-\uffef，。；：、“”（）]"
_BROKEN = re.compile(rf"(?<={_CJK})\s*\n\s*(?={_CJK})")
FEWEST = 3  # marks: two may be initials in a text


def holds(fields: Mapping[str, Any]) -> bool:
    """Say whether a row is a question of GAOKAO-Bench: it has an analysis, a list of answers, and no choices."""
    return {"question", "answer", "analysis"} <= fields.keys() and not {"choices", "options", "A"} & fields.keys()


def split(text: str, count: int) -> list[tuple[str, list[str]]]:
    """Part each of `count` questions in a text from its choices; a ValueError says why that isn't safe.

    Safe is: the letters A, B, C, ... stand in the text once each and in order for every question, and something stands
    before the first and behind each of them. Where several questions share a text, each must begin with its number.
    A text with letters that mean something else, or with pictures for choices, is not safe.
    """
    marks = list(_MARK.finditer(text))
    letters = "".join(mark[1] for mark in marks)
    if not letters:
        raise ValueError("no choices found in the text")
    each = letters[: len(letters) // count]
    if each not in "ABCDEFGH" or not each.startswith("A") or len(each) < FEWEST or each * count != letters:
        wanted = f"{count} questions " if count > 1 else "choices "
        raise ValueError(f"the letters {', '.join(letters[:12])} stand in the text, so its {wanted}can't be told apart")
    starts = [marks[at].start() for at in range(0, len(marks), len(each))]
    begins = _begins(text, marks, starts, len(each)) if count > 1 else [0]
    shared = text[: begins[0]].strip()
    found = []
    for at, (begin, end) in enumerate(zip(begins, [*begins[1:], len(text)], strict=True)):
        own = marks[at * len(each) : (at + 1) * len(each)]
        ends = [*(mark.start() for mark in own[1:]), end]
        choices = [_whole(text[mark.end() : stop]) for mark, stop in zip(own, ends, strict=True)]
        stem = _NUMBER.sub("", text[begin : own[0].start()]).strip()
        if not stem:
            raise ValueError("nothing stands before the choices")
        if choices == list(each):
            raise ValueError("the choices are in a table or a picture")
        found.append((f"{shared}\n\n{stem}" if shared else stem, choices))
    return found


def _begins(text: str, marks: list[re.Match[str]], starts: list[int], choices: int) -> list[int]:
    """Find where each of several questions begins: by numbers that follow each other, one between two questions."""
    gaps = [(0, starts[0]), *((marks[at * choices - 1].end(), starts[at]) for at in range(1, len(starts)))]
    numbers = [list(_COUNTED.finditer(text, *gap)) for gap in gaps]
    first = int(numbers[0][-1][1]) if numbers[0] else -1
    if first < 0 or any([int(one[1]) for one in some] != [first + at] for at, some in enumerate(numbers[1:], 1)):
        raise ValueError(f"it isn't clear where each of its {len(starts)} questions begins")
    return [some[-1].start() for some in numbers]


def _whole(choice: str) -> str:
    """Join the lines of a choice: between Chinese characters with nothing, else with a space."""
    return re.sub(r"\s+", " ", _BROKEN.sub("", choice)).strip()
