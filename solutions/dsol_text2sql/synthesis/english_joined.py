"""English for questions about things that belong together, and for nested ones."""

from __future__ import annotations

from collections.abc import Callable

from dsol_text2sql.synthesis.english import SHOW, _after, _amount, _conditions, _direction_of, _extreme, _has, _things
from dsol_text2sql.synthesis.english_phrases import NUMBERS, Voice
from dsol_text2sql.synthesis.lexicon import DEGREES, HOLDERS, MAKERS, Degree
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.names import article, plural
from dsol_text2sql.synthesis.request import Request


def _pairs(request: Request, world: World, voice: Voice) -> str:
    v, subject = voice, request.subject
    relation = next(one.via for one in request.asked if one.via)[-1].relation
    owner = v.role(relation, world.entities[relation.parent])
    things = _things(request, world, v)
    every = v.pick("each ", "all ", "every ", "the ")
    noun = v.noun(subject)
    one = f"{noun} {_after(request, world, v)}".strip() if every in ("each ", "every ") else things
    own = v.labels(subject, False)
    shown = v.asked(request.asked, subject, True)
    return v.pick(f"{v.pick(*SHOW)} the {shown} of {every}{one}", f"{v.pick('List', 'Show', 'Give me')} {every}{one} with {v.pick('its', 'the') if not subject.person else v.pick('their', 'the')} {owner}", f"What is the {owner} of each {noun} {_after(request, world, v)}",
                  f"For each {noun} {_after(request, world, v)}, {v.pick('show', 'list', 'give')} the {own} and the {owner}", f"{v.pick('Show', 'List', 'Find', 'Return')} the {plural(own)} of {things} together with {v.pick('their', 'the')} {plural(owner)}", f"{plural(own)} of {things} and their {plural(owner)}")  # fmt: skip


def spent(request: Request) -> bool:
    """Tell whether a sum over what belongs to a person is money that the person spent."""
    bills = {"invoice", "order", "payment", "purchase", "bill", "sale"}
    return bool(
        request.other and request.measure and request.measure.sense == "money" and request.measure.column
        and request.functions == ("SUM",) and request.subject.english[0] in ("customer", "client", "buyer", "user", "member")
        and request.relation and request.relation.parent == request.subject.table
        and bills & set(request.other.english[0].split())
    )  # fmt: skip


def _held(request: Request, world: World, v: Voice) -> str:
    assert request.other is not None
    return v.nouns(request.other)


def _each(request: Request, world: World, voice: Voice) -> str:
    v, owner = voice, request.subject
    noun, held = v.noun(owner), _held(request, world, v)
    amount = _amount(request, world, v)
    own = v.labels(owner, False)
    end = ""
    if request.form == "each order":
        end = (
            v.pick(
                f", sorted by that number {_direction_of(request.descending, v)}",
                f", {_direction_of(request.descending, v)}",
            )
            if request.measure is None
            else f", sorted {_direction_of(request.descending, v)}"
        )
    options = [
        f"What is the {amount} for each {noun}",
        f"{v.pick('List', 'Show', 'Give me')} {v.pick('each', 'every')} {noun} {v.pick('with', 'and', 'together with')} the {amount}",
        f"{v.pick('Show', 'Find', 'Return', 'List')} the {own} of each {noun} and the {amount}",
        f"For each {noun}, {v.pick('show', 'find', 'list', 'give')} the {own} and the {amount}",
        f"{amount} {v.pick('per', 'by', 'for each')} {noun}",
        f"{v.pick('List', 'Show')} all {plural(noun)} {v.pick('along with', 'with', 'and')} the {amount} {v.pick('for each', 'of each')}",
    ]
    if request.measure is None:
        options += [
            f"How many {held} does each {noun} have",
            f"How many {held} are there {v.pick('for', 'in' if owner.english[0] in HOLDERS else 'for')} each {noun}",
            f"How many {held} per {noun}",
            f"Count the {held} of each {noun}",
            f"{v.pick('Show', 'List')} the number of {held} by {noun}",
            f"Give the {own} of every {noun} and how many {held} {'they have' if owner.person else 'it has'}",
        ]
    return v.pick(*options) + end


