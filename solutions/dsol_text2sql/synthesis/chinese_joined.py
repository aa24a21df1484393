"""Chinese for questions about things that belong together, and for nested ones."""

from __future__ import annotations

from collections.abc import Callable

from dsol_text2sql.synthesis.chinese import SHOW, amount, direction, has
from dsol_text2sql.synthesis.chinese_phrases import Voice
from dsol_text2sql.synthesis.english_joined import spent
from dsol_text2sql.synthesis.lexicon import HOLDERS
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.request import Request


def _pairs(request: Request, world: World, v: Voice) -> str:
    subject = request.subject
    relation = next(one.via for one in request.asked if one.via)[-1].relation
    parent = world.entities[relation.parent]
    owner, things = v.role(relation, parent), v.things(request, world)
    every = v.pick("每" + subject.classifier, "所有", "各", "") if not request.conditions else ""
    own = v.labels(subject)
    return v.pick(
        f"{v.pick(*SHOW)}{every}{things}及其{owner}",
        f"{v.pick(*SHOW)}{every}{things}的{own}和{v.pick('对应的', '所属', '')}{owner}",
        f"{v.pick(*SHOW)}{every}{things}的{v.asked(request.asked, subject)}",
        f"{every}{things}的{own}和{owner}分别是什么",
        f"{every}{things}分别属于哪{parent.classifier}{owner}",
    )


def _each(request: Request, world: World, v: Voice) -> str:
    owner, other = request.subject, request.other
    assert other is not None
    noun, held = v.noun(owner), v.noun(other)
    said = amount(request, world, v, held)
    each = v.pick(
        f"每{owner.classifier}{noun}", f"每{owner.classifier}{noun}", f"各{noun}", f"每个{noun}", f"各个{noun}"
    )
    options = [
        f"{each}的{said}是多少",
        f"{v.pick(*SHOW)}{each}的{v.labels(owner)}和{said}",
        f"{v.pick(*SHOW)}{each}及其{said}",
        f"{each}的{said}分别是多少",
        f"按{noun}统计{said}",
        f"{each}的{said}",
    ]
    if request.measure is None:
        options += [
            f"{each}有多少{other.classifier}{held}",
            f"{each}分别有多少{other.classifier}{held}",
            f"{each}各有多少{held}",
            f"统计{each}有多少{held}",
        ]
    end = (
        f"，按{'数量' if request.measure is None else '该值'}{direction(None, request.descending, v)}排列"
        if request.form == "each order"
        else ""
    )
    return v.pick(*options) + end


def _most(request: Request, world: World, v: Voice) -> str:
    owner, other = request.subject, request.other
    assert other is not None
    noun, held, many = v.noun(owner), v.noun(other), request.number > 1
    number = v.number(request.number)
    which = f"哪{number}{owner.classifier}" if many else f"哪{owner.classifier}"
    count = f"{number}{owner.classifier}" if many else ""
    asked = tuple(one for one in request.asked if not one.via)
    extra = v.pick("，有多少", "以及数量") if len(asked) < len(request.asked) else ""
    top = (
        ("最多" if request.descending else "最少")
        if request.measure is None
        else ("最高" if request.descending else "最低")
    )
    said = v.pick(held, f"{held}数量") if request.measure is None else amount(request, world, v, held)
    thing = f"{said}{top}的{count}{noun}"
    if request.measure is None:
        thing = v.pick(thing, f"拥有{top}{held}的{count}{noun}", f"{held}{top}的{count}{noun}")
    if {one.attribute for one in asked} == set(owner.labels):
        options = [
            f"{which}{noun}的{said}{top}",
            f"{thing}是{which}",
            f"{v.pick(*SHOW)}{thing}",
            f"{thing}是{'谁' if owner.person else '什么'}",
            f"{v.pick(*SHOW)}{thing}的{v.labels(owner)}",
            thing,
        ]
        if request.measure is None:
            options += [f"{which}{noun}拥有{top}的{held}", f"{which}{noun}有{top}的{held}"]
            if owner.person and not many:
                options.append(f"谁的{held}{top}")
        if spent(request):
            most = "最多" if request.descending else "最少"
            options += [
                f"{which}{noun}消费{most}",
                f"{which}{noun}花的钱{most}",
                f"消费{most}的{count}{noun}是{which}",
                f"消费总额{top}的{count}{noun}是{which}",
            ] * 2
        return v.pick(*options) + extra
    shown = v.asked(asked, owner)
    return v.pick(f"{thing}的{shown}是什么", f"{v.pick(*SHOW)}{thing}的{shown}", f"{thing}的{shown}") + extra


