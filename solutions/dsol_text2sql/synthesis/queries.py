"""The grammar's rules over one thing and what surrounds it: lists, filters, counts, aggregates, orders, groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dsol_text2sql.synthesis.choosing import Chooser
from dsol_text2sql.synthesis.clauses import column, columns, identity, many, select, where, year
from dsol_text2sql.synthesis.meaning import Attribute, Entity
from dsol_text2sql.synthesis.request import Asked, Condition, Request
from dsol_text2sql.synthesis.statement import Statement

# Senses whose sum means nothing.
NEVER_ADDED = ("year", "rank", "share", "age", "score", "height", "price", "speed")
Rule = Callable[[Chooser], Request | None]


def conditions(choose: Chooser, subject: Entity, count: int, joined: float = 0.35) -> tuple[Condition, ...]:
    """Draw conditions on a subject: on its own columns, what it belongs to, or what belongs to it."""
    world = choose.world
    rows = choose.rows[subject.table]
    row = choose.random.choice(rows) if rows and count > 1 else None
    found: list[Condition] = []
    for _ in range(count):
        path = ()
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
    """Draw no condition, one, or seldom two; none that leaves a single row, since there is nothing to count or compare."""
    drawn = conditions(choose, subject, 0 if choose.chance(none) else 1 if choose.chance(0.8) else 2)
    return (
        ()
        if any(
            c.attribute.role == "label"
            and c.operator == "="
            and not c.via
            and (c.name or c.attribute.unique or len(c.attribute.values) > 0.8 * subject.rows)
            for c in drawn
        )
        else drawn
    )


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
    values = tuple(row.get(a.column) for a in subject.labels)
    if any(value in (None, "") for value in values):
        return None
    named = Condition(subject.labels[0], "=", values, (), subject.labels if len(values) == 2 else ())  # type: ignore[arg-type]
    facts = [a for a in subject.attributes if a not in subject.labels and a.role != "key" and a.values]
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


def _shared(attribute: Attribute, subject: Entity) -> float:
    """Weigh a column for grouping: one whose values hardly repeat is seldom asked for so."""
    return 0.15 if len(attribute.values) > 0.5 * subject.rows else 1.0


def distinct(choose: Chooser) -> Request | None:
    """Show or count the different values of a column."""
    subject = choose.entity(lambda e: bool(e.having("category", "place")))
    if not subject:
        return None
    attribute = choose.one(subject.having("category", "place"), lambda a: _shared(a, subject))
    counting = choose.chance(0.5)
    chosen = conditions(choose, subject, 1, 0.2) if choose.chance(0.25) else ()
    chosen = tuple(c for c in chosen if c.attribute != attribute)
    own = column(attribute)
    statement = select(choose.world, subject, [f"COUNT(DISTINCT {own})" if counting else own], chosen)
    if not statement:
        return None
    text = statement.but(distinct=not counting).text(choose.world.dialect)
    return Request("count distinct" if counting else "distinct", subject, text, (Asked(attribute),), chosen)


def measures(entity: Entity) -> list[Attribute]:
    """List the columns that can be averaged and compared."""
    return [a for a in entity.having("measure") if len(a.values) > 1 and a.sense != "rank"]


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


def superlative(choose: Chooser) -> Request | None:
    """Show the row, or the n rows, with the most or the least of a measure; or all that tie."""
    subject = choose.entity(lambda e: bool(e.labels) and bool(measures(e) or e.having("date")))
    if not subject:
        return None
    by = choose.one(measures(subject) + subject.having("date"))
    chosen = some(choose, subject, 0.6)
    if many(c.via for c in chosen):
        return None
    number = 1 if choose.chance(0.75) else choose.random.choice((2, 3, 3, 4, 5, 5, 8, 10))
    facts = [
        a for a in subject.attributes if a.role not in ("key", "label") and a not in (*subject.labels, by) and a.values
    ]
    asked = tuple(Asked(a) for a in subject.labels)
    draw = choose.random.random()
    if facts and draw < 0.25:
        asked = (Asked(choose.one(facts)),)
    elif draw < 0.35:
        asked = (*asked, Asked(by))
    elif facts and draw < 0.42:
        asked = (*asked, Asked(choose.one(facts)))
    elif draw < 0.5:
        ups = [
            w
            for w in choose.world.upward(subject.table)
            if choose.world.entities[w[-1].end].labels and not w[-1].relation.natural
        ]
        if ups:
            way = choose.one(ups, lambda way: 1 / len(way))
            asked = tuple(Asked(a, way) for a in choose.world.entities[way[-1].end].labels)
    descending = choose.chance(0.65)
    dialect = choose.world.dialect
    statement = select(choose.world, subject, columns(asked), chosen, extra=[one.via for one in asked])
    if not statement:
        return None
    form = "superlative"
    if number == 1 and choose.chance(0.8 if subject.distinct else 0.1) and not any(c.via for c in (*chosen, *asked)):
        bound = Statement(
            [f"{'MAX' if descending else 'MIN'}({column(by)})"], subject.table, "", (), statement.where
        ).text(dialect)
        statement = statement.but(where=(f"{column(by)} = ({bound})", *statement.where))
        form = "superlative" if subject.distinct else "all superlative"
        statement = statement.but(distinct=subject.distinct)
    else:
        known = (
            (f"{column(by)} IS NOT NULL",)
            if by.nullable and not descending and any(row.get(by.column) is None for row in choose.rows[subject.table])
            else ()
        )
        unsure = f"{column(by)}{' DESC' * descending}"
        statement = statement.but(order=(unsure,), limit=number, where=(*statement.where, *known))
        if subject.distinct and asked == tuple(Asked(a) for a in subject.labels):
            statement = statement.but(distinct=dialect == "sqlite")
    return Request(
        form, subject, statement.text(dialect), asked, chosen, by=Asked(by), descending=descending, number=number
    )


def grouped(choose: Chooser) -> Request | None:
    """Count or measure rows for each value of a column; sorted, limited, or only the groups that satisfy something."""
    subject = choose.entity(lambda e: bool(e.having("category", "place")) and not e.extends)
    if not subject:
        return None
    by = choose.one(subject.having("category", "place"), lambda a: _shared(a, subject))
    dialect, draw = choose.world.dialect, choose.random.random()
    own = column(by)
    dates = [a for a in subject.having("date") if a.iso and (a.temporal or dialect == "sqlite")]
    if dates and choose.chance(0.15):
        day = choose.one(dates)
        lone = len(dates) == 1
        by = replace(day, role="category", english=("year",) if lone else (day.english[0].removesuffix("date") + "year",),
                     chinese=("年份",) if lone else (day.chinese[0].removesuffix("日期") + "年份",))  # fmt: skip
        own = year(day, dialect)
    chosen = some(choose, subject, 0.85)
    chosen = tuple(c for c in chosen if c.attribute != by)
    options = measures(subject)
    function, measure = "COUNT", None
    if options and choose.chance(0.35):
        measure = choose.one(options)
        function = choose.random.choice(("AVG", "AVG", "SUM", "MAX", "MIN"))
        if function == "SUM" and measure.sense in NEVER_ADDED:
            function = "AVG"
    amount = (
        f"{function}({column(measure)})"
        if measure
        else f"COUNT(DISTINCT {identity(subject)})"
        if subject.distinct
        else "COUNT(*)"
    )
    statement = select(choose.world, subject, [own, amount], chosen)
    if not statement or many(c.via for c in chosen):
        return None
    statement = statement.but(group=(own,))
    descending, number, comparison, form = choose.chance(0.7), 0, "", "group"
    if draw > 0.86:
        form = "group order"
        statement = statement.but(order=(amount + " DESC" * descending,))
    elif draw > 0.5:
        form, number = "group top", 1 if choose.chance(0.75) else choose.random.choice((2, 3, 5))
        shown = [own, amount] if choose.chance(0.2) else [own]
        statement = statement.but(columns=shown, order=(amount + " DESC" * descending,), limit=number)
        descending = descending or number > 3
        statement = statement.but(order=(amount + " DESC" * descending,))
    elif draw > 0.36:
        form, comparison = "group having", choose.random.choice((">", ">", ">=", ">=", "<", "="))
        number = choose.random.choice((1, 1, 2, 2, 3, 3, 4, 5, 10)) + (comparison == "<")
        if measure:
            return None
        statement = statement.but(columns=[own], having=f"{amount} {comparison} {number}")
    asked = (Asked(by),) if len(statement.columns) == 1 else (Asked(by), Asked(measure or by))
    return Request(form, subject, statement.text(dialect), asked, chosen, functions=(function,), measure=measure, by=Asked(by),
                   descending=descending, number=number, comparison=comparison)  # fmt: skip


def nested(choose: Chooser) -> Request | None:
    """Show or count the rows above or below the average, or above another row's value."""
    subject = choose.entity(lambda e: bool(e.labels) and bool(measures(e)))
    if not subject:
        return None
    measure = choose.one(measures(subject))
    if measure.sense == "year":
        return None
    dialect, own = choose.world.dialect, column(measure)
    above, count = choose.chance(0.65), choose.chance(0.3)
    asked = () if count else tuple(Asked(a) for a in subject.labels)
    shown = ["COUNT(*)"] if count else columns(asked)
    value: tuple[str | int | float, ...] = ()
    inner = Statement([f"AVG({own})"], subject.table)
    rows = [row for row in choose.rows[subject.table] if all(row.get(a.column) for a in subject.labels)]
    if rows and choose.chance(0.25) and len(subject.labels) == 1 and subject.labels[0].unique:
        value = (choose.random.choice(rows)[subject.labels[0].column],)
        inner = Statement([own], subject.table, "", (), tuple(where(Condition(subject.labels[0], "=", value), dialect)))
    statement = Statement(shown, subject.table, "", (), (f"{own} {'>' if above else '<'} ({inner.text(dialect)})",))
    form = "nested compare" if value else "nested average"
    return Request(form, subject, statement.text(dialect), asked, measure=measure, descending=above, value=value)


