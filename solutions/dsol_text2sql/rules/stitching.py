"""Stitch a query together from what was understood of a question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dsol_text2sql.databases.schema_text import identifier
from dsol_text2sql.question.text import name_words
from dsol_text2sql.schema import ForeignKey, Schema

# Words of the columns of a person's two names.
PEOPLE = (["first", "name"], ["last", "name"], ["f", "name"], ["l", "name"], ["fname"], ["lname"])


@dataclass(frozen=True)
class Place:
    """A column, the year of one (`part` "year"), or with `column` "" the rows of a table."""

    table: str
    column: str = ""
    part: str = ""


@dataclass(frozen=True)
class Shown:
    """Something selected or ordered by: a column, or an aggregate ("COUNT", "SUM", ...) of one; "" counts rows."""

    place: Place
    function: str = ""
    distinct: bool = False


@dataclass(frozen=True)
class Condition:
    """`place operator value`; "ABSENT" says that no row of `place.table` belongs to the subject; "ABOVE MEAN" and

    "BELOW MEAN" compare with the column's average; "IN" takes the values of `among`.
    """

    place: Place
    operator: str
    value: str | int | float | None = None
    other: str | int | float | None = None
    among: tuple[str | int | float | None, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """What a question asks for, before it is SQL; `subject` is the table whose rows it speaks of."""

    subject: str
    shown: tuple[Shown, ...]
    conditions: tuple[Condition, ...] = ()
    group: tuple[Place, ...] = ()
    having: tuple[tuple[Shown, str, str], ...] = ()
    order: tuple[tuple[Shown, str], ...] = ()
    limit: int = 0
    distinct: bool = False
    joined: tuple[str, ...] = field(default=())


def with_links(schema: Schema) -> Schema:
    """Take columns of one name for links where the database declares no foreign keys (state_name)."""
    if schema.foreign_keys:
        return schema
    keys = []
    for table, column in schema.columns():
        for other in schema.tables:
            words = name_words(column.name)
            stem = "".join(words[:-1])
            fits = other is not table and other.column(column.name) and words[-1:] in (["name"], ["id"], ["code"])
            if fits and stem in ("".join(name_words(other.name)), name_words(other.name)[-1]):
                keys.append(ForeignKey(table.name, column.name, other.name, column.name))
    return replace(schema, foreign_keys=tuple(keys))


def stitch(sketch: Sketch, schema: Schema) -> str | None:
    """Write the sketch as one SELECT; None where its tables aren't linked."""
    used = [sketch.subject, *sketch.joined]
    used += [shown.place.table for shown in sketch.shown]
    used += [condition.place.table for condition in sketch.conditions if condition.operator != "ABSENT"]
    used += [place.table for place in sketch.group]
    used += [shown.place.table for shown, _, _ in sketch.having] + [shown.place.table for shown, _ in sketch.order]
    source = _source(list(dict.fromkeys(used)), schema)
    if source is None:
        return None
    text, many = source
    write = _Writer(schema, qualified=many)
    conditions = [write.condition(condition, sketch.subject) for condition in sketch.conditions]
    if any(condition is None for condition in conditions):
        return None
    sql = "SELECT " + ("DISTINCT " if sketch.distinct else "") + ", ".join(map(write.shown, sketch.shown))
    sql += f" FROM {text}"
    if conditions:
        sql += " WHERE " + " AND ".join(condition for condition in conditions if condition)
    if sketch.group:
        sql += " GROUP BY " + ", ".join(map(write.place, sketch.group))
    if sketch.having:
        sql += " HAVING " + " AND ".join(f"{write.shown(shown)} {sign} {value}" for shown, sign, value in sketch.having)
    if sketch.order:
        sql += " ORDER BY " + ", ".join(
            write.shown(shown) + (" DESC" if way == "desc" else "") for shown, way in sketch.order
        )
    return sql + (f" LIMIT {sketch.limit}" if sketch.limit else "")


def nearer(sketch: Sketch, schema: Schema) -> Sketch | None:
    """Speak of the table of the first condition instead, where nothing links it with the subject."""
    subject = next((c.place.table for c in sketch.conditions if c.place.table != sketch.subject), "")
    if not subject:
        return None

    def linked(place: Place) -> bool:
        return schema.path(subject, place.table) is not None

    shown = tuple(one for one in sketch.shown if linked(one.place))
    shown = shown or tuple(Shown(Place(subject), one.function) for one in sketch.shown if one.function == "COUNT")
    return replace(
        sketch,
        subject=subject,
        shown=shown or tuple(map(Shown, labels(schema, subject))),
        conditions=tuple(one for one in sketch.conditions if linked(one.place)),
        group=tuple(place for place in sketch.group if linked(place)),
        having=tuple(one for one in sketch.having if linked(one[0].place)),
        order=tuple(one for one in sketch.order if linked(one[0].place)),
        joined=(),
    )


