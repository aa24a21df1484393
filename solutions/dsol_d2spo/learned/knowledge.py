"""What labelled documents teach beside the model: names with their types, a tagger for new ones, common words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dsol.folding import fold
from dsol_d2spo.document import Document
from dsol_d2spo.labelled.places import labelled_spans
from dsol_d2spo.language import language_of
from dsol_d2spo.learned.rules import Rules
from dsol_d2spo.names.mentions import SHAPES, Gazetteer, Mention, find_mentions, parts, tokens_of
from dsol_d2spo.names.tagging import Tagger, train
from dsol_d2spo.triple import Span

PRECISE = 0.4  # of a known name's occurrences that must be labelled, for it to be taken as one
COMMON = 2  # documents in which a word is written small, for it to be no name at a sentence's start
SHARE = 0.03  # of the labelled mentions that a shape must give, to be looked for
FEWEST = 30  # documents that a tagger needs to learn from


@dataclass(frozen=True)
class Knowledge:
    """Names by folded text: how many documents name it so, by type, and how many hold these words at all.

    `common`: words that are written small. `shapes`: type counts by the language and shape of a mention. `traits`: type
    counts by what a name looks like (its first and last word, its ending), for names that nobody has labelled.
    `tagger` finds names by their context, `rules` say which relations they may have. `gazetteer`: the names that are
    worth looking for.
    """

    names: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    common: frozenset[str] = frozenset()
    shapes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    traits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    tagger: Tagger = field(default_factory=Tagger)
    rules: Rules = field(default_factory=Rules)
    gazetteer: Gazetteer = field(default_factory=lambda: Gazetteer({}))
    _less: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def wanted(self, language: str) -> tuple[str, ...]:
        """Give the shapes that labelled mentions have; all but numbers where there is nothing to learn from."""
        counts = {shape: sum(self.shapes.get(f"{language} {shape}", {}).values()) for shape in SHAPES}
        total = sum(counts.values())
        if not total:
            return tuple(one for one in SHAPES if one != "number")
        return ("known", *(one for one, count in counts.items() if count >= SHARE * total))

    def mentions(self, text: str) -> list[Mention]:
        """Find what the text may name: what the tagger finds, and known names; without a tagger, all by shape."""
        if not self.tagger.labels:
            return self.shaped(text)
        tagged = [
            Mention(Span(start=start, end=end), text[start:end], "name", type)
            for start, end, type in self.tagger.tag(text, self.gazetteer, self.common)
        ]
        taken = bytearray(len(text))
        for one in tagged:
            taken[one.span.start : one.span.end] = b"\1" * len(one.text)
        known = [
            Mention(Span(start=start, end=end), text[start:end], "known")
            for start, end in self.gazetteer.spans(text)
            if not any(taken[start:end])
        ]
        return sorted(
            [*tagged, *(replace(one, type=self.type_of(one)) for one in known)], key=lambda one: one.span.start
        )

    def shaped(self, text: str) -> list[Mention]:
        """Find what the text may name by known names and shapes alone."""
        found = find_mentions(text, self.gazetteer, self.common, self.wanted(language_of(text)))
        return [replace(one, type=self.type_of(one)) for one in found]

    def type_of(self, mention: Mention) -> str:
        """Guess a mention's type: the one it was labelled with most, else that of names that look alike."""
        name = fold(mention.text)
        seen = self._less.get(name, self.names.get(name))
        if seen:
            return max(seen, key=lambda type: (seen[type], type))
        scores: Counter[str] = Counter()
        for trait in traits(mention):
            some = self.traits.get(trait, {})
            total = sum(some.values())
            for type, count in some.items():
                scores[type] += int(1000 * count / (total + 2)) + min(count, 50)
        return max(scores, key=lambda type: (scores[type], type)) if scores else ""

    def without(self, document: Document) -> Knowledge:
        """Leave out the names that one document taught: what would be known of them if it were new."""
        less: dict[str, Mapping[str, int]] = {}
        hidden: set[tuple[str, ...]] = set()
        for name, types in labelled(document).items():
            left = {type: count - (type in types) for type, count in self.names.get(name, {}).items()}
            less[name] = {type: count for type, count in left.items() if count > 0}
            if not less[name] or sum(less[name].values()) < PRECISE * (self.held.get(name, 1) - 1):
                hidden.add(parts(name))
        return replace(self, gazetteer=self.gazetteer.without(hidden), _less=less)

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "names": self.names,
            "held": self.held,
            "common": sorted(self.common),
            "shapes": self.shapes,
            "traits": self.traits,
            "tagger": self.tagger.to_json(),
            "rules": self.rules.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Knowledge:
        """Read what `to_json` gave; nothing is known where there is nothing."""
        if not value:
            return cls()
        names, held = value["names"], value["held"]
        return cls(
            names,
            held,
            frozenset(value["common"]),
            value["shapes"],
            value["traits"],
            Tagger.from_json(value.get("tagger") or {}),
            Rules.from_json(value.get("rules") or {}),
            _gazetteer(names, held),
        )


