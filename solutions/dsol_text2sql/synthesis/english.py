"""Word requests as English questions, the many ways that people do."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from dsol_text2sql.synthesis.english_phrases import NUMBERS, Phrase, Voice, premodifier
from dsol_text2sql.synthesis.lexicon import DEGREES, HOLDERS, MAKERS, Degree
from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.names import article, listing, plural
from dsol_text2sql.synthesis.request import Asked, Request
from dsol_text2sql.synthesis.synonyms import VERBS

SHOW = ("List", "Show", "Give me", "Find", "Return", "Show me", "Display", "Tell me", "What are", "What are", "What are", "Get",
        "I want to see", "Please list", "Can you list", "Give", "Which are", "Please show")  # fmt: skip
WORTH = {
    "AVG": ("average", "mean"),
    "SUM": ("total", "sum of the", "combined"),
    "MAX": ("maximum", "highest", "largest"),
    "MIN": ("minimum", "lowest", "smallest"),
}
ASKING = frozenset("what what's which who whose how where when in do can on from to at".split())
MODIFIED = ("list", "count", "aggregate", "order", "superlative", "group", "pairs")
HAS = {">": ("more than {}", "over {}"), ">=": ("at least {}", "{} or more", "no fewer than {}"), "<": ("fewer than {}", "less than {}"),
       "=": ("exactly {}",), "<=": ("at most {}",)}  # fmt: skip


def ask(request: Request, world: World, source: random.Random) -> str:
    """Word a request as a question or an instruction."""
    voice = Voice(source)
    from dsol_text2sql.synthesis.english_joined import JOINED_FORMS

    for c in request.conditions if request.form in MODIFIED and not request.either else ():
        related = world.entities[c.via[-1].end] if c.via else request.subject
        word = premodifier(c, related)
        if word and voice.before is None and source.random() < 0.4:
            noun = voice.noun(request.subject)
            voice.called[request.subject.table] = f"{word} {noun}" if request.form != "lookup" else noun
            voice.before = c

    said = (FORMS.get(request.form) or JOINED_FORMS[request.form])(request, world, voice)
    said = " ".join(said.split()).replace(" ,", ",")
    opening = said.partition(" ")[0].lower()
    question = opening in ASKING or " what is the " in said or " how many " in said
    draw = source.random()
    if said[-1:] in "?.":
        pass
    elif question:
        said += "?" if draw < 0.85 else ""
    else:
        said += "." if draw < 0.5 else ""
    if voice.lower:
        return said.lower() if not voice.quote else said[:1].lower() + said[1:]
    return said[:1].upper() + said[1:]


def _conditions(request: Request, world: World, voice: Voice) -> list[Phrase]:
    said = []
    for c in request.conditions:
        if c is voice.before:
            continue
        related = world.entities[c.via[-1].end] if c.via else request.subject
        said.append(voice.phrase(c, request.subject, related))
    return said


def _after(request: Request, world: World, voice: Voice) -> str:
    link = " or " if request.either else " and "
    return link.join(post for post, _ in _conditions(request, world, voice))


def _things(request: Request, world: World, voice: Voice, one: bool = False) -> str:
    """Name the subject with its conditions: "customers from Brazil"."""
    noun = voice.noun(request.subject)
    return f"{noun if one else plural(noun)} {_after(request, world, voice)}".strip()


def _sense(a: Attribute, subject: Entity) -> Degree:
    degree = DEGREES.get(a.sense, Degree())
    if a.sense == "population" and any(other.sense == "size" for other in subject.attributes):
        return replace(degree, most=("most populous", "most populated"), least=("least populous", "least populated"))
    if a.sense == "height" and not subject.person:
        return Degree(degree.more, degree.less, ("highest", "tallest"), ("lowest",), degree.how)
    return degree


def _all(request: Request, world: World, voice: Voice) -> str:
    things = voice.nouns(request.subject)
    return voice.pick(f"Show all information about {things}", f"List everything about all {things}", f"Show me all data on {things}",
                      f"What are all the details of the {things}?", f"Give me the full list of {things} with all columns")  # fmt: skip


def _list(request: Request, world: World, voice: Voice) -> str:
    subject, v = request.subject, voice
    conditions = _conditions(request, world, v)
    link = " or " if request.either else " and "
    after, predicate = link.join(c[0] for c in conditions), link.join(c[1] for c in conditions)
    noun = plural(v.noun(subject))
    things = f"{noun} {after}".strip()
    whole = {one.attribute for one in request.asked} == set(subject.labels)
    draw = v.random.random()
    if whole and draw < 0.5:
        if predicate and draw < 0.22:
            return f"Which {noun} {predicate}" if not subject.person or draw < 0.16 else f"Who are the {things}"
        every = v.pick("", "all ", "the ", "all the ") if not predicate else v.pick("", "the ", "all ")
        return v.pick(f"{v.pick(*SHOW)} {every}{things}", f"What {noun} {'are there' if not predicate else predicate}", f"Which {noun} {'are there' if not predicate else predicate}",
                      f"{v.pick('List', 'Show', 'Name')} {every}{things}", f"{things}", f"What are the {things}")  # fmt: skip
    many = v.random.random() < 0.7
    shown = v.asked(request.asked, subject, many)
    every = v.pick("all ", "", "the ", "every ", "each ") if not conditions else v.pick("", "the ", "all ", "all ")
    if every in ("every ", "each "):
        things = f"{v.noun(subject)}"
    return v.pick(f"What {'are' if many else 'is'} the {shown} of {every}{things}", f"{v.pick(*SHOW)} the {shown} of {every}{things}",
                  f"{v.pick(*SHOW)} the {shown} for {every}{things}", f"{v.pick(*SHOW)} {shown} of {every}{things}", f"{shown} of {every}{things}",
                  f"For {every or 'all '}{things}, {v.pick('show', 'list', 'give', 'what are')} the {shown}" if "all" in every or "e" in every else f"Find the {shown} of {things}")  # fmt: skip


def _lookup(request: Request, world: World, voice: Voice) -> str:
    subject, v = request.subject, voice
    condition = request.conditions[0]
    value = v.value(f"{condition.values[0]} {condition.values[1]}" if condition.name else condition.values[0])
    noun = v.noun(subject)
    which = v.pick(
        f"the {noun} {value}",
        value,
        f"the {noun} {v.pick('named', 'called')} {value}",
        value,
        f"{value}" if subject.person else f"the {value} {noun}" if len(value) < 25 else value,
    )
    one = request.asked[0]
    a = one.attribute
    shown = v.asked(request.asked, subject, False)
    single = len(request.asked) == 1
    plain = [f"What is the {shown} of {which}", f"{v.pick('Find', 'Show', 'Give me', 'Tell me', 'Show me', 'Return')} the {shown} of {which}", f"What {shown} does {which} have" if single else f"What are the {shown} of {which}",
             f"{shown} of {which}", f"What is {value}'s {shown}" if not value.endswith(("s", '"', "'")) else f"What is the {shown} for {which}", f"What's the {shown} of {which}"]  # fmt: skip
    special: list[str] = []
    if a.verb:
        verb = v.pick(*VERBS[a.verb][0]).replace("are ", "is ")
        return (
            v.pick(f"Which {plural(shown)} does {which} {verb}", f"What {plural(shown)} does {which} {verb}")
            if not verb.startswith("is ")
            else f"Which {plural(shown)} {which} {verb}".replace(f"{which} is", "are")
        )
    if one.via:
        relation = one.via[-1].relation
        owner = v.role(relation, world.entities[relation.parent])
        if all(x.attribute in world.entities[relation.parent].labels for x in request.asked):
            named = world.entities[relation.parent]
            special = [
                f"{'Who' if named.person else 'What'} is the {owner} of {which}",
                f"Which {owner} does {which} belong to",
                f"Find the {owner} of {which}",
                f"Which {owner} is {which} {'by' if named.english[0] in MAKERS else 'in' if named.english[0] in HOLDERS else 'of'}",
            ] * 2
    elif single:
        degree = _sense(a, subject)
        if degree.how and a.role == "measure":
            special = [degree.how.format(which)] * 2
        elif a.role == "place":
            verb = "live" if subject.person else "come from"
            special = (
                [
                    f"Where does {which} live",
                    f"In which {shown} does {which} live",
                    f"Which {shown} is {which} from",
                    f"What {shown} does {which} live in",
                ]
                if subject.person
                else [
                    f"Where is {which}",
                    f"In which {shown} is {which}",
                    f"Which {shown} is {which} in",
                    f"What {shown} is {which} located in",
                    f"Which {shown} does {which} {verb}",
                ]
            )
        elif a.role == "date":
            words = set(a.english[0].split())
            done = (
                "born" if "birth" in words else "hired" if "hire" in words else "released" if "release" in words else ""
            )
            special = [f"When was {which} {done}"] * 2 if done else [f"When is the {shown} of {which}"]
            if done:
                special.append(f"On what date was {which} {done}")
        elif a.english[0].rpartition(" ")[2] in (
            "composer",
            "author",
            "director",
            "writer",
            "singer",
            "founder",
            "designer",
            "publisher",
            "producer",
            "owner",
        ):
            verb = {
                "composer": "composed",
                "author": "wrote",
                "director": "directed",
                "writer": "wrote",
                "singer": "sang",
                "founder": "founded",
                "designer": "designed",
                "publisher": "published",
                "producer": "produced",
                "owner": "owns",
            }[a.english[0].rpartition(" ")[2]]
            special = [f"Who {verb} {which}", f"Who is the {shown} of {which}"]
        elif a.role == "contact" and "phone" in a.english[0]:
            special = [f"What number can I call to reach {which}"]
    return v.pick(*plain, *special)


def _count(request: Request, world: World, voice: Voice) -> str:
    subject, v = request.subject, voice
    conditions = _conditions(request, world, v)
    after, predicate = " and ".join(c[0] for c in conditions), " and ".join(c[1] for c in conditions)
    noun = plural(v.noun(subject))
    things = f"{noun} {after}".strip()
    options = [f"How many {things} are there", f"How many {noun} {predicate or 'are there'}", f"How many {noun} {predicate or 'do we have'}", f"Count the {'number of ' if v.random.random() < 0.5 else ''}{things}",
               f"What is the {v.pick('number', 'total number', 'count')} of {things}", f"{v.pick('Find', 'Show', 'Give me', 'Tell me', 'Return')} the {v.pick('number', 'total number', 'count')} of {things}", f"number of {things}",
               f"How many {things} {v.pick('do we have', 'are in the database', 'exist', 'can be found', 'are there in total')}", f"Tell me how many {things} there are"]  # fmt: skip
    return v.pick(*options)


def _distinct(request: Request, world: World, voice: Voice) -> str:
    subject, v = request.subject, voice
    name = plural(v.name(request.asked[0].attribute))
    things = _things(request, world, v)
    kind = v.pick("different", "distinct", "unique", "different", "distinct")
    place = request.asked[0].attribute.role == "place"
    options = [
        f"What are the {kind} {name} of {things}",
        f"List all {kind} {name} of the {things}",
        f"{v.pick(*SHOW)} the {kind} {name} of {things}",
        f"{v.pick(*SHOW)} all the {kind} {name} {v.pick('for', 'among')} {things}",
        f"Which {kind} {name} do {things} have",
        f"{kind} {name} of {things}",
        f"What {name} are there among {things}",
    ]
    if place:
        options += [
            f"Which {name} are {things} from",
            f"In which {name} are there {things}",
            f"List the {name} where we have {things}",
            f"What {kind} {name} do the {things} come from",
        ]
    return v.pick(*options)


def _count_distinct(request: Request, world: World, voice: Voice) -> str:
    v = voice
    name = plural(v.name(request.asked[0].attribute))
    things = _things(request, world, v)
    kind = v.pick("different", "distinct", "unique", "different", "distinct")
    options = [
        f"How many {kind} {name} are there {v.pick('for', 'among')} {things}",
        f"How many {kind} {name} do {things} have",
        f"Count the {kind} {name} of {things}",
        f"What is the number of {kind} {name} of {things}",
        f"{v.pick('Find', 'Give me', 'Return')} the number of {kind} {name} {v.pick('of', 'for')} {things}",
    ]
    if request.asked[0].attribute.role == "place":
        options += [
            f"How many {kind} {name} do our {things} come from",
            f"In how many {kind} {name} are there {things}",
            f"From how many {kind} {name} are the {things}",
        ]
    return v.pick(*options)


def _aggregate(request: Request, world: World, voice: Voice) -> str:
    v, measure = voice, request.measure
    assert measure is not None
    name, things = v.name(measure), _things(request, world, v)
    every = v.pick("all ", "the ", "", "all the ") if not request.conditions else v.pick("", "the ", "all ")
    names = [v.pick(*WORTH[f]) for f in request.functions]
    names = ["total" if one == "sum of the" and len(names) > 1 else one for one in names]
    worth = f"{listing(names)} {name}" + ("s" if names[0].startswith("sum") and not name.endswith("s") else "")
    joiner = v.pick("of", "of", "for", "across", "among")
    options = [
        f"What {'is' if len(names) == 1 else 'are'} the {worth} {joiner} {every}{things}",
        f"{v.pick('Find', 'Show', 'Return', 'Give me', 'Calculate', 'Compute', 'Tell me')} the {worth} {joiner} {every}{things}",
        f"{worth} of {every}{things}",
        f"What's the {worth} {joiner} {every}{things}",
    ]
    degree = _sense(measure, request.subject)
    noun = v.noun(request.subject)
    after = things.removeprefix(plural(noun)).strip()
    if len(names) == 1 and request.functions[0] in ("MAX", "MIN") and degree.how and degree.most:
        top = v.pick(*(degree.most if request.functions[0] == "MAX" else degree.least))
        options += [
            degree.how.format(f"the {top} {noun} {after}".strip()),
            f"What is the {name} of the {top} {noun} {after}",
        ]
    if request.functions == ("AVG",) and degree.how.startswith("How") and "live" not in degree.how:
        average = v.pick(article(noun), f"the average {noun}")
        options.append(
            f"{degree.how.format(f'{average} {after}'.strip())}{'' if 'average' in average else ' on average'}"
        )
    if request.functions == ("SUM",) and measure.sense in ("money", "salary"):
        options.append(f"How much is the {name} of {every}{things} in total")
    if request.functions == ("SUM",):
        options.append(f"What do the {plural(name)} of {every}{things} add up to")
    return v.pick(*options)


def _direction(by: Attribute, descending: bool, v: Voice) -> str:
    if by.role in ("label", "text", "category", "place", "contact"):
        return (
            v.pick("in reverse alphabetical order", "in descending alphabetical order", "from Z to A")
            if descending
            else v.pick("alphabetically", "in alphabetical order", "from A to Z", "in ascending alphabetical order")
        )
    if by.role == "date":
        return (
            v.pick("from newest to oldest", "with the most recent first", "in descending order", "latest first")
            if descending
            else v.pick("from oldest to newest", "earliest first", "in ascending order", "chronologically")
        )
    if by.sense in DEGREES and v.random.random() < 0.25:
        degree = DEGREES[by.sense]
        first, last = (degree.most, degree.least) if descending else (degree.least, degree.most)
        if first and last and " " not in first[0]:
            return f"from {first[0]} to {last[0]}"
    return (
        v.pick("in descending order", "from highest to lowest", "from high to low", "descending", "in decreasing order")
        if descending
        else v.pick(
            "in ascending order", "from lowest to highest", "from low to high", "ascending", "in increasing order"
        )
    )


def _order(request: Request, world: World, voice: Voice) -> str:
    v = voice
    assert request.by is not None
    by = request.by.attribute
    name = v.labels(request.subject, False, (by,)) if by in request.subject.labels else v.name(by)
    things = _things(request, world, v)
    shown = v.asked(request.asked, request.subject, True)
    whole = {one.attribute for one in request.asked} == set(request.subject.labels)
    every = v.pick("all ", "the ", "", "all the ")
    what = f"{every}{things}" if whole and v.random.random() < 0.5 else f"the {shown} of {every}{things}"
    sort = v.pick("sorted by", "ordered by", "in order of", "sorted by", "arranged by", "ranked by")
    how = _direction(by, request.descending, v)
    named = v.pick(name, f"their {name}", name)
    return v.pick(
        f"{v.pick(*SHOW)} {what} {sort} {named} {how}",
        f"{v.pick(*SHOW)} {what}, {sort} {named} {how}",
        f"Sort {what} by {named} {how}",
        f"{what} {sort} {named} {how}",
        f"What are {what}, {sort} {named} {how}",
    )


def _extreme(a: Attribute, subject: Entity, descending: bool, v: Voice) -> tuple[list[str], list[str]]:
    """List adjectives ("longest") and phrases with the column's name ("with the highest price") for an extreme."""
    name = v.name(a)
    degree = _sense(a, subject)
    words = list(degree.most if descending else degree.least)
    if a.role == "date":
        if a.sense == "birth":
            words = ["youngest"] if descending else ["oldest"]
        elif a.sense == "start" and "hire" in a.english[0]:
            words = ["most recently hired", "newest"] if descending else ["longest serving", "first hired"]
        else:
            words = ["latest", "most recent", "newest"] if descending else ["earliest", "oldest", "first"]
        tops = ("latest", "most recent") if descending else ("earliest",)
    elif a.sense == "year":
        words = ["most recent", "latest", "newest"] if descending else ["earliest", "oldest"]
        tops = ("latest", "most recent") if descending else ("earliest",)
    elif a.sense == "count":
        tops = ("highest", "largest", "most", "greatest") if descending else ("lowest", "smallest", "fewest")
    else:
        tops = (
            ("highest", "largest", "greatest", "maximum", "highest", "biggest")
            if descending
            else ("lowest", "smallest", "minimum", "lowest")
        )
    top = v.pick(*tops)
    return words, [
        f"with the {top} {name}",
        f"with the {top} {name}",
        f"that has the {top} {name}",
        f"whose {name} is the {top}",
    ]


