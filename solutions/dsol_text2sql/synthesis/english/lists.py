"""English for lists, counts, distinct values, aggregates and sorted lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dsol_text2sql.synthesis.degrees import DEGREES, Degree
from dsol_text2sql.synthesis.english.conditions import conditions, things
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.names import article, listing, plural
from dsol_text2sql.synthesis.request import Request

Form = Callable[[Request, World, Voice], str]
SHOW = (
    "[List|Show|Give me|Find|Return|Show me|Display|Tell me|Get|"
    "What are|What are|Please list|Give|I want to see|Can you list]"
)
FIND = "[Find|Show|Give me|Tell me|Show me|Return|Get]"
WORTH = {
    "AVG": ("average", "average", "mean"), "SUM": ("total", "total", "combined", "overall"),
    "MAX": ("maximum", "highest", "largest", "max"), "MIN": ("minimum", "lowest", "smallest", "min"),
}  # fmt: skip
ALL = """
[Show|List|Give me] all information about [all |the |]{things}
List everything about all {things}
Show me all data on {things}
What are all the details of the {things}?
What do we know about the {things}?
"""
NAMES_OF_ALL = f"""
3* {SHOW} [all |the |all the |]{{things}}
What {{things}} are there
Which {{things}} are there
[Show|Name] [all |the |]{{things}}
{{things}}
Who or what are the {{things}}
"""
NAMES_OF_SOME = f"""
3* Which {{noun}} {{predicate}}
2* What {{noun}} {{predicate}}
3* {SHOW} [all |the |all the |]{{things}}
What are the {{labels}} of [the |all |]{{things}}
{{things}}
What are the {{things}}
"""
COLUMNS = f"""
3* What are the {{shown}} of [all |the |]{{things}}
What is the {{one}} of [all |the |]{{things}}
3* {SHOW} the {{shown}} of [all |the |]{{things}}
{FIND} the {{one}} of each {{single}}
2* {SHOW} the {{shown}} for [all |the |]{{things}}
{SHOW} {{shown}} of [all |]{{things}}
{{shown}} of [all |]{{things}}
For [all |each of the ]{{things}}, [show|list|give|what are] the {{shown}}
"""
COUNT = """
3* How many {things} are there
3* How many {noun} {predicate}
Count the [number of |]{things}
2* What is the [number|total number|count] of {things}
[Find|Show|Give me|Tell me|Return|Get] the [number|total number|count] of {things}
number of {things}
How many {things} [do we have|are in the database|exist|are there in total]
Tell me how many {things} there are
"""
DISTINCT = f"""
2* What are the [different|distinct|unique] {{names}} of {{things}}
{SHOW} [the|all|all the] [different|distinct|unique] {{names}} [of|for|among] {{things}}
Which [different |]{{names}} do {{things}} have
[different|distinct] {{names}} of {{things}}
What {{names}} are there among {{things}}
"""
DISTINCT_PLACES = """
2* Which [different |]{names} are {things} from
In which {names} are there {things}
List the {names} where we have {things}
What [different|] {names} do the {things} come from
"""
COUNT_DISTINCT = """
2* How many [different|distinct|unique] {names} are there [for|among] {things}
How many [different|distinct|unique] {names} do {things} have
Count the [different|distinct|unique] {names} of {things}
What is the number of [different|distinct|unique] {names} of {things}
[Find|Give me|Return] the number of [different|distinct] {names} [of|for] {things}
"""
COUNT_PLACES = """
2* How many [different|distinct] {names} [do our|do the|do] {things} come from
In how many [different |]{names} are there {things}
From how many [different |]{names} are the {things}
"""
AGGREGATE = """
4* What[ is| is|'s] the {worth} [of|of|for|across|among] {every}{things}
[Find|Show|Return|Give me|Calculate|Compute|Tell me] the {worth} [of|for] {every}{things}
{worth} of {every}{things}
"""
ORDERED = f"""
2* {SHOW} {{what}} [sorted by|ordered by|in order of|ranked by] [their |]{{name}} {{how}}
{SHOW} {{what}}, [sorted by|ordered by|arranged by] {{name}} {{how}}
Sort {{what}} by {{name}} {{how}}
{{what}} [sorted|ordered] by {{name}} {{how}}
What are {{what}}, [sorted|ordered] by [their |]{{name}} {{how}}
"""
LATEST = "[from newest to oldest|with the most recent first|in descending order|latest first]"
EARLIEST = "[from oldest to newest|earliest first|in ascending order|chronologically]"
ALPHABETICAL = "[alphabetically|in alphabetical order|from A to Z|in ascending alphabetical order]"
BACKWARDS = "[in reverse alphabetical order|in descending alphabetical order|from Z to A]"
RISING = "[in ascending order|from lowest to highest|from low to high|ascending|in increasing order]"
FALLING = "[in descending order|from highest to lowest|from high to low|descending|in decreasing order]"


def degree(a: Attribute, subject: Entity) -> Degree:
    """Compare as people do with this thing: mountains are high, people tall; states large, cities populous."""
    known = DEGREES.get(a.sense, Degree())
    if subject.person and a.sense in ("duration", "length", "size", "price"):
        return Degree()
    if a.sense == "population" and any(other.sense == "size" for other in subject.attributes):
        return replace(known, most=("most populous", "most populated"), least=("least populous", "least populated"))
    if a.sense == "height" and not subject.person:
        return replace(known, most=("highest", "tallest"), least=("lowest",))
    return known


def _all(request: Request, world: World, v: Voice) -> str:
    return v.say(ALL, things=v.nouns(request.subject))


def _list(request: Request, world: World, v: Voice) -> str:
    subject, said = request.subject, conditions(request, world, v)
    link = " or " if request.either else " and "
    noun = v.nouns(subject)
    after, predicate = link.join(c[0] for c in said), link.join(c[1] for c in said)
    slots = {"noun": noun, "things": f"{noun} {after}".strip(), "predicate": predicate, "labels": ""}
    if {one.attribute for one in request.asked} == set(subject.labels) and v.chance(0.55):
        slots["labels"] = v.labels(subject, True)
        who = f"2* Who are the {{things}}\n2* Who {predicate}" if subject.person and predicate else ""
        return v.say((NAMES_OF_SOME + who) if predicate else NAMES_OF_ALL.replace("Who or what", "What"), **slots)
    slots["shown"], slots["one"] = v.asked(request.asked, subject, True), v.asked(request.asked, subject, False)
    return v.say(COLUMNS, single=f"{v.noun(subject)} {after}", **slots)


def _count(request: Request, world: World, v: Voice) -> str:
    said = conditions(request, world, v)
    noun = v.nouns(request.subject)
    after, predicate = " and ".join(c[0] for c in said), " and ".join(c[1] for c in said)
    return v.say(
        COUNT, noun=noun, things=f"{noun} {after}".strip(), predicate=predicate or v.pick("are there", "do we have")
    )


def _distinct(request: Request, world: World, v: Voice) -> str:
    a, counting = request.asked[0].attribute, request.form == "count distinct"
    text = COUNT_DISTINCT if counting else DISTINCT
    text += (COUNT_PLACES if counting else DISTINCT_PLACES) if a.role == "place" else ""
    return v.say(text, names=plural(v.name(a)), things=things(request, world, v))


def _aggregate(request: Request, world: World, v: Voice) -> str:
    measure, functions = request.measure, request.functions
    assert measure is not None
    name, said = v.name(measure), things(request, world, v)
    noun = v.noun(request.subject)
    after = said.removeprefix(plural(noun)).strip()
    every = v.pick("all ", "the ", "", "all the ") if not request.conditions else v.pick("", "the ", "all ")
    text, known = AGGREGATE, degree(measure, request.subject)
    if len(functions) > 1:
        text = text.replace("[ is| is|'s]", " are")
    elif functions[0] in ("MAX", "MIN") and known.how and known.most:
        top = f"the {v.pick(*(known.most if functions[0] == 'MAX' else known.least))} {noun} {after}".strip()
        text += f"2* {known.how.format(top)}\nWhat is the {{name}} of {top}"
    elif functions == ("AVG",) and known.how.startswith("How") and "live" not in known.how:
        text += f"{known.how.format(f'the average {noun} {after}'.strip())}\n"
        text += f"{known.how.format(f'{article(noun)} {after}'.strip())} on average"
    elif functions == ("SUM",):
        text += "What is the sum of the {names} [of|for] {every}{things}\n"
        text += "What do the {names} of {every}{things} add up to\n"
        text += "How much is the {name} of {every}{things} in total" if measure.sense in ("money", "salary") else ""
    worth = worth_of([v.pick(*WORTH[f]) for f in functions], name)
    return v.say(text, worth=worth, name=name, names=plural(name), every=every, things=said)


def worth_of(functions: list[str], name: str) -> str:
    """Name aggregates of a column: "average price"; "total" isn't said twice."""
    return name if len(functions) == 1 and name.startswith(functions[0]) else f"{listing(functions)} {name}"


def direction(by: Attribute, descending: bool, v: Voice) -> str:
    """Say an order's direction: "alphabetically", "from newest to oldest", "in descending order"."""
    if by.role == "date":
        return v.say(LATEST if descending else EARLIEST)
    if by.role != "measure":
        return v.say(BACKWARDS if descending else ALPHABETICAL)
    known = DEGREES.get(by.sense, Degree())
    first, last = (known.most, known.least) if descending else (known.least, known.most)
    if first and last and " " not in first[0] and v.chance(0.25):
        return f"from {first[0]} to {last[0]}"
    return v.say(FALLING if descending else RISING)


def _order(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    by, subject = request.by.attribute, request.subject
    said, shown = things(request, world, v), v.asked(request.asked, subject, True)
    every = v.pick("all ", "the ", "", "all the ")
    whole = {one.attribute for one in request.asked} == set(subject.labels)
    what = f"{every}{said}" if whole and v.chance(0.5) else f"the {shown} of {every}{said}"
    return v.say(ORDERED, what=what, name=v.name(by), how=direction(by, request.descending, v))


LISTS: dict[str, Form] = {
    "all": _all, "list": _list, "count": _count, "distinct": _distinct, "count distinct": _distinct,
    "aggregate": _aggregate, "order": _order,
}  # fmt: skip
