"""Number what a passage names: every name one mark, wherever it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsol_d2spo.names.mentions import Mention
from dsol_d2spo.names.naming import is_person, key
from dsol_d2spo.schema import Predicate, Schema

MOST = 60  # names of one passage


@dataclass(frozen=True)
class End:
    """What one mark stands for: its name as the passage writes it first and fullest, its type, and its mentions."""

    mark: str
    name: str
    type: str
    mentions: tuple[Mention, ...]


def mark(passage: str, mentions: Sequence[Mention]) -> tuple[End, ...]:
    """Mark what the passage names; a name has one mark wherever it stands, and so has a person's last name."""
    groups: dict[str, list[Mention]] = {}
    persons: dict[str, str] = {}  # a last name -> the group of the whole name
    types: dict[str, str] = {}
    for one in sorted(mentions, key=lambda one: (-len(one.text.split()), one.span.start)):
        name = key(one.text)
        type = one.type
        group = persons.get(name, name) if is_person(type) or not type else name
        types.setdefault(group, type)
        if is_person(type) and " " in name:
            persons.setdefault(name.rpartition(" ")[2], group)
        groups.setdefault(group, []).append(one)
    order = sorted(groups, key=lambda group: min(one.span.start for one in groups[group]))[:MOST]
    ends = []
    for number, group in enumerate(order, 1):
        some = sorted(groups[group], key=lambda one: one.span.start)
        name = max(some, key=lambda one: len(one.text)).text
        ends.append(End(f"c{number}", name, types[group], tuple(some)))
    return tuple(ends)


def fitting(schema: Schema, subject: str, object: str) -> list[Predicate]:
    """Give the predicates that may hold between two types, each once; an unknown type fits all."""
    found: dict[str, Predicate] = {}
    for one in schema.predicates:
        if _fits(one.subject_type, subject) and _fits(one.object_type, object):
            found.setdefault(one.predicate, one)
    return list(found.values())


def _fits(wanted: str, given: str) -> bool:
    return not wanted or not given or wanted == given
