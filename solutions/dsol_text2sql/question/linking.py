"""Find which tables and columns a question names, whatever form the name takes there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from dsol_text2sql.question.text import Token, is_cjk, keys, name_words, singular, tokens
from dsol_text2sql.question.vocabulary import others
from dsol_text2sql.question.words import stop_words
from dsol_text2sql.schema import Column, Schema, Table
from dsol_text2sql.synthesis.chinese.words import spoken

CLOSE = 0.3  # a reading this much weaker than the best one of the same words is no reading
# What database people shorten column names to.
ABBREVIATIONS = {
    "acc": "account", "acct": "account", "addr": "address", "amt": "amount", "avg": "average", "bal": "balance",
    "cat": "category", "cd": "code", "cnt": "count", "comp": "company", "cust": "customer", "dep": "department",
    "dept": "department", "desc": "description", "dob": "date of birth", "emp": "employee", "enr": "enrollment",
    "fname": "first name", "gpa": "gpa", "lname": "last name", "loc": "location", "max": "maximum",
    "mgr": "manager", "min": "minimum", "num": "number", "org": "organization", "pos": "position", "pct": "percent",
    "prod": "product", "prof": "professor", "qty": "quantity", "stu": "student", "tel": "phone", "temp": "temperature",
    "univ": "university", "yr": "year",
}  # fmt: skip
# The letters of LName, f_name.
INITIALS = {"f": "first", "l": "last", "m": "middle"}
OWN = 0.85  # how well "name" says the name of a table's row: the shop_name of a shop
SPELLED = 0.9  # how well a name says what it is short for
LABELS = frozenset({"code", "name", "type", "description"})
UNITS = frozenset(
    {
        "billion", "million", "dollar", "usd", "euro", "pound", "km", "kg", "cm", "mb", "gb", "mib", "percent", "meter",
        "metre", "mile", "foot", "feet", "hour", "minute", "second", "count", "number", "quantity",
    }
)  # fmt: skip
KEY_WORDS = frozenset({"id", "key", "code", "no"})


@dataclass(frozen=True)
class Named:
    """A table, or with `column` one of its columns, that tokens [first, last) of the question name."""

    table: str
    column: str
    first: int
    last: int
    score: float


class NameIndex:
    """Hold the forms under which a question may name the tables and columns of a schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._forms: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
        for table in schema.tables:
            own = name_words(table.name)
            for form, score in _table_forms(table, own):
                self._add(form, table.name, "", score)
            for column in table.columns:
                for form, score in _column_forms(column, own):
                    self._add(form, table.name, column.name, score)
                for key in schema.foreign_keys:
                    if (key.table, key.column) == (table.name, column.name) and key.other != table.name:
                        # "the support rep" of a customer is a row of Employee, not its number.
                        for form, score in _role_forms(column):
                            self._add(form, key.other, "", score)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for form in self._forms:
            self._by_letter[form[0]].append(form)
        self._longest = max((form.count(" ") + 1 for form in self._forms), default=0)

    def link(self, question: str | list[Token]) -> tuple[Named, ...]:
        """Find named tables and columns in the question's order; longer names win, equal readings are all given."""
        read = tokens(question) if isinstance(question, str) else question
        spans: list[tuple[int, int, dict[tuple[str, str], float]]] = []
        for first in range(len(read)):
            form = ""
            for last in range(first + 1, min(len(read), first + self._longest) + 1):
                form = f"{form} {read[last - 1].key}" if form else read[first].key
                targets = self._forms.get(form)
                if targets:
                    spans.append((first, last, targets))
        found: list[Named] = []
        taken = [False] * len(read)
        for first, last, targets in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
            if not any(taken[first:last]):
                taken[first:last] = [True] * (last - first)
                found.extend(_best(targets, first, last))
        for place, token in enumerate(read):
            if not taken[place]:
                found.extend(_best(self._near(token), place, place + 1))
        return tuple(sorted(found, key=lambda named: (named.first, -named.score)))

    def _add(self, form: str, table: str, column: str, score: float) -> None:
        phrase = " ".join(keys(form))
        # "to" is no way to say ReportsTo, but "total" is one to say Total.
        words = phrase.split(" ")
        # Nor is "to list" one to say ToList, but "first name" is one to say fname.
        short = len(words) == 1 or not is_cjk(words[0])
        own = words == ["name"] and score >= OWN
        plain = column and (score >= 1.0 or own or (score >= SPELLED and len(words) > 1 and words[-1] == "name"))
        grammar = short and all(word in stop_words() for word in words) and not plain
        if phrase and not grammar:
            known = self._forms[phrase]
            known[table, column] = max(score, known.get((table, column), 0.0))

    def _near(self, token: Token) -> dict[tuple[str, str], float]:
        """Find the names that a misspelt word means."""
        if len(token.key) < 5 or not token.key.isascii() or not token.key.isalpha() or token.key in stop_words():
            return {}
        for form in self._by_letter.get(token.key[0], ()):
            if abs(len(form) - len(token.key)) <= 1 and OSA.distance(form, token.key, score_cutoff=1) <= 1:
                return {target: score * 0.7 for target, score in self._forms[form].items()}
        return {}


