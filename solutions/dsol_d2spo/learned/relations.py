"""Which labelled predicates hold between the marks of a passage."""

from __future__ import annotations

from collections.abc import Sequence

from dsol.folding import fold
from dsol_d2spo.document import Gold
from dsol_d2spo.names.marking import End


def relations(gold: Sequence[Gold], ends: Sequence[End]) -> dict[tuple[str, str], set[str]]:
    """Say which predicates hold between which marks, by any name of an end."""
    owner: dict[str, list[str]] = {}
    for end in ends:
        for name in {fold(one.text) for one in end.mentions}:
            owner.setdefault(name, []).append(end.mark)
    held: dict[tuple[str, str], set[str]] = {}
    for one in gold:
        subjects = {mark for name in one.subject_names for mark in owner.get(fold(name), ())}
        objects = {mark for name in one.object_names for mark in owner.get(fold(name), ())}
        for pair in ((a, b) for a in subjects for b in objects if a != b):
            held.setdefault(pair, set()).add(one.triple.predicate)
    return held
