"""Which of the triples that were given are right, by one of four definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsol_d2spo.names.grounding import Ground
from dsol_d2spo.names.naming import key
from dsol_d2spo.triple import Span, Triple


@dataclass(frozen=True)
class Wanted:
    """A labelled triple: every name that counts as either end, and the types if they were given."""

    subject: tuple[str, ...]
    predicate: str
    object: tuple[str, ...]
    subject_type: str = ""
    object_type: str = ""


@dataclass(frozen=True)
class Match:
    """What became of a given triple: the wanted one that it is (None: wrong), and whether it counts.

    A triple that is there twice counts once.
    """

    wanted: Wanted | None
    counts: bool = True


@dataclass(frozen=True)
class Definition:
    """When a given triple is a wanted one: the predicates are equal and so are the ends, in a normal form.

    `spots`: the ends need not be equal, their places in the text must overlap. `entities`: an end is an entity,
    whatever it is called, so that a triple given again by another name doesn't count; else that is wrong.
    """

    name: str
    form: Callable[[str], str]
    spots: bool = False
    entities: bool = False


def exact(name: str) -> str:
    """Lose nothing but the number of spaces."""
    return " ".join(name.split())


def unmarked(name: str) -> str:
    """Lose case and the marks 《》 around a work's name, as DuIE's scorer does."""
    bare = name.lower()
    return bare[1:-1] if bare.startswith("《") and bare.endswith("》") else bare


# strict: both ends to the letter. relaxed: the ends overlap. duie: DuIE's official scorer (the sums of right, given and
# wanted triples; an object of several parts is several triples here). docred: the official scorer of DocRED (Yao et al.
# 2019), where an end is an entity by any of its names, each pair of entities once.
DEFINITIONS = {
    one.name: one
    for one in (
        Definition("strict", exact),
        Definition("relaxed", key, spots=True, entities=True),
        Definition("duie", unmarked),
        Definition("docred", key, entities=True),
    )
}


def read_wanted(meta: Mapping[str, Any]) -> list[Wanted]:
    """Read the labelled triples of a sample's meta data."""
    return [
        Wanted(
            tuple(map(str, one["subject"])),
            str(one["predicate"]),
            tuple(map(str, one["object"])),
            str(one.get("subject_type") or ""),
            str(one.get("object_type") or ""),
        )
        for one in meta["gold"]
    ]


def distinct(wanted: Sequence[Wanted], by: Definition) -> list[Wanted]:
    """Keep of the labelled triples each once, by the definition's normal form."""
    unique: dict[tuple[frozenset[str], str, frozenset[str]], Wanted] = {}
    for one in wanted:
        ends = (frozenset(map(by.form, one.subject)), one.predicate, frozenset(map(by.form, one.object)))
        unique.setdefault(ends, one)
    return list(unique.values())


def match(given: Sequence[Triple], wanted: Sequence[Wanted], text: str, by: Definition) -> list[Match]:
    """Match the given triples in order, each of the distinct wanted ones at most once."""
    same = _overlapping(text) if by.spots else _equal(by)
    taken: set[int] = set()
    seen: set[tuple[str, str, str]] = set()
    found = []
    for one in given:
        words = (by.form(one.subject), one.predicate, by.form(one.object))
        fitting = [
            number
            for number, other in enumerate(wanted)
            if one.predicate == other.predicate and same(one.subject, other.subject) and same(one.object, other.object)
        ]
        free = [number for number in fitting if number not in taken]
        if words in seen:
            found.append(Match(None, counts=False))
        elif free:
            taken.add(free[0])
            found.append(Match(wanted[free[0]]))
        else:
            found.append(Match(None, counts=not (fitting and by.entities)))
        seen.add(words)
    return found


def typed(given: Triple, wanted: Wanted) -> bool:
    """Tell whether the types are right where types were labelled."""
    return wanted.subject_type in ("", given.subject_type) and wanted.object_type in ("", given.object_type)


def _equal(by: Definition) -> Callable[[str, Sequence[str]], bool]:
    return lambda name, names: by.form(name) in map(by.form, names)


def _overlapping(text: str) -> Callable[[str, Sequence[str]], bool]:
    ground = Ground(text)
    known: dict[str, tuple[Span, ...]] = {}

    def places(name: str) -> tuple[Span, ...]:
        if name not in known:
            known[name] = ground.find(name).spans
        return known[name]

    def overlap(name: str, names: Sequence[str]) -> bool:
        spots = places(name)
        others = [span for one in names for span in places(one)]
        return any(one.start < two.end and two.start < one.end for one in spots for two in others)

    return overlap
