"""Read a schema's meaning from its names, types, keys and values."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dsol_text2sql.synthesis.chinese_words import classifier, spoken

from dsol_text2sql.synthesis import lexicon
from dsol_text2sql.synthesis.meaning import Attribute, Entity, Relation, Role, Value, World
from dsol_text2sql.synthesis.names import bare, is_chinese, is_key_name, plural, singular, without_key, words
from dsol_text2sql.synthesis.synonyms import COLUMN_SYNONYMS, TABLE_SYNONYMS, VERBS

if TYPE_CHECKING:
    from dsol_text2sql.database import Database

    from dsol_text2sql.schema import Column, Table

VALUES = 2000
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}.*)?")
DATED = re.compile(r"\d{4}[-/年.]\d{1,2}(?:[-/月.]\d{1,2}日?)?(?:[ T].*)?")
NOTHING = {"null", "none", "n/a", "nan", "-", "other", "unknown", "?"}
NOISE = {"tbl", "table", "ref", "t", "tb"}


def read(database: Database) -> World:
    """Make the world of a database; reads up to 2000 distinct values a column."""
    schema = database.schema
    values: dict[tuple[str, str], tuple[Value, ...]] = {}
    for table in schema.tables:
        for column in table.columns:
            found = database.values(table.name, column.name, VALUES) if table.rows else ()
            values[table.name, column.name] = tuple(  # type: ignore[type-var]
                sorted((v for v in found if _usable(v)), key=lambda v: (str(type(v)), v))
            )
    keys = _foreign_keys(database, values)
    entities = {}
    for table in schema.tables:
        entities[table.name] = _entity(table, values, keys)
    entities = {name: _finished(entity, keys, entities) for name, entity in entities.items()}
    relations = tuple(_relation(key, entities) for key in keys)
    named = [name for table in schema.tables for name in (table.name, *(column.name for column in table.columns))]
    chinese = sum(map(is_chinese, named)) * 2 > len(named)
    return World(schema.dialect, entities, relations, chinese)


def plain(value: object) -> Value | None:
    """Give a driver's value as text or a number: decimals as float, dates in ISO form."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value) if isinstance(value, date) else None


def _usable(value: Value | None) -> bool:
    if isinstance(value, str):
        fits = bool(value.strip()) and len(value) <= 80 and value.isprintable()
        return fits and "\\" not in value and value[0] not in "\"'" and value.lower() not in NOTHING
    return value is not None and value == value


Key = tuple[str, str, str, str]


def _foreign_keys(database: Database, values: dict[tuple[str, str], tuple[Value, ...]]) -> list[Key]:
    """Take the declared keys, and where a column has none, those that names and values show."""
    schema = database.schema
    tables = {table.name.lower(): table for table in schema.tables}
    keys: list[Key] = []
    for key in schema.foreign_keys:
        child, parent = tables.get(key.table.lower()), tables.get(key.other.lower())
        own = child.column(key.column) if child else None
        other = parent.column(key.other_column) if parent else None
        if child and parent and own and other and (child.name, own.name) not in {k[:2] for k in keys}:
            keys.append((child.name, own.name, parent.name, other.name))
    declared = {key[:2] for key in keys}
    targets = [
        (table, column, set(values[table.name, column.name]))
        for table in schema.tables
        for column in table.columns
        if 1 < table.rows == len(values[table.name, column.name]) and (table.name, column.name) not in declared
    ]
    paired = {frozenset((key[0], key[2])) for key in keys}
    for table in schema.tables:
        for column in table.columns:
            held = set(values[table.name, column.name])
            own = _own_words(column.name)
            itself = own == singular(" ".join(_table_words(table))) or column.name in ("name", "id")
            if (
                (table.name, column.name) in declared
                or not held
                or itself
                or (column.primary and len(table.columns) > 3)
            ):
                continue
            fitting = [
                (
                    _likeness(column, own, held, other, goal),
                    -other.rows,
                    index,
                    (table.name, column.name, other.name, goal.name),
                )
                for index, (other, goal, pool) in enumerate(targets)
                if other is not table and held <= pool and frozenset((table.name, other.name)) not in paired
            ]
            best = max(fitting, default=None)
            if best and best[0] > 0 and (best[3][2], best[3][3], table.name, column.name) not in keys:
                keys.append(best[3])
    return keys


def _own_words(column: str) -> str:
    """Name what a column points to by its words: `state_name` and `stateId` are about a state."""
    parts = without_key(words(column))
    return singular(" ".join(parts[:-1] if len(parts) > 1 and parts[-1] in ("name", "title") else parts))


