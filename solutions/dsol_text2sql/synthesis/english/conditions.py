"""English for all conditions of a request: after a noun ("from Brazil"), as a predicate, or before the noun."""

from __future__ import annotations

from dsol_text2sql.synthesis.english.own import Phrase, own
from dsol_text2sql.synthesis.english.related import related
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.meaning import Entity, World
from dsol_text2sql.synthesis.names import plural
from dsol_text2sql.synthesis.request import Condition, Request

# Kinds whose value may stand before the noun: Rock tracks, female students.
PREMODIFIERS = frozenset(
    ["genre", "type", "category", "kind", "gender", "sex", "nationality", "style", "language", "color", "colour"]
)


def conditions(request: Request, world: World, v: Voice) -> list[Phrase]:
    """Say each condition that doesn't stand before the noun already."""
    said = []
    for c in request.conditions:
        if c is v.before:
            continue
        thing = world.entities[c.via[-1].end] if c.via else request.subject
        if c.via and thing.english != request.subject.english:
            said.append(related(c, thing, request.subject, v))
        else:
            said.append(own(c, request.subject, v))
    return said


def after(request: Request, world: World, v: Voice) -> str:
    """Say all conditions after the noun."""
    return (" or " if request.either else " and ").join(post for post, _ in conditions(request, world, v))


def things(request: Request, world: World, v: Voice, one: bool = False) -> str:
    """Name the subject with its conditions: "customers from Brazil"."""
    noun = v.noun(request.subject)
    return f"{noun if one else plural(noun)} {after(request, world, v)}".strip()


def premodifier(c: Condition, thing: Entity) -> str:
    """Give a condition's value as a word before the noun where people say it so: "Rock" tracks; else ""."""
    value = c.values[0] if len(c.values) == 1 else ""
    if c.operator != "=" or not isinstance(value, str) or not value.replace(" ", "").isalpha():
        return ""
    if c.via:
        kind = thing.english[0] if len(c.via) == 1 and c.via[0].up and c.attribute.role == "label" else ""
    else:
        kind = c.attribute.english[0] if c.attribute.role == "category" else ""
    return value if kind.rpartition(" ")[2] in PREMODIFIERS and len(value) > 2 and value.count(" ") < 2 else ""
