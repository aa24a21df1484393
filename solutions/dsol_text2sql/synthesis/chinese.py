"""Word requests as Chinese questions, the many ways that people do."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from dsol_text2sql.synthesis.chinese_phrases import Voice
from dsol_text2sql.synthesis.lexicon import DEGREES, PEOPLE, Degree
from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.request import Request

SHOW = (
    "列出",
    "显示",
    "给出",
    "查询",
    "找出",
    "告诉我",
    "请列出",
    "请给出",
    "请告诉我",
    "查找",
    "帮我列出",
    "展示",
    "我想知道",
    "返回",
    "麻烦列出",
)
WORTH = {"AVG": ("平均",), "SUM": ("总", "总", "合计"), "MAX": ("最高", "最大"), "MIN": ("最低", "最小")}
HAS = {
    ">": ("超过{}", "多于{}"),
    ">=": ("至少{}", "不少于{}", "{}以上含{}"),
    "<": ("少于{}", "不到{}"),
    "=": ("正好{}", "恰好{}", "刚好{}"),
    "<=": ("至多{}",),
}


def ask(request: Request, world: World, source: random.Random, aliases: Mapping[str, str]) -> str:
    """Word a request as a question or an instruction; `aliases` says values in Chinese."""
    from dsol_text2sql.synthesis.chinese_joined import JOINED_FORMS

    voice = Voice(source, aliases)
    said = (FORMS.get(request.form) or JOINED_FORMS[request.form])(request, world, voice)
    asking = any(
        word in said for word in ("什么", "哪", "多少", "几", "谁", "吗", "何时", "多长", "多大", "多高", "怎")
    )
    draw = source.random()
    if said[-1] in "？。?":
        return said
    if asking:
        return said + ("？" if draw < 0.72 else "?" if draw < 0.84 else "")
    return said + ("。" if draw < 0.45 else "")


def per(entity: Entity) -> str:
    return f"{entity.classifier}"


def _all(request: Request, world: World, voice: Voice) -> str:
    noun = voice.noun(request.subject)
    return voice.pick(
        f"列出{noun}的所有信息",
        f"显示全部{noun}的详细信息",
        f"告诉我{noun}的所有信息",
        f"请给出所有{noun}的全部信息",
        f"我想看{noun}的全部资料",
    )


def _list(request: Request, world: World, v: Voice) -> str:
    subject = request.subject
    things, conditions = v.things(request, world), bool(request.conditions)
    every = v.pick("所有", "全部", "", "各", "所有") if not conditions else v.pick("所有", "", "")
    whole = {one.attribute for one in request.asked} == set(subject.labels)
    if whole and v.random.random() < 0.5:
        noun, said = v.noun(subject), v.conditions(request, world)
        options = [
            f"{v.pick(*SHOW)}{every.replace('各', '')}{things}",
            f"有哪些{things}",
            f"{things}有哪些",
            f"都有哪些{things}",
        ]
        if said:
            options += [
                f"哪些{noun}{said}" if not said.startswith(v.value("")) or True else "",
                f"{said}的有哪些{noun}",
                f"{said}的{noun}是哪些",
            ]
        if subject.person:
            options += [f"{things}都有谁", f"{things}是谁"]
        return v.pick(*options)
    shown = v.asked(request.asked, subject)
    return v.pick(
        f"{v.pick(*SHOW)}{every}{things}的{shown}",
        f"{every}{things}的{shown}{v.pick('是什么', '有哪些', '分别是什么', '是多少' if request.asked[-1].attribute.role == 'measure' else '是什么')}",
        f"{things}的{shown}",
        f"{v.pick(*SHOW)}{every}{things}的{shown}",
        f"{v.pick(*SHOW)}{things}以及{v.pick('它们', '他们') if subject.person else '它们'}的{shown}"
        if not whole and not set(subject.labels) & {one.attribute for one in request.asked} and False
        else f"{every}{things}的{shown}是什么",
    )


def _lookup(request: Request, world: World, v: Voice) -> str:
    subject, condition = request.subject, request.conditions[0]
    value = v.value(condition.values[1], condition.values[0]) if condition.name else v.value(condition.values[0])
    noun = v.noun(subject)
    which = v.pick(value, value, f"{noun}{value}", f"名为{value}的{noun}", f"{value}这{subject.classifier}{noun}")
    shown = v.asked(request.asked, subject)
    one = request.asked[0]
    a = one.attribute
    what = "多少" if a.role == "measure" or (a.role == "contact" and "phone" in a.column.lower()) else "什么"
    options = [
        f"{which}的{shown}是{what}",
        f"{which}的{shown}是{what}",
        f"{v.pick(*SHOW)}{which}的{shown}",
        f"{which}的{shown}",
        f"{which}{shown}是{what}",
    ]
    if one.via:
        relation = one.via[-1].relation
        parent = world.entities[relation.parent]
        if all(x.attribute in parent.labels for x in request.asked):
            owner = v.role(relation, parent)
            who = "谁" if parent.person else "什么"
            options = [
                f"{which}的{owner}是{who}",
                f"{which}属于哪{parent.classifier}{owner}",
                f"{v.pick(*SHOW)}{which}的{owner}",
                f"{which}的{owner}是哪{parent.classifier}",
            ]
    elif len(request.asked) == 1:
        if a.role == "place":
            options += [
                f"{which}在哪个{shown}",
                f"{which}{'住在' if subject.person else '位于'}哪个{shown}",
                f"{which}来自哪个{shown}",
                f"{which}在哪里",
            ]
        elif a.role == "date":
            verb = next(
                (
                    z
                    for e, z in (
                        ("birth", "出生"),
                        ("hire", "入职"),
                        ("release", "发行"),
                        ("出生", "出生"),
                        ("上映", "上映"),
                    )
                    if e in a.column.lower()
                ),
                "",
            )
            options += [f"{which}的{shown}是哪天", f"{which}的{shown}是什么时候"] + (
                [f"{which}是什么时候{verb}的", f"{which}是哪年{verb}的"] if verb else []
            )
        elif a.role == "measure" and DEGREES.get(a.sense, Degree()).zh_how and a.sense not in ("height",):
            options += [DEGREES[a.sense].zh_how.format(which)] * 2
        elif any(shown.endswith(w) for w in PEOPLE if not w.isascii()) or shown in ("作曲者", "作曲家", "作曲"):
            options += [f"{which}的{shown}是谁"] * 2
    return v.pick(*options)


def _count(request: Request, world: World, v: Voice) -> str:
    subject, things, noun = request.subject, v.things(request, world), v.noun(request.subject)
    unit, said = subject.classifier, v.conditions(request, world)
    options = [
        f"有多少{unit}{things}",
        f"一共有多少{unit}{things}",
        f"{things}有多少{unit}",
        f"{things}的数量是多少",
        f"统计{things}的数量",
        f"{v.pick(*SHOW)}{things}的{v.pick('数量', '总数', '个数')}",
        f"{things}一共有多少{unit}",
        f"共有多少{things}",
        f"{things}总共有{v.pick('几', '多少')}{unit}",
        f"{things}的{v.pick('数量', '总数', '个数')}",
    ]
    if said:
        options += [f"有多少{unit}{noun}{said}", f"{said}的{noun}有{v.pick('几', '多少')}{unit}", f"多少{noun}{said}"]
    else:
        options += [f"数据库里有多少{unit}{noun}", f"我们有多少{unit}{noun}"]
    return v.pick(*options)


def _distinct(request: Request, world: World, v: Voice) -> str:
    name, things = v.name(request.asked[0].attribute), v.things(request, world)
    options = [
        f"{things}有哪些不同的{name}",
        f"{v.pick(*SHOW)}{things}的所有不同{name}",
        f"{things}的{name}有哪些",
        f"{v.pick(*SHOW)}{things}所有不重复的{name}",
        f"{things}都有哪些{name}",
        f"{things}分别有哪几种{name}",
    ]
    if request.asked[0].attribute.role == "place":
        options += [f"{things}来自哪些{name}", f"{things}分布在哪些{name}", f"哪些{name}有{things}"]
    return v.pick(*options)


def _count_distinct(request: Request, world: World, v: Voice) -> str:
    name, things = v.name(request.asked[0].attribute), v.things(request, world)
    options = [
        f"{things}有多少种不同的{name}",
        f"{things}有多少个不同的{name}",
        f"{v.pick(*SHOW)}{things}不同{name}的数量",
        f"{things}一共有多少个不同的{name}",
        f"不同的{things}{name}有多少个",
    ]
    if request.asked[0].attribute.role == "place":
        options += [f"{things}来自多少个不同的{name}", f"{things}分布在多少个{name}", f"有多少个{name}有{things}"]
    return v.pick(*options)


def worth(request: Request, v: Voice, functions: tuple[str, ...]) -> str:
    """Name an aggregate of the measure: 平均价格."""
    assert request.measure is not None
    name = v.name(request.measure)
    said = [v.pick(*WORTH[f]) for f in functions]
    if len(said) == 1 and said[0] == "合计":
        return f"{name}{v.pick('合计', '总和', '总计')}"
    said = ["总" if one == "合计" else one for one in said]
    joined = said[0] if len(said) == 1 else "、".join(said[:-1]) + v.pick("和", "以及") + said[-1]
    if name.startswith("总"):
        joined = joined.removesuffix("总的").removesuffix("总")
    return f"{joined}{name}"


def _aggregate(request: Request, world: World, v: Voice) -> str:
    assert request.measure is not None
    things, said = v.things(request, world), worth(request, v, request.functions)
    every = v.pick("所有", "全部", "", "") if not request.conditions else ""
    options = [
        f"{every}{things}的{said}是多少",
        f"{v.pick(*SHOW)}{every}{things}的{said}",
        f"{every}{things}{said}是多少",
        f"计算{every}{things}的{said}",
        f"{things}的{said}",
        f"求{every}{things}的{said}",
    ]
    if len(request.functions) > 1:
        options.append(f"{every}{things}的{said}分别是多少")
    degree = DEGREES.get(request.measure.sense, Degree())
    if request.functions in (("MAX",), ("MIN",)) and degree.zh_how and degree.zh_most:
        top = v.pick(*(degree.zh_most if request.functions == ("MAX",) else degree.zh_least))
        noun, conditions = v.noun(request.subject), v.conditions(request, world)
        options += [
            degree.zh_how.format(
                f"{conditions}{'的' if conditions and not top else ''}{'的' if conditions and top else ''}{top}的{noun}"
            )
        ]
    return v.pick(*options)


def direction(by: Attribute | None, descending: bool, v: Voice) -> str:
    if by is not None and by.role == "date":
        return (
            v.pick("从晚到早", "由近到远", "降序", "从新到旧")
            if descending
            else v.pick("从早到晚", "由远到近", "升序", "从旧到新")
        )
    if by is not None and by.role not in ("measure",):
        return v.pick("降序", "按字母倒序", "倒序") if descending else v.pick("升序", "按字母顺序", "按字母升序")
    return (
        v.pick("降序", "从高到低", "从大到小", "由高到低")
        if descending
        else v.pick("升序", "从低到高", "从小到大", "由低到高")
    )


def _order(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    by = request.by.attribute
    name, things, shown = v.name(by), v.things(request, world), v.asked(request.asked, request.subject)
    whole = {one.attribute for one in request.asked} == set(request.subject.labels)
    every = v.pick("所有", "全部", "", "各")
    what = f"{every}{things}" if whole and v.random.random() < 0.5 else f"{every}{things}的{shown}"
    how = direction(by, request.descending, v).removeprefix("按")
    return v.pick(
        f"按{name}{how}{v.pick('列出', '显示', '给出')}{what}",
        f"{v.pick('列出', '显示', '给出', '告诉我')}{what}，按{name}{how}排列",
        f"将{what}按{name}{how}{v.pick('排列', '排序')}",
        f"{v.pick(*SHOW)}{what}，并按{name}{how}排序",
        f"请按照{name}{how}{v.pick('列出', '给出')}{what}",
        f"把{what}按{name}{how}排个序",
    )


def extreme(a: Attribute, subject: Entity, descending: bool, v: Voice) -> str:
    """Say an extreme before 的: 价格最高, 最长."""
    name, degree = v.name(a), DEGREES.get(a.sense, Degree())
    words = [] if a.sense == "height" else list(degree.zh_most if descending else degree.zh_least)
    if a.role == "date":
        if a.sense == "birth":
            words = ["最年轻", "年龄最小"] if descending else ["最年长", "年龄最大"]
        return v.pick(f"{name}{'最晚' if descending else '最早'}", f"{name}{'最近' if descending else '最早'}", *words)
    if a.sense == "year":
        return f"{name}{'最晚' if descending else '最早'}"
    tops = ("最高", "最大", "最多") if descending else ("最低", "最小", "最少")
    plain = f"{name}{tops[0] if a.sense in ('price', 'salary', 'score', 'share', 'height', '') and v.random.random() < 0.8 else tops[2] if a.sense in ('population', 'count') else tops[1]}"
    if a.sense in ("duration", "length"):
        plain = f"{name}{'最长' if descending else '最短'}"
    return v.pick(plain, plain, *words)


def _superlative(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    subject, many = request.subject, request.number > 1
    said, noun, unit = v.conditions(request, world), v.noun(request.subject), request.subject.classifier
    top = extreme(request.by.attribute, subject, request.descending, v)
    number = v.number(request.number)
    count = f"{number}{unit}" if many else ""
    before = f"{said}的" if said else ""
    thing = f"{before}{top}的{count}{noun}"
    if many and v.random.random() < 0.3:
        thing = f"{before}{top}的前{number}{unit}{noun}"
    shown = v.asked(request.asked, subject)
    whole = {one.attribute for one in request.asked} == set(subject.labels)
    if whole:
        which = "哪些" if request.form == "all superlative" else f"哪{number}{unit}" if many else f"哪{unit}"
        options = [
            f"{thing}是{which}",
            f"{which}{noun}{top}" if not said else f"{said}的{noun}中，{which}{top}",
            f"{v.pick(*SHOW)}{thing}",
            f"{thing}是什么" if not subject.person else f"{thing}是谁",
            f"{v.pick(*SHOW)}{thing}的{v.labels(subject)}",
            f"{thing}",
        ]
        if said:
            options += [f"在{said}的{noun}中，{top}的{count}是{which}" if not many else f"{v.pick(*SHOW)}{thing}"]
        return v.pick(*options)
    return v.pick(
        f"{thing}的{shown}是什么",
        f"{v.pick(*SHOW)}{thing}的{shown}",
        f"{thing}的{shown}",
        f"{thing}的{shown}是{'多少' if request.asked[-1].attribute.role == 'measure' else '什么'}",
    )


def amount(request: Request, world: World, v: Voice, held: str) -> str:
    """Name what is computed for each group: 客户数量, 歌曲的平均价格."""
    if request.measure is None:
        return v.pick(f"{held}数量", f"{held}的数量", f"{held}数", f"{held}总数")
    said = worth(request, v, request.functions)
    return f"{held}的{said}" if request.measure.column else said


def _group(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    name, place = v.name(request.by.attribute), request.by.attribute.role == "place"
    things, unit = v.things(request, world), request.subject.classifier
    said = amount(request, world, v, things)
    each = v.pick(f"每个{name}", f"各个{name}", f"各{name}", f"不同{name}")
    options = [
        f"{each}的{said}是多少",
        f"{v.pick(*SHOW)}{each}的{said}",
        f"{each}的{said}分别是多少",
        f"按{name}{v.pick('统计', '分组统计')}{said}",
        f"{each}{'' if place else '对应'}的{said}",
        f"{v.pick(*SHOW)}每个{name}以及对应的{said}",
    ]
    if request.measure is None:
        options += [f"{each}有多少{unit}{things}", f"{each}分别有多少{unit}{things}", f"{each}各有多少{things}"] * 2
    end = ""
    if request.form == "group order":
        end = f"，按{'数量' if request.measure is None else '该值'}{direction(None, request.descending, v)}{v.pick('排列', '排序')}"
    return v.pick(*options) + end


def _group_top(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    name, many = v.name(request.by.attribute), request.number > 1
    things = v.things(request, world)
    which = f"哪{v.number(request.number)}个" if many else "哪个"
    count = f"{v.number(request.number)}个" if many else ""
    extra = v.pick("，有多少", "，数量是多少") if len(request.asked) > 1 else ""
    if request.measure is None:
        most = "最多" if request.descending else "最少"
        options = [
            f"{which}{name}的{things}{most}",
            f"{things}{most}的{count}{name}是{which}",
            f"{v.pick(*SHOW)}{things}{most}的{count}{name}",
            f"{which}{name}拥有{most}的{things}",
            f"{things}数量{most}的{count}{name}是什么",
        ]
    else:
        said = amount(request, world, v, things)
        said = said if said.endswith(("总和", "合计", "总计")) or True else said
        top = "最高" if request.descending else "最低"
        extra = "，是多少" if extra else ""
        options = [
            f"{which}{name}的{said}{top}",
            f"{said}{top}的{count}{name}是{which}",
            f"{v.pick(*SHOW)}{said}{top}的{count}{name}",
        ]
    return v.pick(*options) + extra


def has(request: Request, v: Voice, unit: str) -> str:
    """Say how many: 超过3首."""
    number = f"{v.number(request.number) if request.number != 1 else v.pick('1', '一')}{unit}"
    form = v.pick(*HAS[request.comparison])
    return f"{number}或以上" if "含" in form else form.format(number)


def _group_having(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    name, things, number = (
        v.name(request.by.attribute),
        v.things(request, world),
        has(request, v, request.subject.classifier),
    )
    return v.pick(
        f"哪些{name}有{number}{things}",
        f"{v.pick(*SHOW)}{things}数量{has(request, v, '')}的{name}",
        f"有{number}{things}的{name}有哪些",
        f"{v.pick(*SHOW)}有{number}{things}的{name}",
        f"{things}{number}的{name}",
    )


FORMS: dict[str, Callable[[Request, World, Voice], str]] = {
    "all": _all, "list": _list, "lookup": _lookup, "count": _count, "distinct": _distinct, "count distinct": _count_distinct,
    "aggregate": _aggregate, "order": _order, "superlative": _superlative, "all superlative": _superlative,
    "group": _group, "group order": _group, "group top": _group_top, "group having": _group_having,
}  # fmt: skip