def _best(targets: dict[tuple[str, str], float], first: int, last: int) -> Iterator[Named]:
    top = max(targets.values(), default=0.0)
    for (table, column), score in targets.items():
        if score > top - CLOSE:
            yield Named(table, column, first, last, score)


def _table_forms(table: Table, words: list[str]) -> Iterator[tuple[str, float]]:
    """Give the ways to say a table: its name, its description, synonyms, Chinese; its last word is a weak one."""
    name = _readable(words)
    yield name, 1.0
    yield "".join(words), 0.9
    if 0 < len(table.description) <= 24:
        yield table.description, 0.95
    for phrase in (*spoken(name), *others(name)):
        yield phrase, 0.9
    if len(words) > 1 and not is_cjk(words[-1]):
        yield words[-1], 0.5
        for phrase in others(words[-1]):
            yield phrase, 0.4
    for first in range(1, len(words) - 1):
        if words[first] not in stop_words():
            yield _readable(words[first:]), 0.7


def _column_forms(column: Column, table: list[str]) -> Iterator[tuple[str, float]]:
    """Give the ways to say a column: whole, without the table's name or a leading qualifier, synonyms, Chinese."""
    words = name_words(column.name)
    name = _readable(words)
    yield name, 1.0
    yield "".join(words), 0.9
    if 0 < len(column.description) <= 24:
        yield column.description, 0.95
    for phrase in (*spoken(name), *others(name)):
        yield phrase, 0.9
    spelled = [full for word in words for full in ABBREVIATIONS.get(word, word).split(" ")]
    if spelled[-1:] == ["name"] and spelled[-2:-1] and spelled[-2] in INITIALS:
        spelled[-2] = INITIALS[spelled[-2]]
    if spelled != words:
        yield _readable(spelled), 0.9
        shared = {*table, *(full for word in table for full in ABBREVIATIONS.get(word, word).split(" "))}
        if rest := [word for word in spelled if word not in shared]:
            yield _readable(rest), 0.8
    bare = [word for word in words if word not in table]
    if bare and len(bare) < len(words):
        yield _readable(bare), 0.85
        for phrase in (*spoken(_readable(bare)), *others(_readable(bare))):
            yield phrase, 0.75
    if (len(words) > 2 and words[-1] in LABELS) or (len(words) > 1 and singular(words[-1]) in UNITS):
        said = words[:-2] if words[-2] == "in" else words[:-1]
        if said:
            yield _readable(said), 0.65  # the payment method of a payment_method_code, the price of a price_in_euros
    for first in range(1, len(words) - 1):
        if words[first] not in stop_words():
            yield _readable(words[first:]), 0.7
    if len(words) > 1 and words[-1] not in KEY_WORDS and words[-1] != "name" and not is_cjk(words[-1]):
        yield words[-1], 0.6
        for phrase in (*spoken(words[-1]), *others(words[-1])):
            yield phrase, 0.55


def _role_forms(column: Column) -> Iterator[tuple[str, float]]:
    """Give the ways to say what a linking column points to: its name without "id", and synonyms of that."""
    words = name_words(column.name)
    if words[-1:] and words[-1] in KEY_WORDS and len(words) > 1:
        name = _readable(words[:-1])
        yield name, 0.85
        for phrase in (*spoken(name), *others(name)):
            yield phrase, 0.8


def _readable(words: list[str]) -> str:
    return "".join(words) if words and all(map(is_cjk, words)) else " ".join(words)
