"""Chinese for conditions, as they stand before 的: 来自巴西, 价格超过0.99, 专辑为X."""

from __future__ import annotations

from dsol_text2sql.synthesis.chinese.voice import Voice
from dsol_text2sql.synthesis.degrees import DEGREES, Degree
from dsol_text2sql.synthesis.lexicon import HOLDERS, YES
from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.names import words
from dsol_text2sql.synthesis.request import Condition, Path, Request
from dsol_text2sql.synthesis.synonyms import VERBS

SALES = {"invoice", "order", "orders", "purchase", "purchases", "sale", "sales", "bill", "transaction"}
DATED = {
    "birth": "出生",
    "hire": "入职",
    "release": "发行",
    "出生": "出生",
    "上映": "上映",
    "成立": "成立",
    "发行": "发行",
}
NAMED = "2* 名为{v}\n{name}为{v}\n{name}是{v}\n叫{v}\n名叫{v}"
PLACED = "2* 来自{v}\n{name}为{v}\n{name}是{v}\n2* 在{v}\n{v}\n位于{v}"
LIVING = "3* 来自{v}\n{name}为{v}\n{name}是{v}\n在{v}\n{v}\n住在{v}\n居住在{v}"
EQUAL = "2* {name}为{v}\n2* {name}是{v}"
MORE = "2* {name}大于{v}\n2* {name}超过{v}\n{name}高于{v}\n{name}多于{v}\n{name}在{v}以上"
LESS = "2* {name}小于{v}\n{name}低于{v}\n{name}少于{v}\n{name}不到{v}\n{name}在{v}以下"
OWNED = "2* {owner}为{v}\n2* {owner}是{v}\n属于{owner}{v}\n2* {v}\n{owner}{v}\n属于{v}"


def conditions(request: Request, world: World, v: Voice) -> str:
    """Say all conditions."""
    said = []
    for c in request.conditions:
        related = world.entities[c.via[-1].end] if c.via else request.subject
        if c.via and related.chinese != request.subject.chinese:
            said.append(_related(c, related, request.subject, v))
        else:
            said.append(own(c, request.subject, v))
    return v.say("[或|或者]" if request.either else "[且|并且|，|而且]").join(said)


def things(request: Request, world: World, v: Voice) -> str:
    """Name the subject with its conditions before it: 来自巴西的客户."""
    noun, said = v.noun(request.subject), conditions(request, world, v)
    return f"{said}的{noun}" if said else noun


def sold(via: Path) -> bool:
    """Tell whether a way leads down through purchases."""
    return len(via) > 1 and bool(set(words(via[0].end)) & SALES)


def own(c: Condition, subject: Entity, v: Voice) -> str:
    """Say a condition of the subject itself."""
    a, name = c.attribute, v.name(c.attribute)
    slots: dict[str, object] = {"name": name, "v": v.value(c.values[0]) if c.values else ""}
    place, text = a.role == "place", EQUAL
    match c.operator:
        case "=" if c.name:
            text, slots["name"], slots["v"] = NAMED, "姓名", v.values(c)
        case "=" if a.role == "flag":
            yes, shown = str(c.values[0]).lower() in YES, name.removeprefix("是否")
            text = (
                f"{'是' if yes else '不是'}{shown}" if name.startswith("是否") else f"{'有' if yes else '没有'}{shown}"
            )
        case "=" if a.verb:
            text = VERBS[a.verb][1].replace("{}", "{v}")
        case "=" if a.role == "label" and len(subject.labels) == 1 and v.is_name(a):
            text = NAMED
        case "=" if place:
            text = LIVING if subject.person else PLACED
        case "=" if a.role == "measure":
            text = EQUAL + "\n{name}等于{v}"
        case "!=":
            text = "2* {name}不是{v}\n{name}不为{v}" + ("\n2* 不在{v}\n不来自{v}" if place else "")
        case ">" | "<":
            slots["v"] = v.limit(a, c.values[0])
            text = _compared(a, c.operator == ">")
        case ">=":
            slots["v"], text = (
                v.limit(a, c.values[0]),
                "{name}不低于{v}\n{name}至少为{v}\n{name}大于等于{v}\n{name}不少于{v}",
            )
        case "<=":
            slots["v"], text = (
                v.limit(a, c.values[0]),
                "{name}不超过{v}\n{name}至多为{v}\n{name}小于等于{v}\n{name}最多为{v}",
            )
        case "between":
            slots["w"] = v.limit(a, c.values[1])
            text = "2* {name}在{v}到{w}之间\n{name}介于{v}和{w}之间\n{name}在{v}和{w}之间"
        case "in":
            said = [v.value(value) for value in c.values]
            slots["v"] = "、".join(said[:-1]) + v.pick("或", "或者") + said[-1]
            text = "来自{v}\n{name}为{v}\n在{v}" if place else "{name}是{v}\n{name}为{v}"
        case "contains":
            text = "2* {name}包含{v}\n2* {name}中包含{v}\n{name}里有{v}\n{name}含有{v}\n{name}中带有{v}"
        case "starts":
            text = "{name}以{v}开头\n{name}以{v}开始"
        case "ends":
            text = "{name}以{v}结尾\n{name}以{v}结束"
        case "null":
            text = "没有{name}\n{name}为空\n{name}缺失"
        case "not null":
            text = "有{name}\n{name}不为空"
        case "year" | "years" | "after" | "before":
            slots["when"], text = _when(c, v), "{name}在{when}" + _dated(a)
    return v.say(text, **slots)


