"""The grammar's rules over things that belong together: pairs, counts for each, most, none, who leads whom."""

from __future__ import annotations

from dataclasses import replace

from dsol_text2sql.synthesis.choosing import Chooser
from dsol_text2sql.synthesis.clauses import column, columns, grouping, identity, joins, select, where
from dsol_text2sql.synthesis.drawing import NEVER_ADDED, conditions, measures
from dsol_text2sql.synthesis.meaning import Attribute, Entity, Relation, Value
from dsol_text2sql.synthesis.queries import Rule
from dsol_text2sql.synthesis.request import Asked, Condition, Path, Request
from dsol_text2sql.synthesis.statement import Join, Statement, literal, ref


def _owner(choose: Chooser) -> tuple[Entity, Path, Entity] | None:
    """Draw an owner that has a name, and the way to many other things."""
    world = choose.world
    options = {e.table: world.downward(e.table) for e in world.asked_for() if e.labels and not e.extends}
    options = {
        t: [w for w in ways if world.entities[w[-1].end].english != world.entities[t].english]
        for t, ways in options.items()
    }
    options = {table: ways for table, ways in options.items() if ways}
    if not options:
        return None
    owner = world.entities[choose.one(list(options))]
    way = choose.one(
        options[owner.table], lambda way: 1.0 if len(way) == 1 or world.entities[way[0].end].links else 0.35
    )
    return owner, way, world.entities[way[-1].end]


def _grouped(owner: Entity, way: Path) -> Statement | None:
    """Start a statement that has one group for each owner; no join where the others hold its name themselves."""
    relation = way[0].relation
    if len(way) == 1 and relation.natural and [a.column for a in owner.labels] == [relation.parent_column]:
        own = ref(relation.child, relation.column)
        return Statement([own], relation.child, group=(own,))
    joined = joins(owner.table, [way])
    if joined is None:
        return None
    shown = [column(a) for a in owner.labels]
    return Statement(shown, owner.table, "", joined, group=grouping(owner, shown))


def pairs(choose: Chooser) -> Request | None:
    """Show columns of a thing next to the name of what it belongs to."""
    world = choose.world
    subject = choose.entity(lambda e: bool(e.labels))
    ways = (
        [w for w in world.upward(subject.table) if world.entities[w[-1].end].labels and not w[-1].relation.natural]
        if subject
        else []
    )
    if not subject or not ways:
        return None
    way = choose.one(ways, lambda way: 1 / len(way))
    end = world.entities[way[-1].end]
    asked = tuple(Asked(a) for a in subject.labels) + tuple(Asked(a, way) for a in end.labels)
    chosen = conditions(choose, subject, 1, 0.3) if choose.chance(0.35) else ()
    statement = select(world, subject, columns(asked), chosen, extra=[way])
    if not statement or any(not step.up for c in chosen for step in c.via):
        return None
    return Request("pairs", subject, statement.text(world.dialect), asked, chosen)


def each(choose: Chooser) -> Request | None:
    """Show for each owner how many others it has, or the sum or average of their measure."""
    drawn = _owner(choose)
    if not drawn:
        return None
    owner, way, other = drawn
    start = _grouped(owner, way)
    if start is None:
        return None
    amount, measure, function = _amount(choose, other)
    shown = list(start.columns)
    statement = start.but(columns=[*shown, amount])
    asked = tuple(Asked(a) for a in owner.labels)
    form, number, descending, draw = "each", 0, choose.chance(0.75), choose.random.random()
    if draw > 0.45:
        form, number = "most", 1 if choose.chance(0.78) else choose.random.choice((2, 3, 3, 5, 10))
        descending = descending or number > 3 or function == "MAX"
        facts = [a for a in owner.attributes if a.role not in ("key", "label") and a not in owner.labels and a.values]
        only = choose.random.random()
        if facts and only < 0.18:
            asked = (*asked, Asked(choose.one(facts))) if only < 0.08 else (Asked(choose.one(facts)),)
        if {one.attribute for one in asked} != set(owner.labels):
            shown = columns(asked)
            further = joins(owner.table, [way])
            if further is None:
                return None
            start = Statement(shown, owner.table, "", further, group=grouping(owner, shown))
        with_amount = choose.chance(0.15)
        statement = start.but(
            columns=[*shown, amount] if with_amount else shown, order=(amount + " DESC" * descending,), limit=number
        )
        asked = (*asked, Asked(measure or owner.labels[0], way)) if with_amount else asked
    elif draw > 0.36:
        form = "each order"
        statement = statement.but(order=(amount + " DESC" * descending,))
    text = statement.text(choose.world.dialect)
    return Request(
        form,
        owner,
        text,
        asked,
        functions=(function,),
        measure=measure,
        other=other,
        relation=way[-1].relation,
        descending=descending,
        number=number,
    )


