"""Chinese for things that belong together: pairs, counts for each, most, none, leaders, nested comparisons."""

from __future__ import annotations

from dsol_text2sql.synthesis.chinese.conditions import own, things
from dsol_text2sql.synthesis.chinese.groups import amount, at_least, sorting
from dsol_text2sql.synthesis.chinese.lists import SHOW, Form, which_one
from dsol_text2sql.synthesis.chinese.voice import Voice
from dsol_text2sql.synthesis.lexicon import HOLDERS
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.request import Request, sold_one_by_one, spent

PAIRS = f"""
{SHOW}{{every}}{{things}}及其{{owner}}
{SHOW}{{every}}{{things}}的{{own}}和[对应的|所属|]{{owner}}
{SHOW}{{every}}{{things}}的{{shown}}
{{every}}{{things}}的{{own}}和{{owner}}分别是什么
"""
EACH = f"""
{{each}}的{{amount}}[是|分别是]多少
{SHOW}{{each}}的{{own}}和{{amount}}
{SHOW}{{each}}及其{{amount}}
按{{noun}}统计{{amount}}
{{each}}的{{amount}}
"""
EACH_COUNT = """
3* {each}有多少{unit}{held}
2* {each}分别有多少{unit}{held}
{each}各有多少{held}
统计{each}有多少{held}
"""
EACH_SPENT = "3* {each}[一共|总共|各]消费了多少[钱|]\n{each}的消费总额是多少"
MOST = f"""
3* {{which}}{{noun}}的{{said}}{{top}}
2* {{thing}}是{{which}}
{SHOW}{{thing}}
{{thing}}是{{who}}
{SHOW}{{thing}}的{{labels}}
{{thing}}
"""
MOST_SPENT = """
2* {which}{noun}消费{most}
{which}{noun}花的钱{most}
消费{most}的{count}{noun}是{which}
消费总额{top}的{count}{noun}是{which}
"""
HAVING = f"""
2* 哪些{{noun}}有{{number}}{{held}}
{SHOW}有{{number}}{{held}}的{{noun}}
有{{number}}{{held}}的{{noun}}有哪些
{SHOW}{{held}}数量{{bare}}的{{noun}}
{{held}}{{number}}的{{noun}}的{{labels}}
拥有{{number}}{{held}}的{{noun}}是哪些
"""
NONE = "2* 没有{held}\n2* 没有任何{held}\n从未有过{held}\n一{unit}{held}都没有"
SOME = "有{held}\n至少有一{unit}{held}\n拥有{held}"
COUNTED = """
2* 有多少{unit}{noun}{said}
2* {said}的{noun}有多少{unit}
{said}的{noun}数量是多少
统计{said}的{noun}的数量
多少{noun}{said}
"""
CHOSEN = f"""
2* 哪些{{noun}}{{said}}
2* {SHOW}{{said}}的{{noun}}
{{said}}的{{noun}}有哪些
{SHOW}[所有|]{{said}}的{{noun}}的{{labels}}
{{said}}的{{noun}}
"""
TALLY = """
2* {called}{inside}有多少{unit}{held}
{called}一共有多少{unit}{held}
{called}的{held}有多少{unit}
{called}的{held}数量是多少
统计{called}的{held}数量
{called}{inside}有几{unit}{held}
"""
SPENT = "{called}[一共|总共]消费了多少\n{called}[总共|一共]花了多少钱\n{called}的消费总额是多少"
OWNED = f"""
2* {{called}}有哪些{{held}}
{SHOW}{{called}}的[所有|全部|]{{held}}
{{called}}的{{held}}有哪些
{SHOW}{{called}}的{{held}}{{labels}}
{{called}}都有哪些{{held}}
{{called}}的{{held}}
"""
BOTH = f"""
2* 哪些{{name}}既有{{one}}的{{noun}}又有{{two}}的{{noun}}
{SHOW}同时有{{one}}的{{noun}}和{{two}}的{{noun}}的{{name}}
"""
EXCEPT = f"""
2* 哪些{{name}}有{{one}}的{{noun}}但没有{{two}}的{{noun}}
{SHOW}有{{one}}的{{noun}}而没有{{two}}的{{noun}}的{{name}}
"""


