"""English for a condition on a thing that belongs to another: "albums by AC/DC", "customers who bought Jazz"."""

from __future__ import annotations

from dsol_text2sql.synthesis.english.own import Phrase, own
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.lexicon import HOLDERS, MAKERS
from dsol_text2sql.synthesis.meaning import Entity
from dsol_text2sql.synthesis.names import article, plural, words
from dsol_text2sql.synthesis.request import Condition, Path

SALES = {"invoice", "order", "orders", "purchase", "purchases", "sale", "sales", "bill", "transaction"}
OWNED = """
of the {owner} {v} :: belong to the {owner} {v}
{who} belong to the {owner} {v} :: belong to the {owner} {v}
of {v} :: belong to {v}
2* whose {owner} is {v} :: have {v} as their {owner}
with {owner} {v} :: have the {owner} {v}
"""
MADE = """
3* by {v} :: are by {v}
2* by the {owner} {v} :: are by the {owner} {v}
from {v} :: are from {v}
of the {owner} {v} :: belong to the {owner} {v}
made by {v} :: were made by {v}
whose {owner} is {v} :: have {v} as their {owner}
"""
HELD = """
2* in the {owner} {v} :: are in the {owner} {v}
2* in the {v} {owner} :: are in the {v} {owner}
in {v} :: are in {v}
from the {owner} {v} :: are from the {owner} {v}
on the {owner} {v} :: are on the {owner} {v}
whose {owner} is {v} :: have {v} as their {owner}
that belong to the {owner} {v} :: belong to the {owner} {v}
of {owner} {v} :: are of the {owner} {v}
"""
ROLE = """
2* whose {owner} is {v} :: have {v} as their {owner}
with {v} as {owner} :: have {v} as {owner}
with the {owner} {v} :: have the {owner} {v}
"""
BOUGHT = """
who [bought|purchased|ordered] [the {owner} |]{v} :: [bought|purchased|ordered] [the {owner} |]{v}
who bought {an_owner} called {v} :: bought {an_owner} called {v}
"""
HAVING = """
with the {owner} {v} :: have the {owner} {v}
{who} have {an_owner} called {v} :: have {an_owner} called {v}
with {an_owner} named {v} :: have {an_owner} named {v}
"""
CONTAINING = """
{who} [contain|include] the {owner} {v} :: [contain|include] the {owner} {v}
containing [the {owner} |]{v} :: contain [the {owner} |]{v}
with the {owner} {v} :: have the {owner} {v}
"""


def related(c: Condition, thing: Entity, subject: Entity, v: Voice) -> Phrase:
    """Say a condition on a column of `thing`, to which the condition's way leads from `subject`."""
    relation, up = c.via[-1].relation, all(step.up for step in c.via)
    owner = v.role(relation, thing)
    slots: dict[str, object] = {"owner": owner, "owners": plural(owner), "an_owner": article(owner),
                                "who": "who" if subject.person else "that"}  # fmt: skip
    bought = subject.person and _sold(c.via)
    if c.attribute.role == "label" and c.operator == "=" and (c.name or len(thing.labels) == 1):
        slots["v"] = v.values(c)
        if not up:
            contain = len(c.via) > 1 or subject.english[0].rpartition(" ")[2] in HOLDERS
            text = BOUGHT if bought else CONTAINING if contain and not subject.person else HAVING
        elif relation.own_role:
            text = ROLE
        else:
            last = thing.english[0].rpartition(" ")[2]
            text = MADE if last in MAKERS else HELD if last in HOLDERS else OWNED
            text += "2* from {v} :: are from {v}\nfor {v} :: are for {v}" if thing.person and text is OWNED else ""
    else:
        slots["post"], predicate = own(c, thing, v)
        slots["is"] = _third(predicate)
        if up:
            text = "of {owners} {post} :: belong to {owners} {post}\nwhose {owner} {is} :: have {an_owner} {post}"
        elif bought:
            text = "who [bought|purchased|ordered] {owners} {post} :: [bought|purchased|ordered] {owners} {post}"
        else:
            text = "with {owners} {post} :: have {owners} {post}\n"
            text += "{who} have [{an_owner}|{owners}] {post} :: have {an_owner} {post}"
    post, _, predicate = v.say(text, **slots).partition(" :: ")
    return post, predicate


def _third(predicate: str) -> str:
    """Turn a plural predicate into the third person: "are from X" -> "is from X"."""
    verb, _, rest = predicate.partition(" ")
    forms = {"are": "is", "have": "has", "were": "was", "do": "does", "pass": "passes", "cross": "crosses"}
    return f"{forms.get(verb, verb + 's')} {rest}"


def _sold(via: Path) -> bool:
    """Tell whether a way leads down through purchases."""
    return len(via) > 1 and bool(set(words(via[0].end)) & SALES)
