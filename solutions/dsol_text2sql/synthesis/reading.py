"""Read a schema's meaning from its names, types, keys and values."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dsol_text2sql.synthesis import lexicon
from dsol_text2sql.synthesis.chinese.words import classifier, spoken
from dsol_text2sql.synthesis.columns import attribute
from dsol_text2sql.synthesis.links import READ, Key, Values, foreign_keys, own_words, relation, table_words
from dsol_text2sql.synthesis.meaning import Attribute, Entity, Value, World
from dsol_text2sql.synthesis.names import bare, is_chinese, singular, words
from dsol_text2sql.synthesis.synonyms import TABLE_SYNONYMS, VERBS

if TYPE_CHECKING:
    from dsol_text2sql.databases.database import Database
    from dsol_text2sql.schema import Table

# Placeholders, not values that anybody asks for.
NOTHING = {"null", "none", "n/a", "nan", "-", "other", "unknown", "?"}


def read(database: Database) -> World:
    """Make the world of a database; reads up to 2000 distinct values a column."""
    schema = database.schema
    values: dict[tuple[str, str], tuple[Value, ...]] = {}
    for table in schema.tables:
        for column in table.columns:
            found = database.values(table.name, column.name, READ) if table.rows else []
            usable = {value for value in map(plain, found) if value is not None and _usable(value)}
            values[table.name, column.name] = tuple(sorted(usable, key=lambda value: (str(type(value)), value)))
    keys = foreign_keys(schema, values)
    first = {table.name: _entity(table, values, keys) for table in schema.tables}
    entities = {name: _finished(entity, keys, first) for name, entity in first.items()}
    relations = tuple(relation(key, entities) for key in keys)
    named = [name for table in schema.tables for name in (table.name, *(column.name for column in table.columns))]
    return World(schema.dialect, entities, relations, sum(map(is_chinese, named)) * 2 > len(named))


def plain(value: object) -> Value | None:
    """Give a driver's value as text or a number: decimals as numbers, dates in ISO form; None for anything else."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value) if isinstance(value, date) else None


def _usable(value: Value) -> bool:
    if isinstance(value, str):
        fits = bool(value.strip()) and len(value) <= 80 and value.isprintable() and value.lower() not in NOTHING
        return fits and "\\" not in value and value[0] not in "\"'"
    return value == value


def _entity(table: Table, values: Values, keys: list[Key]) -> Entity:
    noun = singular(" ".join(table_words(table)))
    pointing = {key[1] for key in keys if key[0] == table.name}
    attributes = tuple(
        attribute(table, column, noun, values[table.name, column.name], column.name in pointing)
        for column in table.columns
    )
    english = [noun, *(TABLE_SYNONYMS.get(noun, ()))]
    chinese = [bare(table.name)] if is_chinese(table.name) else spoken(noun)
    if 0 < len(table.description) <= 24 and len(table.description.split()) <= 3:
        (chinese if is_chinese(table.description) else english).insert(0, singular(table.description.lower()))
    named = [label.column for label in _labels(table, noun, attributes)]
    primary = [column.name for column in table.columns if column.primary]
    unique = [a.column for a in attributes if a.role == "key" and a.unique]
    others = [a for a in attributes if a.column not in pointing and a.column not in primary]
    spoken_of = any(noun.endswith(word) for word in lexicon.PEOPLE if is_chinese(word))
    person = noun.split()[-1] in lexicon.PEOPLE or len(named) == 2 or spoken_of
    marked = tuple(replace(a, role="label") if a.column in named and a.role != "key" else a for a in attributes)
    labels = tuple(a for column in named for a in marked if a.column == column)
    key = primary[0] if len(primary) == 1 else (*unique, "")[0]
    return Entity(
        table.name,
        tuple(dict.fromkeys(english)),
        tuple(dict.fromkeys(chinese)),
        classifier(chinese[0], person),
        person,
        key,
        labels,
        _told_apart(_titled(marked, person)),
        table.rows,
        links=len(pointing) >= 2 and not any(a.role in ("label", "measure", "category", "place") for a in others),
        distinct=bool(labels)
        and not key
        and not any(a.unique for a in attributes)
        and len(labels[0].values) < 0.85 * table.rows,
    )


