"""English for superlatives and for groups within one table."""

from __future__ import annotations

from dsol_text2sql.synthesis.english.conditions import after, things
from dsol_text2sql.synthesis.english.lists import FIND, SHOW, WORTH, Form, degree, worth_of
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.names import plural
from dsol_text2sql.synthesis.request import Request

NAMED_TOP = f"""
3* [What|Which] {{is}} the {{thing}}
{FIND} the {{thing}}
[Name|List] the {{thing}}
2* What {{is}} the {{labels}} of the {{thing}}
{FIND} the {{labels}} of the {{thing}}
the {{thing}}
"""
WHICH_TOP = """
4* Which {noun} {after} has the {top}
What {noun} {after} has the {top}
"""
SHOWN_TOP = f"""
3* What {{is}} the {{shown}} of the {{thing}}
2* {FIND} the {{shown}} [of|for] the {{thing}}
{{shown}} of the {{thing}}
"""
GROUP = """
2* What is the {amount} for each {name}
2* [Show|List|Find|Give me|Return] the {amount} [for each|per|by|for every] {name}
For each {name}, [show|what is|find|return|list] the {amount}
{amount} [per|by|for each] {name}
[Show|List|Give me] [each|every] {name} [and|with|along with] the {amount}
[List|Show|What are] the {names} and the {amount} [for each|in each|of each]
"""
GROUP_COUNT = """
3* How many {things} [are there|do we have] [for|{in}] each {name}
How many {things} are there per {name}
Count the {things} {in} each {name}
2* For each {name}, how many {things} are there
How many {things} does each {name} have
"""
GROUP_TOP = """
3* Which {count}{names} {has} {tail}
2* What {is} the {count}{names} with {tail}
[Find|Show|Name|Give me|List] the {count}{names} with {tail}
"""
COMMON = """
What {is} the {count}{common} {names} [of|among] {things}
[Find|Show] the {count}{common} {names} [of|among|for] the {things}
"""
GROUP_HAVING = f"""
3* Which {{names}} have {{number}} {{things}}
What are the {{names}} with {{number}} {{things}}
{SHOW} the {{names}} [that have|with] {{number}} {{things}}
{{names}} with {{number}} {{things}}
"""
HAS = {">": "[more than|over] {n}", ">=": "[at least {n}|{n} or more|no fewer than {n}]", "<": "[fewer|less] than {n}",
       "=": "exactly {n}"}  # fmt: skip


def extreme(a: Attribute, subject: Entity, descending: bool, v: Voice) -> tuple[list[str], str]:
    """Give adjectives for an extreme ("longest"), and the extreme of the column ("highest price")."""
    known = degree(a, subject)
    words = list(known.most if descending else known.least)
    if a.role == "date" or a.sense == "year":
        tops = "[latest|most recent]" if descending else "earliest"
        if a.sense == "birth":
            words = ["youngest"] if descending else ["oldest"]
        elif "hire" in a.english[0]:
            words = ["most recently hired", "newest"] if descending else ["longest serving", "first hired"]
        else:
            words = ["latest", "most recent", "newest"] if descending else ["earliest", "oldest", "first"]
    elif a.sense in ("duration", "length", "distance"):
        tops = "[longest|longest|greatest|maximum]" if descending else "[shortest|shortest|smallest|minimum]"
    elif a.sense == "count":
        tops = "[highest|largest|greatest]" if descending else "[lowest|smallest]"
    else:
        tops = "[highest|highest|largest|greatest|maximum]" if descending else "[lowest|lowest|smallest|minimum]"
    return words, v.say(f"{tops} {{name}}", name=v.name(a))


