"""English for things that belong together: pairs, counts for each, the most, none."""

from __future__ import annotations

from dsol_text2sql.synthesis.english.conditions import after
from dsol_text2sql.synthesis.english.groups import amount, at_least, extreme, sorting
from dsol_text2sql.synthesis.english.lists import FIND, SHOW, Form
from dsol_text2sql.synthesis.english.lookup import which_one
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.lexicon import HOLDERS, MAKERS
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.names import article, plural
from dsol_text2sql.synthesis.request import Request, sold_one_by_one, spent

PAIRS = f"""
2* {SHOW} the {{shown}} of [all |the |]{{things}}
[List|Show|Give me] [each|every] {{one}} with [its|the] {{owner}}
What is the {{owner}} of each {{one}}
For each {{one}}, [show|list|give] the {{own}} and the {{owner}}
[Show|List|Find|Return] the {{owns}} of {{things}} together with [their|the] {{owners}}
{{owns}} of {{things}} and their {{owners}}
"""
EACH = """
What is the {amount} for each {noun}
[List|Show|Give me] [each|every] {noun} [with|and|together with] the {amount}
2* [Show|Find|Return|List] the {own} of each {noun} and the {amount}
For each {noun}, [show|find|list|give] the {own} and the {amount}
{amount} [per|by|for each] {noun}
[List|Show] all {nouns} [along with|with|and] the {amount} [for each|of each]
"""
EACH_COUNT = """
4* How many {held} does each {noun} have
How many {held} are there {in} each {noun}
How many {held} per {noun}
Count the {held} {of} each {noun}
Show the number of {held} by {noun}
Give the {own} of every {noun} and how many {held} {they}
"""
EACH_SPENT = (
    "3* How much [did|has] each {noun} [spend|spent] [in total|]\n2* What is the total amount spent by each {noun}"
)
MOST = f"""
5* Which {{count}}{{noun}} {{has}} {{tail}}
2* What {{is}} the {{labels}} of the {{count}}{{noun}} with {{tail}}
2* {FIND} the {{count}}{{noun}} with {{tail}}
{FIND} the {{labels}} of the {{count}}{{noun}} {{who}} {{has}} {{tail}}
What {{is}} the {{count}}{{noun}} with {{tail}}
the {{count}}{{noun}} with {{tail}}
"""
MOST_SHOWN = f"""
2* What {{is}} the {{shown}} of the {{count}}{{noun}} with {{tail}}
{FIND} the {{shown}} of the {{count}}{{noun}} {{who}} {{has}} {{tail}}
{FIND} the {{shown}} for the {{count}}{{noun}} with {{tail}}
"""
MOST_SPENT = (
    "4* Which {count}{noun} [spent|has spent] the {most} [money|]\n2* Which {count}{noun} spent the {most} in total"
)
HAVING = f"""
3* Which {{nouns}} have {{number}}
What are the {{names}} of {{nouns}} with {{number}}
2* {SHOW} the {{nouns}} [with|{{who}} have] {{number}}
[Find|List|Show|Return] the {{names}} of {{nouns}} [with|{{who}} have] {{number}}
{{nouns}} with {{number}}
"""
NONE = """
2* without any {held} :: [do not|don't] have any {held}
with no {held} :: have no {held}
{who} do not have any {held} :: do not have any {held}
{who} have no {held} :: have no {held}
{who} have no {one} :: have no {one}
without {held} :: have no {held}
{who} have never had {a} :: have never had {a}
"""
SOME = """
with at least one {one} :: have at least one {one}
{who} have {held} :: have {held}
{who} have {a} :: have {a}
with {held} :: have any {held}
"""
EVER_SOLD = "4* that have [been|ever been] [sold|bought|purchased] :: have been [sold|bought|purchased]"
NEVER_SOLD = """
3* that have never been [sold|bought|purchased|ordered] :: have never been [sold|bought|purchased|ordered]
2* that nobody [bought|ordered] :: were never [sold|bought|ordered]
"""
COUNTED = """
3* How many {nouns} {predicate}
How many {nouns} {post} are there
What is the number of {nouns} {post}
Count the {nouns} {post}
[Find|Give me] the number of {nouns} {post}
number of {nouns} {post}
"""
CHOSEN = f"""
3* Which {{nouns}} {{predicate}}
2* What are the {{names}} of {{nouns}} {{post}}
2* {SHOW} [the|all] {{nouns}} {{post}}
[Find|List|Show|Return] the {{names}} of [all |]{{nouns}} {{post}}
{{nouns}} {{post}}
"""
TALLY = """
4* How many {held} does {called} have
2* How many {held} are there {by} {called}
How many {held} {by} {called} [are there|do we have]
Count the {held} {by} {called}
What is the number of {held} {by} {called}
number of {held} {by} {called}
[Find|Tell me] the number of {held} {by} {called}
"""
SPENT = """
3* How much did {called} spend [in total|]
How much money has {called} spent
What is the total amount spent by {called}
What did {called} spend in total
"""
AMOUNT = """
2* What is the {said} {by} {called}
[Find|Show|Give me] the {said} {by} {called}
{said} {by} {called}
"""
OWNED = f"""
2* Which {{held}} does {{called}} have
2* What are the {{held}} {{by}} {{called}}
What {{held}} are {{by}} {{called}}
2* {SHOW} [the|all|all the] {{held}} {{by}} {{called}}
What are the {{names}} of the {{held}} {{by}} {{called}}
[List|Find|Show] the {{names}} of all {{held}} {{by}} {{called}}
{{held}} {{by}} {{called}}
Which {{held}} are {{by}} {{called}}
"""