def _superlative(request: Request, world: World, voice: Voice) -> str:
    subject, v = request.subject, voice
    assert request.by is not None
    by = request.by.attribute
    many = request.number > 1 or request.form == "all superlative"
    words, phrases = _extreme(by, subject, request.descending, v)
    noun = plural(v.noun(subject)) if many else v.noun(subject)
    after = _after(request, world, v)
    count = (
        ""
        if not many or request.form == "all superlative"
        else NUMBERS.get(request.number, str(request.number))
        if v.random.random() < 0.5
        else str(request.number)
    )
    whole = {one.attribute for one in request.asked} == set(subject.labels)
    phrase = v.pick(*phrases)
    if many:
        phrase = phrase.replace("that has", "that have")
    if words and v.random.random() < 0.6:
        word = v.pick(*words)
        thing = f"{count} {word} {noun} {after}".strip()
        short = True
    else:
        thing = f"{count} {noun} {after} {phrase}".strip()
        short = False
    name = v.name(by)
    tops = "top" if request.descending else "bottom"
    if whole:
        verb = "are" if many else "is"
        options = [
            f"What {verb} the {thing}",
            f"Which {verb} the {thing}",
            f"Find the {thing}",
            f"{v.pick('Show', 'List', 'Name', 'Give me', 'Show me', 'Tell me')} the {thing}",
            f"What {verb} the {v.labels(subject, many)} of the {thing}",
            f"{v.pick('Find', 'Show', 'Give me', 'Return')} the {v.labels(subject, many)} of the {thing}",
            f"the {thing}",
        ]
        if subject.person:
            options += [f"Who {verb} the {thing}"] * 3
        if not count:
            options += [
                f"Which {noun} {after} {'have' if many else 'has'} the {phrase.split(' the ')[1].removesuffix(' is')}"
                if phrase.startswith(("with", "that"))
                else f"Which {noun} {after} {verb} the {v.pick(*words) if words else thing}"
            ] * 2
            if words:
                options += [f"Which {noun} {after} {verb} the {v.pick(*words)}"]
        else:
            options += [
                f"{v.pick('List', 'Show', 'What are', 'Give me')} the {tops} {count} {noun} {after} by {name}"
            ] * 2
        return v.pick(*options)
    shown = v.asked(tuple(one for one in request.asked), subject, many)
    if short and by in [one.attribute for one in request.asked] and whole:
        shown = name
    return v.pick(
        f"What {'are' if many else 'is'} the {shown} of the {thing}",
        f"{v.pick('Find', 'Show', 'Give me', 'Return', 'Tell me', 'List')} the {shown} of the {thing}",
        f"{v.pick('Find', 'Show', 'Give me', 'Return')} the {shown} for the {thing}",
        f"{shown} of the {thing}",
    )


