"""Chinese for superlatives and for groups within one table."""

from __future__ import annotations

from dsol_text2sql.synthesis.chinese.conditions import conditions, things
from dsol_text2sql.synthesis.chinese.lists import SHOW, Form, direction, worth
from dsol_text2sql.synthesis.chinese.voice import Voice
from dsol_text2sql.synthesis.degrees import DEGREES, Degree
from dsol_text2sql.synthesis.meaning import Attribute, World
from dsol_text2sql.synthesis.request import Request

TOP = f"""
2* {{thing}}是{{which}}
{SHOW}{{thing}}
{{thing}}是{{who}}
{SHOW}{{thing}}的{{labels}}
{{thing}}
"""
SHOWN_TOP = f"""
2* {{thing}}的{{shown}}是[什么|{{what}}]
{SHOW}{{thing}}的{{shown}}
{{thing}}的{{shown}}
"""
GROUP = f"""
{{each}}的{{amount}}是多少
{SHOW}{{each}}的{{amount}}
{{each}}的{{amount}}分别是多少
按{{name}}[统计|分组统计]{{amount}}
{{each}}的{{amount}}
{SHOW}每个{{name}}以及对应的{{amount}}
"""
GROUP_COUNT = """
3* {each}有多少{unit}{things}
2* {each}分别有多少{unit}{things}
{each}各有多少{things}
"""
GROUP_MOST = f"""
3* {{which}}{{name}}的{{things}}{{most}}
2* {{things}}{{most}}的{{count}}{{name}}是{{which}}
{SHOW}{{things}}{{most}}的{{count}}{{name}}
{{which}}{{name}}拥有{{most}}的{{things}}
{{things}}数量{{most}}的{{count}}{{name}}是什么
"""
GROUP_BEST = f"""
2* {{which}}{{name}}的{{amount}}{{top}}
{{amount}}{{top}}的{{count}}{{name}}是{{which}}
{SHOW}{{amount}}{{top}}的{{count}}{{name}}
"""
GROUP_HAVING = f"""
2* 哪些{{name}}有{{number}}{{things}}
{SHOW}{{things}}数量{{bare}}的{{name}}
有{{number}}{{things}}的{{name}}有哪些
{SHOW}有{{number}}{{things}}的{{name}}
{{things}}{{number}}的{{name}}
"""
HAS = {">": "[超过|多于]{n}", ">=": "至少{n}\n不少于{n}\n{n}或以上", "<": "[少于|不到]{n}", "=": "[正好|恰好|刚好]{n}"}


def extreme(a: Attribute, descending: bool, v: Voice) -> str:
    """Say an extreme before 的: 价格最高, 最长."""
    name, degree = v.name(a), DEGREES.get(a.sense, Degree())
    words = () if a.sense == "height" else degree.zh_most if descending else degree.zh_least
    if a.role == "date":
        words = ("最年轻", "年龄最小") if descending else ("最年长", "年龄最大")
        plain = f"{name}{v.pick('最晚', '最近') if descending else '最早'}"
        return v.pick(plain, *words) if a.sense == "birth" else plain
    if a.sense == "year":
        return f"{name}{'最晚' if descending else '最早'}"
    if a.sense in ("duration", "length"):
        plain = f"{name}{'最长' if descending else '最短'}"
    elif a.sense in ("population", "count"):
        plain = f"{name}{'最多' if descending else '最少'}"
    elif a.sense in ("size", "money", "age"):
        plain = f"{name}{'最大' if descending else '最小'}"
    else:
        plain = f"{name}{'最高' if descending else '最低'}"
    return v.pick(plain, plain, *words)


def _superlative(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    subject, many = request.subject, request.number > 1
    said, noun, unit = conditions(request, world, v), v.noun(request.subject), request.subject.classifier
    top, number, before = (
        extreme(request.by.attribute, request.descending, v),
        v.count(request.number),
        f"{said}的" if said else "",
    )
    count = v.pick(f"{number}{unit}", f"前{number}{unit}") if many else ""
    thing = f"{before}{top}的{count}{noun}"
    if {one.attribute for one in request.asked} != set(subject.labels):
        what = "多少" if request.asked[-1].attribute.role == "measure" else "什么"
        return v.say(SHOWN_TOP, thing=thing, shown=v.asked(request.asked, subject), what=what)
    which = "哪些" if request.form == "all superlative" else f"哪{number if many else ''}{unit}"
    text = TOP + ("{said}的{noun}中，{which}{top}\n" if said else "2* {which}{noun}{top}\n")
    return v.say(
        text,
        thing=thing,
        which=which,
        who="谁" if subject.person else "什么",
        labels=v.labels(subject),
        said=said,
        noun=noun,
        top=top,
    )


def amount(request: Request, v: Voice, held: str) -> str:
    """Name what is computed for each group: 客户数量, 歌曲的平均价格."""
    if request.measure is None:
        return v.say("2* {held}数量\n{held}的数量\n{held}数\n{held}总数", held=held)
    said = worth(request, v)
    return f"{held}的{said}" if request.measure.column else said


def sorting(request: Request, v: Voice) -> str:
    """Say by what groups are sorted, as a sentence's end."""
    what = "[数量|数量|个数]" if request.measure is None else "[该值|结果]"
    return v.say(f"，[并|]按{what}{{how}}[排列|排序]", how=direction(None, request.descending, v))


def _group(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    name, said = v.name(request.by.attribute), things(request, world, v)
    text = GROUP + (GROUP_COUNT if request.measure is None else "")
    each = v.say("[每个|各个|各|不同|每个]{name}", name=name)
    made = v.say(
        text, each=each, name=name, things=said, unit=request.subject.classifier, amount=amount(request, v, said)
    )
    return made + (sorting(request, v) if request.form == "group order" else "")


def _group_top(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    many, up, number = request.number > 1, request.descending, v.count(request.number)
    said, extra = things(request, world, v), len(request.asked) > 1
    slots = {"name": v.name(request.by.attribute), "things": said, "which": f"哪{number}个" if many else "哪个",
             "count": f"{number}个" if many else ""}  # fmt: skip
    if request.measure is None:
        made = v.say(GROUP_MOST, most="最多" if up else "最少", **slots)
        return made + (v.pick("，有多少", "，数量是多少") if extra else "")
    made = v.say(GROUP_BEST, top="最高" if up else "最低", amount=amount(request, v, said), **slots)
    return made + ("，是多少" if extra else "")


def at_least(request: Request, v: Voice, unit: str) -> str:
    """Say how many: 超过3首."""
    return v.say(HAS[request.comparison], n=f"{v.count(request.number)}{unit}")


def _group_having(request: Request, world: World, v: Voice) -> str:
    assert request.by is not None
    return v.say(
        GROUP_HAVING,
        name=v.name(request.by.attribute),
        things=things(request, world, v),
        number=at_least(request, v, request.subject.classifier),
        bare=at_least(request, v, ""),
    )


GROUPS: dict[str, Form] = {
    "superlative": _superlative, "all superlative": _superlative, "group": _group, "group order": _group,
    "group top": _group_top, "group having": _group_having,
}  # fmt: skip