def _amount(choose: Chooser, other: Entity) -> tuple[str, Attribute | None, str]:
    """Draw what is computed of the others: their number, a function of a measure, or price times quantity."""
    options = measures(other)
    prices = [a for a in options if a.sense == "price"]
    numbers = [a for a in options if a.english[0] in ("quantity", "amount", "order quantity", "units")] or [
        a for a in other.having("measure") if a.english[0] == "quantity"
    ]
    if prices and numbers and choose.chance(0.4):
        revenue = Attribute(
            other.table, "", "measure", "money", ("revenue", "sales", "sales amount"), ("销售额", "收入")
        )
        return f"SUM({column(prices[0])} * {column(numbers[0])})", revenue, "SUM"
    if options and choose.chance(0.3):
        measure = choose.one(options)
        function = choose.random.choice(("SUM", "SUM", "AVG", "MAX"))
        if function == "SUM" and measure.sense in NEVER_ADDED:
            function = "AVG"
        return f"{function}({column(measure)})", measure, function
    return (f"COUNT(DISTINCT {identity(other)})" if other.distinct else "COUNT(*)"), None, "COUNT"


def having(choose: Chooser) -> Request | None:
    """Show the owners with more than, at least, fewer than or exactly n others."""
    drawn = _owner(choose)
    if not drawn:
        return None
    owner, way, other = drawn
    start = _grouped(owner, way)
    if start is None or (len(way) > 1 and not way[1].up) or other.distinct:
        return None
    comparison = choose.random.choice((">", ">", ">=", ">=", "<", "="))
    number = choose.random.choice((1, 2, 2, 3, 3, 5, 5, 10, 20)) + (comparison == "<")
    with_count = choose.chance(0.25)
    shown = [*start.columns, "COUNT(*)"] if with_count else start.columns
    statement = start.but(columns=shown, having=f"COUNT(*) {comparison} {number}")
    asked = tuple(Asked(a) for a in owner.labels) + ((Asked(owner.labels[0], way),) if with_count else ())
    return Request(
        "having",
        owner,
        statement.text(choose.world.dialect),
        asked,
        other=other,
        relation=way[-1].relation,
        number=number,
        comparison=comparison,
    )


def lacking(choose: Chooser) -> Request | None:
    """Show or count the owners that have none of something, or at least one."""
    drawn = _owner(choose)
    if not drawn:
        return None
    owner, way, other = drawn
    first = way[0].relation
    if len(way) > 1 and not choose.world.entities[first.child].links:
        return None
    dialect, counting = choose.world.dialect, choose.chance(0.35)
    pointing = ref(first.child, first.column)
    some = choose.chance(0.3)
    asked = tuple(Asked(a) for a in owner.labels)
    if some and counting:
        text = Statement([f"COUNT(DISTINCT {pointing})"], first.child).text(dialect)
    else:
        inner = Statement([pointing], first.child)
        known = any(a.column == first.column and a.nullable for a in choose.world.entities[first.child].attributes)
        if known and not some and dialect and _has_null(choose, first):
            inner = inner.but(where=(f"{pointing} IS NOT NULL",))
        test = f"{ref(owner.table, first.parent_column)} {'IN' if some else 'NOT IN'} ({inner.text(dialect)})"
        text = Statement(["COUNT(*)"] if counting else columns(asked), owner.table, "", (), (test,)).text(dialect)
    return Request(
        "some" if some else "none", owner, text, () if counting else asked, other=other, relation=way[-1].relation
    )