def _most(request: Request, world: World, voice: Voice) -> str:
    v, owner = voice, request.subject
    many = request.number > 1
    noun, held = (v.nouns(owner) if many else v.noun(owner)), _held(request, world, v)
    count = (
        f"{NUMBERS.get(request.number, request.number) if v.random.random() < 0.5 else request.number} " if many else ""
    )
    verb, has = ("are", "have") if many else ("is", "has")
    if request.measure is None:
        most = (
            v.pick("the most", "the most", "the highest number of", "the largest number of", "the greatest number of")
            if request.descending
            else v.pick(
                "the fewest", "the least", "the smallest number of", "the lowest number of", "the least number of"
            )
        )
        tail = f"{most} {held}"
    else:
        top = v.pick("highest", "largest", "greatest") if request.descending else v.pick("lowest", "smallest")
        tail = f"the {top} {_amount(request, world, v)}"
        if request.functions == ("MAX",):
            words, phrases = _extreme(request.measure, request.other or owner, True, v)
            child = v.noun(request.other or owner)
            tail = (
                f"the {v.pick(*words)} {child}"
                if words and v.random.random() < 0.7
                else f"the {child} {v.pick(*phrases)}"
            )
    asked = tuple(one for one in request.asked if not one.via)
    with_amount = len(asked) < len(request.asked)
    extra = ""
    if with_amount:
        extra = (
            v.pick(
                " and how many",
                ", and how many does it have",
                f" together with the number of {held}",
                f" and the number of {held}",
            )
            if request.measure is None
            else v.pick(" and what is it", " together with that value")
        )
    whole = {one.attribute for one in asked} == set(owner.labels)
    if whole:
        options = [
            f"Which {count}{noun} {has} {tail}",
            f"Which {count}{noun} {has} {tail}",
            f"What {verb} the {v.labels(owner, many)} of the {count}{noun} with {tail}",
            f"{v.pick('Find', 'Show', 'Name', 'Give me', 'List', 'Return', 'Tell me')} the {count}{noun} with {tail}",
            f"{v.pick('Find', 'Show', 'Return')} the {v.labels(owner, many)} of the {count}{noun} {'who' if owner.person else 'that'} {has} {tail}",
            f"What {verb} the {count}{noun} with {tail}",
            f"the {count}{noun} with {tail}",
        ]
        if spent(request):
            options += [
                f"Which {count}{noun} spent the {'most' if request.descending else 'least'}",
                f"Which {count}{noun} {has} spent the {'most' if request.descending else 'least'} money",
            ] * 2
            if not many:
                options += [
                    f"Who spent the {'most' if request.descending else 'least'}",
                    f"Who {has} spent the {'most' if request.descending else 'least'} in total",
                ]
        if owner.person and not many:
            options += [f"Who has {tail}", f"Who is the {noun} with {tail}"]
        if many and request.measure is None and request.descending:
            options += [
                f"{v.pick('Show', 'List', 'What are', 'Who are' if owner.person else 'What are')} the top {count}{noun} by number of {held}"
            ]
        return v.pick(*options) + extra
    shown = v.asked(asked, owner, many)
    return (
        v.pick(
            f"What {'are' if many else 'is'} the {shown} of the {count}{noun} with {tail}",
            f"{v.pick('Find', 'Show', 'Return', 'Give me')} the {shown} of the {count}{noun} {'who' if owner.person else 'that'} {has} {tail}",
            f"{v.pick('Find', 'Show', 'Return', 'Tell me')} the {shown} for the {count}{noun} with {tail}",
        )
        + extra
    )


def _having(request: Request, world: World, voice: Voice) -> str:
    v, owner = voice, request.subject
    nouns, held, number = v.nouns(owner), _held(request, world, v), _has(request, v)
    if " one" in number or number == "exactly one" or number.endswith("1"):
        held = plural(held) if number.startswith(("more", "over", "fewer", "less")) else v.noun(request.other)  # type: ignore[arg-type]
    who = "who" if owner.person else "that"
    extra = (
        v.pick(", and how many do they have", f", with the number of {held}", " and the count")
        if len(request.asked) > len(owner.labels)
        else ""
    )
    names = v.labels(owner, True)
    return (
        v.pick(
            f"Which {nouns} have {number} {held}",
            f"What are the {names} of {nouns} with {number} {held}",
            f"{v.pick(*SHOW)} the {nouns} {who} have {number} {held}",
            f"{v.pick('Find', 'List', 'Show', 'Return')} the {names} of {nouns} {v.pick('with', f'{who} have')} {number} {held}",
            f"{nouns} with {number} {held}",
        )
        + extra
    )


