"""Rows that teach to find and repeat: whole texts, marked words, the sentence with a word, the value of a key."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence

from dsol_seed.documents import Piece
from dsol_seed.row import Row, Task, divided

# sentences, language -> what is asked, the values of its wording, the answer
Making = Callable[[list[str], str, random.Random], tuple[str, dict[str, str], str]]
SENTENCE = {
    "en": re.compile(r"[A-Z][^.!?\n|<>]{20,200}[.!?](?=\s)"),
    "zh": re.compile(r"[\u4e00-\u9fff][^。！？\n]{6,60}[。！？]"),
}
NUMBERS = {
    "en": ("first", "second", "third", "fourth", "fifth"),
    "zh": ("第一", "第二", "第三", "第四", "第五"),
}
SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "repeat": {
        "en": (
            "Repeat this text: {text}",
            "Copy the following exactly.\n{text}",
            "{text}\n\nWrite that again, word for word.",
        ),
        "zh": ("重复这段文字：{text}", "请原样抄写下面的内容。\n{text}", "{text}\n\n把上面的文字一字不差地写一遍。"),
    },
    "marked": {
        "en": ("{text}\n\nWhich words stand between « and »?", "Give the marked part of the text.\n\n{text}"),
        "zh": ("{text}\n\n«和»之间的文字是什么？", "写出文中标出的部分。\n\n{text}"),
    },
    "nth": {
        "en": ("{text}\n\nWrite the {number} sentence.", "What is the {number} sentence of this text?\n\n{text}"),
        "zh": ("{text}\n\n写出{number}句。", "下面这段文字的{number}句是什么？\n\n{text}"),
    },
    "holding": {
        "en": ("{text}\n\nWhich sentence holds “{word}”?", "Find the sentence with the words “{word}”.\n\n{text}"),
        "zh": ("{text}\n\n哪一句里有“{word}”？", "找出含有“{word}”的句子。\n\n{text}"),
    },
    "key": {
        "en": ("{text}\n\nWhat is {word}?", "Look up {word}.\n\n{text}"),
        "zh": ("{text}\n\n{word}是什么？", "查一下{word}。\n\n{text}"),
    },
}


def copying(pieces: Sequence[Piece], count: int, seed: int = 0) -> Task:
    """Make about `count` rows from pieces of documents."""
    return divided(_rows(pieces, count, random.Random(seed)))


def sentences(piece: Piece) -> list[str]:
    """Find the whole sentences of a piece."""
    return [" ".join(found.split()) for found in SENTENCE[piece.language].findall(piece.text)]


def _rows(pieces: Sequence[Piece], count: int, draw: random.Random) -> Iterator[tuple[str, Row]]:
    kinds: list[Making] = [_repeat, _marked, _nth, _holding, _key]
    for _ in range(count):
        piece = draw.choice(pieces)
        found = sentences(piece)
        if len(found) < 6:
            continue
        start = draw.randrange(len(found) - 5)
        kind, values, answer = draw.choice(kinds)(found[start : start + 5], piece.language, draw)
        yield piece.about, Row(draw.choice(SAID[kind][piece.language]).format(**values), answer)


def _join(found: Sequence[str], language: str) -> str:
    return (" " if language == "en" else "").join(found)


def _part(text: str, language: str, draw: random.Random, most: int) -> tuple[int, int]:
    """Choose a run of words, or of characters in Chinese; give where it starts and ends."""
    if language == "zh":
        length = draw.randint(2, min(most * 2, len(text) - 1))
        start = draw.randrange(len(text) - length)
        return start, start + length
    words = [found.span() for found in re.finditer(r"\S+", text)]
    length = draw.randint(1, min(most, len(words)))
    start = draw.randrange(len(words) - length + 1)
    return words[start][0], words[start + length - 1][1]


def _repeat(found: list[str], language: str, draw: random.Random) -> tuple[str, dict[str, str], str]:
    text = _join(found[: draw.randint(1, 3)], language)
    if draw.random() < 0.3:  # what no language model could guess
        text = " ".join(_code(draw) for _ in range(draw.randint(2, 8)))
    return "repeat", {"text": text}, text


def _marked(found: list[str], language: str, draw: random.Random) -> tuple[str, dict[str, str], str]:
    text = _join(found[: draw.randint(2, 5)], language)
    start, end = _part(text, language, draw, 12)
    return "marked", {"text": f"{text[:start]}«{text[start:end]}»{text[end:]}"}, text[start:end]


def _nth(found: list[str], language: str, draw: random.Random) -> tuple[str, dict[str, str], str]:
    some = found[: draw.randint(2, 5)]
    at = draw.randrange(len(some))
    return "nth", {"text": _join(some, language), "number": NUMBERS[language][at]}, some[at]


def _holding(found: list[str], language: str, draw: random.Random) -> tuple[str, dict[str, str], str]:
    some = found[: draw.randint(2, 5)]
    answer = draw.choice(some)
    start, end = _part(answer, language, draw, 4)
    word = answer[start:end]
    if sum(word in sentence for sentence in some) > 1:
        return _nth(found, language, draw)
    return "holding", {"text": _join(some, language), "word": word}, answer


def _key(found: list[str], language: str, draw: random.Random) -> tuple[str, dict[str, str], str]:
    entries: dict[str, str] = {}
    for sentence in found:
        start, end = _part(sentence, language, draw, 2)
        key = sentence[start:end].strip(" .,;:!?，。；：、！？") or _code(draw)
        start, end = _part(sentence, language, draw, 5)
        entries[key if draw.random() < 0.6 else _code(draw)] = draw.choice([sentence[start:end], _code(draw)])
    listed = "\n".join(f"{key}: {value}" for key, value in entries.items())
    key = draw.choice(list(entries))
    return "key", {"text": listed, "word": key}, entries[key]


def _code(draw: random.Random) -> str:
    letters = "abcdefghijkmnpqrstuvwxyz" if draw.random() < 0.5 else "ABCDEFGHJKLMNPQRSTUVWXYZ"
    made = "".join(draw.choice(letters) for _ in range(draw.randint(1, 5)))
    return (
        made
        + ("-" if draw.random() < 0.3 else "")
        + (str(draw.randrange(10 ** draw.randint(1, 5))) if draw.random() < 0.7 else "")
    )