def _likeness(column: Column, own: str, held: set[Value], other: Table, goal: Column) -> int:
    """Say how surely a column points to a goal whose values include its own: 0 for not at all."""
    text = all(isinstance(value, str) for value in held)
    called = singular(" ".join(_table_words(other)))
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
    return 1 + 2 * alike + same + keyed + goal.primary + (_own_words(goal.name) == called)


def _table_words(table: Table) -> list[str]:
    parts = [part for part in words(table.name) if part not in NOISE]
    return parts or words(table.name)


def _entity(table: Table, values: dict[tuple[str, str], tuple[Value, ...]], keys: list[Key]) -> Entity:
    parts = _table_words(table)
    noun = singular(" ".join(parts))
    pointing = {key[1] for key in keys if key[0] == table.name}
    attributes = tuple(
        _attribute(table, column, noun, values[table.name, column.name], column.name in pointing)
        for column in table.columns
    )
    english = [noun, *TABLE_SYNONYMS.get(noun.rpartition(" ")[2], ())] if " " not in noun else [noun]
    chinese = [bare(table.name)] if is_chinese(table.name) else spoken(noun)
    if 0 < len(table.description) <= 24 and len(table.description.split()) <= 3:
        (chinese if is_chinese(table.description) else english).insert(0, table.description.lower())
    labels = _labels(table, noun, attributes)
    primary = [column.name for column in table.columns if column.primary]
    key = primary[0] if len(primary) == 1 else next((a.column for a in attributes if a.role == "key" and a.unique), "")
    others = [a for a in attributes if a.column not in pointing and a.column not in primary and a.role != "key"]
    person = (
        noun.split()[-1] in lexicon.PEOPLE
        or len(labels) == 2
        or any(noun.endswith(w) for w in lexicon.PEOPLE if is_chinese(w))
    )
    links = len(pointing) >= 2 and not any(a.role in ("label", "measure", "category", "place") for a in others)
    marked = tuple(
        Attribute(**{**vars(a), "role": "label"}) if a in labels and a.role not in ("key", "measure") else a
        for a in attributes
    )
    named = tuple(a for label in labels for a in marked if a.column == label.column)
    repeats = bool(labels) and not key and len(labels[0].values) < 0.85 * table.rows
    return Entity(table.name, tuple(dict.fromkeys(english)), tuple(dict.fromkeys(chinese)), classifier(chinese[0], person), person,
                  key, named, _told_apart(_titled(marked, person)), table.rows, links, repeats)  # fmt: skip


def _titled(attributes: tuple[Attribute, ...], person: bool) -> tuple[Attribute, ...]:
    """Call a person's title a job."""
    if not person:
        return attributes
    job = {"english": ("title", "job title", "position"), "chinese": ("职位", "职务", "头衔")}
    return tuple(
        replace(a, **job) if a.english and a.english[0] == "title" and a.role != "label" else a for a in attributes
    )  # type: ignore[arg-type]


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
    """Choose the columns that name a row: a person's two names, a name or title, the table's own word, a unique text."""
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


def _attribute(table: Table, column: Column, noun: str, values: tuple[Value, ...], pointing: bool) -> Attribute:
    parts = words(column.name)
    distinct = column.distinct if column.distinct >= 0 else len(values)
    unique = 1 < table.rows == distinct
    temporal = column.kind == "date"
    text = [value for value in values if isinstance(value, str)]
    dated = bool(text) and all(DATED.fullmatch(value) for value in text[:20])
    role, sense = _role(column, parts, values, pointing, dated, distinct, table.rows)
    english = _english(parts, noun, role, pointing, column)
    chinese = [bare(column.name)] if is_chinese(column.name) else spoken(english[0])
    if 0 < len(column.description) <= 24 and len(column.description.split()) <= 4:
        if is_chinese(column.description):
            chinese.insert(0, bare(column.description))
        else:
            english.insert(0, column.description.lower())
    iso = bool(text) and all(ISO.fullmatch(value) for value in text[:20])
    return Attribute(table.name, column.name, role, sense, tuple(dict.fromkeys(english)), tuple(dict.fromkeys(chinese)),
                     values, unique, column.nullable, iso=iso, temporal=temporal)  # fmt: skip