def _superlative(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    subject, ties = request.subject, request.form == "all superlative"
    many = request.number > 1 or ties
    words, top = extreme(request.by.attribute, subject, request.descending, v)
    noun, said = v.nouns(subject) if many else v.noun(subject), after(request, world, v)
    count = v.count(request.number) if many and not ties else ""
    if words and v.chance(0.6):
        word = v.pick(*words)
        thing = f"{count} {word} {noun} {said}"
    else:
        word, name = "", v.name(request.by.attribute)
        phrase = v.say(
            "3* with the {top}\nthat {has} the {top}\nwhose {name} is the {most}",
            top=top,
            name=name,
            has="have" if many else "has",
            most=top.removesuffix(name).strip(),
        )
        thing = f"{count} {noun} {said} {phrase}"
    slots = {"thing": thing, "is": "are" if many else "is", "noun": noun, "after": said, "top": top, "word": word}
    if {one.attribute for one in request.asked} != set(subject.labels):
        return v.say(SHOWN_TOP, shown=v.asked(request.asked, subject, many), **slots)
    text = NAMED_TOP.replace("[What|Which] {is} the {thing}", "Who {is} the {thing}") if subject.person else NAMED_TOP
    if count:
        side = "top" if request.descending else "bottom"
        text += (
            f"2* [List|Show|What are|Give me] the {side} {count} {{noun}} {{after}} by {v.name(request.by.attribute)}"
        )
    else:
        text += WHICH_TOP.replace(" has ", " have ") if many else WHICH_TOP
        text += "2* Which {noun} {after} {is} the {word}" if word else ""
    return v.say(text, labels=v.labels(subject, many), **slots)


def amount(request: Request, world: World, v: Voice, said: str) -> str:
    """Name what is computed for each group: "number of customers", "average price of tracks"."""
    if request.measure is None:
        return v.say("3* number of {things}\ncount of {things}\ntotal number of {things}", things=said)
    worth = worth_of([v.pick(*WORTH[request.functions[0]])], v.name(request.measure))
    return v.say("{worth} of [the |]{things}", worth=worth, things=said) if request.measure.column else worth


def sorting(request: Request, v: Voice) -> str:
    """Say by what groups are sorted, as a sentence's end."""
    if request.measure is None:
        up, down = (
            "in ascending order|from lowest to highest|ascending",
            "in descending order|from most to least|descending",
        )
        first = "most first|largest first" if request.descending else "fewest first|smallest first"
        how = down if request.descending else up
        return v.say(f"2* , [sorted|ordered] by [that number|the number|the count] [{how}]\n, [{first}]\n, [{how}]")
    how = (
        "in descending order|from highest to lowest"
        if request.descending
        else "in ascending order|from lowest to highest"
    )
    return v.say(f", [sorted|ordered] [by that value |][{how}]")


def _group(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    a = request.by.attribute
    said = things(request, world, v)
    text = GROUP + (GROUP_COUNT if request.measure is None else "")
    slots = {"name": v.name(a), "names": plural(v.name(a)), "things": said, "amount": amount(request, world, v, said)}
    slots["in"] = "in" if a.role == "place" or a.english[0].endswith("year") else "for"
    return v.say(text, **slots) + (sorting(request, v) if request.form == "group order" else "")


def _group_top(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    a, many, up = request.by.attribute, request.number > 1, request.descending
    said = things(request, world, v)
    slots: dict[str, object] = {"things": said, "count": f"{v.count(request.number)} " if many else "",
                                "names": plural(v.name(a)) if many else v.name(a), "is": "are" if many else "is",
                                "has": "have" if many else "has"}  # fmt: skip
    text, extra = GROUP_TOP, ""
    if request.measure is None:
        most = (
            "[the most|the most|the highest number of|the largest number of]"
            if up
            else "[the fewest|the least|the smallest number of]"
        )
        slots["tail"] = v.say(f"{most} {{things}}", things=said)
        slots["common"] = v.say("[most common|most frequent|most popular]" if up else "[least common|rarest]")
        text += COMMON + (
            f"In which {{count}}{{names}} are the {'most' if up else 'fewest'} {{things}}" if a.role == "place" else ""
        )
        if len(request.asked) > 1:
            extra = v.pick(
                " and how many are there", ", and how many", f" together with the number of {v.nouns(request.subject)}"
            )
    else:
        top = v.say("[highest|largest|greatest]" if up else "[lowest|smallest]")
        slots["tail"] = f"the {top} {amount(request, world, v, said)}"
        extra = v.pick(" and what is it", ", and how much is it") if len(request.asked) > 1 else ""
    return v.say(text, **slots) + extra


def at_least(request: Request, v: Voice, said: str, single: str) -> str:
    """Say how many: "more than 3 tracks", "at least one track"."""
    number = v.count(request.number)
    one = request.number == 1 and request.comparison in ("=", ">=", ">")
    return f"{v.say(HAS[request.comparison], n=number)} {single if one else said}".replace(
        "one or more track ", "one or more tracks "
    )


def _group_having(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    said = things(request, world, v)
    single = things(request, world, v, one=True) if not request.conditions else said
    return v.say(
        GROUP_HAVING.replace("{number} {things}", "{number}"),
        names=plural(v.name(request.by.attribute)),
        number=at_least(request, v, said, single),
    )


GROUPS: dict[str, Form] = {
    "superlative": _superlative, "all superlative": _superlative, "group": _group, "group order": _group,
    "group top": _group_top, "group having": _group_having,
}  # fmt: skip