def _group_name(by: Asked, v: Voice) -> str:
    return v.name(by.attribute)


def _amount(request: Request, world: World, v: Voice) -> str:
    """Name what is computed for each group: "number of customers", "average price of tracks"."""
    things = _things(request, world, v) if request.other is None else v.nouns(request.other)
    if request.measure is None:
        return v.pick(f"number of {things}", f"number of {things}", f"count of {things}", f"total number of {things}")
    worth = v.pick(*(w for w in WORTH[request.functions[0]] if not w.startswith("sum")))
    if not request.measure.column:
        return f"{worth} {v.name(request.measure)}"
    return f"{worth} {v.name(request.measure)} of {v.pick('', 'the ', 'its ' if request.other and not request.subject.person else '')}{things}"


def _group(request: Request, world: World, voice: Voice) -> str:
    v = voice
    assert request.by is not None
    name, place = _group_name(request.by, v), request.by.attribute.role == "place"
    things, amount = _things(request, world, v), _amount(request, world, v)
    order = ""
    if request.form == "group order":
        order = f", {v.pick('sorted', 'ordered')} by {'that number' if request.measure is None else 'that value'} {_direction_of(request.descending, v)}"
        if v.random.random() < 0.4:
            order = f", {v.pick('most', 'highest') if request.descending else v.pick('fewest', 'lowest')} first"
    options = [
        f"What is the {amount} for each {name}",
        f"{v.pick('Show', 'List', 'Find', 'Give me', 'Return')} the {amount} {v.pick('for each', 'per', 'by', 'for every')} {name}",
        f"For each {name}, {v.pick('show', 'what is', 'find', 'return', 'list')} the {amount}",
        f"{amount} {v.pick('per', 'by', 'for each')} {name}",
        f"{v.pick('Show', 'List', 'Give me')} {v.pick('each', 'every')} {name} {v.pick('and', 'with', 'along with')} the {amount}",
        f"{v.pick('List', 'Show', 'What are')} the {plural(name)} and the {amount} {v.pick('for each', 'in each', 'of each')}",
    ]
    if request.measure is None:
        options += [
            f"How many {things} {v.pick('are there', 'do we have')} {v.pick('in', 'for', 'from') if place else v.pick('for', 'of')} each {name}",
            f"How many {things} are there per {name}",
            f"Count the {things} {'in' if place else 'for'} each {name}",
            f"For each {name}, how many {things} are there",
            f"How many {things} does each {name} have",
        ]
    return v.pick(*options).rstrip("?") + order


