"""What labelled documents teach beside the model: names with their types, and which words are common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dsol.folding import fold
from dsol_d2spo.document import Document, Entity
from dsol_d2spo.language import language_of
from dsol_d2spo.mentions import SHAPES, Gazetteer, Mention, find_mentions, tokens_of

PRECISE = 0.4  # of a known name's occurrences that must be labelled, for it to be taken as one
COMMON = 2  # documents in which a word is written small, for it to be no name at a sentence's start
SHARE = 0.03  # of the labelled mentions that a shape must give, to be looked for


@dataclass(frozen=True)
class Knowledge:
    """Names by folded text: how many documents name it so, by type, and how many hold these words at all.

    `common`: words that are written small. `shapes`: type counts by the shape of a mention. `traits`: type counts by
    what a name looks like (its first and last word, its ending), for names that nobody has labelled.
    """

    names: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    common: frozenset[str] = frozenset()
    shapes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    traits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The names that are worth looking for."""
        return Gazetteer.of(
            name for name, types in self.names.items() if sum(types.values()) >= PRECISE * self.held.get(name, 1)
        )

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """The shapes that the labelled mentions have; all of them where there is nothing to learn from."""
        total = sum(sum(some.values()) for some in self.shapes.values())
        if not total:
            return tuple(one for one in SHAPES if one != "number")
        return ("known", *(one for one, some in self.shapes.items() if sum(some.values()) >= SHARE * total))

    def mentions(self, text: str) -> list[Mention]:
        """Find what the text may name."""
        return find_mentions(text, self.gazetteer, self.common, self.wanted)

    def type_of(self, mention: Mention) -> str:
        """Guess a mention's type: the one it was labelled with most, else that of names that look alike."""
        seen = self.names.get(fold(mention.text))
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
        """Leave out what one document taught: what would be known of it if it were new."""
        names, held = dict(self.names), dict(self.held)
        for name, types in labelled(document).items():
            if name in names:
                left = {type: count - (type in types) for type, count in names[name].items()}
                names[name] = {type: count for type, count in left.items() if count > 0}
                if not names[name]:
                    del names[name]
                held[name] = held.get(name, 1) - 1
        return Knowledge(names, held, self.common, self.shapes, self.traits)

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "names": self.names,
            "held": self.held,
            "common": sorted(self.common),
            "shapes": self.shapes,
            "traits": self.traits,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Knowledge:
        """Read what `to_json` gave; nothing is known where there is nothing."""
        if not value:
            return cls()
        return cls(value["names"], value["held"], frozenset(value["common"]), value["shapes"], value["traits"])


def labelled(document: Document) -> dict[str, set[str]]:
    """Give the folded names of a document's entities, or else of its triples' ends, with their types."""
    found: dict[str, set[str]] = {}
    for name, type in _ends(document):
        found.setdefault(fold(name), set()).add(type)
    return found


def learn(documents: Sequence[Document]) -> Knowledge:
    """Learn from labelled documents, and from nothing else."""
    names: dict[str, Counter[str]] = {}
    small: Counter[str] = Counter()
    for document in documents:
        for name, types in labelled(document).items():
            names.setdefault(name, Counter()).update(types)
        small.update({token for token, _, _ in tokens_of(document.text) if token.islower()})
    common = frozenset(fold(word) for word, count in small.items() if count >= COMMON)
    gazetteer = Gazetteer.of(names)
    held: Counter[str] = Counter()
    shapes: dict[str, Counter[str]] = {}
    looks: dict[str, Counter[str]] = {}
    for document in documents:
        known = labelled(document)
        held.update({fold(document.text[start:end]) for start, end in gazetteer.spans(document.text)} | known.keys())
        shaped = find_mentions(document.text, Gazetteer({}), common, SHAPES[1:])
        for mention in {one.text: one for one in shaped}.values():
            for type in known.get(fold(mention.text), ()):
                shapes.setdefault(mention.shape, Counter())[type] += 1
                for trait in traits(mention):
                    looks.setdefault(trait, Counter())[type] += 1
    frequent = {trait: dict(some) for trait, some in looks.items() if sum(some.values()) > 1}
    return Knowledge(
        {name: dict(types) for name, types in names.items()},
        dict(held),
        common,
        {shape: dict(types) for shape, types in shapes.items()},
        frequent,
    )


def traits(mention: Mention) -> list[str]:
    """List what a name looks like: its shape, first and last word or characters, ending, number of words."""
    words = [fold(token) for token, _, _ in tokens_of(mention.text)]
    if language_of(mention.text) == "zh":
        tail = mention.text[-2:]
        return [f"shape {mention.shape}", f"end {tail}", f"end {tail[-1:]}", f"start {mention.text[:1]}",
                f"length {min(len(mention.text), 6)}"]  # fmt: skip
    return [f"shape {mention.shape} {min(len(words), 4)}", *(f"start {word}" for word in words[:1]),
            *(f"end {word}" for word in words[-1:]), *(f"tail {word[-3:]}" for word in words[-1:])]  # fmt: skip


def _ends(document: Document) -> Iterable[tuple[str, str]]:
    def named(entity: Entity) -> Iterable[tuple[str, str]]:
        return ((name, entity.type) for name in entity.names)

    if document.entities:
        return [one for entity in document.entities for one in named(entity)]
    return [
        one
        for gold in document.gold
        for one in (
            *((name, gold.triple.subject_type) for name in gold.subject_names),
            *((name, gold.triple.object_type) for name in gold.object_names),
        )
    ]