def labelled(document: Document) -> dict[str, set[str]]:
    """Give the folded names of a document's entities and of its triples' ends, with their types."""
    found: dict[str, set[str]] = {}
    for entity in document.entities:
        for name in entity.names:
            found.setdefault(fold(name), set()).add(entity.type)
    for gold in () if document.entities else document.gold:
        for name in gold.subject_names:
            found.setdefault(fold(name), set()).add(gold.triple.subject_type)
        for name in gold.object_names:
            found.setdefault(fold(name), set()).add(gold.triple.object_type)
    return found


def learn(documents: Sequence[Document]) -> Knowledge:
    """Learn names, common words and what names look like; a tagger comes with `with_tagger`."""
    names: dict[str, Counter[str]] = {}
    small: Counter[str] = Counter()
    for document in documents:
        for name, types in labelled(document).items():
            names.setdefault(name, Counter()).update(types)
        small.update({token for token, _, _ in tokens_of(document.text) if token.islower()})
    common = frozenset(fold(word) for word, count in small.items() if count >= COMMON)
    every = Gazetteer.of(names)
    held: Counter[str] = Counter()
    shapes: dict[str, Counter[str]] = {}
    looks: dict[str, Counter[str]] = {}
    for document in documents:
        known = labelled(document)
        held.update({fold(document.text[start:end]) for start, end in every.spans(document.text)} | known.keys())
        shaped = find_mentions(document.text, Gazetteer({}), common, SHAPES[1:])
        for mention in {one.text: one for one in shaped}.values():
            for type in known.get(fold(mention.text), ()):
                shapes.setdefault(f"{document.language} {mention.shape}", Counter())[type] += 1
                for trait in traits(mention):
                    looks.setdefault(trait, Counter())[type] += 1
    return Knowledge(
        {name: dict(types) for name, types in names.items()},
        dict(held),
        common,
        {shape: dict(types) for shape, types in shapes.items()},
        {trait: dict(some) for trait, some in looks.items() if sum(some.values()) > 1},
        gazetteer=_gazetteer(names, held),
    )


def with_tagger(knowledge: Knowledge, documents: Sequence[Document]) -> Knowledge:
    """Let a tagger learn from documents, each with the names that the others taught."""
    if len(documents) < FEWEST:
        return knowledge
    rows = ((one.text, labelled_spans(one), knowledge.without(one).gazetteer) for one in documents)
    return replace(knowledge, tagger=train(rows, knowledge.common))


def traits(mention: Mention) -> list[str]:
    """List what a name looks like: its shape, first and last word or characters, ending, number of words."""
    words = [fold(token) for token, _, _ in tokens_of(mention.text)]
    if language_of(mention.text) == "zh":
        tail = mention.text[-2:]
        found = [f"end {tail}", f"end {tail[-1:]}", f"start {mention.text[:1]}", f"length {min(len(mention.text), 6)}"]
        return [f"shape {mention.shape}", *found]
    found = [f"start {words[0]}", f"end {words[-1]}", f"tail {words[-1][-3:]}"] if words else []
    return [f"shape {mention.shape} {min(len(words), 4)}", *found]


def _gazetteer(names: Mapping[str, Mapping[str, int]], held: Mapping[str, int]) -> Gazetteer:
    def precise(types: Iterable[int], name: str) -> bool:
        return sum(types) >= PRECISE * held.get(name, 1)

    return Gazetteer.of(name for name, types in names.items() if precise(types.values(), name))
