"""English for one row that is asked about: what, who, where, when, how long."""

from __future__ import annotations

from dsol_text2sql.synthesis.english.lists import FIND, Form, degree
from dsol_text2sql.synthesis.english.own import is_name
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.lexicon import HOLDERS, MAKERS
from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.names import plural
from dsol_text2sql.synthesis.request import Request
from dsol_text2sql.synthesis.synonyms import VERBS

LOOKUP = f"""
3* What is the {{shown}} of {{which}}
{FIND} the {{shown}} [of|for] {{which}}
What {{shown}} does {{which}} have
{{shown}} of {{which}}
What's the {{shown}} of {{which}}
"""
LIVES = """
3* Where does {which} live
In which {shown} does {which} live
2* Which {shown} is {which} from
What {shown} does {which} live in
"""
LIES = """
2* Where is {which}
2* In which {shown} is {which}
Which {shown} is {which} in
What {shown} is {which} [located |]in
"""
DONE = {"composer": "composed", "author": "wrote", "director": "directed", "writer": "wrote", "singer": "sang",
        "founder": "founded", "designer": "designed", "publisher": "published", "producer": "produced",
        "owner": "owns", "builder": "built", "manufacturer": "makes"}  # fmt: skip
HAPPENED = {"birth": "born", "hire": "hired", "release": "released", "founded": "founded"}


def which_one(request: Request, v: Voice) -> str:
    """Name the one row that is asked about: "Jane Peacock", "the album Vs."."""
    condition, subject = request.conditions[0], request.subject
    value, noun = v.values(condition), v.noun(subject)
    if not is_name(subject.labels[0], subject) and len(subject.labels) == 1:
        return v.say(
            "the {noun} [with|with the] {name} {v}\n{noun} {v}\nthe {noun} {v}",
            noun=noun,
            v=value,
            name=v.name(subject.labels[0]),
        )
    short = "the {v} {noun}" if len(value) < 25 and not subject.person else "{v}"
    return v.say(f"5* {{v}}\n2* the {{noun}} {{v}}\nthe {{noun}} [named|called] {{v}}\n{short}", noun=noun, v=value)


def _lookup(request: Request, world: World, v: Voice) -> str:
    subject, one = request.subject, request.asked[0]
    which, a, single = which_one(request, v), one.attribute, len(request.asked) == 1
    shown = v.asked(request.asked, subject, False)
    slots: dict[str, object] = {"which": which, "shown": shown, "shows": plural(shown)}
    text, special = LOOKUP, ""
    if single and not which.startswith("the ") and not which.endswith(("s", '"', "'", ".")):
        text += "2* What is {which}'s {shown}\n"
    if a.verb and single and not one.via:
        verb = v.pick(*(verb for verb in VERBS[a.verb][0] if not verb.startswith("are ")))
        return v.say("[Which|What] {shows} does {which} {verb}\n{shows} that {which} {verb}s", verb=verb, **slots)
    if one.via:
        parent = world.entities[one.via[-1].end]
        if {x.attribute for x in request.asked} == set(parent.labels):
            last = parent.english[0].rpartition(" ")[2]
            slots["owner"] = v.role(one.via[-1].relation, parent)
            slots["by"] = "by" if last in MAKERS else "in" if last in HOLDERS else "of"
            special = (
                "4* [Who|What] is the {owner} of {which}\n" if parent.person else "4* What is the {owner} of {which}\n"
            )
            special += (
                "2* Which {owner} does {which} belong to\nFind the {owner} of {which}\nWhich {owner} is {which} {by}"
            )
    elif single:
        special = _asking_word(a, subject)
    elif len(request.asked) > 1:
        text = text.replace("What is the {shown}", "What are the {shown}").replace(
            "What {shown} does {which} have\n", ""
        )
    return v.say(text + special, **slots)


def _asking_word(a: Attribute, subject: Entity) -> str:
    """List the questions that a column's sense allows besides "what": where, when, who, how long."""
    last, said = a.english[0].rpartition(" ")[2], set(a.english[0].split())
    how = degree(a, subject).how if a.role == "measure" else ""
    if how:
        return f"7* {how.format('{which}')}"
    if a.role == "place" and a.sense != "location":
        return LIVES if subject.person else LIES
    if a.role == "place":
        return "4* Where is {which} [located|]"
    if a.role == "date":
        done = next((verb for shown, verb in HAPPENED.items() if shown in said), "")
        return (
            f"4* When was {{which}} {done}\nOn [what|which] [day|date] was {{which}} {done}"
            if done
            else "When is the {shown} of {which}"
        )
    if last in DONE:
        return f"4* Who {DONE[last]} {{which}}\n2* Who is the {{shown}} of {{which}}"
    return "What number can I call to reach {which}" if "phone" in said else ""


LOOKUPS: dict[str, Form] = {"lookup": _lookup}
