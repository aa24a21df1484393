"""English for a condition on a column of the thing itself, after its noun and as a predicate."""

from __future__ import annotations

from dsol_text2sql.synthesis.degrees import DEGREES, Degree
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.lexicon import DONE_BY, YES
from dsol_text2sql.synthesis.meaning import Attribute, Entity
from dsol_text2sql.synthesis.names import article, listing
from dsol_text2sql.synthesis.request import Condition
from dsol_text2sql.synthesis.synonyms import VERBS

Phrase = tuple[str, str]
DATED = {"birth": "born", "hire": "hired", "release": "released", "founded": "founded", "opening": "opened"}

NAMED = """
2* named {v} :: are named {v}
2* called {v} :: are called {v}
with the {name} {v} :: have the {name} {v}
whose {name} is {v} :: have the {name} {v}
"""
PLACED = """
2* in {v} :: are in {v}
2* from {v} :: are from {v}
located in {v} :: are located in {v}
whose {name} is {v} :: have {v} as their {name}
in the {name} {v} :: are in the {name} {v}
"""
LIVING = """
2* in {v} :: are in {v}
3* from {v} :: [are|come] from {v}
living in {v} :: live in {v}
who live in {v} :: live in {v}
based in {v} :: are based in {v}
whose {name} is {v} :: have {v} as their {name}
"""
EQUAL = """
2* with {name} {v} :: have {name} {v}
2* whose {name} is {v} :: have {v} as their {name}
with the {name} {v} :: have the {name} {v}
{who} have {name} {v} :: have {name} {v}
"""
MEASURED = """
with {a} of {v} :: have {a} of {v}
whose {name} is {v} :: have {a} of {v}
whose {name} equals {v} :: have {a} equal to {v}
"""
UNEQUAL = """
2* whose {name} is not {v} :: do not have the {name} {v}
with {a} other than {v} :: have {a} other than {v}
without the {name} {v} :: do not have the {name} {v}
"""
NOT_THERE = """
not from {v} :: are not from {v}
{who} are not [in|from] {v} :: are not in {v}
outside {v} :: are outside {v}
outside of {v} :: are outside of {v}
whose {name} is not {v} :: do not have {v} as their {name}
"""
MORE = """
2* with {a} [over|above|of more than|greater than|higher than|exceeding] {v} :: have {a} [over|above|greater than] {v}
whose {name} is [over|above|more than|greater than|higher than|larger than] {v} :: have {a} [over|above|higher than] {v}
{who} have {a} [over|above|greater than|higher than] {v} :: have {a} [over|above|greater than|higher than] {v}
"""
LESS = """
2* with {a} [under|below|of less than|lower than|smaller than] {v} :: have {a} [under|below|lower than] {v}
whose {name} is [under|below|less than|lower than|smaller than] {v} :: have {a} [under|below|lower than] {v}
{who} have {a} [under|below|less than|lower than] {v} :: have {a} [under|below|less than|lower than] {v}
"""
AT_LEAST = """
with {a} of [at least {v}|{v} or more|no less than {v}] :: have {a} of [at least {v}|{v} or more]
whose {name} is [at least {v}|{v} or more|greater than or equal to {v}] :: have {a} of [at least {v}|{v} or more]
"""
AT_MOST = """
with {a} of [at most {v}|{v} or less|no more than {v}] :: have {a} of [at most {v}|{v} or less]
whose {name} is [at most {v}|{v} or less|less than or equal to {v}] :: have {a} of [at most {v}|{v} or less]
"""
BETWEEN = """
2* with {a} between {v} and {w} :: have {a} between {v} and {w}
whose {name} is between {v} and {w} :: have {a} between {v} and {w}
with {a} [from|ranging from] {v} to {w} :: have {a} from {v} to {w}
"""
AMONG = """
with {name} {v} :: have {name} {v}
whose {name} is {v} :: have {name} {v}
whose {name} is either {v} :: have {name} {v}
"""
AMONG_PLACES = """
from {v} :: are from {v}
in {v} :: are in {v}
in either {v} :: are in either {v}
"""
CONTAINS = """
2* whose {name} contains {word}{v} :: have {a} containing {word}{v}
with {v} in [the|their] {name} :: have {v} in [the|their] {name}
whose {name} includes {word}{v} :: have {word}{v} in the {name}
with {word}{v} in the {name} :: contain {word}{v} in [the|their] {name}
"""
STARTS = """
whose {name} [starts|begins] with {letter}{v} :: have {a} that [starts|begins] with {letter}{v}
with {a} [starting|beginning] with {letter}{v} :: have {a} starting with {letter}{v}
"""
ENDS = """
whose {name} ends [with|in] {letter}{v} :: have {a} that ends with {letter}{v}
with {a} ending [with|in] {letter}{v} :: have {a} ending with {letter}{v}
"""
LACKING = """
without {a} :: have no {name}
with no {name} :: do not have {a}
whose {name} is [missing|unknown|not known|empty] :: [lack {a}|have no known {name}]
"""
WHEN = """
2* with {a} {when} :: have {a} {when}
whose {name} is {when} :: have {a} {when}
"""


