"""Turn conditions and paths into SQL clauses."""

from __future__ import annotations

from collections.abc import Iterable

from dsol_text2sql.synthesis.meaning import Attribute, Entity, World
from dsol_text2sql.synthesis.request import Asked, Condition, Path
from dsol_text2sql.synthesis.statement import Join, Statement, literal, ref


def column(attribute: Attribute) -> str:
    return ref(attribute.table, attribute.column)


def columns(asked: Iterable[Asked]) -> list[str]:
    return [column(one.attribute) for one in asked]


def year(attribute: Attribute, dialect: str) -> str:
    """Take the year of a date column."""
    own = column(attribute)
    if dialect == "sqlite":
        return f"STRFTIME('%Y', {own})"
    return f"EXTRACT(YEAR FROM {own})" if dialect == "postgres" else f"YEAR({own})"


def where(condition: Condition, dialect: str) -> list[str]:
    """Write a condition as one or two comparisons that are joined by AND."""
    own = column(condition.attribute)
    values = [literal(value, dialect) for value in condition.values]
    match condition.operator:
        case "between":
            return [f"{own} BETWEEN {values[0]} AND {values[1]}"]
        case "in":
            return [f"{own} IN ({', '.join(values)})"]
        case "contains" | "starts" | "ends":
            text = str(condition.values[0])
            before, after = condition.operator != "starts", condition.operator != "ends"
            return [f"{own} LIKE " + literal("%" * before + text + "%" * after, dialect)]
        case "null":
            return [f"{own} IS NULL"]
        case "not null":
            return [f"{own} IS NOT NULL"]
        case "year":
            if not condition.attribute.iso and not condition.attribute.temporal:
                return [f"{own} LIKE " + literal(f"{condition.values[0]}%", dialect)]
            if condition.attribute.temporal or dialect == "sqlite":
                number = f"'{condition.values[0]}'" if dialect == "sqlite" else str(condition.values[0])
                return [f"{year(condition.attribute, dialect)} = {number}"]
            return [f"{own} LIKE " + literal(f"{condition.values[0]}%", dialect)]
        case "years":
            marks = "'" if dialect == "sqlite" else ""
            first, last = (f"{marks}{value}{marks}" for value in condition.values)
            if condition.attribute.temporal or dialect == "sqlite":
                return [f"{year(condition.attribute, dialect)} BETWEEN {first} AND {last}"]
            return [f"{own} BETWEEN '{condition.values[0]}' AND '{condition.values[1]}-12-31'"]
        case "after" | "before":
            return [f"{own} {'>' if condition.operator == 'after' else '<'} {values[0]}"]
        case operator if condition.name:
            return [f"{column(a)} {operator} {value}" for a, value in zip(condition.name, values, strict=True)]
        case "!=":
            return [f"{own} <> {values[0]}"]
        case operator:
            return [f"{own} {operator} {values[0]}"]


def joins(subject: str, paths: Iterable[Path]) -> tuple[Join, ...] | None:
    """Join what the paths lead to; None where one table would be reached in two ways."""
    made: dict[str, Join] = {}
    for path in paths:
        for step in path:
            relation = step.relation
            child, parent = ref(relation.child, relation.column), ref(relation.parent, relation.parent_column)
            join = Join(step.end, child, parent) if step.up else Join(step.end, parent, child)
            if step.end == subject or made.get(step.end, join) != join:
                return None
            made[step.end] = join
    return tuple(made.values())


def identity(entity: Entity) -> str:
    """Name the column that tells rows of an entity apart."""
    return ref(entity.table, entity.key) if entity.key else column((entity.labels or entity.attributes)[0])


def grouping(entity: Entity, shown: Iterable[str]) -> tuple[str, ...]:
    """Group by an entity's key and what is shown of it, so that every server accepts the query."""
    key = (ref(entity.table, entity.key),) if entity.key else ()
    return tuple(dict.fromkeys((*key, *shown)))


def many(paths: Iterable[Path]) -> bool:
    """Tell whether following the paths can repeat a row."""
    return any(not step.up for path in paths for step in path)


def select(
    world: World,
    subject: Entity,
    shown: list[str],
    conditions: tuple[Condition, ...],
    either: bool = False,
    extra: Iterable[Path] = (),
) -> Statement | None:
    """Start a statement that shows something of a subject under conditions."""
    paths = [*extra, *(condition.via for condition in conditions)]
    joined = joins(subject.table, paths)
    if joined is None:
        return None
    parts: list[str] = []
    for condition in conditions:
        parts += where(condition, world.dialect)
    return Statement(shown, subject.table, "", joined, tuple(parts), "OR" if either else "AND")
