"""The grammar's rules for superlatives, groups, comparisons with an average, and sets."""

from __future__ import annotations

from dataclasses import replace

from dsol_text2sql.synthesis.choosing import Chooser
from dsol_text2sql.synthesis.clauses import column, columns, identity, many, select, where, year
from dsol_text2sql.synthesis.drawing import NEVER_ADDED, measures, shared, some
from dsol_text2sql.synthesis.queries import Rule
from dsol_text2sql.synthesis.request import Asked, Condition, Request
from dsol_text2sql.synthesis.statement import Statement


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
    asked: tuple[Asked, ...] = tuple(Asked(a) for a in subject.labels)
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
    if (
        number == 1
        and choose.chance(0.8 if subject.distinct else 0.1)
        and not any(one.via for one in asked)
        and not any(c.via for c in chosen)
    ):
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
    by = choose.one(subject.having("category", "place"), lambda a: shared(a, subject))
    dialect, draw = choose.world.dialect, choose.random.random()
    own = column(by)
    dates = [a for a in subject.having("date") if a.iso and (a.temporal or dialect == "sqlite")]
    if dates and choose.chance(0.15):
        day = choose.one(dates)
        lone = len(dates) == 1
        english = "year" if lone else day.english[0].removesuffix(" date") + " year"
        chinese = "年份" if lone else day.chinese[0].removesuffix("日期") + "年份"
        by = replace(day, role="category", english=(english,), chinese=(chinese,))
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
    every = f"COUNT(DISTINCT {identity(subject)})" if subject.distinct else "COUNT(*)"
    amount = f"{function}({column(measure)})" if measure else every
    statement = select(choose.world, subject, [own, amount], chosen)
    if not statement or many(c.via for c in chosen):
        return None
    statement = statement.but(group=(own,))
    descending, number, comparison, form = choose.chance(0.7), 0, "", "group"
    if draw > 0.86:
        form = "group order"
        statement = statement.but(order=(amount + " DESC" * descending,))
    elif draw > 0.5:
        if function == "MIN":
            return None
        descending = descending or function == "MAX"
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
    return Request(
        form,
        subject,
        statement.text(dialect),
        asked,
        chosen,
        functions=(function,),
        measure=measure,
        by=Asked(by),
        descending=descending,
        number=number,
        comparison=comparison,
    )


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
    rows = [row for row in choose.rows[subject.table] if choose.named(row, subject)]
    if rows and choose.chance(0.25) and len(subject.labels) == 1 and subject.labels[0].unique:
        value = choose.named(choose.random.choice(rows), subject)
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
    by = choose.one(subject.having("category", "place"), lambda a: shared(a, subject))
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


RULES: dict[Rule, float] = {superlative: 12, grouped: 12, nested: 3, both: 1.2}