def _having(request: Request, world: World, v: Voice) -> str:
    owner, other = request.subject, request.other
    assert other is not None
    noun, held = v.noun(owner), v.noun(other)
    number = has(request, v, other.classifier)
    extra = v.pick("，分别有多少", f"以及{held}数量") if len(request.asked) > len(owner.labels) else ""
    return (
        v.pick(
            f"哪些{noun}有{number}{held}",
            f"{v.pick(*SHOW)}有{number}{held}的{noun}",
            f"有{number}{held}的{noun}有哪些",
            f"{v.pick(*SHOW)}{held}数量{has(request, v, '')}的{noun}",
            f"{held}{number}的{noun}的{v.labels(owner)}",
            f"拥有{number}{held}的{noun}是哪些",
        )
        + extra
    )


def _none(request: Request, world: World, v: Voice) -> str:
    owner, other = request.subject, request.other
    assert other is not None
    noun, held = v.noun(owner), v.noun(other)
    said = (
        v.pick(f"有{held}", f"至少有一{other.classifier}{held}", f"拥有{held}")
        if request.form == "some"
        else v.pick(f"没有{held}", f"没有任何{held}", f"没有{held}", f"不拥有任何{held}")
    )
    if not request.asked:
        return v.pick(
            f"有多少{owner.classifier}{noun}{said}",
            f"{said}的{noun}有多少{owner.classifier}",
            f"{said}的{noun}数量是多少",
            f"统计{said}的{noun}的数量",
            f"多少{noun}{said}",
        )
    return v.pick(
        f"哪些{noun}{said}",
        f"{v.pick(*SHOW)}{said}的{noun}",
        f"{said}的{noun}有哪些",
        f"{v.pick(*SHOW)}所有{said}的{noun}的{v.labels(owner)}",
        f"{said}的{noun}",
    )


def _named(request: Request, v: Voice) -> str:
    condition, owner = request.conditions[0], request.subject
    value = v.value(condition.values[1], condition.values[0]) if condition.name else v.value(condition.values[0])
    return v.pick(value, value, f"{v.noun(owner)}{value}", f"{value}这{owner.classifier}{v.noun(owner)}")


def _tally(request: Request, world: World, v: Voice) -> str:
    other = request.other
    assert other is not None
    held, called = v.noun(other), _named(request, v)
    if request.measure is not None:
        said = amount(request, world, v, held)
        if spent(request) and v.random.random() < 0.6:
            return v.pick(
                f"{called}一共消费了多少",
                f"{called}总共花了多少钱",
                f"{called}的消费总额是多少",
                f"{called}一共花了多少钱",
            )
        return v.pick(f"{called}的{said}是多少", f"{v.pick(*SHOW)}{called}的{said}", f"{called}的{said}")
    inside = (
        v.pick("里", "中")
        if request.subject.english and request.subject.english[0].rpartition(" ")[2] in HOLDERS
        else ""
    )
    return v.pick(
        f"{called}{inside}有多少{other.classifier}{held}",
        f"{called}一共有多少{held}",
        f"{called}的{held}有多少{other.classifier}",
        f"{called}的{held}数量是多少",
        f"统计{called}的{held}数量",
        f"{called}{inside}有几{other.classifier}{held}",
    )


