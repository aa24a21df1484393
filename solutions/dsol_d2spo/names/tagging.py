"""A tagger of names, learned from labelled documents: a linear chain over tokens (Lafferty et al. 2001).

CRFsuite trains it (L-BFGS, the same for the same rows); what it learned is plain numbers, decoded here, so that serving
needs neither the library nor a file in its format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsol.folding import fold
from dsol_d2spo.language import language_of
from dsol_d2spo.names import patterns
from dsol_d2spo.names.mentions import Gazetteer, tokens_of

STEPS = 50
FEW, SMALL = 0.1, 0.02  # penalties on the sizes of weights (L1, which makes most of them 0) and on their squares
LEAST = 0.005  # of the largest weight, below which a weight says nothing
OUT = "O"

Token = tuple[str, int, int]
_LINES = re.compile(r"[ \t]*(?:\r?\n[ \t]*)+")
# What begins a heading, a quotation, an item of a list or a row of a table; what emphasis is set in.
_BLOCK = re.compile(r"[ \t]*(?:#{1,6}|[-*+>|•]|\d{1,3}[.)])[ \t]+")
_EMPHASIS = "*_`#"
TITLE = 60  # characters: a shorter first line with capitals throughout is a title, and no line that was broken
_LONG_WORDS = re.compile(r"[^\W\d_]{4,}")  # shorter ones are small in titles too
_ARTICLES = frozenset({"the", "a", "an"})
_SPEAKERS = frozenset({"i", "we", "you", "he", "she", "they", "it"})
_OPENS = {")": "(", "]": "[", "}": "{", "）": "（", "】": "【", "》": "《", "」": "「"}
_CLOSES = {open_: close for close, open_ in _OPENS.items()}


@dataclass(frozen=True)
class Tagger:
    """Weights of labels ("O", "B-<type>", "I-<type>") by feature, and of the steps between labels."""

    labels: tuple[str, ...] = ()
    steps: Sequence[Sequence[float]] = ()
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @cached_property
    def _tables(self) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
        place = {label: at for at, label in enumerate(self.labels)}
        rows = {}
        for name, some in self.weights.items():
            row = np.zeros(len(self.labels))
            for label, weight in some.items():
                row[place[label]] = weight
            rows[name] = row
        return rows, np.array(self.steps, dtype=float)

    def tag(self, text: str, gazetteer: Gazetteer, common: frozenset[str]) -> list[tuple[int, int, str]]:
        """Find names: where each starts and ends, and its type. Best sequence of labels (Viterbi 1967)."""
        tokens = list(tokens_of(text))
        if not self.labels or not tokens:
            return []
        rows, steps = self._tables
        size = len(self.labels)
        emitted = np.zeros((len(tokens), size))
        for at, names in enumerate(features(text, tokens, gazetteer, common)):
            for name in names:
                row = rows.get(name)
                if row is not None:
                    emitted[at] += row
        best, back = emitted[0], np.zeros((len(tokens), size), dtype=np.int64)
        for at in range(1, len(tokens)):
            through = best[:, None] + steps
            back[at] = through.argmax(axis=0)
            best = through[back[at], np.arange(size)] + emitted[at]
        path = [int(best.argmax())]
        for at in range(len(tokens) - 1, 0, -1):
            path.append(int(back[at][path[-1]]))
        found = _names(tokens, [self.labels[at] for at in reversed(path)])
        return [own for name in found for own in own_names(text, name)]

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {"labels": list(self.labels), "steps": [list(row) for row in self.steps], "weights": self.weights}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Tagger:
        """Read what `to_json` gave; without anything it finds nothing."""
        return cls(tuple(value["labels"]), value["steps"], value["weights"]) if value else cls()


def train(labelled: Iterable[tuple[str, Sequence[tuple[int, int, str]], Gazetteer]], common: frozenset[str]) -> Tagger:
    """Learn from texts with the spans that are labelled in each, and the names that were known without it."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"max_iterations": STEPS, "c1": FEW, "c2": SMALL, "feature.possible_transitions": True})
    some = False
    for text, spans, gazetteer in labelled:
        tokens = list(tokens_of(text))
        if tokens:
            trainer.append(list(features(text, tokens, gazetteer, common)), _labels(tokens, spans))
            some = some or bool(spans)
    return _trained(trainer) if some else Tagger()


def _trained(trainer: Any) -> Tagger:
    import tempfile
    from pathlib import Path

    import pycrfsuite

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(path))
        known = tagger.info()
        tagger.close()
    labels = sorted(known.labels)
    steps = [[round(known.transitions.get((one, two), 0.0), 2) for two in labels] for one in labels]
    for one, row in zip(labels, steps, strict=True):
        for at, two in enumerate(labels):
            if two.startswith("I") and one[1:] != two[1:]:
                row[at] = -1e6  # no name goes on that hasn't begun
    least = LEAST * max((abs(one) for one in known.state_features.values()), default=0.0)
    weights: dict[str, dict[str, float]] = {}
    for (name, label), weight in known.state_features.items():
        if abs(weight) > least:
            weights.setdefault(name, {})[label] = round(weight, 2)
    return Tagger(tuple(labels), steps, weights)