def is_name(a: Attribute, subject: Entity) -> bool:
    """Tell whether a label is a name, so that rows are "called" by it; a code is not."""
    last = a.english[0].rpartition(" ")[2]
    return last in ("name", "title", "label") or last == subject.english[0].rpartition(" ")[2] or bool(a.refers)


def own(c: Condition, subject: Entity, v: Voice) -> Phrase:
    """Say a condition on a column of `subject`: ("from Brazil", "are from Brazil")."""
    a, name = c.attribute, v.name(c.attribute)
    slots: dict[str, object] = {"name": name, "a": article(name), "who": "who" if subject.person else "that"}
    slots["v"] = v.values(c) if c.operator in ("=", "!=") else ""
    text, place = EQUAL, a.role == "place"
    match c.operator:
        case "=" if c.name:
            text, slots["name"] = NAMED, "name"
        case "=" if a.role == "flag":
            text = _flag(name, str(c.values[0]).lower() in YES)
        case "=" if a.verb:
            text = (
                "\n".join(f"that {verb} {{v}} :: {verb} {{v}}" for verb in VERBS[a.verb][0]) + "\nin {v} :: are in {v}"
            )
        case "=" if a.role == "label" and is_name(a, subject) and len(subject.labels) == 1:
            text = NAMED
        case "=" if place:
            text = LIVING if subject.person else PLACED
        case "=" if a.role == "measure":
            text = MEASURED + ("3* from {v} :: are from {v}" if a.sense == "year" else "")
        case "=":
            done = DONE_BY.get(name.rpartition(" ")[2], "")
            text += f"2* {done} {{v}} :: are {done} {{v}}\nby {{v}} :: are by {{v}}" if done else ""
            text += "of {name} {v} :: are of {name} {v}" if name.endswith(("type", "category", "genre", "kind")) else ""
        case "!=":
            text = NOT_THERE if place else UNEQUAL
        case ">" | "<":
            slots["v"] = v.limit(a, c.values[0])
            text = (MORE if c.operator == ">" else LESS) + _degrees(a, c.operator == ">")
        case ">=" | "<=":
            slots["v"] = v.limit(a, c.values[0])
            text = AT_LEAST if c.operator == ">=" else AT_MOST
        case "between":
            slots["v"], slots["w"] = v.limit(a, c.values[0]), v.limit(a, c.values[1])
            text = BETWEEN
        case "in":
            slots["v"] = listing([v.value(value) for value in c.values], "or")
            text = AMONG_PLACES if place else AMONG
        case "contains":
            slots["v"], text = v.value(c.values[0]), CONTAINS
            slots["word"] = v.pick("", "the word " if len(str(c.values[0])) > 3 else "the letters ")
        case "starts" | "ends":
            slots["v"], text = v.value(c.values[0]), STARTS if c.operator == "starts" else ENDS
            slots["letter"] = v.pick("", "the letter ") if len(str(c.values[0])) == 1 else ""
        case "null":
            text = LACKING
        case "not null":
            text = "with {a} :: have {a}\n{who} have {a} :: have {a}"
        case "year" | "years" | "after" | "before":
            slots["when"], text = _when(c, v), _dated(a, subject.person)
    post, _, predicate = v.say(text, **slots).partition(" :: ")
    return post, predicate


def _flag(name: str, yes: bool) -> str:
    """Say that something is so, or isn't: "with wifi", "that are not married"."""
    shown = name.removeprefix("is ").removesuffix(" yn")
    if name.startswith("is ") or shown.endswith(("ed", "able", "ive", "full time", "part time")):
        return f"that are {shown} :: are {shown}" if yes else f"that are not {shown} :: are not {shown}"
    return f"with {shown} :: have {shown}" if yes else f"without {shown} :: do not have {shown}"


def _degrees(a: Attribute, more: bool) -> str:
    """List the comparisons that a measure's sense allows: "longer than 5 minutes"."""
    if a.sense == "year":
        side = "after" if more else "before"
        return f"4* {side} {{v}} :: are from {side} {{v}}"
    degree = DEGREES.get(a.sense, Degree())
    lines = []
    for form in degree.more if more else degree.less:
        said = form.replace("{}", "{v}") if "{}" in form else f"{form} {{v}}"
        verb = said.partition(" ")[2] if said.startswith(("that ", "who ")) else f"are {said}"
        lines.append(f"2* {said} :: " + (f"have {said.removeprefix('with ')}" if said.startswith("with ") else verb))
    return "\n".join(lines)


def _when(c: Condition, v: Voice) -> str:
    first = str(c.values[0])
    if c.operator == "year":
        return f"in {first}"
    if c.operator == "years":
        return v.pick(f"between {first} and {c.values[1]}", f"from {first} to {c.values[1]}")
    day = v.pick(first[:4], first) if first.endswith("-01-01") and c.operator == "before" else first
    return f"{v.pick('after', 'later than') if c.operator == 'after' else v.pick('before', 'earlier than')} {day}"


def _dated(a: Attribute, person: bool) -> str:
    said = set(a.english[0].split())
    for shown, verb in DATED.items():
        if shown in said:
            return WHEN + f"4* {verb} {{when}} :: were {verb} {{when}}"
    return WHEN if person else WHEN + "2* dated {when} :: are dated {when}\n2* {when} :: are {when}"
