"""Read what a column is about from its name, type and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsol_text2sql.synthesis import lexicon
from dsol_text2sql.synthesis.chinese.words import spoken
from dsol_text2sql.synthesis.links import own_words
from dsol_text2sql.synthesis.meaning import Attribute, Role, Value
from dsol_text2sql.synthesis.names import KEYS, bare, is_chinese, is_key_name, plural, words
from dsol_text2sql.synthesis.synonyms import COLUMN_SYNONYMS

if TYPE_CHECKING:
    from dsol_text2sql.schema import Column, Table

ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}.*)?")
DATED = re.compile(r"\d{4}[-/年.]\d{1,2}(?:[-/月.]\d{1,2}日?)?(?:[ T].*)?")
UNIT = re.compile(
    r" in (?:billions?|millions?|thousands?|dollars?|usd|meters?|km|kg|cm|feet|miles|seconds|minutes|hours|percent)\b.*"
)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def attribute(table: Table, column: Column, noun: str, values: tuple[Value, ...], pointing: bool) -> Attribute:
    """Read a column of a table that is called `noun`; `pointing` says that it holds a foreign key."""
    distinct = column.distinct if column.distinct >= 0 else len(values)
    role, sense = _role(column, values, pointing, distinct, table.rows)
    english = _english(words(column.name), noun, role, pointing, column.name)
    chinese = [bare(column.name)] if is_chinese(column.name) else spoken(english[0])
    if 0 < len(column.description) <= 24 and len(column.description.split()) <= 4:
        if is_chinese(column.description):
            chinese.insert(0, bare(column.description))
        else:
            english.insert(0, column.description.lower())
    texts = [value for value in values if isinstance(value, str)]
    return Attribute(
        table.name,
        column.name,
        role,
        sense,
        tuple(dict.fromkeys(english)),
        tuple(dict.fromkeys(chinese)),
        values,
        unique=1 < table.rows == distinct,
        nullable=column.nullable,
        iso=bool(texts) and all(ISO.fullmatch(value) for value in texts[:20]),
        temporal=column.kind == "date",
    )


def _role(column: Column, values: tuple[Value, ...], pointing: bool, distinct: int, rows: int) -> tuple[Role, str]:
    """Tell what a column is for, and its sense, from its name, type and values."""
    parts = words(column.name)
    texts = [value for value in values if isinstance(value, str)]
    dated = bool(texts) and all(DATED.fullmatch(value) for value in texts[:20])
    name = bare(column.name)
    if (column.primary or pointing) and (not texts or is_key_name(column.name)):
        return "key", ""
    if is_key_name(column.name):
        return "key", ""
    if column.kind == "date" or dated:
        known = set(parts)
        birth = known & lexicon.BIRTH_DATES or name in lexicon.BIRTH_DATES
        return "date", "birth" if birth else "start" if known & lexicon.START_DATES else "date"
    if parts[-1] in lexicon.CONTACT or (len(parts) > 1 and parts[-2] in lexicon.CONTACT and parts[-1] != "name"):
        return "contact", ""
    if not texts and values:
        if column.kind == "boolean" or (set(values) <= {0, 1} and len(values) == 2):
            return "flag", ""
        coded = parts[-1] in lexicon.CODES or "code" in parts[-2:]
        if coded or name.endswith(("代码", "编码", "编号", "邮编", "号码", "届数")):
            return "text", ""
        sense = lexicon.sense_of(parts, name)
        return "measure", "year" if sense in ("", "duration") and _are_years(column.name, values) else sense
    if parts[-1] in {"code", "description", "details", "line"} and not set(parts[-2:-1]) & {
        "type",
        "category",
        "status",
    }:
        return ("category" if 1 < distinct < rows * 0.5 else "text"), ""
    if len(values) == 2 and {str(value).lower() for value in values} <= lexicon.YES | lexicon.NO:
        return "flag", ""
    if len(values) > 1 and all(NUMBER.fullmatch(str(value)) for value in values[:50]):
        return "text", "numeric"
    place = lexicon.place_of(parts, name)
    if place == "address":
        return "text", "address"
    if place:
        return "place", place
    if 1 < distinct <= max(3, rows * 0.6) and rows >= 4 and distinct < 200:
        return "category", ""
    return "text", ""


def _are_years(name: str, values: tuple[Value, ...]) -> bool:
    dated = "（年）" in name or bool(set(words(name)) & lexicon.START_DATES) or "时间" in name
    return dated and all(isinstance(value, int | float) and 1000 <= value <= 2100 for value in values)


def _english(parts: list[str], noun: str, role: Role, pointing: bool, column: str) -> list[str]:
    """List an English column name's readable forms, the table's own noun left out where that still says enough."""
    full = " ".join(parts)
    names = [full]
    for lead in (noun, noun.rpartition(" ")[2], plural(noun)):
        rest = full.removeprefix(f"{lead} ")
        if rest != full and len(rest) > 1 and rest not in {"code", "no"}:
            names.insert(0, rest)
            break
    if names[0] == full and len(parts) > 1 and len(parts[0]) == 1 and parts[0].isalpha() and parts[1] not in KEYS:
        names.insert(0, " ".join(parts[1:]))
    if role == "key" and names[0] in {"id", "key"}:
        names = ["id", f"{noun} id"]
    elif pointing and role != "key":
        names = [own_words(column), full]
    elif role == "place" and names[0] == full and parts[-1] == "name" and len(parts) > 1:
        names = [" ".join(parts[:-1]), full]
    if names[0] in ("milliseconds", "bytes"):
        return [*COLUMN_SYNONYMS[names[0]], names[0]]
    if UNIT.search(names[0]):
        names.insert(0, UNIT.sub("", names[0]))
    if names[0] == "area" and role != "measure":
        return names
    last = names[0].rpartition(" ")[2]
    names += list(COLUMN_SYNONYMS.get(names[0], ())) or [
        names[0].replace(last, other) for other in COLUMN_SYNONYMS.get(f"*{last}", ())
    ]
    return names
