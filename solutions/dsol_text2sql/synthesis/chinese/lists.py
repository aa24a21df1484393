"""Chinese for lists, look-ups, counts, distinct values, aggregates and sorted lists."""

from __future__ import annotations

from collections.abc import Callable

from dsol_text2sql.synthesis.chinese.conditions import conditions, things
from dsol_text2sql.synthesis.chinese.voice import Voice
from dsol_text2sql.synthesis.degrees import DEGREES, Degree
from dsol_text2sql.synthesis.lexicon import PEOPLE
from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.request import Request

Form = Callable[[Request, World, Voice], str]
SHOW = (
    "[列出|列出|显示|给出|查询|找出|告诉我|请列出|请给出|请告诉我|查找|帮我列出|展示|我想知道|返回|麻烦列出|帮我查一下]"
)
WORTH = {"AVG": "平均{n}", "MAX": "[最高|最大]{n}", "MIN": "[最低|最小]{n}", "SUM": "3* 总{n}\n{n}[总和|合计|总计]"}
HAPPENED = {"birth": "出生", "hire": "入职", "release": "发行", "出生": "出生", "上映": "上映"}
ALL = """
[列出|显示][所有|]{things}的[所有|全部|详细]信息
告诉我{things}的所有信息
请给出所有{things}的全部信息
我想看{things}的全部资料
"""
NAMES = f"""
3* {SHOW}[所有|全部|]{{things}}
2* 有哪些{{things}}
2* {{things}}有哪些
都有哪些{{things}}
"""
CHOSEN = """
2* 哪些{noun}{said}
{said}的{noun}是哪些
"""
COLUMNS = f"""
4* {SHOW}{{every}}{{things}}的{{shown}}
{{every}}{{things}}的{{shown}}是什么
{{every}}{{things}}的{{shown}}分别是[什么|{{what}}]
{{every}}{{things}}的{{shown}}
{{things}}的{{shown}}有哪些
"""
LOOKUP = f"""
3* {{which}}的{{shown}}是{{what}}
{SHOW}{{which}}的{{shown}}
{{which}}的{{shown}}
"""
COUNT = f"""
2* 有多少{{unit}}{{things}}
[一共|总共]有多少{{unit}}{{things}}
2* {{things}}有多少{{unit}}
{{things}}的数量是多少
统计{{things}}的[数量|个数]
{SHOW}{{things}}的[数量|总数|个数]
{{things}}[一共|总共]有[几|多少]{{unit}}
共有多少{{things}}
{{things}}的[数量|总数]
"""
DISTINCT = f"""
{{things}}有哪些不同的{{name}}
{SHOW}{{things}}的所有不同{{name}}
2* {{things}}的{{name}}有哪些
{SHOW}{{things}}所有不重复的{{name}}
{{things}}都有哪些{{name}}
"""
COUNT_DISTINCT = f"""
{{things}}有多少[种|个]不同的{{name}}
{SHOW}{{things}}不同{{name}}的数量
{{things}}一共有多少[种|个]不同的{{name}}
{{things}}的{{name}}有多少种
"""
AGGREGATE = f"""
3* {{every}}{{things}}的{{worth}}[是|分别是|为]多少
{SHOW}{{every}}{{things}}的{{worth}}
[计算|求]{{every}}{{things}}的{{worth}}
{{things}}的{{worth}}
"""
ORDERED = f"""
按{{name}}{{how}}[列出|显示|给出]{{what}}
[列出|显示|给出|告诉我]{{what}}，按{{name}}{{how}}排列
将{{what}}按{{name}}{{how}}[排列|排序]
{SHOW}{{what}}，并按{{name}}{{how}}排序
请按照{{name}}{{how}}[列出|给出]{{what}}
把{{what}}按{{name}}{{how}}排个序
"""


def _all(request: Request, world: World, v: Voice) -> str:
    return v.say(ALL, things=v.noun(request.subject))


def _list(request: Request, world: World, v: Voice) -> str:
    subject, said, noun = request.subject, conditions(request, world, v), v.noun(request.subject)
    whole = f"{said}的{noun}" if said else noun
    if {one.attribute for one in request.asked} == set(subject.labels) and v.chance(0.55):
        text = NAMES + (CHOSEN if said else "") + ("{things}都有谁\n" if subject.person else "")
        return v.say(text, things=whole, noun=noun, said=said)
    every = v.pick("所有", "", "") if said else v.pick("所有", "全部", "", "各", f"每{subject.classifier}")
    what = "多少" if request.asked[-1].attribute.role == "measure" else "什么"
    return v.say(COLUMNS, every=every, things=whole, shown=v.asked(request.asked, subject), what=what)


def which_one(request: Request, v: Voice) -> str:
    """Name the one row that is asked about."""
    condition, subject = request.conditions[0], request.subject
    slots = {"v": v.values(condition), "noun": v.noun(subject), "unit": subject.classifier}
    if len(subject.labels) == 1 and not v.is_name(subject.labels[0]):
        return v.say("2* {name}为{v}的{noun}\n{noun}{v}\n{v}", name=v.name(subject.labels[0]), **slots)
    return v.say("4* {v}\n{noun}{v}\n名为{v}的{noun}\n{v}这{unit}{noun}", **slots)


