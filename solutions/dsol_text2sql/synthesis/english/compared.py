"""English for things set against others of their kind: an average, one of them, what two groups share."""

from __future__ import annotations

from dsol_text2sql.synthesis.english.conditions import conditions
from dsol_text2sql.synthesis.english.joined import chosen
from dsol_text2sql.synthesis.english.lists import SHOW, Form, degree
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.names import article, plural
from dsol_text2sql.synthesis.request import Request

NESTED = """
with {a} {over} {mean} :: have {a} {over} {mean}
whose {name} is {over} {mean} :: have {a} {over} {mean}
with {plain} average {name} :: have {plain} average {name}
"""
COMPARED = "with {a} {over} that of {rest} :: have {a} {over} that of {rest}\n"
BOTH = f"""
2* Which {{names}} have both {{nouns}} {{one}} and {{nouns}} {{two}}
{SHOW} the {{names}} that have {{nouns}} {{one}} as well as {{nouns}} {{two}}
What are the {{names}} of both {{nouns}} {{one}} and {{nouns}} {{two}}
Find the {{names}} shared by {{nouns}} {{one}} and {{nouns}} {{two}}
"""
EXCEPT = f"""
2* Which {{names}} have {{nouns}} {{one}} but no {{nouns}} {{two}}
{SHOW} the {{names}} with {{nouns}} {{one}} but without {{nouns}} {{two}}
What are the {{names}} that have {{nouns}} {{one}} and not {{nouns}} {{two}}
"""


def _nested(request: Request, world: World, v: Voice) -> str:
    measure, up = request.measure, request.descending
    assert measure is not None
    name, known = v.name(measure), degree(measure, request.subject)
    words = [one for one in (known.more if up else known.less) if one.endswith(" than") and one.count(" ") < 3]
    words = [one for one in words if not one.startswith(("that", "who", "earning"))]
    slots = {"name": name, "a": article(name), "plain": "above" if up else "below"}
    slots["over"] = v.say(
        "[above|higher than|greater than|more than]" if up else "[below|lower than|less than|smaller than]"
    )
    if request.value:
        text = COMPARED + "\n".join(f"2* {one} {{rest}} :: are {one} {{rest}}" for one in words)
        return chosen(request, v, text, rest=v.value(request.value[0]), **slots)
    mean = v.say(
        "[the average|average|the average {name}|the average {name} of all {nouns}|the mean]",
        name=name,
        nouns=v.nouns(request.subject),
    )
    text = NESTED + "\n".join(
        f"2* that are {one} [the average|average] :: are {one} [the average|average]" for one in words
    )
    return chosen(request, v, text, mean=mean, **slots)


def _both(request: Request, world: World, v: Voice) -> str:
    (one, _), (two, _) = conditions(request, world, v)
    return v.say(
        BOTH if request.form == "intersect" else EXCEPT,
        names=plural(v.name(request.asked[0].attribute)),
        nouns=v.nouns(request.subject),
        one=one,
        two=two,
    )


COMPARISONS: dict[str, Form] = {
    "nested average": _nested, "nested compare": _nested, "intersect": _both, "except": _both,
}  # fmt: skip
