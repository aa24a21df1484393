"""Multiply examples by exchanging values that occur in both question and SQL for others of the same column."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dsol_text2sql.databases.database import Database, QueryError
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.question.literals import chinese_number
from dsol_text2sql.question.slots import Phrases, Slot, pieces, slots
from dsol_text2sql.question.text import is_cjk
from dsol_text2sql.question.values import ValueIndex

TRIES = 5  # draws for each copy that is wanted; most fail because nothing in the database is so
SUFFIX = 4  # names that a character always follows, from which on it is a word of its own
LONGEST = 50  # characters of a value that a question would name
FEW = 50  # words in a column from which on only those are drawn that stand in several values
VALUES = 2000  # values of a column, or rows of a table, that are drawn from

_ADJECTIVE = re.compile(r"(an|ese|ish|ch|sh|ss|ek)$")
_ENGLISH: tuple[str, ...] = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_CHINESE: tuple[str, ...] = ("", "", *"两三四五六七八九十")
_QUOTES = "\"'“”‘’「」《》`"


class Exchange:
    """Draw other values for what examples about one database say; remembers what it has read of it."""

    def __init__(self, database: Database, index: ValueIndex, training: Iterable[Example], seed: int) -> None:
        self._database = database
        self._seed = seed
        self._values: dict[tuple[str, str], Sequence[Any]] = {
            (table, column): values for table, column, _, values in index.columns
        }
        self._rows: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self._parts: dict[tuple[str, str, str], list[str]] = {}
        self._phrases = _phrases(index, training)
        self._named: dict[tuple[str, str], dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
        for (table, column, value), phrases in self._phrases.items():
            for manner in {_manner(phrase) for phrase in phrases} - {""}:
                first = next(phrase for phrase in phrases if _manner(phrase) == manner)
                self._named[table, column][manner].append((value, first))

    def copies(self, example: Example, count: int) -> list[Example]:
        """Make up to `count` copies of an example whose SQL runs and returns something; the same for the same seed.

        The SQL should be canonical: strings in single quotes.
        """
        found = slots(example.question, example.sql, self._database.schema, self._phrases) if count else []
        source = random.Random(f"{self._seed}/{example.id}/{example.question}")
        made: list[Example] = []
        seen = {example.question}
        for _ in range(count * TRIES if found else 0):
            drawn = self._draw(found, example.question, source)
            question, sql = _exchanged(example, drawn)
            if not drawn or question in seen:
                continue
            seen.add(question)
            if self._says_something(sql):
                id = f"{example.id}+{len(made) + 1}"
                made.append(replace(example, id=id, question=question, sql=sql, accepted=(sql,)))
            if len(made) == count:
                break
        return made

    def _draw(self, found: Sequence[Slot], question: str, source: random.Random) -> dict[Slot, tuple[str, str]]:
        """Draw new contents for some slots: what the SQL and what the question says there."""
        chosen = [slot for slot in found if source.random() < 0.8] or [source.choice(found)]
        drawn: dict[Slot, tuple[str, str]] = {}
        tables: dict[str, list[Slot]] = defaultdict(list)
        for slot in chosen:
            if slot.kind == "value":
                tables[slot.table].append(slot)
            elif (new := self._other(slot, question, source)) is not None:
                drawn[slot] = new
        for some in tables.values():
            columns = [slot.column for slot in some]
            if len(some) == 1 or len(set(columns)) < len(columns):
                together = [source.choice(self._column(slot.table, slot.column) or ("",)) for slot in some]
            else:  # a first and a last name belong to one person
                together = list(source.choice(self._together(some[0].table, columns) or [("",) * len(some)]))
            for slot, value in zip(some, together, strict=True):
                if str(value) != slot.value and (said := _said_so(slot, str(value), question)):
                    drawn[slot] = str(value), said
        return drawn

    def _other(self, slot: Slot, question: str, source: random.Random) -> tuple[str, str] | None:
        start, end = slot.spans[0]
        surface = question[start:end]
        if slot.kind == "alias":
            options = self._named[slot.table.lower(), slot.column.lower()][_manner(surface)]
            value, phrase = source.choice(options) if options else ("", "")
            return (value, _cased(phrase, surface)) if value not in ("", slot.value) else None
        if slot.kind in ("contains", "starts", "ends"):
            core = self._part(slot, source)
            return (core, _cased(core, surface)) if core and core.lower() != slot.value.lower() else None
        if slot.kind == "year":
            years = sorted({str(value)[:4] for value in self._column(slot.table, slot.column)} - {slot.value})
            years = [year for year in years if year.isdigit()]
            year = source.choice(years) if years else ""
            return (year, year) if year else None
        number = self._number(slot, source)
        said = _number_said(number, surface)
        return (number, said) if number != slot.value and said else None

    def _number(self, slot: Slot, source: random.Random) -> str:
        """Draw a number that could stand there as well; its decimals and its roundness stay."""
        if slot.kind == "equal":
            values = [value for value in self._column(slot.table, slot.column) if isinstance(value, int)]
            return str(source.choice(values)) if values else slot.value
        if "." in slot.value:
            decimals = len(slot.value.partition(".")[2])
            return f"{float(slot.value) * source.uniform(0.5, 2):.{decimals}f}"
        old = int(slot.value)
        if slot.kind == "limit":
            return str(source.choice(range(2, 11) if old <= 10 else (12, 15, 20, 25, 30, 50)))
        if old <= 20:
            return str(source.randint(2, old + 4))
        step = 10 ** (len(slot.value) - len(slot.value.rstrip("0")))
        return str(max(1, round(old * source.uniform(0.5, 2) / step)) * step)

    def _part(self, slot: Slot, source: random.Random) -> str:
        """Draw what other values of the column contain, begin or end with: single letters or whole words."""
        key = (slot.table, slot.column, slot.kind)
        if key not in self._parts:
            words = [str(value).split() or [""] for value in self._column(slot.table, slot.column)]
            if slot.kind != "contains":
                words = [value[:1] if slot.kind == "starts" else value[-1:] for value in words]
            counts = Counter(word for value in words for word in set(value) if word.isalnum())
            self._parts[key] = sorted(word for word, many in counts.items() if many > 1 or len(counts) < FEW)
        parts = self._parts[key]
        if len(slot.value) == 1:
            letters = sorted({part[0] if slot.kind == "starts" else part[-1] for part in parts})
            return source.choice(letters) if letters and slot.kind != "contains" else ""
        longer = [part for part in parts if len(part) > 2]
        return source.choice(longer) if longer else ""

    def _column(self, table: str, column: str) -> Sequence[Any]:
        """Give the values of a column that a question could name."""
        if (table, column) not in self._values:
            self._values[table, column] = tuple(self._database.values(table, column, VALUES))
        if (table, column, "") not in self._rows:
            fit = [(value,) for value in self._values[table, column] if not isinstance(value, str) or _fits(value)]
            self._rows[table, column, ""] = fit
            self._values[table, column] = tuple(value for (value,) in fit)
        return self._values[table, column]

    def _together(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Give what the rows of a table hold in these columns."""
        key = (table, *columns)
        if key not in self._rows:
            names = ", ".join(self._database.quote(column) for column in columns)
            sql = f"SELECT DISTINCT {names} FROM {self._database.quote(table)}"
            rows = self._database.execute(sql, row_limit=VALUES).rows
            self._rows[key] = sorted(row for row in rows if all(isinstance(v, str) and _fits(v) for v in row))
        return self._rows[key]

    def _says_something(self, sql: str) -> bool:
        """Tell whether a query runs and returns more than nothing, NULL or a count of nothing."""
        try:
            rows = self._database.execute(sql, row_limit=2).rows
        except QueryError:
            return False
        return any(value is not None for row in rows for value in row) and rows != ((0,),)


