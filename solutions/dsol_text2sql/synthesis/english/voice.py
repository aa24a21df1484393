"""One question's voice: what it calls things, and how it writes values."""

from __future__ import annotations

import random
import unicodedata

from dsol_text2sql.synthesis.meaning import Attribute, Entity, Value
from dsol_text2sql.synthesis.names import listing, plural
from dsol_text2sql.synthesis.request import Asked, Condition
from dsol_text2sql.synthesis.voice import Named, Speaker

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 8: "eight", 10: "ten"}
UNITS = ("bytes", "seconds", "minutes", "hours")


class Voice(Speaker):
    """Say one question's nouns, names and values.

    `before` is the condition that already stands before the subject's noun.
    """

    usual = 0.8

    def __init__(self, source: random.Random) -> None:
        super().__init__(source)
        self.before: Condition | None = None
        self.lower = source.random() < 0.12
        self.quote = source.choices(("", '"', "'"), (0.72, 0.18, 0.1))[0]

    def names(self, what: Named) -> tuple[str, ...]:
        return what.english

    def call(self, key: object, what: Named, usual: float) -> str:
        """Give a thing's name; one whose only other name is longer mostly keeps the short one."""
        longer = len(what.english) == 2 and what.english[0] in what.english[1]
        return super().call(key, what, 0.88 if longer else usual)

    def nouns(self, entity: Entity) -> str:
        return plural(self.noun(entity))

    def value(self, value: Value) -> str:
        """Write a value: quoted or not, in the question's case, sometimes without accents."""
        if isinstance(value, int | float):
            return self.number(value)
        text = value.strip()
        if self.lower:
            text = text.lower()
            if self.chance(0.4):
                text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        return f"{self.quote}{text}{self.quote}" if self.quote and self.quote not in text else text

    def values(self, condition: Condition) -> str:
        """Write the value of an equality; the two parts of a person's name as one."""
        whole = f"{condition.values[0]} {condition.values[1]}" if condition.name else condition.values[0]
        return self.value(whole)

    def number(self, value: float) -> str:
        if value in NUMBERS and value != 1 and self.chance(0.25):
            return NUMBERS[int(value)]
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() else f"{value:.10f}".rstrip("0")
        return f"{value:,}" if abs(value) >= 10000 and self.chance(0.3) else str(value)

    def count(self, value: int) -> str:
        """Write a small number in words or digits."""
        return NUMBERS[value] if value in NUMBERS and self.chance(0.5) else str(value)

    def limit(self, a: Attribute, value: Value) -> str:
        """Write a limit with the unit that the column's name gives."""
        number = self.value(value)
        if a.column.lower() in {"milliseconds", "duration_ms"} and isinstance(value, int | float):
            if value % 60000 == 0 and self.chance(0.8):
                minutes = int(value // 60000)
                return f"{minutes} minute{'s' * (minutes != 1)}"
            return (
                f"{int(value // 1000)} seconds" if value % 1000 == 0 and self.chance(0.5) else f"{number} milliseconds"
            )
        return f"{number} {a.column.lower()}" if a.column.lower() in UNITS else number

    def labels(self, entity: Entity, many: bool) -> str:
        """Name what names an entity: "names", "full name", "titles"."""
        if len(entity.labels) == 2:
            if many:
                return self.pick("names", "names", "full names", "first and last names", "first names and last names")
            return self.pick("name", "name", "full name", "first and last name", "first name and last name")
        name = self.name(entity.labels[0])
        return plural(name) if many else name

    def asked(self, asked: tuple[Asked, ...], entity: Entity, many: bool) -> str:
        """Name the columns that are asked for, those of related things by their owner's noun."""
        said: list[str] = []
        waiting = list(asked)
        while waiting:
            one = waiting.pop(0)
            pair = waiting[0] if waiting and waiting[0].via == one.via else None
            if pair and not one.via and (one.attribute, pair.attribute) == entity.labels:
                said.append(self.labels(entity, many))
                waiting.pop(0)
                continue
            name = self.name(one.attribute)
            if one.via:
                owner = self.owner(one.via[-1].relation)
                if pair and one.attribute.role == pair.attribute.role == "label":
                    waiting.pop(0)
                    name = f"{owner} name"
                elif owner != self.noun(entity) and not name.startswith(owner):
                    name = owner if name in ("name", "title") and self.chance(0.3) else f"{owner} {name}"
            said.append(plural(name) if many else name)
        return listing(list(dict.fromkeys(said)))