def _titled(attributes: tuple[Attribute, ...], person: bool) -> tuple[Attribute, ...]:
    """Call a person's title a job."""
    english, chinese = ("title", "job title", "position"), ("职位", "职务", "头衔")
    return tuple(
        replace(a, english=english, chinese=chinese) if person and a.english[0] == "title" and a.role != "label" else a
        for a in attributes
    )


def _told_apart(attributes: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """Keep a measure's sense only where no other column has it too: "the cheapest" must say which price."""
    senses = Counter(a.sense for a in attributes if a.role == "measure")
    limits = {"minimum", "maximum", "average", "base", "low", "high"}
    return tuple(
        replace(a, sense="")
        if a.role == "measure" and (senses[a.sense] > 1 or limits & set(a.english[0].split()))
        else a
        for a in attributes
    )


def _labels(table: Table, noun: str, attributes: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """Choose the columns that name a row: two names, a name or title, the table's own word, a unique text."""
    texts = [a for a in attributes if a.role not in ("key", "date", "measure", "flag")]
    by_name = {a.english[0] if a.english else a.column: a for a in reversed(texts)}
    if "first name" in by_name and "last name" in by_name:
        return by_name["first name"], by_name["last name"]
    last = noun.rpartition(" ")[2]
    wanted = ["name", "title", "full name", "label", noun, last, "名称", "姓名", "名字", "标题"]
    wanted += [f"{one} {kind}" for one in (noun, last) for kind in ("name", "title")]
    for name in wanted:
        if name in by_name:
            return (by_name[name],)
    for a in texts:
        parts = words(a.column)
        if parts[-1] in {"name", "title"} or a.column.endswith(("名称", "姓名", "标题", "名", "名字")):
            return (a,)
    for a in texts:
        if is_chinese(a.column) and (a.column in table.name or table.name in a.column):
            return (a,)
    fits = [a for a in texts if a.unique and a.role != "contact" and a.sense not in ("address", "numeric")]
    return tuple(a for a in fits if not set(words(a.column)) & {"code", "description", "details"})[:1] or tuple(
        fits[:1]
    )


def _finished(entity: Entity, keys: list[Key], entities: dict[str, Entity]) -> Entity:
    """Say what natural keys refer to, and let a table that only adds facts to another's rows take its noun."""
    pointing = {key[1]: key for key in keys if key[0] == entity.table}
    changed = []
    for a in entity.attributes:
        key = pointing.get(a.column)
        if key and a.role != "key":
            parent = entities[key[2]]
            place = lexicon.place_of(parent.english[0].split(), parent.chinese[0])
            a = replace(
                a, refers=key[2], role="place" if place and a.role != "label" else a.role, sense=place or a.sense
            )
            if a.role == "text":
                a = replace(a, role="category")
            if len(a.english[0]) == 1:
                a = replace(a, english=parent.english, chinese=parent.chinese)
            if a.english[0] in VERBS:
                a = replace(a, verb=a.english[0], english=parent.english[:1], chinese=parent.chinese[:1])
        changed.append(a)
    labels = entity.labels
    if len(labels) == 1 and labels[0].column in pointing and not labels[0].unique:
        # What only says to whom the rows belong doesn't name them.
        changed = [replace(a, role="category") if a.column == labels[0].column else a for a in changed]
        labels = ()
    if not labels:
        own = [a for a in changed if a.refers and a.role != "key"]
        labels = tuple(own[:1]) if own and own[0].unique else ()
    english, chinese, extends = entity.english, entity.chinese, False
    if len(labels) == 1:
        label = next(a for a in changed if a.column == labels[0].column)
        labels = (replace(label, role="label"),)
        changed = [labels[0] if a.column == label.column else a for a in changed]
        if label.refers and label.unique and own_words(label.column) in entities[label.refers].english:
            parent = entities[label.refers]
            english, chinese, extends = parent.english, parent.chinese, True
            labels = (
                (replace(labels[0], english=parent.labels[0].english, chinese=parent.labels[0].chinese),)
                if parent.labels
                else labels
            )
            changed = [labels[0] if a.column == label.column else a for a in changed]
    elif len(labels) == 2:
        labels = tuple(a for label in labels for a in changed if a.column == label.column)
    return replace(
        entity,
        attributes=tuple(changed),
        labels=labels,
        english=english,
        chinese=chinese,
        extends=extends,
        distinct=entity.distinct and bool(labels),
    )
