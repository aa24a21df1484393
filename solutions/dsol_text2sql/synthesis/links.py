"""Find how tables point to one another: declared keys, and those that names and values show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dsol_text2sql.synthesis.chinese.words import spoken
from dsol_text2sql.synthesis.meaning import Entity, Relation, Value
from dsol_text2sql.synthesis.names import is_chinese, is_key_name, plural, singular, without_key, words
from dsol_text2sql.synthesis.synonyms import VERBS

if TYPE_CHECKING:
    from dsol_text2sql.schema import Column, Schema, Table

NOISE = {"tbl", "table", "ref", "t", "tb"}
# Values of a column that is longer than this aren't compared whole.
READ = 2000

Key = tuple[str, str, str, str]  # child, its column, parent, its column
Values = Mapping[tuple[str, str], tuple[Value, ...]]


def table_words(table: Table) -> list[str]:
    """Split a table's name, without the parts that only say that it is a table."""
    parts = [part for part in words(table.name) if part not in NOISE]
    return parts or words(table.name)


def own_words(column: str) -> str:
    """Name what a column points to by its words: `state_name` and `stateId` are about a state."""
    parts = without_key(words(column))
    return singular(" ".join(parts[:-1] if len(parts) > 1 and parts[-1] in ("name", "title") else parts))


def foreign_keys(schema: Schema, values: Values) -> list[Key]:
    """Take the declared keys, and where a column has none, the likeliest of those that its name and values show."""
    keys = _declared(schema)
    declared, paired = {key[:2] for key in keys}, {frozenset((key[0], key[2])) for key in keys}
    goals = [
        (table, column, set(values[table.name, column.name]))
        for table in schema.tables
        for column in table.columns
        if 1 < table.rows == len(values[table.name, column.name]) and (table.name, column.name) not in declared
    ]
    for table in schema.tables:
        for column in table.columns:
            held = set(values[table.name, column.name])
            itself = own_words(column.name) == singular(" ".join(table_words(table))) or column.name in ("name", "id")
            primary = column.primary and len(table.columns) > 3
            if (table.name, column.name) in declared or not held or itself or primary:
                continue
            fitting = [
                (_likeness(column, held, other, goal), -other.rows, index)
                for index, (other, goal, pool) in enumerate(goals)
                if other is not table and held <= pool and frozenset((table.name, other.name)) not in paired
            ]
            likeness, _, index = max(fitting, default=(0, 0, 0))
            if likeness > 0:
                other, goal, _ = goals[index]
                if (other.name, goal.name, table.name, column.name) not in keys:
                    keys.append((table.name, column.name, other.name, goal.name))
    return keys


def _declared(schema: Schema) -> list[Key]:
    keys: list[Key] = []
    for key in schema.foreign_keys:
        child, parent = schema.table(key.table), schema.table(key.other)
        own = child.column(key.column) if child else None
        goal = parent.column(key.other_column) if parent else None
        if child and parent and own and goal and (child.name, own.name) not in {known[:2] for known in keys}:
            keys.append((child.name, own.name, parent.name, goal.name))
    return keys


def _likeness(column: Column, held: set[Value], other: Table, goal: Column) -> int:
    """Say how surely a column points to a goal whose values include its own: 0 for not at all."""
    text = all(isinstance(value, str) for value in held)
    own = own_words(column.name)
    called = singular(" ".join(table_words(other)))
    alike = own == called or (is_chinese(own) and own in called)
    same = column.name.lower() == goal.name.lower() and goal.name.lower() not in {"id", "name"}
    keyed = is_key_name(column.name) and is_key_name(goal.name)
    wide = text and len(held) >= 5 and len(held) * 8 >= other.rows
    if not (
        (same and (goal.primary or (text and other.rows >= 20)))
        or (alike and (text or goal.primary))
        or (text and (keyed or wide))
    ):
        return 0
    return 1 + 2 * alike + same + keyed + goal.primary + (own_words(goal.name) == called)


def relation(key: Key, entities: dict[str, Entity]) -> Relation:
    """Read what a parent is to its child: a role of its own ("manager"), or just what it is."""
    child, column, parent, parent_column = key
    known = entities[parent]
    parts = without_key(words(column))
    called = " ".join(parts[:-1] if parts[-1] in {"name", "title"} and len(parts) > 1 else parts)
    plain = (
        called in (known.english[0], known.english[0].rpartition(" ")[2], plural(known.english[0]))
        or set(called.split()) <= set(known.english[0].split())
        or is_key_name(called)
        or called in VERBS
        or (called.endswith("id") and " " not in called)
        or len(called) == 1
    )
    own_role = not plain and not is_chinese(called) and singular(called) not in {"", singular(words(child)[-1])}
    english, chinese = known.english, known.chinese
    if own_role:
        role = "manager" if called in {"reports to", "report to", "boss", "supervisor", "manager"} else called
        english = (role, *(("supervisor", "boss") if role == "manager" else ()))
        chinese = tuple(spoken(role))
    natural = not any(a.column == column and a.role == "key" for a in entities[child].attributes)
    return Relation(child, column, parent, parent_column, english, chinese, own_role, natural)
