"""One question's voice in Chinese: what it calls things, and how it writes values."""

from __future__ import annotations

import random
from collections.abc import Mapping

from dsol_text2sql.synthesis.meaning import Attribute, Entity, Value
from dsol_text2sql.synthesis.request import Asked, Condition
from dsol_text2sql.synthesis.voice import Named, Speaker

DIGITS = "零一两三四五六七八九十"
UNITS = {"bytes": "字节", "seconds": "秒", "minutes": "分钟", "hours": "小时"}
NAMES = ("名称", "姓名", "名字", "标题", "名", "题目")


class Voice(Speaker):
    """Say one question's nouns, names and values; `aliases` gives the Chinese words of values."""

    usual = 0.75

    def __init__(self, source: random.Random, aliases: Mapping[str, str]) -> None:
        super().__init__(source)
        self.aliases = aliases
        self.quote = source.choices(("", "“”", '""'), (0.78, 0.13, 0.09))[0]

    def names(self, what: Named) -> tuple[str, ...]:
        return what.chinese

    def value(self, value: Value) -> str:
        """Write a value, by its alias where there is one."""
        if isinstance(value, int | float):
            return self.number(value)
        text = value.strip()
        if text in self.aliases:
            return self.aliases[text]
        return f"{self.quote[0]}{text}{self.quote[1]}" if self.quote and self.quote[0] not in text else text

    def values(self, condition: Condition) -> str:
        """Write the value of an equality; the two parts of a person's name as one."""
        return self.value(f"{condition.values[0]} {condition.values[1]}" if condition.name else condition.values[0])

    def number(self, value: float, exact: bool = False) -> str:
        if isinstance(value, float) and not value.is_integer():
            return f"{value:.10f}".rstrip("0")
        whole = int(value)
        if not exact and whole and whole % 10000 == 0 and self.chance(0.5):
            return f"{whole // 10000}万" if whole % 100000000 else f"{whole // 100000000}亿"
        return str(whole)

    def count(self, value: int) -> str:
        """Write a small number in characters or digits."""
        return DIGITS[value] if 0 < value <= 10 and self.chance(0.35) else str(value)

    def limit(self, a: Attribute, value: Value) -> str:
        """Write a limit with the unit that the column's name gives."""
        if isinstance(value, str):
            return self.value(value)
        column = a.column.lower()
        if column in {"milliseconds", "duration_ms"}:
            if value % 60000 == 0 and self.chance(0.8):
                return f"{int(value // 60000)}分钟"
            return f"{int(value // 1000)}秒" if value % 1000 == 0 and self.chance(0.5) else f"{value}毫秒"
        note = a.column.rpartition("（")[2].removesuffix("）") if "（" in a.column else UNITS.get(column, "")
        shown = 0 < len(note) <= 3 and note[0] not in "千百十" and self.chance(0.75)
        return f"{self.number(value, bool(note))}{note if shown else ''}"

    def labels(self, entity: Entity) -> str:
        """Name what names an entity."""
        if len(entity.labels) == 2:
            return self.pick("姓名", "姓名", "全名", "名字", "名字和姓氏")
        return self.name(entity.labels[0])

    def is_name(self, a: Attribute) -> bool:
        """Tell whether a label is a name, so that rows are 名为 it; a code is not."""
        return bool(a.refers) or any(a.chinese[0].endswith(one) for one in NAMES)

    def asked(self, asked: tuple[Asked, ...], entity: Entity) -> str:
        """Name the columns that are asked for, those of related things by their owner's noun."""
        said: list[str] = []
        waiting = list(asked)
        while waiting:
            one = waiting.pop(0)
            pair = waiting[0] if waiting and waiting[0].via == one.via else None
            if pair and not one.via and (one.attribute, pair.attribute) == entity.labels:
                said.append(self.labels(entity))
                waiting.pop(0)
                continue
            name = self.name(one.attribute)
            if one.via:
                owner = self.owner(one.via[-1].relation)
                if pair and one.attribute.role == pair.attribute.role == "label":
                    waiting.pop(0)
                    name = f"{owner}姓名"
                elif owner != self.noun(entity) and not name.startswith(owner):
                    name = owner if name in NAMES and self.chance(0.3) else f"{owner}{name}"
            said.append(name)
        said = list(dict.fromkeys(said))
        return (
            said[0] if len(said) == 1 else "、".join(said[:-1]) + self.pick("和", "和", "以及", "与", "、") + said[-1]
        )