def _pairs(request: Request, world: World, v: Voice) -> str:
    subject = request.subject
    relation = next(one.via for one in request.asked if one.via)[-1].relation
    every = v.pick(f"每{subject.classifier}", "所有", "各", "") if not request.conditions else ""
    return v.say(
        PAIRS,
        every=every,
        things=things(request, world, v),
        own=v.labels(subject),
        owner=v.role(relation, world.entities[relation.parent]),
        shown=v.asked(request.asked, subject),
    )


def _each(request: Request, world: World, v: Voice) -> str:
    owner, other = request.subject, request.other
    assert other is not None
    noun, held = v.noun(owner), v.noun(other)
    each = v.say("2* 每{unit}{noun}\n各{noun}\n各{unit}{noun}", unit=owner.classifier, noun=noun)
    text = EACH + (EACH_COUNT if request.measure is None else EACH_SPENT if spent(request) else "")
    said = v.say(
        text,
        each=each,
        noun=noun,
        held=held,
        unit=other.classifier,
        own=v.labels(owner),
        amount=amount(request, v, held),
    )
    return said + (sorting(request, v) if request.form == "each order" else "")


def _most(request: Request, world: World, v: Voice) -> str:
    owner, other, many, up = request.subject, request.other, request.number > 1, request.descending
    assert other is not None
    noun, held, number = v.noun(owner), v.noun(other), v.count(request.number)
    count = f"{number}{owner.classifier}" if many else ""
    most = "最多" if up else "最少"
    top = most if request.measure is None else "最高" if up else "最低"
    said = v.pick(held, f"{held}数量") if request.measure is None else amount(request, v, held)
    thing = f"{said}{top}的{count}{noun}"
    if request.measure is None:
        thing = v.pick(thing, f"拥有{top}{held}的{count}{noun}", f"{held}{top}的{count}{noun}")
    asked = tuple(one for one in request.asked if not one.via)
    extra = v.pick("，有多少", "，是多少") if len(asked) < len(request.asked) else ""
    if {one.attribute for one in asked} != set(owner.labels):
        shown = v.asked(asked, owner)
        return (
            v.say(
                f"{{thing}}的{{shown}}是什么\n{SHOW}{{thing}}的{{shown}}\n{{thing}}的{{shown}}",
                thing=thing,
                shown=shown,
            )
            + extra
        )
    text = MOST + (MOST_SPENT if spent(request) else "")
    if request.measure is None:
        text += "{which}{noun}拥有{top}的{held}\n{which}{noun}有{top}的{held}\n"
        text += "谁的{held}{top}" if owner.person and not many else ""
    return (
        v.say(
            text,
            which=f"哪{number if many else ''}{owner.classifier}",
            noun=noun,
            said=said,
            top=top,
            thing=thing,
            held=held,
            who="谁" if owner.person else "什么",
            labels=v.labels(owner),
            most=most,
            count=count,
        )
        + extra
    )


def _having(request: Request, world: World, v: Voice) -> str:
    owner, other = request.subject, request.other
    assert other is not None
    held = v.noun(other)
    extra = v.pick("，分别有多少", f"，以及{held}数量") if len(request.asked) > len(owner.labels) else ""
    return (
        v.say(
            HAVING,
            noun=v.noun(owner),
            held=held,
            labels=v.labels(owner),
            number=at_least(request, v, other.classifier),
            bare=at_least(request, v, ""),
        )
        + extra
    )


def _chosen(request: Request, v: Voice, said: str) -> str:
    """Ask for, or count, the subjects that a phrase describes."""
    subject = request.subject
    if not request.asked:
        return v.say(COUNTED, unit=subject.classifier, noun=v.noun(subject), said=said)
    return v.say(CHOSEN, noun=v.noun(subject), said=said, labels=v.labels(subject))