def _owned(request: Request, world: World, v: Voice) -> str:
    other = request.other
    assert other is not None
    held, called = v.noun(other), _named(request, v)
    return v.pick(
        f"{called}有哪些{held}",
        f"{v.pick(*SHOW)}{called}的{v.pick('所有', '全部', '')}{held}",
        f"{called}的{held}有哪些",
        f"{v.pick(*SHOW)}{called}的{held}{v.labels(other)}",
        f"{called}都有哪些{held}",
        f"{called}的{held}",
    )


def _led(request: Request, world: World, v: Voice) -> str:
    noun = v.noun(request.subject)
    role = v.role(request.relation, request.subject)
    reports = bool(request.relation and request.relation.english[0] == "manager")
    if request.form == "led pairs":
        return v.pick(
            f"列出每{request.subject.classifier}{noun}及其{role}",
            f"显示所有{noun}和{role}的姓名",
            f"每个{noun}的{role}分别是谁",
        )
    if request.form == "leading most":
        return (
            v.pick(f"哪{request.subject.classifier}{noun}的下属最多", f"谁管理的{noun}最多", f"下属最多的{role}是谁")
            if reports
            else v.pick(f"谁是最多{noun}的{role}", f"哪{request.subject.classifier}{noun}最常作为{role}")
        )
    called = v.value(request.value[1], request.value[0]) if len(request.value) == 2 else v.value(request.value[0])
    if request.form == "leader":
        return v.pick(
            f"{called}的{role}是谁",
            f"谁是{called}的{role}",
            f"找出{called}的{role}",
            *([f"{called}向谁汇报"] if reports else []),
        )
    return v.pick(
        f"哪些{noun}的{role}是{called}",
        f"列出{role}为{called}的{noun}",
        *([f"{called}的下属有哪些", f"哪些{noun}向{called}汇报", f"{called}管理哪些{noun}"] if reports else []),
    )


def _nested(request: Request, world: World, v: Voice) -> str:
    subject, measure, up = request.subject, request.measure, request.descending
    assert measure is not None
    name, noun = v.name(measure), v.noun(subject)
    over = v.pick("高于", "大于", "超过") if up else v.pick("低于", "小于")
    if request.value:
        said = v.pick(
            f"{name}{over}{v.value(request.value[0])}", f"{name}比{v.value(request.value[0])}{'高' if up else '低'}"
        )
    else:
        said = v.pick(
            f"{name}{over}平均值",
            f"{name}{over}平均{name}",
            f"{name}{over}平均水平",
            f"{name}{over}所有{noun}平均{name}",
        )
    if not request.asked:
        return v.pick(
            f"有多少{subject.classifier}{noun}的{said}",
            f"{said}的{noun}有多少{subject.classifier}",
            f"{said}的{noun}数量是多少",
            f"统计{said}的{noun}数量",
        )
    return v.pick(
        f"哪些{noun}的{said}",
        f"{v.pick(*SHOW)}{said}的{noun}",
        f"{said}的{noun}有哪些",
        f"{v.pick(*SHOW)}{said}的{noun}的{v.labels(subject)}",
        f"{said}的{noun}",
    )


def _both(request: Request, world: World, v: Voice) -> str:
    name, noun = v.name(request.asked[0].attribute), v.noun(request.subject)
    one, two = (v.own(c, request.subject)[1] for c in request.conditions)
    if request.form == "intersect":
        return v.pick(
            f"哪些{name}既有{one}的{noun}又有{two}的{noun}",
            f"{v.pick(*SHOW)}同时有{one}的{noun}和{two}的{noun}的{name}",
        )
    return v.pick(
        f"哪些{name}有{one}的{noun}但没有{two}的{noun}", f"{v.pick(*SHOW)}有{one}的{noun}而没有{two}的{noun}的{name}"
    )


JOINED_FORMS: dict[str, Callable[[Request, World, Voice], str]] = {
    "pairs": _pairs, "each": _each, "each order": _each, "most": _most, "having": _having, "none": _none, "some": _none,
    "tally": _tally, "owned": _owned, "leader": _led, "followers": _led, "led pairs": _led, "leading most": _led,
    "nested average": _nested, "nested compare": _nested, "intersect": _both, "except": _both,
}  # fmt: skip