def features(text: str, tokens: Sequence[Token], gazetteer: Gazetteer, common: frozenset[str]) -> Iterator[list[str]]:
    """Describe each token: its word, shape and ending, its neighbours, and what names and patterns cover it."""
    words = [fold(token) for token, _, _ in tokens]
    shapes = [_shape(token) for token, _, _ in tokens]
    covers = _covers(text, tokens, gazetteer)
    padded = ["<<", "<", *words, ">", ">>"]
    shaped = ["<", *shapes, ">"]
    gap = [False, *(one[2] < two[1] for one, two in pairwise(tokens))]
    for at, word in enumerate(words):
        before2, before, here, after, after2 = padded[at : at + 5]
        yield [
            "bias",
            f"w {here}",
            f"w-1 {before}",
            f"w+1 {after}",
            f"w-2 {before2}",
            f"w+2 {after2}",
            f"b {before} {here}",
            f"b+ {here} {after}",
            f"b2 {before2} {before}",
            f"b+2 {after} {after2}",
            f"s {shapes[at]}",
            f"s-1 {shaped[at]} {shapes[at]}",
            f"s+1 {shapes[at]} {shaped[at + 2]}",
            f"t {word[-3:]}",
            f"h {word[:2]}",
            f"c {word in common} {shapes[at]}",
            f"g {gap[at]}",
            *covers[at],
        ]


def _covers(text: str, tokens: Sequence[Token], gazetteer: Gazetteer) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in tokens]
    starts = {token[1]: at for at, token in enumerate(tokens)}
    for kind, spans in (
        ("known", gazetteer.spans(text)),
        ("date", patterns.dates(text)),
        ("quoted", patterns.quoted(text)),
        ("suffix", patterns.suffixed(text) if language_of(text) == "zh" else ()),
    ):
        for start, end in spans:
            at = starts.get(start, len(tokens))
            place = "B"
            while at < len(tokens) and tokens[at][1] < end:
                found[at].append(f"{kind} {place}")
                place = "I"
                at += 1
            if at - 1 < len(tokens) and place == "I":
                found[at - 1].append(f"{kind} E")
    return found


def _shape(token: str) -> str:
    if token.isdigit():
        return f"d{min(len(token), 5)}"
    if not token.isalnum():
        return f"p{token}"
    if token >= "\u2e80":
        return "han"
    if token.isupper():
        return "X" if len(token) == 1 else "XX"
    return "Xx" if token[0].isupper() else "x"


def _labels(tokens: Sequence[Token], spans: Sequence[tuple[int, int, str]]) -> list[str]:
    labels = [OUT] * len(tokens)
    for start, end, type in spans:
        first = True
        for at, (_, begin, stop) in enumerate(tokens):
            if start <= begin and stop <= end:
                labels[at] = f"{'B' if first else 'I'}-{type}"
                first = False
    return labels


def own_names(text: str, name: tuple[int, int, str]) -> Iterator[tuple[int, int, str]]:
    """Give what of a tagged span (start, end, type) is a name: within one block of the text, without layout marks."""
    for part in _within_blocks(text, name):
        if (bare := _bare(text, part)) and (whole := _without_loose_brackets(text, bare)):
            yield whole


def _within_blocks(text: str, name: tuple[int, int, str]) -> Iterator[tuple[int, int, str]]:
    """Cut a name where a heading, a paragraph or an item of a list ends; what stands below is another name.

    A line's end within a paragraph may be in the middle of a name.
    """
    start, end, kind = name
    for gap in _LINES.finditer(text, start, end):
        first, last = text.find("\n", gap.start()), text.rfind("\n", gap.start(), gap.end())
        begun = text.rfind("\n", 0, first) + 1
        before, after = text[begun:first], text[last + 1 : last + 1 + TITLE]
        opens = not text[:begun].rstrip(" \t\r").removesuffix("\n").rstrip(" \t\r") or text[:begun].endswith("\n\n")
        title = opens and len(before) < TITLE and not any(word[0].islower() for word in _LONG_WORDS.findall(before))
        if first != last or title or _BLOCK.match(before) or _BLOCK.match(after):
            yield start, gap.start(), kind
            start = gap.end()
    yield start, end, kind


def _bare(text: str, name: tuple[int, int, str]) -> tuple[int, int, str] | None:
    """Take marks of headings, lists and emphasis off a name, and who speaks ("I founded Acme"); None if that is all."""
    start, end, kind = name
    if block := _BLOCK.match(text, start, end):
        start = block.end()
    while start < end and (text[start] in _EMPHASIS or text[start].isspace()):
        start += 1
    while start < end and (text[end - 1] in _EMPHASIS or text[end - 1].isspace()):
        end -= 1
    words = text[start:end].split(" ")
    if words[0].lower() in _SPEAKERS and words[1:2] and words[1][:1].islower():
        capital = next((at for at, word in enumerate(words) if at and word[:1].isupper()), len(words))
        start += len(" ".join(words[:capital])) + 1
    return (start, end, kind) if start < end and text[start:end].lower() not in _ARTICLES else None


def _without_loose_brackets(text: str, name: tuple[int, int, str]) -> tuple[int, int, str] | None:
    """Take brackets off a name's ends that have no partner in it, as the markup of links leaves them; None if all."""
    start, end, kind = name
    while start < end and (partner := _OPENS.get(text[end - 1])) and partner not in text[start:end]:
        end -= 1
    while start < end and (partner := _CLOSES.get(text[start])) and partner not in text[start:end]:
        start += 1
    return (start, end, kind) if start < end else None


def _names(tokens: Sequence[Token], labels: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    start = -1
    for at, label in enumerate([*labels, OUT]):
        if start >= 0 and not label.startswith("I"):
            yield tokens[start][1], tokens[at - 1][2], labels[start][2:]
            start = -1
        if label.startswith("B"):
            start = at