def _pairs(request: Request, world: World, v: Voice) -> str:
    relation = next(one.via for one in request.asked if one.via)[-1].relation
    owner = v.role(relation, world.entities[relation.parent])
    own, said = v.labels(request.subject, False), after(request, world, v)
    return v.say(
        PAIRS,
        shown=v.asked(request.asked, request.subject, True),
        owner=owner,
        owners=plural(owner),
        own=own,
        owns=plural(own) if " and " not in own else v.labels(request.subject, True),
        things=f"{v.nouns(request.subject)} {said}",
        one=f"{v.noun(request.subject)} {said}",
    )


def _held(request: Request, v: Voice) -> str:
    assert request.other is not None
    return v.nouns(request.other)


def _each(request: Request, world: World, v: Voice) -> str:
    owner, held = request.subject, _held(request, v)
    text = EACH + (EACH_COUNT if request.measure is None else EACH_SPENT if spent(request) else "")
    said = v.say(
        text,
        amount=amount(request, world, v, held),
        noun=v.noun(owner),
        nouns=v.nouns(owner),
        held=held,
        own=v.labels(owner, False),
        they="they have" if owner.person else "it has",
        **{"in": _inside(request, "for"), "of": _inside(request, "of")},
    )
    return said + (sorting(request, v) if request.form == "each order" else "")


def _inside(request: Request, other: str) -> str:
    last = request.subject.english[0].rpartition(" ")[2]
    return "by" if last in MAKERS else "in" if last in HOLDERS else other