def _lookup(request: Request, world: World, v: Voice) -> str:
    subject, one = request.subject, request.asked[0]
    a, which, shown = one.attribute, which_one(request, v), v.asked(request.asked, subject)
    number = a.role == "measure" or (a.role == "contact" and "phone" in a.column.lower())
    slots = {"which": which, "shown": shown, "what": "多少" if number else "什么"}
    if not one.via:
        return v.say(LOOKUP + (_asking_word(a, subject, shown) if len(request.asked) == 1 else ""), **slots)
    parent = world.entities[one.via[-1].end]
    if {x.attribute for x in request.asked} != set(parent.labels):
        return v.say(LOOKUP, **slots)
    slots |= {
        "owner": v.role(one.via[-1].relation, parent),
        "unit": parent.classifier,
        "who": "谁" if parent.person else "什么",
    }
    text = (
        "2* {which}的{owner}是{who}\n{which}的{owner}是哪{unit}\n"
        + f"{SHOW}{{which}}的{{owner}}\n{{which}}的{{owner}}\n"
    )
    return v.say(text + ("" if parent.person else "{which}属于哪{unit}{owner}"), **slots)


def _asking_word(a: Attribute, subject: Entity, shown: str) -> str:
    """List the questions that a column's sense allows besides 什么."""
    if a.verb:
        return ""
    if a.role == "place":
        lies = "住在" if subject.person else "位于"
        return f"2* {{which}}在哪个{{shown}}\n{{which}}{lies}哪个{{shown}}\n{{which}}来自哪个{{shown}}\n{{which}}在哪里"
    if a.role == "date":
        verb = next((verb for key, verb in HAPPENED.items() if key in a.column.lower()), "")
        return "{which}的{shown}是[哪天|什么时候]" + (f"\n2* {{which}}是[什么时候|哪年|哪一天]{verb}的" if verb else "")
    how = DEGREES.get(a.sense, Degree()).zh_how if a.role == "measure" and a.sense != "height" else ""
    if how:
        return f"3* {how.format('{which}')}"
    if any(shown.endswith(one) for one in PEOPLE if not one.isascii()) or shown in (
        "作曲者",
        "作曲家",
        "作曲",
        "创始人",
    ):
        return "3* {which}的{shown}是谁"
    return ""


def _count(request: Request, world: World, v: Voice) -> str:
    said, noun = conditions(request, world, v), v.noun(request.subject)
    text = COUNT + ("有多少{unit}{noun}{said}\n多少{noun}{said}" if said else "[数据库里|我们]有多少{unit}{noun}")
    return v.say(
        text, unit=request.subject.classifier, noun=noun, said=said, things=f"{said}的{noun}" if said else noun
    )


def _distinct(request: Request, world: World, v: Voice) -> str:
    a, counting = request.asked[0].attribute, request.form == "count distinct"
    text = COUNT_DISTINCT if counting else DISTINCT
    if a.role == "place":
        text += (
            "{things}来自多少个不同的{name}\n{things}分布在多少个{name}"
            if counting
            else "{things}来自哪些{name}\n{things}分布在哪些{name}\n哪些{name}有{things}"
        )
    return v.say(text, name=v.name(a), things=things(request, world, v))


def worth(request: Request, v: Voice) -> str:
    """Name the aggregates of the measure: 平均价格, 最高和最低分."""
    assert request.measure is not None
    name = v.name(request.measure)
    if len(request.functions) == 1:
        text = WORTH[request.functions[0]].replace("3* 总{n}", "{n}" if name.startswith("总") else "3* 总{n}")
        return v.say(text.replace("平均{n}", "{n}") if name.startswith("平均") else text, n=name)
    said = [v.say(WORTH[function].partition("\n")[0].removeprefix("3* "), n="") for function in request.functions]
    return "、".join(said[:-1]) + v.pick("和", "以及") + said[-1] + name


def _aggregate(request: Request, world: World, v: Voice) -> str:
    assert request.measure is not None
    every = v.pick("所有", "全部", "", "") if not request.conditions else ""
    text, degree = AGGREGATE, DEGREES.get(request.measure.sense, Degree())
    said = things(request, world, v)
    if len(request.functions) == 1:
        text = text.replace("[是|分别是|为]", "是")
        tops = {"MAX": degree.zh_most, "MIN": degree.zh_least}.get(request.functions[0], ())
        if tops and degree.zh_how and request.measure.sense != "height":
            noun = v.noun(request.subject)
            text += degree.zh_how.format(f"{said.removesuffix(noun)}{v.pick(*tops)}的{noun}")
    return v.say(text, every=every, things=said, worth=worth(request, v))


def direction(by: Attribute | None, descending: bool, v: Voice) -> str:
    """Say an order's direction."""
    if by is not None and by.role == "date":
        return v.say("[从晚到早|由近到远|降序|从新到旧]" if descending else "[从早到晚|由远到近|升序|从旧到新]")
    if by is not None and by.role != "measure":
        return v.say("[降序|字母倒序|倒序]" if descending else "[升序|字母顺序|字母升序]")
    return v.say("[降序|降序|从高到低|从大到小|由高到低]" if descending else "[升序|升序|从低到高|从小到大|由低到高]")


def _order(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    by, subject = request.by.attribute, request.subject
    whole = {one.attribute for one in request.asked} == set(subject.labels)
    what = v.pick("所有", "全部", "", "各") + things(request, world, v)
    what = what if whole and v.chance(0.5) else f"{what}的{v.asked(request.asked, subject)}"
    return v.say(ORDERED, what=what, name=v.name(by), how=direction(by, request.descending, v))


LISTS: dict[str, Form] = {
    "all": _all, "list": _list, "lookup": _lookup, "count": _count, "distinct": _distinct, "count distinct": _distinct,
    "aggregate": _aggregate, "order": _order,
}  # fmt: skip