def _none(request: Request, world: World, voice: Voice) -> str:
    v, owner = voice, request.subject
    nouns, held = v.nouns(owner), _held(request, world, v)
    one = article(v.noun(request.other))  # type: ignore[arg-type]
    who = "who" if owner.person else "that"
    if request.form == "some":
        post, predicate = v.random.choice(
            [
                (f"with at least one {one.partition(' ')[2]}", f"have at least one {one.partition(' ')[2]}"),
                (f"{who} have {held}", f"have {held}"),
                (f"{who} have {one}", f"have {one}"),
                (f"with {held}", f"have any {held}"),
            ]
        )
    else:
        post, predicate = v.random.choice(
            [
                (f"without any {held}", f"do not have any {held}"),
                (f"with no {held}", f"have no {held}"),
                (f"{who} do not have any {held}", f"don't have any {held}"),
                (f"{who} have no {held}", f"have no {held}"),
                (f"without {held}", f"have never had {one}" if owner.person else f"have no {held}"),
                (f"{who} have no {one.partition(' ')[2]}", f"have no {one.partition(' ')[2]}"),
            ]
        )
    if not request.asked:
        return v.pick(
            f"How many {nouns} {predicate}",
            f"How many {nouns} {post} are there",
            f"What is the number of {nouns} {post}",
            f"Count the {nouns} {post}",
            f"{v.pick('Find', 'Give me')} the number of {nouns} {post}",
            f"number of {nouns} {post}",
        )
    names = v.labels(owner, True)
    return v.pick(
        f"Which {nouns} {predicate}",
        f"What are the {names} of {nouns} {post}",
        f"{v.pick(*SHOW)} {v.pick('the', 'all')} {nouns} {post}",
        f"{v.pick('Find', 'List', 'Show', 'Return')} the {names} of {v.pick('all ', '')}{nouns} {post}",
        f"{nouns} {post}",
    )


def _owner_named(request: Request, world: World, v: Voice) -> tuple[str, str]:
    """Name the one owner: alone, and after a preposition."""
    condition, owner = request.conditions[0], request.subject
    text = v.value(f"{condition.values[0]} {condition.values[1]}" if condition.name else condition.values[0])
    noun = v.noun(owner)
    called = v.pick(text, f"the {noun} {text}", text, f"the {noun} {v.pick('named', 'called')} {text}")
    if owner.english[0] in MAKERS:
        return called, v.pick("by", "by", "of", "from")
    return called, v.pick("in", "in", "of") if owner.english[0].rpartition(" ")[2] in HOLDERS else v.pick("of", "for")


def _tally(request: Request, world: World, voice: Voice) -> str:
    v = voice
    called, by = _owner_named(request, world, v)
    held = _held(request, world, v)
    if request.measure is not None:
        amount = _amount(request, world, v)
        if spent(request) and v.random.random() < 0.6:
            return v.pick(
                f"How much did {called} spend",
                f"How much money has {called} spent",
                f"How much did {called} spend in total",
                f"What is the total amount spent by {called}",
            )
        return v.pick(
            f"What is the {amount} {by} {called}",
            f"{v.pick('Find', 'Show', 'Give me')} the {amount} {by} {called}",
            f"{amount} {by} {called}",
        )
    return v.pick(
        f"How many {held} does {called} have",
        f"How many {held} are there {by} {called}",
        f"How many {held} {by} {called} are there",
        f"Count the {held} {by} {called}",
        f"What is the number of {held} {by} {called}",
        f"number of {held} {by} {called}",
        f"How many {held} {by} {called} do we have",
        f"{v.pick('Find', 'Tell me')} the number of {held} {by} {called}",
    )


def _owned(request: Request, world: World, voice: Voice) -> str:
    v = voice
    called, by = _owner_named(request, world, v)
    held = _held(request, world, v)
    names = v.labels(request.other, True)  # type: ignore[arg-type]
    return v.pick(
        f"Which {held} does {called} have",
        f"What are the {held} {by} {called}",
        f"What {held} are {by} {called}",
        f"{v.pick(*SHOW)} {v.pick('the', 'all', 'all the')} {held} {by} {called}",
        f"What are the {names} of the {held} {by} {called}",
        f"{v.pick('List', 'Find', 'Show')} the {names} of all {held} {by} {called}",
        f"{held} {by} {called}",
        f"Which {held} are {by} {called}",
    )


def _led(request: Request, world: World, voice: Voice) -> str:
    v, noun = voice, voice.noun(request.subject)
    role = v.role(request.relation, request.subject) if request.relation else "manager"
    if request.relation and not request.relation.own_role:
        role = f"related {noun}"
    reports = role in ("manager", "supervisor", "boss")
    if request.form == "led pairs":
        return v.pick(
            f"List each {noun} with the name of their {role}",
            f"Show all {plural(noun)} and their {plural(role)}",
            f"For each {noun}, give the name and the name of the {role}",
            f"What are the names of the {plural(noun)} and of their {plural(role)}",
        )
    if request.form == "leading most":
        if reports:
            return v.pick(
                f"Which {noun} {'manages' if role == 'manager' else 'supervises'} the most {plural(noun)}",
                f"Who has the most {plural(noun)} reporting to them",
                f"Which {role} has the most direct reports",
                f"Find the {role} of the most {plural(noun)}",
            )
        return v.pick(
            f"Which {noun} is the {role} of the most {plural(noun)}", f"Find the {noun} that is most often the {role}"
        )
    called = v.value(" ".join(str(one) for one in request.value))
    if request.form == "leader":
        return v.pick(
            f"Who is the {role} of {called}" if request.subject.person else f"What is the {role} of {called}",
            f"What is the name of {called}'s {role}",
            f"Find the {role} of {called}",
            *(
                [
                    f"Who does {called} report to",
                    f"To whom does {called} report",
                    f"Who {'manages' if role == 'manager' else 'supervises'} {called}",
                ]
                if reports
                else [f"Show the {role} of the {noun} {called}"]
            ),
        )
    if reports:
        return v.pick(
            f"Which {plural(noun)} report to {called}",
            f"Who reports to {called}",
            f"List the {plural(noun)} {'managed' if role == 'manager' else 'supervised'} by {called}",
            f"Which {plural(noun)} have {called} as their {role}",
            f"Who are the {plural(noun)} whose {role} is {called}",
        )
    return v.pick(
        f"Which {plural(noun)} have {called} as {role}",
        f"List the {plural(noun)} whose {role} is {called}",
        f"Find all {plural(noun)} with the {role} {called}",
    )