def _none(request: Request, world: World, v: Voice) -> str:
    assert request.other is not None
    text = SOME if request.form == "some" else NONE
    if sold_one_by_one(request):
        text += "\n2* [卖出过|被购买过]" if text is SOME else "\n3* [从未卖出过|从未被购买过|没有被购买过]"
    return _chosen(request, v, v.say(text, held=v.noun(request.other), unit=request.other.classifier))


def _tally(request: Request, world: World, v: Voice) -> str:
    other = request.other
    assert other is not None
    called, held = which_one(request, v), v.noun(other)
    if request.form == "owned":
        return v.say(OWNED, called=called, held=held, labels=v.labels(other))
    if request.measure is None:
        inside = v.pick("里", "中") if request.subject.english[0].rpartition(" ")[2] in HOLDERS else ""
        return v.say(TALLY, called=called, held=held, unit=other.classifier, inside=inside)
    if spent(request) and v.chance(0.6):
        return v.say(SPENT, called=called)
    return v.say(
        f"2* {{called}}的{{said}}是多少\n{SHOW}{{called}}的{{said}}\n{{called}}的{{said}}",
        called=called,
        said=amount(request, v, held),
    )


def _led(request: Request, world: World, v: Voice) -> str:
    subject, relation = request.subject, request.relation
    reports = bool(relation and relation.english[0] == "manager")
    role = v.role(relation, subject) if relation and relation.own_role else f"相关{v.noun(subject)}"
    slots = {
        "noun": v.noun(subject),
        "unit": subject.classifier,
        "role": role,
        "v": v.value(" ".join(map(str, request.value))),
    }
    match request.form:
        case "led pairs":
            text = "[列出|显示]每{unit}{noun}及其{role}\n显示所有{noun}和{role}的名字\n每{unit}{noun}的{role}分别是谁"
        case "leading most" if reports:
            text = "哪{unit}{noun}的下属最多\n谁管理的{noun}最多\n下属最多的{role}是谁"
        case "leading most":
            text = "哪{unit}{noun}作为{role}的次数最多\n哪{unit}{noun}是最多{noun}的{role}"
        case "leader":
            text = "2* {v}的{role}是谁\n谁是{v}的{role}\n[找出|告诉我]{v}的{role}" + (
                "\n{v}向谁汇报" if reports else ""
            )
        case _:
            text = "2* 哪些{noun}的{role}是{v}\n[列出|找出]{role}为{v}的{noun}"
            text += "\n{v}的下属有哪些\n2* 哪些{noun}向{v}汇报\n{v}管理哪些{noun}" if reports else ""
    return v.say(text if subject.person else text.replace("谁", "什么"), **slots)


def _nested(request: Request, world: World, v: Voice) -> str:
    measure, up = request.measure, request.descending
    assert measure is not None
    slots = {
        "name": v.name(measure),
        "noun": v.noun(request.subject),
        "over": v.say("[高于|大于|超过]" if up else "[低于|小于]"),
    }
    if request.value:
        text = "{name}{over}{rest}\n{name}比{rest}" + ("[高|大]" if up else "[低|小]")
        return _chosen(request, v, v.say(text, rest=v.value(request.value[0]), **slots))
    return _chosen(
        request,
        v,
        v.say(
            "2* {name}{over}平均值\n{name}{over}平均{name}\n{name}{over}平均水平\n{name}{over}所有{noun}平均{name}",
            **slots,
        ),
    )


def _both(request: Request, world: World, v: Voice) -> str:
    one, two = (own(c, request.subject, v) for c in request.conditions)
    text = BOTH if request.form == "intersect" else EXCEPT
    return v.say(text, name=v.name(request.asked[0].attribute), noun=v.noun(request.subject), one=one, two=two)


JOINED: dict[str, Form] = {
    "pairs": _pairs, "each": _each, "each order": _each, "most": _most, "having": _having, "none": _none, "some": _none,
    "tally": _tally, "owned": _tally, "leader": _led, "followers": _led, "led pairs": _led, "leading most": _led,
    "nested average": _nested, "nested compare": _nested, "intersect": _both, "except": _both,
}  # fmt: skip