def _compared(a: Attribute, more: bool) -> str:
    side = "之后" if more else "之前"
    if a.sense == "year":
        return f"{{name}}在{{v}}年{side}\n{{name}}{'晚' if more else '早'}于{{v}}年"
    degree = DEGREES.get(a.sense, Degree())
    special = [one for one in (degree.zh_more if more else degree.zh_less) if one[:2] in ("年龄", "价格", "人口")]
    return (MORE if more else LESS) + "".join(f"\n2* {one.replace('{}', '{v}')}" for one in special)


def _when(c: Condition, v: Voice) -> str:
    first = str(c.values[0])
    if c.operator == "year":
        return f"{first}年"
    if c.operator == "years":
        return v.pick(f"{first}年到{c.values[1]}年之间", f"{first}至{c.values[1]}年")
    year, month, day = first.split("-")
    said = v.pick(first, f"{year}年{int(month)}月{int(day)}日")
    if c.operator == "before" and first.endswith("-01-01"):
        said = v.pick(said, f"{year}年")
    return said + ("之后" if c.operator == "after" else "之前")


def _dated(a: Attribute) -> str:
    said = (a.english[0] if a.english else "") + a.column
    verb = next((verb for shown, verb in DATED.items() if shown in said), "")
    return f"\n2* {{when}}{verb}\n在{{when}}{verb}" if verb else ""


def _related(c: Condition, related: Entity, subject: Entity, v: Voice) -> str:
    relation, up = c.via[-1].relation, all(step.up for step in c.via)
    slots: dict[str, object] = {"owner": v.role(relation, related)}
    holds = subject.english[0].rpartition(" ")[2] in HOLDERS
    bought = subject.person and sold(c.via)
    if c.attribute.role == "label" and c.operator == "=" and (c.name or len(related.labels) == 1):
        slots["v"] = v.values(c)
        if up:
            held = related.english[0].rpartition(" ")[2] in HOLDERS
            text = (
                "{owner}为{v}\n{owner}是{v}"
                if relation.own_role
                else OWNED + ("\n{v}{owner}里\n{v}{owner}中" if held else "")
            )
        elif bought:
            text = "[购买过|买过|买了][{owner}|]{v}"
        elif not subject.person and (len(c.via) > 1 or holds):
            text = "包含[{owner}|]{v}\n含有{owner}{v}\n有{owner}{v}"
        else:
            text = "有{owner}{v}\n有名为{v}的{owner}\n拥有{owner}{v}"
    else:
        slots["said"] = own(c, related, v)
        text = (
            "{owner}{said}\n所属{owner}{said}"
            if up
            else "[购买过|买过]{said}的{owner}"
            if bought
            else "[有|拥有]{said}的{owner}"
        )
    return v.say(text, **slots)