def _role(
    column: Column, parts: list[str], values: tuple[Value, ...], pointing: bool, dated: bool, distinct: int, rows: int
) -> tuple[Role, str]:
    text = any(isinstance(value, str) for value in values)
    name = bare(column.name)
    if (column.primary or pointing) and (not text or is_key_name(column.name)):
        return "key", ""
    if is_key_name(column.name):
        return "key", ""
    if column.kind == "date" or dated:
        known = set(parts)
        birth = known & lexicon.YOUNG_DATES or name in lexicon.YOUNG_DATES
        return "date", "birth" if birth else "start" if known & lexicon.START_DATES else "date"
    if parts[-1] in lexicon.CONTACT or (len(parts) > 1 and parts[-2] in lexicon.CONTACT and parts[-1] != "name"):
        return "contact", ""
    if not text and values:
        if column.kind == "boolean" or (set(values) <= {0, 1} and len(values) == 2):
            return "flag", ""
        if (
            parts[-1] in {"code", "number", "zip"}
            or "code" in parts[-2:]
            or name.endswith(("代码", "编码", "编号", "邮编"))
        ):
            return "text", ""
        return "measure", lexicon.sense_of(parts, name)
    if parts[-1] in {"code", "description", "details", "line"} and parts[-2:-1] not in (
        ["type"],
        ["category"],
        ["status"],
    ):
        return ("category" if 1 < distinct < rows * 0.5 else "text"), ""
    if (
        values
        and all(isinstance(v, str) and v.replace(".", "", 1).removeprefix("-").isdigit() for v in values[:50])
        and len(values) > 1
    ):
        return "text", "numeric"
    place = lexicon.place_of(parts, name)
    if place == "address":
        return "text", "address"
    if place:
        return "place", place
    if 1 < distinct <= max(3, rows * 0.6) and rows >= 4 and distinct < 200:
        return "category", ""
    return "text", ""


def _english(parts: list[str], noun: str, role: Role, pointing: bool, column: Column) -> list[str]:
    """List an English column name's readable forms, the table's own noun left out where that still says enough."""
    full = " ".join(parts)
    nouns = {noun, noun.rpartition(" ")[2], plural(noun)}
    names = [full]
    for lead in nouns:
        rest = full.removeprefix(f"{lead} ")
        if rest != full and len(rest) > 1 and rest not in {"code", "no"}:
            names.insert(0, rest)
            break
    if role == "key" and names[0] in {"id", "key"}:
        names = ["id", f"{noun} id"]
    elif pointing and role != "key":
        names = [_own_words(column.name), full]
    elif role == "place" and names[0] == full and parts[-1] == "name" and len(parts) > 1:
        names = [" ".join(parts[:-1]), full]
    if names[0] in ("milliseconds", "bytes"):
        names = [*COLUMN_SYNONYMS[names[0]], names[0]]
    last = names[0].rpartition(" ")[2]
    names += list(COLUMN_SYNONYMS.get(names[0], ())) or [
        names[0].replace(last, other) for other in COLUMN_SYNONYMS.get(f"*{last}", ())
    ]
    return names


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
            if a.english[0] in VERBS:
                a = replace(a, verb=a.english[0], english=parent.english[:1], chinese=parent.chinese[:1])
        changed.append(a)
    labels = entity.labels
    if not labels:
        own = [a for a in changed if a.refers and a.role != "key"]
        labels = tuple(own[:1]) if own and own[0].unique else ()
    english, chinese, extends = entity.english, entity.chinese, False
    if len(labels) == 1:
        label = next(a for a in changed if a.column == labels[0].column)
        labels = (replace(label, role="label"),)
        changed = [labels[0] if a.column == label.column else a for a in changed]
        if label.refers and label.unique and _own_words(label.column) in entities[label.refers].english:
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
    return replace(entity, attributes=tuple(changed), labels=labels, english=english, chinese=chinese, extends=extends)


def _relation(key: Key, entities: dict[str, Entity]) -> Relation:
    child, column, parent, parent_column = key
    known = entities[parent]
    parts = without_key(words(column))
    called = " ".join(parts[:-1] if parts[-1] in {"name", "title"} and len(parts) > 1 else parts)
    plain = (
        called in (known.english[0], known.english[0].rpartition(" ")[2], plural(known.english[0]))
        or set(called.split()) <= set(known.english[0].split())
        or is_key_name(called)
        or called in VERBS
    )
    own = not plain and not is_chinese(called) and called not in {"", words(child)[-1]}
    english, chinese = known.english, known.chinese
    if own:
        role = "manager" if called in {"reports to", "report to", "boss", "supervisor", "manager"} else called
        english = (role, *(("supervisor", "boss") if role == "manager" else ()))
        chinese = tuple(spoken(role))
    natural = not any(a.column == column and a.role == "key" for a in entities[child].attributes)
    return Relation(child, column, parent, parent_column, english, chinese, own, natural)
