"""Readable English names from identifiers: split, spelt out, singular and plural."""

from __future__ import annotations

import re

# How schemas shorten words; spelt out only where a whole part of an identifier is the short form.
SHORT = {
    "fname": "first name", "lname": "last name", "mname": "middle name", "firstname": "first name",
    "lastname": "last name", "fullname": "full name", "username": "user name", "birthdate": "birth date",
    "birthday": "birth date", "dob": "birth date", "hiredate": "hire date", "addr": "address", "amt": "amount",
    "avg": "average", "cust": "customer", "dept": "department", "desc": "description", "descr": "description",
    "emp": "employee", "mgr": "manager", "num": "number", "nbr": "number", "org": "organization", "pct": "percent",
    "prod": "product", "prof": "professor", "qty": "quantity", "tel": "phone", "temp": "temperature", "yr": "year",
    "zip": "zip code", "zipcode": "zip code", "postcode": "postal code", "lat": "latitude", "lng": "longitude",
    "stu": "student", "crs": "course", "cnt": "count", "acct": "account", "min": "minimum", "max": "maximum",
    "info": "information", "prereq": "prerequisite", "bldg": "building", "enr": "enrollment", "hs": "training hours",
}  # fmt: skip
KEYS = frozenset({"id", "ids", "key", "pk", "fk", "uid", "guid", "uuid"})
IRREGULAR = {
    "lens": "lenses",
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "mouse": "mice",
    "staff": "staff", "series": "series", "species": "species", "information": "information", "equipment": "equipment",
    "data": "data", "media": "media", "aircraft": "aircraft", "news": "news", "sales": "sales", "faculty": "faculty",
    "analysis": "analyses", "criterion": "criteria", "status": "statuses", "bus": "buses", "index": "indexes",
    "half": "halves", "life": "lives", "wife": "wives", "leaf": "leaves", "photo": "photos", "piano": "pianos",
    "statistics": "statistics", "physics": "physics", "sheep": "sheep", "money": "money", "music": "music",
    "capacity": "capacities", "population": "populations", "elevation": "elevations", "hero": "heroes",
}  # fmt: skip
SINGULAR = {plural: one for one, plural in IRREGULAR.items()} | {
    "buses": "bus", "movies": "movie", "cookies": "cookie", "statuses": "status", "addresses": "address",
}  # fmt: skip
LIKE_PLURAL = ("ss", "us", "is", "ous", "ics")
UNIT_NOTE = re.compile(r"[（(][^（）()]*[）)]")


def words(identifier: str) -> list[str]:
    """Split an identifier at underscores, blanks, hyphens, dots and capitals; lower-case, short forms spelt out.

    A name without any word, such as `_`, is "unnamed".
    """
    identifier = re.sub("MiB|WiFi|GHz|MHz|kHz", lambda match: match[0].capitalize(), identifier)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", identifier)
    parts = [part.lower() for part in re.split(r"[\s_\-./]+", spaced) if part]
    return " ".join(SHORT.get(part) or SHORT.get(part.removesuffix("s"), part) for part in parts).split() or ["unnamed"]


def is_key_name(identifier: str) -> bool:
    """Tell whether a column's name says that it holds a key: `ArtistId`, `uid`, `id`, 词条id."""
    parts = words(identifier)
    return bool(parts) and (
        parts[-1] in KEYS
        or bool(re.fullmatch(r"[a-z]id", parts[-1]))
        or bool(re.search(r"(?:^|[^\x00-\x7f])(?:id|编号)$", parts[-1]))
    )


def without_key(parts: list[str]) -> list[str]:
    """Drop the words that only say "this is a key" from the end."""
    while len(parts) > 1 and (parts[-1] in KEYS or parts[-1] in {"code", "number", "no"}):
        parts = parts[:-1]
    return [re.sub(r"(?<=[^\x00-\x7f])(?:id|编号)$", "", part) for part in parts]


def singular(phrase: str) -> str:
    """Make the last word of a lower-case English phrase singular."""
    head, _, last = phrase.rpartition(" ")
    if last in SINGULAR:
        last = SINGULAR[last]
    elif last in IRREGULAR or last.endswith(LIKE_PLURAL) or not last.isascii() or len(last) < 4:
        pass
    elif last.endswith("ies"):
        last = last[:-3] + "y"
    elif last.endswith(("ches", "shes", "xes", "sses", "zzes")):
        last = last[:-2]
    elif last.endswith("s"):
        last = last[:-1]
    return f"{head} {last}".strip()


def plural(phrase: str) -> str:
    """Make the last word of a lower-case English phrase plural."""
    if " of " in phrase:
        first, _, rest = phrase.partition(" of ")
        return f"{plural(first)} of {rest}"
    head, _, last = phrase.rpartition(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif (
        not last.isascii()
        or last in SINGULAR
        or not last[-1:].isalpha()
        or (last.endswith("s") and not last.endswith(LIKE_PLURAL))
        or (last.endswith("ed") and len(last) > 4 and not last.endswith("eed"))
    ):
        pass
    elif last.endswith("y") and last[-2:-1] not in set("aeiou"):
        last = last[:-1] + "ies"
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        last += "es"
    else:
        last += "s"
    return f"{head} {last}".strip()


def article(phrase: str) -> str:
    """Put "a" or "an" before a phrase; nothing before a plural."""
    if phrase.endswith("s") and not phrase.endswith(LIKE_PLURAL):
        return phrase
    vowel = phrase[:1].lower() in set("aeiou") and not phrase.lower().startswith(("uni", "use", "eu", "one"))
    return f"{'an' if vowel else 'a'} {phrase}"


def listing(items: list[str], last: str = "and") -> str:
    """Join names as a sentence does: "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def is_chinese(text: str) -> bool:
    """Tell whether a text has Chinese characters."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def bare(name: str) -> str:
    """Drop a unit in brackets: 票房（千万） is asked for as 票房."""
    return UNIT_NOTE.sub("", name).strip() or name