def _most(request: Request, world: World, v: Voice) -> str:
    owner, other, many, up = request.subject, request.other, request.number > 1, request.descending
    assert other is not None
    held, extra = v.nouns(other), ""
    asked = tuple(one for one in request.asked if not one.via)
    if request.measure is None:
        most = "[the most|the most|the highest number of|the largest number of|the greatest number of]"
        fewest = "[the fewest|the least|the smallest number of|the lowest number of]"
        tail = v.say(f"{most if up else fewest} {{held}}", held=held)
        extra = v.pick(", and how many", f" together with the number of {held}", f" and the number of {held}")
    else:
        top = v.say("[highest|largest|greatest]" if up else "[lowest|smallest]")
        tail, extra = (
            f"the {top} {amount(request, world, v, held)}",
            v.pick(" and what is it", " together with that value"),
        )
        if request.functions == ("MAX",):
            words, best = extreme(request.measure, other, True, v)
            tail = (
                f"the {v.pick(*words)} {v.noun(other)}"
                if words and v.chance(0.7)
                else f"the {v.noun(other)} with the {best}"
            )
    slots = {"tail": tail, "count": f"{v.count(request.number)} " if many else "", "is": "are" if many else "is",
             "noun": v.nouns(owner) if many else v.noun(owner), "has": "have" if many else "has",
             "who": "who" if owner.person else "that", "most": "most" if up else "least"}  # fmt: skip
    extra = extra if len(asked) < len(request.asked) else ""
    if {one.attribute for one in asked} != set(owner.labels):
        return v.say(MOST_SHOWN, shown=v.asked(asked, owner, many), **slots) + extra
    text = MOST + (MOST_SPENT + "\n" if spent(request) else "")
    if owner.person and not many:
        text += "2* Who has {tail}\nWho is the {noun} with {tail}\n" + (
            "3* Who spent the {most}" if spent(request) else ""
        )
    elif sold_one_by_one(request) and request.measure is None:
        text += "2* Which {count}{noun} {was} [sold|bought|purchased] the {most} [often|times]\n"
        slots["was"] = "were" if many else "was"
    elif many and request.measure is None and up:
        text += f"2* [Show|List|What are] the top {{count}}{{noun}} by number of {held}"
    return v.say(text, labels=v.labels(owner, many), **slots) + extra


def _having(request: Request, world: World, v: Voice) -> str:
    owner, other = request.subject, request.other
    assert other is not None
    counted = len(request.asked) > len(owner.labels)
    extra = v.pick(", and how many do they have", f", with the number of {v.nouns(other)}") if counted else ""
    return (
        v.say(
            HAVING,
            nouns=v.nouns(owner),
            names=v.labels(owner, True),
            who="who" if owner.person else "that",
            number=at_least(request, v, v.nouns(other), v.noun(other)),
        )
        + extra
    )


def chosen(request: Request, v: Voice, text: str, **slots: object) -> str:
    """Ask for, or count, the subjects that a phrase describes."""
    post, _, predicate = v.say(text, **slots).partition(" :: ")
    nouns = v.nouns(request.subject)
    if not request.asked:
        return v.say(COUNTED, nouns=nouns, post=post, predicate=predicate)
    return v.say(CHOSEN, nouns=nouns, names=v.labels(request.subject, True), post=post, predicate=predicate)


def _none(request: Request, world: World, v: Voice) -> str:
    assert request.other is not None
    one, text = v.noun(request.other), SOME if request.form == "some" else NONE
    if sold_one_by_one(request):
        text += EVER_SOLD if request.form == "some" else NEVER_SOLD
    who = "who" if request.subject.person else "that"
    return chosen(request, v, text, held=_held(request, v), one=one, a=article(one), who=who)


def _tally(request: Request, world: World, v: Voice) -> str:
    called, by, held = which_one(request, v), _inside(request, v.pick("of", "for")), _held(request, v)
    if request.form == "owned":
        assert request.other is not None
        return v.say(OWNED, held=held, called=called, by=by, names=v.labels(request.other, True))
    if request.measure is None:
        return v.say(TALLY, held=held, called=called, by=by)
    if spent(request) and v.chance(0.6):
        return v.say(SPENT, called=called)
    said = amount(request, world, v, held)
    return v.say(AMOUNT, said=said, called=called, by=by)


JOINED: dict[str, Form] = {
    "pairs": _pairs, "each": _each, "each order": _each, "most": _most, "having": _having, "none": _none, "some": _none,
    "tally": _tally, "owned": _tally,
}  # fmt: skip