def _phrases(index: ValueIndex, training: Iterable[Example]) -> Phrases:
    """Turn aliases around: (table, column, value) -> phrases, known ones before learned ones; names in lower case."""
    broken = _pieces_of_names([phrase for phrase in index.aliases if is_cjk(phrase)], training)
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for phrase, targets in index.aliases.items():
        for table, column, value in targets if phrase not in broken else ():
            found[table.lower(), column.lower(), str(value)].append(phrase)
    return found


def _pieces_of_names(phrases: Sequence[str], training: Iterable[Example]) -> set[str]:
    """Find learned Chinese phrases that are pieces of longer names (加拿 of 加拿大).

    The same character always stands beside a piece, and beside few other phrases (unlike 州 or 的).
    """
    text = "\n".join(["", *(example.question for example in training if example.language == "zh"), ""])
    beside: dict[str, list[str]] = {}
    for phrase in phrases:
        found = [(text[m.start() - 1], text[m.end()]) for m in re.finditer(re.escape(phrase), text)]
        sides = list(zip(*found, strict=True))
        beside[phrase] = [
            side[0] + "<>"[place] for place, side in enumerate(sides) if len(set(side)) == 1 and is_cjk(side[0])
        ]
    shared = Counter(side for sides in beside.values() for side in sides)
    return {phrase for phrase, sides in beside.items() if any(shared[side] < SUFFIX for side in sides)}


