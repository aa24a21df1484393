"""Find what a text may speak of: known names first, then names, dates and numbers by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dsol.folding import fold
from dsol_d2spo.language import language_of
from dsol_d2spo.names import patterns
from dsol_d2spo.triple import Span

SHAPES = ("known", "date", "number", "name", "quoted", "suffix", "latin")
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Mention:
    """A place where the text may name something, and by which of the SHAPES it was found; its type, guessed."""

    span: Span
    text: str
    shape: str
    type: str = ""


@dataclass(frozen=True)
class Gazetteer:
    """Known names in folded case by their first token, so that a text is gone through once.

    `names`: the tokens of each name, longest first. `hidden`: names that don't count.
    """

    names: Mapping[str, tuple[tuple[str, ...], ...]]
    hidden: frozenset[tuple[str, ...]] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str]) -> Gazetteer:
        """Make it of names."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for name in names:
            tokens = parts(name)
            if tokens:
                found.setdefault(tokens[0], set()).add(tokens)
        return cls({first: tuple(sorted(some, key=lambda one: (-len(one), one))) for first, some in found.items()})

    def without(self, names: Iterable[tuple[str, ...]]) -> Gazetteer:
        """Hide names, given as their tokens."""
        return Gazetteer(self.names, frozenset(names))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Find the longest names from left to right; they don't overlap."""
        tokens = list(tokens_of(text))
        folded = [fold(token) for token, _, _ in tokens]
        at = 0
        while at < len(tokens):
            length = 0
            for name in self.names.get(folded[at], ()):
                if tuple(folded[at : at + len(name)]) == name and name not in self.hidden:
                    length = len(name)
                    break
            if length:
                yield tokens[at][1], tokens[at + length - 1][2]
            at += length or 1


def parts(name: str) -> tuple[str, ...]:
    """Cut a name into folded tokens."""
    return tuple(fold(token) for token, _, _ in tokens_of(name))


def tokens_of(text: str) -> Iterator[tuple[str, int, int]]:
    """Cut a text into words, single Chinese characters and signs, each with its place."""
    for found in _TOKEN.finditer(text):
        token, start = found.group(), found.start()
        if not _HAN.search(token):
            yield token, start, found.end()
            continue
        for part in re.finditer(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+", token):
            yield part.group(), start + part.start(), start + part.end()


def find_mentions(
    text: str, gazetteer: Gazetteer, common: frozenset[str], shapes: Iterable[str] = SHAPES
) -> list[Mention]:
    """Find mentions that don't overlap, in the text's order.

    `common`: words (folded) that are no names when they stand alone at a sentence's start. `shapes`: those that are
    looked for; earlier ones of SHAPES win where two overlap, a longer one wins within names.
    """
    chinese = language_of(text) == "zh"
    wanted = frozenset(shapes)
    known = list(gazetteer.spans(text)) if "known" in wanted else []
    names = [] if chinese else [span for span in patterns.capitalised(text) if "name" in wanted]
    # A known name within a longer capitalised one is a part of it: `York` in `York University`.
    known = [one for one in known if not any(_within(one, other) for other in names) or one in names]
    ranked: list[tuple[str, Iterable[tuple[int, int]]]] = [
        ("date", patterns.dates(text)),
        ("known", known),
        ("name", (span for span in (_trimmed(text, one, common) for one in names) if span)),
        ("quoted", patterns.quoted(text)),
        ("latin", patterns.latin(text) if chinese else ()),
        ("suffix", patterns.suffixed(text) if chinese else ()),
        ("number", patterns.numbers(text)),
    ]
    taken = bytearray(len(text))
    found: list[Mention] = []
    for shape, spans in ranked:
        if shape not in wanted:
            continue
        for start, end in spans:
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Mention(Span(start=start, end=end), text[start:end], shape))
    return sorted(found, key=lambda one: one.span.start)


def _within(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] <= one[0] and one[1] <= other[1] and one != other


def _trimmed(text: str, span: tuple[int, int], common: frozenset[str]) -> tuple[int, int] | None:
    """Take common words off a name's front: `The`, `In`, `He`."""
    start, end = span
    while start < end:
        first = re.match(r"[\w'’.&-]+", text[start:end])
        if not first or fold(first.group().rstrip(".")) not in common:
            return start, end
        rest = text[start + first.end() : end]
        start += first.end() + len(rest) - len(rest.lstrip(" -"))
    return None