def _direction_of(descending: bool, v: Voice) -> str:
    return (
        v.pick("in descending order", "from highest to lowest", "descending", "from most to least")
        if descending
        else v.pick("in ascending order", "from lowest to highest", "ascending")
    )


def _group_top(request: Request, world: World, voice: Voice) -> str:
    v = voice
    assert request.by is not None
    name, place = _group_name(request.by, v), request.by.attribute.role == "place"
    many = request.number > 1
    count = (
        f"{NUMBERS.get(request.number, request.number) if v.random.random() < 0.5 else request.number} " if many else ""
    )
    names, verb, has = (plural(name), "are", "have") if many else (name, "is", "has")
    things = _things(request, world, v)
    more = len(request.asked) > 1
    if request.measure is None:
        most = (
            v.pick("the most", "the highest number of", "the largest number of", "the most")
            if request.descending
            else v.pick("the fewest", "the least", "the smallest number of", "the lowest number of")
        )
        options = [
            f"Which {count}{names} {has} {most} {things}",
            f"What {verb} the {count}{names} with {most} {things}",
            f"{v.pick('Find', 'Show', 'Name', 'Give me', 'List')} the {count}{names} with {most} {things}",
        ]
        if place:
            options += [
                f"In which {count}{names} are {most} {things}"
                if "number" not in most
                else f"Which {count}{names} {has} {most} {things}",
                f"Where are {most} {things} from"
                if not many and "number" not in most and request.subject.person
                else f"Which {count}{names} {has} {most} {things}",
            ]
        common = (
            v.pick("most common", "most frequent", "most popular")
            if request.descending
            else v.pick("least common", "rarest")
        )
        options += [
            f"What {verb} the {count}{common} {names} {v.pick('of', 'among')} {things}",
            f"Find the {count}{common} {names} {v.pick('of', 'among', 'for')} the {things}",
        ]
        extra = " and how many are there" if more else ""
        if more:
            extra = v.pick(
                " and how many are there",
                ", and how many",
                f" together with the number of {v.nouns(request.subject)}",
                ", with the count",
            )
        return v.pick(*options) + extra
    top = v.pick("highest", "largest", "greatest") if request.descending else v.pick("lowest", "smallest")
    amount = _amount(request, world, v)
    extra = v.pick(" and what is it", ", and how much is it") if more else ""
    return (
        v.pick(
            f"Which {count}{names} {has} the {top} {amount}",
            f"What {verb} the {count}{names} with the {top} {amount}",
            f"Find the {count}{names} with the {top} {amount}",
        )
        + extra
    )


def _group_having(request: Request, world: World, voice: Voice) -> str:
    v = voice
    assert request.by is not None
    names = plural(_group_name(request.by, v))
    things = _things(request, world, v)
    number = _has(request, v)
    return v.pick(
        f"Which {names} have {number} {things}",
        f"What are the {names} with {number} {things}",
        f"{v.pick(*SHOW)} the {names} that have {number} {things}",
        f"{v.pick('Find', 'List', 'Show')} the {names} with {number} {things}",
        f"{names} with {number} {things}",
    )


def _has(request: Request, v: Voice) -> str:
    number: str | int = request.number
    if number in NUMBERS and v.random.random() < 0.5:
        number = NUMBERS[request.number]
    return v.pick(*HAS[request.comparison]).format("one" if number == 1 and v.random.random() < 0.6 else number)


FORMS: dict[str, Callable[[Request, World, Voice], str]] = {
    "all": _all, "list": _list, "lookup": _lookup, "count": _count, "distinct": _distinct, "count distinct": _count_distinct,
    "aggregate": _aggregate, "order": _order, "superlative": _superlative, "all superlative": _superlative,
    "group": _group, "group order": _group, "group top": _group_top, "group having": _group_having,
}  # fmt: skip