def _source(tables: Sequence[str], schema: Schema) -> tuple[str, bool] | None:
    """Join the tables along the shortest chains of foreign keys."""
    here = [tables[0]]
    text = identifier(tables[0], schema.dialect)
    for table in tables[1:]:
        if table in here:
            continue
        chains = [(path, start) for start in here if (path := schema.path(start, table)) is not None]
        if not chains:
            return None
        path, _ = min(chains, key=lambda chain: len(chain[0]))
        for key in path:
            new = key.table if key.table not in here else key.other
            if new in here:
                continue
            here.append(new)
            write = _Writer(schema, qualified=True)
            one, two = Place(key.table, key.column), Place(key.other, key.other_column)
            text += f" JOIN {identifier(new, schema.dialect)} ON {write.place(one)} = {write.place(two)}"
    return text, len(here) > 1


@dataclass(frozen=True)
class _Writer:
    schema: Schema
    qualified: bool

    def place(self, place: Place) -> str:
        column = identifier(place.column, self.schema.dialect) if place.column else "*"
        whole = f"{identifier(place.table, self.schema.dialect)}.{column}" if self.qualified else column
        if place.part == "year":
            return f"strftime('%Y', {whole})" if self.schema.dialect == "sqlite" else f"EXTRACT(YEAR FROM {whole})"
        return whole

    def shown(self, shown: Shown) -> str:
        if not shown.function:
            return self.place(shown.place)
        if not shown.place.column:
            return f"{shown.function}(*)"
        return f"{shown.function}({'DISTINCT ' if shown.distinct else ''}{self.place(shown.place)})"

    def condition(self, condition: Condition, subject: str) -> str | None:
        if condition.operator == "ABSENT":
            return self._absent(condition.place.table, subject)
        column = self.place(condition.place)
        if condition.operator in ("IS NULL", "IS NOT NULL"):
            return f"{column} {condition.operator}"
        if condition.operator in ("ABOVE MEAN", "BELOW MEAN"):
            sign = ">" if condition.operator == "ABOVE MEAN" else "<"
            plain = replace(self, qualified=False).place(condition.place)
            table = identifier(condition.place.table, self.schema.dialect)
            return f"{column} {sign} (SELECT AVG({plain}) FROM {table})"
        bare = condition.place.part == "year" and self.schema.dialect != "sqlite"
        values = [str(v) if bare else constant(v, self.schema.dialect) for v in (condition.value, condition.other)]
        if condition.operator == "IN":
            return f"{column} IN ({', '.join(constant(value, self.schema.dialect) for value in condition.among)})"
        if condition.operator == "BETWEEN":
            return f"{column} BETWEEN {values[0]} AND {values[1]}"
        return f"{column} {condition.operator} {values[0]}"

    def _absent(self, table: str, subject: str) -> str | None:
        path = self.schema.path(subject, table)
        if not path:
            return None
        first = path[0]
        own, far, near = (
            (first.column, first.other, first.other_column)
            if first.table == subject
            else (first.other_column, first.table, first.column)
        )
        rest = _source(
            [far, *(name for key in path[1:] for name in (key.table, key.other) if name != far)], self.schema
        )
        if rest is None:
            return None
        source, many = rest
        inner = replace(self, qualified=many).place(Place(far, near))
        return f"{self.place(Place(subject, own))} NOT IN (SELECT {inner} FROM {source})"


def constant(value: str | int | float | None, dialect: str) -> str:
    """Write a value as a constant of SQL; MySQL reads a backslash in a string as an escape."""
    if not isinstance(value, str):
        return "NULL" if value is None else str(value)
    escaped = value.replace("\\", "\\\\") if dialect == "mysql" else value
    return "'" + escaped.replace("'", "''") + "'"


def labels(schema: Schema, table: str) -> tuple[Place, ...]:
    """Choose the columns that say what a row is: a person's two names, a name or title, else its key."""
    found = schema.table(table)
    columns = found.columns if found else ()
    words = {column.name: name_words(column.name) for column in columns}
    own = set(name_words(table))

    def first(test: Iterable[str]) -> tuple[Place, ...]:
        return tuple(Place(table, name) for name in list(test)[:1])

    people = [name for name, said in words.items() if said[-2:] in PEOPLE or said in PEOPLE]
    keys = {key.column for key in schema.foreign_keys if key.table == table}
    return (
        (tuple(Place(table, name) for name in people[:2]) if len(people) >= 2 else ())
        or first(n for n, w in words.items() if w == ["name"] or (w[-1:] == ["name"] and set(w[:-1]) & own))
        or first(n for n, w in words.items() if w == ["title"] or w in (list("名称"), list("姓名"), list("名字")))
        or first(n for n, w in words.items() if w[-1:] in (["name"], ["title"], ["称"], ["名"]) and n not in keys)
        or first(c.name for c in columns if c.primary and c.name not in keys)
        or first(c.name for c in columns if c.kind == "text" and c.name not in keys)
        or first(c.name for c in columns if c.kind == "text")
        or first(c.name for c in columns)
    )


def key(schema: Schema, table: str) -> Place | None:
    """Give the column that tells the rows of a table apart, where it is one column."""
    found = schema.table(table)
    primary = [column.name for column in found.columns if column.primary] if found else []
    return Place(table, primary[0]) if len(primary) == 1 else None
