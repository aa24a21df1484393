"""Choose entities, columns and values for the grammar: at random, what was used least first."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from dsol_text2sql.synthesis.meaning import Attribute, Entity, Value, World
from dsol_text2sql.synthesis.request import Asked, Condition, Path

T = TypeVar("T")
Row = dict[str, Value | None]


class Chooser:
    """Draw from one seeded stream, and remember what was drawn, so that every table and column gets its turn."""

    def __init__(self, world: World, rows: dict[str, list[Row]], seed: int) -> None:
        self.world = world
        self.rows = rows
        self.random = random.Random(seed)
        self.used: Counter[object] = Counter()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, options: Sequence[T], weight: Callable[[T], float] = lambda option: 1.0) -> T:
        """Draw one option; each earlier draw makes it less likely."""
        weights = [weight(option) / (1 + self.used[_identity(option)]) ** 0.7 for option in options]
        drawn = self.random.choices(options, weights)[0]
        self.used[_identity(drawn)] += 1
        return drawn

    def entity(self, fits: Callable[[Entity], bool] = lambda entity: True) -> Entity | None:
        """Draw a table that people ask for; those with a name and more columns more often."""
        options = [entity for entity in self.world.asked_for() if fits(entity)]
        return self.one(options, lambda e: (2.0 if e.labels else 0.6) * len(e.attributes) ** 0.3) if options else None

    def asked(self, entity: Entity, most: int = 3) -> tuple[Asked, ...]:
        """Draw one to three columns to show: mostly the name, or facts, or both."""
        facts = [a for a in entity.attributes if a.role not in ("key", "label", "flag") and a not in entity.labels]
        labels = list(entity.labels)
        if not facts and not labels:
            return tuple(Asked(a) for a in entity.attributes[:1])
        if entity.key and self.chance(0.06):
            key = next((a for a in entity.attributes if a.column == entity.key), None)
            labels = [key, *labels] if key and self.chance(0.5) else [key] if key else labels
        draw = self.random.random()
        if labels and (draw < 0.45 or not facts) and not (entity.extends and facts):
            return tuple(Asked(a) for a in labels)
        chosen: list[Attribute] = []
        for _ in range(1 if draw < 0.75 else min(2, len(facts))):
            left = [a for a in facts if a not in chosen]
            chosen.append(self.one(left))
        if labels and most > 1 and self.chance(0.45):
            chosen = [*labels, *chosen]
        return tuple(Asked(a) for a in chosen[: max(most, len(labels) + 1)])

    def condition(self, entity: Entity, via: Path = (), row: Row | None = None) -> Condition | None:
        """Draw a condition on a column of an entity; its value comes from `row` where one is given."""
        names = entity.labels if len(entity.labels) == 2 else ()
        fits = [
            a
            for a in entity.attributes
            if a.values
            and a.role not in ("key", "contact")
            and not (via and a.refers)
            and not (via and via[-1].relation.natural and a.role == "label")
        ]
        if not fits:
            return None
        weights = {
            "label": 1.5 if not via else 4,
            "category": 2.2,
            "place": 2.2,
            "measure": 1.6,
            "date": 1.1,
            "text": 0.4,
            "flag": 0.8,
        }
        attribute = self.one(fits, lambda a: weights[a.role] if len(a.values) > 1 else 0.05)
        if attribute in names and self.chance(0.6):
            pairs = [values for r in self.rows[entity.table] if (values := self.named(r, entity))]
            if pairs:
                chosen = self.named(row, entity) if row else self.random.choice(pairs)
                return Condition(attribute, "=", chosen, via, names) if chosen else None
        value = row.get(attribute.column) if row else None
        if value is None and row is not None:
            return None
        drawn = value if value is not None else self.value(attribute)
        operator, values = self._compare(attribute, drawn)
        return Condition(attribute, operator, values, via)

    def named(self, row: Row, entity: Entity) -> tuple[Value, ...]:
        """Give what names a row: one value or a person's two names; nothing where one is missing."""
        found = tuple(value for a in entity.labels if (value := row.get(a.column)) not in (None, ""))
        return found if len(found) == len(entity.labels) else ()

    def value(self, attribute: Attribute) -> Value:
        return self.random.choice(attribute.values)

    def _compare(self, a: Attribute, value: Value) -> tuple[str, tuple[Value, ...]]:
        draw = self.random.random()
        if a.role == "date":
            return self._date(a, value, draw)
        if a.role == "flag":
            return "=", (value,)
        if isinstance(value, int | float):
            if a.sense == "year" or (draw > 0.9 and round(value, 2) == value) or len(a.values) < 4:
                return ("=" if draw < 0.55 else ">" if draw < 0.8 else "<"), (value,)
            bound = _round(value, self.random)
            if draw < 0.12:
                low, high = sorted((bound, _round(self.value(a), self.random)), key=float)
                if low != high:
                    return "between", (low, high)
            operator = ">" if draw < 0.5 else "<" if draw < 0.72 else ">=" if draw < 0.82 else "<="
            return operator, (bound,)
        if a.role in ("label", "text") and draw < 0.22 and len(value) > 3:
            return self._like(value)
        lacking = any(row.get(a.column, "") is None for row in self.rows[a.table])
        if lacking and draw > 0.95 and a.role != "label":
            return ("null" if self.chance(0.6) else "not null"), ()
        if a.role != "label" and draw > 0.88 and len(a.values) > 2:
            return "!=", (value,)
        if a.role != "label" and draw > 0.8 and len(a.values) > 2:
            others = self.random.sample(
                [v for v in a.values if v != value], min(len(a.values) - 1, self.random.choice((1, 1, 2)))
            )
            return "in", (value, *others)
        return "=", (value,)

    def _like(self, value: str) -> tuple[str, tuple[Value, ...]]:
        draw = self.random.random()
        parts = [part for part in value.split() if len(part) > 2 and part.isalnum()]
        if draw < 0.55 and len(parts) > 1:
            return "contains", (self.random.choice(parts),)
        if draw < 0.7 or not value[0].isalnum() or not value[-1].isalnum():
            middle = self.random.randrange(max(1, len(value) - 3))
            piece = value[middle : middle + self.random.choice((2, 3))].strip()
            return ("contains", (piece,)) if piece.isalpha() else ("=", (value,))
        if draw < 0.88:
            return "starts", (value[: self.random.choice((1, 1, 2))],)
        return "ends", (value[-1:],)

    def _date(self, a: Attribute, value: Value, draw: float) -> tuple[str, tuple[Value, ...]]:
        text = str(value)
        year = text[:4]
        if not year.isdigit():
            return "=", (value,)
        if draw < 0.5:
            return "year", (int(year),)
        if not a.iso:
            return "year", (int(year),)
        years = sorted({str(v)[:4] for v in a.values if str(v)[:4].isdigit()})
        if draw < 0.58 and len(years) > 2:
            first, last = sorted(self.random.sample(years, 2))
            return "years", (int(first), int(last))
        if draw < 0.78:
            return "after", (text[:10] if draw < 0.66 else f"{year}-01-01",)
        return "before", (text[:10] if draw < 0.88 else f"{year}-01-01",)


def _identity(option: object) -> object:
    if isinstance(option, Entity):
        return option.table
    if isinstance(option, Attribute):
        return option.table, option.column
    return option


def _round(value: Value, source: random.Random) -> Value:
    """Round a number as people do when they set a limit."""
    if isinstance(value, str):
        return value
    if abs(value) < 20 or source.random() < 0.15:
        return round(value, 2) if isinstance(value, float) and abs(value) >= 0.1 else value
    digits = len(str(int(abs(value)))) - source.choice((1, 1, 2))
    rounded = round(value / 10**digits) * 10**digits
    return int(rounded) if rounded else value
