"""Chinese noun phrases and conditions: 来自巴西的客户, 时长超过5分钟的歌曲."""

from __future__ import annotations

import random
from collections.abc import Mapping

from dsol_text2sql.synthesis.english_phrases import sold
from dsol_text2sql.synthesis.lexicon import DEGREES, HOLDERS, Degree
from dsol_text2sql.synthesis.meaning import Attribute, Entity, Relation, Value, World
from dsol_text2sql.synthesis.request import Asked, Condition, Request
from dsol_text2sql.synthesis.synonyms import VERBS

NUMBERS = "零一两三四五六七八九十"


class Voice:
    """Say one question's nouns, names and values; what is called one thing stays called so."""

    def __init__(self, source: random.Random, aliases: Mapping[str, str]) -> None:
        self.random = source
        self.aliases = aliases
        self.called: dict[object, str] = {}
        self.quote = source.choices(("", "“”", '""'), (0.78, 0.13, 0.09))[0]

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def _first(self, options: tuple[str, ...], usual: float) -> str:
        return options[0] if len(options) == 1 or self.random.random() < usual else self.random.choice(options[1:])

    def noun(self, entity: Entity) -> str:
        return self.called.setdefault(entity.table, self._first(entity.chinese, 0.75))

    def name(self, attribute: Attribute) -> str:
        return self.called.setdefault((attribute.table, attribute.column), self._first(attribute.chinese, 0.7))

    def role(self, relation: Relation | None, entity: Entity) -> str:
        if relation and relation.own_role and relation.parent == entity.table:
            return self.called.setdefault(relation, self._first(relation.chinese, 0.6))
        return self.noun(entity)

    def value(self, value: Value, first: Value | None = None) -> str:
        if first is not None:
            value = f"{first} {value}"
        if isinstance(value, int | float):
            return self.number(value)
        text = self.aliases.get(value.strip(), value.strip())
        if not self.quote or self.quote[0] in text or text in self.aliases.values():
            return text
        return f"{self.quote[0]}{text}{self.quote[1]}"

    def number(self, value: float, exact: bool = False) -> str:
        if isinstance(value, float) and not value.is_integer():
            return f"{value:.10f}".rstrip("0")
        whole = int(value)
        if whole and not exact and whole % 10000 == 0 and abs(whole) >= 10000 and self.random.random() < 0.5:
            return f"{whole // 10000}万" if whole % 100000000 else f"{whole // 100000000}亿"
        if 1 < whole <= 10 and self.random.random() < 0.3:
            return NUMBERS[whole]
        return str(whole)

    def unit(self, a: Attribute, value: Value) -> str:
        """Say a limit with the unit that the column's name gives."""
        if a.column.lower() in {"milliseconds", "duration_ms"} and isinstance(value, int | float):
            if value % 60000 == 0 and self.random.random() < 0.8:
                return f"{int(value // 60000)}分钟"
            return f"{int(value // 1000)}秒" if value % 1000 == 0 and self.random.random() < 0.5 else f"{value}毫秒"
        for word, unit in (("bytes", "字节"), ("seconds", "秒"), ("minutes", "分钟")):
            if a.column.lower() == word:
                return f"{self.number(float(value))}{unit}"
        note = a.column.rpartition("（")[2].removesuffix("）") if "（" in a.column else ""
        said = self.number(value, bool(note)) if isinstance(value, int | float) else self.value(value)
        shown = 0 < len(note) <= 3 and note[0] not in "千百十" and said[-1:].isdigit()
        return f"{said}{note}" if shown and self.random.random() < 0.75 else said

    def labels(self, entity: Entity) -> str:
        if len(entity.labels) == 2:
            return self.pick("姓名", "全名", "名字", "姓名", "名字和姓氏")
        return self.name(entity.labels[0])

    def asked(self, asked: tuple[Asked, ...], entity: Entity) -> str:
        """Name the columns that are asked for, those of related things by their owner's noun."""
        said: list[str] = []
        waiting = list(asked)
        while waiting:
            one = waiting.pop(0)
            whole = (one.attribute, *(a.attribute for a in waiting[:1]))
            if not one.via and len(entity.labels) == 2 and whole == entity.labels:
                said.append(self.labels(entity))
                waiting.pop(0)
                continue
            name = self.name(one.attribute)
            if one.via:
                relation = one.via[-1].relation
                owner = self.called.setdefault(relation, self._first(relation.chinese, 0.7))
                if waiting and waiting[0].via == one.via:
                    waiting.pop(0)
                    name = f"{owner}姓名"
                elif not name.startswith(owner):
                    name = (
                        owner if name in ("名称", "标题", "名字") and self.random.random() < 0.3 else f"{owner}{name}"
                    )
            said.append(name)
        joiner = self.pick("和", "和", "以及", "与", "、")
        return said[0] if len(said) == 1 else "、".join(said[:-1]) + joiner + said[-1]

    def things(self, request: Request, world: World) -> str:
        """Name the subject with its conditions before it."""
        noun = self.noun(request.subject)
        said = self.conditions(request, world)
        return f"{said}的{noun}" if said else noun

    def conditions(self, request: Request, world: World) -> str:
        said = []
        for c in request.conditions:
            related = world.entities[c.via[-1].end] if c.via else request.subject
            said.append(
                self._related(c, related, request.subject)
                if c.via and related.chinese != request.subject.chinese
                else self.pick(*self.own(c, request.subject))
            )
        link = self.pick("或", "或者") if request.either else self.pick("且", "并且", "，", "而且")
        return link.join(said)

    def own(self, c: Condition, subject: Entity) -> list[str]:
        """List the ways to say a condition before 的."""
        a, name = c.attribute, self.name(c.attribute)
        if c.name:
            full = self.value(c.values[1], c.values[0])
            return [f"名叫{full}", f"姓名为{full}", f"叫{full}", f"名为{full}"]
        values = [self.value(value) for value in c.values]
        v = values[0] if values else ""
        match c.operator:
            case "=" if a.verb:
                return [VERBS[a.verb][1].format(v)]
            case "=" if a.role == "label" and len(subject.labels) == 1:
                return [f"名为{v}", f"{name}为{v}", f"{name}是{v}", f"叫{v}"]
            case "=" if a.role == "place":
                other = [f"住在{v}", f"来自{v}", f"居住在{v}"] if subject.person else [f"位于{v}", f"在{v}"]
                return [f"来自{v}", f"{name}为{v}", f"{name}是{v}", f"在{v}", v, *other]
            case "=":
                return [f"{name}为{v}", f"{name}是{v}", f"{name}等于{v}" if a.role == "measure" else f"{name}是{v}"]
            case "!=":
                return [f"{name}不是{v}", f"{name}不为{v}", f"不在{v}" if a.role == "place" else f"{name}不是{v}"]
            case ">" | "<":
                v, more = self.unit(a, c.values[0]), c.operator == ">"
                degree = DEGREES.get(a.sense, Degree())
                special = [
                    one.format(v)
                    for one in (degree.zh_more if more else degree.zh_less)
                    if "年龄" in one or "价格" in one or "人口" in one or "时长" in one
                ]
                if a.sense == "year":
                    special += [
                        f"{name}在{v}年{'之后' if more else '之前'}",
                        f"{name}{'晚' if more else '早'}于{v}",
                    ] * 2
                    return special
                plain = [
                    f"{name}{verb}{v}"
                    for verb in (("大于", "超过", "高于", "多于") if more else ("小于", "低于", "少于", "不到"))
                ]
                return plain + special
            case ">=" | "<=":
                v, more = self.unit(a, c.values[0]), c.operator == ">="
                return [
                    f"{name}{verb}{v}"
                    for verb in (
                        ("不低于", "至少为", "大于等于", "不少于")
                        if more
                        else ("不超过", "至多为", "小于等于", "最多为")
                    )
                ]
            case "between":
                return [
                    f"{name}在{v}到{values[1]}之间",
                    f"{name}介于{v}和{values[1]}之间",
                    f"{name}在{v}和{values[1]}之间",
                ]
            case "in":
                each = "、".join(values[:-1]) + self.pick("或", "或者") + values[-1]
                return (
                    [f"来自{each}", f"{name}为{each}", f"在{each}"]
                    if a.role == "place"
                    else [f"{name}是{each}", f"{name}为{each}"]
                )
            case "contains":
                return [f"{name}包含{v}", f"{name}中包含{v}", f"{name}里有{v}", f"{name}含有{v}", f"{name}中带有{v}"]
            case "starts":
                return [f"{name}以{v}开头", f"{name}以{v}开始"]
            case "ends":
                return [f"{name}以{v}结尾", f"{name}以{v}结束"]
            case "null":
                return [f"没有{name}", f"{name}为空", f"{name}缺失"]
            case "not null":
                return [f"有{name}", f"{name}不为空"]
            case "year":
                y = c.values[0]
                return [*self._dated(a, f"{y}年"), f"{name}在{y}年", f"{name}是{y}年"]
            case "years":
                when = self.pick(f"{c.values[0]}年到{c.values[1]}年之间", f"{c.values[0]}至{c.values[1]}年")
                return [*self._dated(a, when), f"{name}在{when}"]
            case "after" | "before":
                day, side = str(c.values[0]), "之后" if c.operator == "after" else "之前"
                year, month, date = (*day.split("-"), "01", "01")[:3]
                said = self.pick(day, f"{year}年{int(month)}月{int(date)}日")
                if c.operator == "before" and day.endswith("-01-01"):
                    said = self.pick(said, f"{year}年")
                return [
                    *self._dated(a, f"{said}{side}"),
                    f"{name}在{said}{side}",
                    f"{name}{'晚' if c.operator == 'after' else '早'}于{said}",
                ]
        return [f"{name}{c.operator}{v}"]

    def _dated(self, a: Attribute, when: str) -> list[str]:
        said = a.english[0] if a.english else ""
        for shown, verb in (
            ("birth", "出生"),
            ("hire", "入职"),
            ("release", "发行"),
            ("出生", "出生"),
            ("上映", "上映"),
            ("成立", "成立"),
        ):
            if shown in said or shown in a.column:
                return [f"{when}{verb}", f"在{when}{verb}"]
        return []

    def _related(self, c: Condition, related: Entity, subject: Entity) -> str:
        relation = c.via[-1].relation
        up = all(step.up for step in c.via)
        owner = self.role(relation, related)
        if c.attribute.role == "label" and c.operator == "=":
            v = self.value(c.values[1], c.values[0]) if c.name else self.value(c.values[0])
            if up:
                options = [f"{owner}为{v}", f"{owner}是{v}", f"属于{owner}{v}"]
                if not relation.own_role:
                    options += [v, f"{owner}{v}", f"属于{v}"]
                    if related.english and related.english[0].rpartition(" ")[2] in HOLDERS:
                        options += [f"{v}{owner}里", f"{v}{owner}中"]
                return self.pick(*options)
            if subject.person and sold(c.via):
                return self.pick(f"购买过{owner}{v}", f"买过{v}", f"购买过{v}", f"买过{owner}{v}")
            if len(c.via) > 1 or (subject.english and subject.english[0] in HOLDERS and not subject.person):
                return self.pick(f"包含{v}", f"包含{owner}{v}", f"含有{owner}{v}", f"有{owner}{v}")
            return self.pick(f"有{owner}{v}", f"有名为{v}的{owner}", f"拥有{owner}{v}")
        said = self.pick(*self.own(c, related))
        bought = self.pick("购买过", "买过") if subject.person and sold(c.via) else "有"
        return (
            self.pick(f"{owner}{said}", f"所属{owner}{said}")
            if up
            else self.pick(
                f"{bought}{said}的{owner}", f"拥有{said}的{owner}" if bought == "有" else f"{bought}{said}的{owner}"
            )
        )