def _nested(request: Request, world: World, voice: Voice) -> str:
    v, subject, measure = voice, request.subject, request.measure
    assert measure is not None
    name, nouns = v.name(measure), v.nouns(subject)
    degree = DEGREES.get(measure.sense, Degree())
    up = request.descending
    words = [
        one
        for one in (degree.more if up else degree.less)
        if one.endswith(" than") and not one.startswith(("with", "that", "who", "earning"))
    ]
    rest = v.value(request.value[0]) if request.value else ""
    over = (
        v.pick("above", "higher than", "greater than", "more than")
        if up
        else v.pick("below", "lower than", "less than", "smaller than")
    )
    if rest:
        tail = f"with {article(name)} {over} that of {rest}"
        predicate = f"have {article(name)} {over} that of {rest}"
        if words:
            word = v.pick(*words)
            tail, predicate = v.random.choice(
                [(tail, predicate), (f"{word} {rest}", f"are {word} {rest}"), (f"{word} {rest}", f"are {word} {rest}")]
            )
    else:
        mean = v.pick("average", "the average", f"the average {name}", f"the average {name} of all {nouns}", "the mean")
        tail, predicate = v.random.choice(
            [
                (f"with {article(name)} {over} {mean}", f"have {article(name)} {over} {mean}"),
                (f"whose {name} is {over} {mean}", f"have {article(name)} {over} {mean}"),
                (
                    f"with {v.pick('above', 'higher than', 'more than') if up else v.pick('below', 'lower than')}{'' if False else ' '}average {name}",
                    f"have {'above' if up else 'below'} average {name}",
                ),
            ]
        )
        if words and v.random.random() < 0.45:
            word = v.pick(*words)
            mean = v.pick("average", "the average")
            tail, predicate = f"that are {word} {mean}", f"are {word} {mean}"
    if not request.asked:
        return v.pick(
            f"How many {nouns} {predicate}",
            f"How many {nouns} {tail} are there",
            f"Count the {nouns} {tail}",
            f"What is the number of {nouns} {tail}",
            f"Find the number of {nouns} {tail}",
        )
    names = v.labels(subject, True)
    return v.pick(
        f"Which {nouns} {predicate}",
        f"What are the {names} of {nouns} {tail}",
        f"{v.pick(*SHOW)} {v.pick('the', 'all')} {nouns} {tail}",
        f"{v.pick('Find', 'List', 'Return')} the {names} of {v.pick('', 'all ')}{nouns} {tail}",
        f"{nouns} {tail}",
    )


def _both(request: Request, world: World, voice: Voice) -> str:
    v = voice
    names = plural(v.name(request.asked[0].attribute))
    nouns = v.nouns(request.subject)
    (one, _), (two, _) = _conditions(request, world, v)
    if request.form == "intersect":
        return v.pick(
            f"Which {names} have both {nouns} {one} and {nouns} {two}",
            f"{v.pick(*SHOW)} the {names} that have {nouns} {one} as well as {nouns} {two}",
            f"What are the {names} of both {nouns} {one} and {nouns} {two}",
            f"Find the {names} shared by {nouns} {one} and {nouns} {two}",
        )
    return v.pick(
        f"Which {names} have {nouns} {one} but no {nouns} {two}",
        f"{v.pick(*SHOW)} the {names} with {nouns} {one} but without {nouns} {two}",
        f"What are the {names} that have {nouns} {one} and not {nouns} {two}",
    )


JOINED_FORMS: dict[str, Callable[[Request, World, Voice], str]] = {
    "pairs": _pairs, "each": _each, "each order": _each, "most": _most, "having": _having, "none": _none, "some": _none,
    "tally": _tally, "owned": _owned, "leader": _led, "followers": _led, "led pairs": _led, "leading most": _led,
    "nested average": _nested, "nested compare": _nested, "intersect": _both, "except": _both,
}  # fmt: skip
