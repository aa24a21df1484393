"""Word a request as one English question, instruction or row of keywords."""

from __future__ import annotations

import random

from dsol_text2sql.synthesis.english.compared import COMPARISONS
from dsol_text2sql.synthesis.english.conditions import premodifier
from dsol_text2sql.synthesis.english.groups import GROUPS
from dsol_text2sql.synthesis.english.joined import JOINED
from dsol_text2sql.synthesis.english.leaders import LEADERS
from dsol_text2sql.synthesis.english.lists import LISTS
from dsol_text2sql.synthesis.english.lookup import LOOKUPS
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.request import Request

FORMS = {**LISTS, **LOOKUPS, **GROUPS, **JOINED, **LEADERS, **COMPARISONS}
ASKING = frozenset(
    [
        "what",
        "what's",
        "which",
        "who",
        "whose",
        "how",
        "where",
        "when",
        "in",
        "do",
        "can",
        "could",
        "on",
        "from",
        "to",
        "at",
    ]
)
# Forms in which a condition may stand before the noun: "Rock tracks".
MODIFIED = ("list", "count", "aggregate", "order", "superlative", "group", "pairs")


def ask(request: Request, world: World, source: random.Random) -> str:
    """Word a request."""
    voice = Voice(source)
    if request.form in MODIFIED and not request.either:
        for c in request.conditions:
            word = premodifier(c, world.entities[c.via[-1].end] if c.via else request.subject)
            if word and voice.before is None and source.random() < 0.4:
                voice.called[request.subject.table] = f"{word} {voice.noun(request.subject)}"
                voice.before = c
    said = " ".join(FORMS[request.form](request, world, voice).split()).replace(" ,", ",")
    return _written(said, voice)


def _written(said: str, voice: Voice) -> str:
    """Give a question its mark and its capital, as most people do and some don't."""
    first = said.partition(" ")[0].lower()
    asking = first in ASKING or " what is the " in said or " how many " in said
    draw = voice.random.random()
    if said[-1:] not in "?.":
        said += ("?" if draw < 0.85 else "") if asking else ("." if draw < 0.5 else "")
    if voice.lower:
        return said[:1].lower() + said[1:] if voice.quote else said.lower()
    return said[:1].upper() + said[1:]