def both(choose: Chooser) -> Request | None:
    """Show the values of a column that go with one condition and with another (INTERSECT), or without it (EXCEPT)."""
    subject = choose.entity(
        lambda e: bool(e.having("category", "place")) and len(e.having("category", "place", "measure")) > 1
    )
    if not subject:
        return None
    by = choose.one(subject.having("category", "place"), lambda a: _shared(a, subject))
    others = [
        a
        for a in subject.having("category", "place")
        if a is not by and len(a.values) > 1 and not a.refers == by.refers != ""
    ]
    dialect, own, without = choose.world.dialect, column(by), choose.chance(0.35)
    if not others:
        return None
    other = choose.one(others)
    first, second = choose.random.sample(list(other.values), 2)
    one, two = Condition(other, "=", (first,)), Condition(other, "=", (second,))
    sides = [Statement([own], subject.table, "", (), tuple(where(c, dialect))).text(dialect) for c in (one, two)]
    text = f" {'EXCEPT' if without else 'INTERSECT'} ".join(sides)
    return Request("except" if without else "intersect", subject, text, (Asked(by),), (one, two))


RULES: dict[Rule, float] = {
    listed: 6, filtered: 22, looked_up: 13, counted: 12, distinct: 7, aggregated: 9, ordered: 6, superlative: 12,
    grouped: 12, nested: 3, both: 1.2,
}  # fmt: skip
