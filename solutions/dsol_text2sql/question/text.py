"""Cut text into tokens that compare equal for spellings of one thing and know where they came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from dsol.folding import fold, fold_with_places

CJK = "\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b")
_WORD_IN_NAME = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "series": "series",
    "species": "species",
    "movies": "movie",
    "status": "status",
    "address": "address",
    "has": "has",
    "is": "is",
    "was": "was",
    "this": "this",
    "us": "us",
    "usa": "usa",
    "ids": "id",
    "nos": "no",
}


@dataclass(frozen=True)
class Token:
    """A word, a number or one Chinese character: `key` is what compares, `[start, end)` where it stands."""

    key: str
    word: str
    start: int
    end: int


def is_cjk(text: str) -> bool:
    """Tell whether a text begins with a Chinese character."""
    return bool(text) and ("\u3400" <= text[0] <= "\u9fff" or "\uf900" <= text[0] <= "\ufaff")


@lru_cache(maxsize=1 << 16)
def singular(word: str) -> str:
    """Guess the singular of an English word in lower case; a wrong guess is harmless where both sides are guessed."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def keys(text: str) -> list[str]:
    """List the comparable tokens of a text: singular words, numbers, single Chinese characters."""
    folded = fold(text)
    if "'" in folded:
        folded = _POSSESSIVE.sub("", folded)
    return [singular(word) for word in _WORD.findall(folded)]


def tokens(text: str) -> list[Token]:
    """Cut a text as `keys` does, with the place of every token in the text itself."""
    return list(_tokens(text))


@lru_cache(maxsize=64)  # whoever links a question cuts it again
def _tokens(text: str) -> tuple[Token, ...]:
    folded, places = fold_with_places(text)
    folded = _POSSESSIVE.sub("  ", folded)
    found = []
    for part in _WORD.finditer(folded):
        start, end = places[part.start()], places[part.end() - 1] + 1
        found.append(Token(singular(part.group()), part.group(), start, end))
    return tuple(found)


def name_words(name: str) -> list[str]:
    """Split a column or table name (CamelCase, snake_case, spaces, Chinese) into comparable words."""
    return list(_name_words(name))


@lru_cache(maxsize=1 << 12)
def _name_words(name: str) -> tuple[str, ...]:
    return tuple(keys(_WORD_IN_NAME.sub(" ", name)))
