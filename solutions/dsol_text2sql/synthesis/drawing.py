"""Draw what the grammar's rules share: conditions on a subject, columns to group by and to measure."""

from __future__ import annotations

from dsol_text2sql.synthesis.choosing import Chooser
from dsol_text2sql.synthesis.meaning import Attribute, Entity
from dsol_text2sql.synthesis.request import Condition, Path

# Senses whose sum means nothing.
NEVER_ADDED = ("year", "rank", "share", "age", "score", "height", "price", "speed")


def conditions(choose: Chooser, subject: Entity, count: int, joined: float = 0.35) -> tuple[Condition, ...]:
    """Draw conditions on a subject: on its own columns, what it belongs to, or what belongs to it."""
    world = choose.world
    rows = choose.rows[subject.table]
    row = choose.random.choice(rows) if rows and count > 1 else None
    found: list[Condition] = []
    for _ in range(count):
        path: Path = ()
        if choose.chance(joined) and not any(c.via for c in found):
            ups, downs = world.upward(subject.table), world.downward(subject.table)
            options = ups if ups and (not downs or choose.chance(0.65)) else downs
            if choose.chance(0.25):
                options = world.beyond(subject.table) or options
            options = [way for way in options if not world.entities[way[-1].end].links]
            if options:
                path = choose.one(options, lambda way: 1 / len(way))
        entity = world.entities[path[-1].end] if path else subject
        drawn = choose.condition(entity, path, None if path else row)
        if drawn and all((drawn.attribute, drawn.via) != (c.attribute, c.via) for c in found):
            found.append(drawn)
    return tuple(found)


def some(choose: Chooser, subject: Entity, none: float = 0.3) -> tuple[Condition, ...]:
    """Draw no condition, one, or seldom two; none that leaves a single row, since it can't be counted or compared."""
    drawn = conditions(choose, subject, 0 if choose.chance(none) else 1 if choose.chance(0.8) else 2)
    return () if any(_single(c, subject) for c in drawn) else drawn


def _single(c: Condition, subject: Entity) -> bool:
    named = c.attribute.role == "label" and c.operator == "=" and not c.via
    return named and (len(subject.labels) == 1 or bool(c.name))


def shared(attribute: Attribute, subject: Entity) -> float:
    """Weigh a column for grouping: one whose values hardly repeat is seldom asked for so."""
    return 0.15 if len(attribute.values) > 0.5 * subject.rows else 1.0


def measures(entity: Entity) -> list[Attribute]:
    """List the columns that can be averaged and compared."""
    return [a for a in entity.having("measure") if len(a.values) > 1 and a.sense != "rank"]
