"""The grammar's rules for lists, filters, look-ups, counts, distinct values, aggregates and sorted lists."""

from __future__ import annotations

from collections.abc import Callable

from dsol_text2sql.synthesis.choosing import Chooser
from dsol_text2sql.synthesis.clauses import column, columns, identity, many, select
from dsol_text2sql.synthesis.drawing import NEVER_ADDED, conditions, measures, shared, some
from dsol_text2sql.synthesis.request import Asked, Condition, Request
from dsol_text2sql.synthesis.statement import Statement

Rule = Callable[[Chooser], Request | None]


def listed(choose: Chooser) -> Request | None:
    """Show columns of all rows."""
    subject = choose.entity(lambda e: not e.extends or choose.chance(0.5))
    if not subject:
        return None
    asked = choose.asked(subject)
    if choose.chance(0.06) and len(subject.attributes) > 2:
        return Request("all", subject, Statement(["*"], subject.table).text(choose.world.dialect))
    own = Statement(columns(asked), subject.table, distinct=subject.distinct)
    return Request("list", subject, own.text(choose.world.dialect), asked)


def filtered(choose: Chooser) -> Request | None:
    """Show columns of the rows that satisfy one or two conditions."""
    subject = choose.entity()
    if not subject:
        return None
    chosen = conditions(choose, subject, 1 if choose.chance(0.72) else 2)
    if not chosen:
        return None
    asked = choose.asked(subject)
    either = len(chosen) == 2 and choose.chance(0.25) and not any(c.name or c.operator == "between" for c in chosen)
    held = {c.attribute for c in chosen if c.operator == "=" and not c.via}
    if (
        len(chosen) == 1
        and chosen[0].attribute in subject.labels
        and (chosen[0].name or chosen[0].attribute.unique)
        and held
    ):
        return looked_up(choose)
    asked = tuple(one for one in asked if one.attribute not in held or either)
    if not asked:
        return None
    statement = select(choose.world, subject, columns(asked), chosen, either)
    if not statement:
        return None
    repeats = many(c.via for c in chosen) or (subject.distinct and not held)
    return Request("list", subject, statement.but(distinct=repeats).text(choose.world.dialect), asked, chosen, either)


def looked_up(choose: Chooser) -> Request | None:
    """Show facts of the one row that a name tells."""
    subject = choose.entity(lambda e: bool(e.labels) and len(e.attributes) > len(e.labels))
    rows = choose.rows[subject.table] if subject else []
    if not subject or not rows:
        return None
    row = choose.random.choice(rows)
    values = choose.named(row, subject)
    if not values:
        return None
    named = Condition(subject.labels[0], "=", values, (), subject.labels if len(values) == 2 else ())
    facts = [a for a in subject.attributes if a not in subject.labels and a.role not in ("key", "flag") and a.values]
    ups = [way for way in choose.world.upward(subject.table) if choose.world.entities[way[-1].end].labels]
    ups = [way for way in ups if not way[-1].relation.natural]
    asked: list[Asked] = []
    if ups and (not facts or choose.chance(0.35)):
        way = choose.one(ups, lambda way: 1 / len(way))
        end = choose.world.entities[way[-1].end]
        further = [a for a in end.attributes if a not in end.labels and a.role != "key" and a.values]
        asked = (
            [Asked(choose.one(further), way)] if further and choose.chance(0.2) else [Asked(a, way) for a in end.labels]
        )
    else:
        for _ in range(1 if choose.chance(0.8) else 2):
            left = [a for a in facts if a not in [one.attribute for one in asked]]
            if left:
                asked.append(Asked(choose.one(left)))
    if not asked:
        return None
    statement = select(choose.world, subject, columns(asked), (named,), extra=[one.via for one in asked])
    if not statement:
        return None
    return Request("lookup", subject, statement.text(choose.world.dialect), tuple(asked), (named,))


def counted(choose: Chooser) -> Request | None:
    """Count rows, all of them or those that satisfy conditions."""
    subject = choose.entity()
    if not subject:
        return None
    chosen = some(choose, subject, 0.2)
    if subject.extends and not any(c.attribute in subject.attributes for c in chosen):
        return None
    repeats = many(c.via for c in chosen) or subject.distinct
    shown = f"COUNT(DISTINCT {identity(subject)})" if repeats else "COUNT(*)"
    statement = select(choose.world, subject, [shown], chosen)
    return Request("count", subject, statement.text(choose.world.dialect), (), chosen) if statement else None


def distinct(choose: Chooser) -> Request | None:
    """Show or count the different values of a column."""
    subject = choose.entity(lambda e: bool(e.having("category", "place")))
    if not subject:
        return None
    attribute = choose.one(subject.having("category", "place"), lambda a: shared(a, subject))
    counting = choose.chance(0.5)
    chosen = conditions(choose, subject, 1, 0.2) if choose.chance(0.25) else ()
    chosen = tuple(c for c in chosen if c.attribute != attribute)
    own = column(attribute)
    statement = select(choose.world, subject, [f"COUNT(DISTINCT {own})" if counting else own], chosen)
    if not statement:
        return None
    text = statement.but(distinct=not counting).text(choose.world.dialect)
    return Request("count distinct" if counting else "distinct", subject, text, (Asked(attribute),), chosen)


def aggregated(choose: Chooser) -> Request | None:
    """Average, add up or take the extreme of a measure; seldom several at once."""
    subject = choose.entity(lambda e: bool(measures(e)))
    if not subject:
        return None
    measure = choose.one(measures(subject))
    sets = [
        ("AVG",),
        ("MAX",),
        ("MIN",),
        ("SUM",),
        ("MIN", "MAX"),
        ("AVG", "MAX"),
        ("MIN", "AVG", "MAX"),
        ("MAX", "MIN"),
    ]
    weights = [5, 4, 3, 4, 1, 0.6, 0.8, 0.6]
    functions = choose.random.choices(sets, weights)[0]
    if measure.sense in NEVER_ADDED and "SUM" in functions:
        functions = ("AVG",)
    chosen = some(choose, subject, 0.5)
    chosen = tuple(c for c in chosen if c.attribute != measure)
    if many(c.via for c in chosen):
        return None
    shown = [f"{function}({column(measure)})" for function in functions]
    statement = select(choose.world, subject, shown, chosen)
    if not statement:
        return None
    return Request(
        "aggregate", subject, statement.text(choose.world.dialect), (), chosen, functions=functions, measure=measure
    )


def ordered(choose: Chooser) -> Request | None:
    """Show columns sorted by a column."""
    subject = choose.entity(lambda e: bool(e.labels))
    if not subject:
        return None
    options = measures(subject) + subject.having("date") + [a for a in subject.labels if not subject.distinct]
    if not options:
        return None
    by = choose.one(options)
    chosen = some(choose, subject, 0.7)
    asked = choose.asked(subject)
    descending = choose.chance(0.5)
    statement = select(choose.world, subject, columns(asked), chosen)
    if not statement or many(c.via for c in chosen):
        return None
    text = statement.but(order=(column(by) + " DESC" * descending,)).text(choose.world.dialect)
    return Request("order", subject, text, asked, chosen, by=Asked(by), descending=descending)


RULES: dict[Rule, float] = {
    listed: 6, filtered: 22, looked_up: 13, counted: 12, distinct: 7, aggregated: 9, ordered: 6,
}  # fmt: skip