def _has_null(choose: Chooser, relation: Relation) -> bool:
    return any(row.get(relation.column) is None for row in choose.rows[relation.child])


def tally(choose: Chooser) -> Request | None:
    """Count the things of a kind that one named owner has."""
    drawn = _owner(choose)
    rows = choose.rows[drawn[0].table] if drawn else []
    if not drawn or not rows:
        return None
    owner, way, other = drawn
    row = choose.random.choice(rows)
    values = choose.named(row, owner)
    back = tuple(replace(step, up=not step.up) for step in reversed(way))
    joined = joins(other.table, [back])
    if joined is None or not values:
        return None
    named = Condition(owner.labels[0], "=", values, (), owner.labels if len(values) == 2 else ())
    listing = bool(other.labels) and choose.chance(0.4)
    amount, measure, function = _amount(choose, other)
    asked = tuple(Asked(a) for a in other.labels) if listing else ()
    tests = tuple(where(named, choose.world.dialect))
    statement = Statement(columns(asked) if listing else [amount], other.table, "", joined, tests)
    relation = way[0].relation
    if len(way) == 1 and relation.natural and [a.column for a in owner.labels] == [relation.parent_column]:
        held = replace(owner.labels[0], table=relation.child, column=relation.column)
        tests = tuple(where(Condition(held, "=", named.values), choose.world.dialect))
        statement = statement.but(joins=(), where=tests, distinct=listing and other.distinct)
    if listing:
        measure, function = None, ""
    return Request(
        "owned" if listing else "tally",
        owner,
        statement.text(choose.world.dialect),
        asked,
        (named,),
        functions=(function,),
        measure=measure,
        other=other,
        relation=way[-1].relation,
    )


def led(choose: Chooser) -> Request | None:
    """Ask who a row's superior is, who belongs to a superior, or both side by side, through a key to the same table."""
    world = choose.world
    options = [r for r in world.relations if r.child == r.parent and world.entities[r.child].labels and not r.natural]
    if not options:
        return None
    relation = choose.one(options)
    subject = world.entities[relation.child]
    join = Join(subject.table, ref("t1", relation.column), ref("t2", relation.parent_column), "t2")
    low = [ref("t1", a.column) for a in subject.labels]
    high = [ref("t2", a.column) for a in subject.labels]
    asked = tuple(Asked(a) for a in subject.labels)
    draw, dialect = choose.random.random(), world.dialect
    form, value = "led pairs", tuple[Value, ...]()
    statement = Statement([*low, *high], subject.table, "t1", (join,))
    if draw < 0.7:
        row = choose.random.choice(choose.rows[subject.table])
        value = choose.named(row, subject)
        if not value:
            return None
        side, shown, form = (low, high, "leader") if draw < 0.35 else (high, low, "followers")
        tests = tuple(f"{name} = {literal(v, dialect)}" for name, v in zip(side, value, strict=True))
        statement = statement.but(columns=shown, where=tests)
    elif draw < 0.85:
        form = "leading most"
        statement = statement.but(
            columns=high, group=(ref("t2", relation.parent_column), *high), order=("COUNT(*) DESC",), limit=1
        )
    return Request(form, subject, statement.text(dialect), asked, relation=relation, value=value)


RULES: dict[Rule, float] = {pairs: 6, each: 15, having: 5, lacking: 7, tally: 9, led: 2.5}