def _manner(phrase: str) -> str:
    """Say which phrases can stand for each other: Chinese names, English adjectives (german, french)."""
    if is_cjk(phrase):
        return "chinese"
    return "adjective" if _ADJECTIVE.search(phrase.lower()) and " " not in phrase else ""


def _exchanged(example: Example, drawn: Mapping[Slot, tuple[str, str]]) -> tuple[str, str]:
    """Write question and SQL with the new contents."""
    cut = pieces(example.sql)
    question = example.question
    spans = sorted(((span, slot) for slot in drawn for span in slot.spans), key=lambda pair: pair[0], reverse=True)
    for (start, end), slot in spans:
        question = question[:start] + drawn[slot][1] + question[end:]
    for slot, (value, _) in drawn.items():
        for place in slot.places:
            if slot.kind in ("limit", "equal", "number"):
                cut[place] = value
            elif slot.kind == "year":
                cut[place] = cut[place].replace(slot.value, value, 1)
            else:
                inside = cut[place][1:-1]
                old = slot.value.replace("'", "''")
                cut[place] = "'" + inside.replace(old, value.replace("'", "''")) + "'"
    return question, "".join(cut)


def _fits(value: str) -> bool:
    """Tell whether a question could name the value: short, on one line, with a letter or digit in it."""
    return len(value) <= LONGEST and value.isprintable() and "\\" not in value and any(map(str.isalnum, value))


def _said_so(slot: Slot, value: str, question: str) -> str:
    """Give a value as the question would say it, "" where its quotation marks would break."""
    start, end = slot.spans[0]
    around = {question[start - 1] if start else "", question[end] if end < len(question) else ""}
    if set(value) & around & set(_QUOTES):
        return ""
    surface = question[start:end]
    return value if surface == slot.value else _cased(value, surface)


def _cased(text: str, surface: str) -> str:
    """Write a text in capitals and small letters as the question did."""
    if surface.islower():
        return text.lower()
    if surface.isupper() and len(surface) > 3:
        return text.upper()
    return text if not text.islower() or not surface[:1].isupper() else " ".join(map(str.capitalize, text.split(" ")))


def _number_said(number: str, surface: str) -> str:
    """Write a number as the question did: in digits, with thousands parted, or as a word."""
    if surface.replace(".", "").isdigit() and surface.isascii():
        return number
    if re.fullmatch(r"\d{1,3}(,\d{3})+", surface):
        return f"{int(number):,}"
    small = int(number) if number.isdigit() and int(number) < 11 else 0
    if surface.isalpha() and surface.isascii() and small:
        return _ENGLISH[small]
    if small and chinese_number(surface) is not None:
        return _CHINESE[small]
    return ""
