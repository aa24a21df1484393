"""Rows that teach to extract: fields of records told in words, the things that a text names, and triples.

Records are the rows of Spider's (English) and SeSQL's (Chinese) tables; things and triples in real text are
Re-DocRED's. Every answer is JSON, one compact line for each thing, so that a cut answer loses only its last line.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsol_seed.public import Stated, documents_with_triples, entities
from dsol_seed.row import Row, Task, divided

HAN = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
KINDS = {
    "PER": "person",
    "ORG": "organization",
    "LOC": "place",
    "TIME": "time",
    "NUM": "number",
    "MISC": "other",
}
MOST = 12  # triples of an answer
NOTHING = {"en": "none", "zh": "无"}
FIELDS = {
    "en": (
        "Extract the fields {names} from the text. One JSON line for each record.",
        "Read the text and give {names} as JSON, one line a record.",
    ),
    "zh": ("从文字中抽取字段：{names}。每条记录一行JSON。", "阅读文字，以JSON给出{names}，每条记录一行。"),
}
TRIPLES = {
    "en": (
        "Extract triples. Predicates: {names}. One JSON line for each triple.",
        "Which of these relations does the text state: {names}? Answer with one JSON line a triple.",
    ),
    "zh": ("抽取三元组。谓词：{names}。每个三元组一行JSON。", "文中有哪些下列关系：{names}？每个三元组一行JSON。"),
}
THINGS = (
    "List the {kinds} that the text names. One JSON line for each, with name and type.",
    "Find the {kinds} in the text. Answer with one JSON line each: name, type.",
)


@dataclass(frozen=True)
class Record:
    """A table's row: what such rows are called, its own name, and its other cells by column."""

    database: str
    table: str
    label: str
    cells: Mapping[str, str]

    @property
    def language(self) -> str:
        return "zh" if HAN.search(self.table + "".join(self.cells)) else "en"


def records(databases: Path, each: int, seed: int = 0) -> list[Record]:
    """Read some rows of every table that says what its rows are called."""
    draw = random.Random(seed)
    found: list[Record] = []
    for path in sorted(databases.iterdir()):
        connection = sqlite3.connect(f"file:{path.resolve()}?mode=ro", uri=True)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                quoted = '"' + table.replace('"', '""') + '"'
                cursor = connection.execute(f"SELECT * FROM {quoted} LIMIT 200")
                columns = [column[0] for column in cursor.description]
                rows = cursor.fetchall()
                found += _records(path.stem, table, columns, draw.sample(rows, min(each, len(rows))))
        finally:
            connection.close()
    return found


def fields(some: Sequence[Record], count: int, seed: int = 1) -> Task:
    """Make rows that ask for fields of one to three records."""
    draw = random.Random(seed)
    return divided(_fields(_by_table(some), count, draw))


def triples(public: Path, some: Sequence[Record], count: int, seed: int = 2) -> Task:
    """Make rows that ask for triples: in sentences of real text, and about `count` in records told in words."""
    draw = random.Random(seed)
    return divided([*_real_triples(public, draw), *told_triples(some, count, draw)])


def things(public: Path, seed: int = 3) -> Task:
    """Make rows that ask for the people, places and other things that a text names."""
    return divided(_things(public, random.Random(seed)))


def lines(rows: Sequence[Mapping[str, object]], language: str) -> str:
    """Write one compact JSON line for each, or say that there is none."""
    if not rows:
        return NOTHING[language]
    return "\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)


def _records(database: str, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> Iterator[Record]:
    words = [_words(column) for column in columns]
    named = [at for at, said in enumerate(words) if re.search(r"name|title|名|标题", said) and "id" not in said.split()]
    for row in rows:
        cells = {
            said: _cell(cell)
            for said, cell in zip(words, row, strict=True)
            if cell not in (None, "") and 0 < len(str(cell)) <= 50 and not said.endswith(("id", "ID", "编号"))
        }
        at = named[0] if named else -1
        label = cells.pop(words[at], "") if at >= 0 else ""
        if label and not label.isdigit() and len(cells) >= 2:
            yield Record(database, _words(table), label, cells)


def _cell(cell: object) -> str:
    whole = isinstance(cell, float) and cell.is_integer()
    return " ".join(str(int(cell) if whole else cell).split())  # type: ignore[call-overload]


def _words(name: str) -> str:
    return name if HAN.search(name) else " ".join(word.lower() for word in WORD.findall(name)) or name


def _by_table(some: Sequence[Record]) -> list[list[Record]]:
    found: dict[tuple[str, str], list[Record]] = {}
    for record in some:
        found.setdefault((record.database, record.table), []).append(record)
    return list(found.values())


def _told(record: Record, names: Sequence[str], draw: random.Random) -> str:
    """Say some cells of a record in a sentence."""
    said = [(name, record.cells[name]) for name in names]
    if record.language == "zh":
        form = draw.choice(("{n}是{v}", "{n}为{v}", "{n}：{v}"))
        start = draw.choice(("{t}{l}，", "{l}的", "有一个{t}叫{l}，", "“{l}”："))
        return start.format(t=record.table, l=record.label) + "，".join(form.format(n=n, v=v) for n, v in said) + "。"
    form = draw.choice(("{n} is {v}", "{n} {v}", "{v} as its {n}", "{n}: {v}"))
    start = draw.choice(("{l} has ", "The {t} {l}: ", "There is a {t} named {l}, with ", "{l} ({t}), "))
    parts = [form.format(n=n, v=v) for n, v in said]
    joined = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + draw.choice((" and ", ", ")) + parts[-1]
    return start.format(t=record.table, l=record.label) + joined + "."


def _fields(tables: Sequence[Sequence[Record]], count: int, draw: random.Random) -> Iterator[tuple[str, Row]]:
    for _ in range(count):
        table = draw.choice(tables)
        some = draw.sample(list(table), min(len(table), draw.randint(1, 3)))
        language = some[0].language
        names = list(some[0].cells)
        told = draw.sample(names, min(len(names), draw.randint(2, 5)))
        wanted = draw.sample(told, draw.randint(1, min(3, len(told))))
        if draw.random() < 0.2 and len(names) > len(told):
            wanted.append(draw.choice([name for name in names if name not in told]))  # the text doesn't say it: null
        text, found = [], []
        key = "名称" if language == "zh" else "name"
        for record in some:
            held = [name for name in told if name in record.cells]
            if held:
                text.append(_told(record, held, draw))
                known = {name: record.cells[name] if name in held else None for name in wanted}
                found.append({key: record.label, **known})
        asked = draw.choice(FIELDS[language]).format(names=", ".join([key, *wanted]))
        yield some[0].database, Row((" " if language == "en" else "").join(text), lines(found, language), asked)


def told_triples(some: Sequence[Record], count: int, draw: random.Random) -> Iterator[tuple[str, Row]]:
    """Make rows that ask for triples in records told in words, with the database of each."""
    tables = _by_table(some)
    for _ in range(count):
        table = draw.choice(tables)
        here = draw.sample(list(table), min(len(table), draw.randint(1, 3)))
        language = here[0].language
        names = list(here[0].cells)
        predicates = draw.sample(names, min(len(names), draw.randint(2, 5)))
        text, found = [], []
        for record in here:
            held = [name for name in names if name in record.cells]
            told = draw.sample(held, min(len(held), draw.randint(1, 3)))
            text.append(_told(record, told, draw))
            said = [name for name in told if name in predicates]
            found += [{"subject": record.label, "predicate": name, "object": record.cells[name]} for name in said]
        asked = draw.choice(TRIPLES[language]).format(names=", ".join(predicates))
        yield here[0].database, Row((" " if language == "en" else "").join(text), lines(found, language), asked)


def _real_triples(public: Path, draw: random.Random) -> Iterator[tuple[str, Row]]:
    documents = list(documents_with_triples(public))
    usual = [one.predicate for _, _, stated in documents for one in stated]
    for title, sentences, stated in documents:
        for first in range(len(sentences)):
            last = first + draw.randint(1, 3)
            here: dict[int, Stated] = {}
            for one in sorted(stated, key=lambda one: (one.at, one.to)):
                if first <= one.at[0] < last and first <= one.to[0] < last:
                    here.setdefault(one.fact, one)  # its first mention stands for it
            named = list(dict.fromkeys(one.predicate for one in here.values()))
            asked = draw.sample(named, min(len(named), 5))
            asked = list(dict.fromkeys([*asked, *(name for name in draw.sample(usual, 4) if name not in named)]))
            draw.shuffle(asked)
            said = [(one.subject, one.predicate, one.object) for one in here.values() if one.predicate in asked]
            rows = [dict(zip(("subject", "predicate", "object"), one, strict=True)) for one in dict.fromkeys(said)]
            words = draw.choice(TRIPLES["en"]).format(names=", ".join(asked))
            yield title, Row(" ".join(sentences[first:last]), lines(rows[:MOST], "en"), words)


def _things(public: Path, draw: random.Random) -> Iterator[tuple[str, Row]]:
    plural = {"PER": "people", "ORG": "organizations", "LOC": "places", "TIME": "times", "NUM": "numbers"}
    for title, sentences, mentions in entities(public):
        for first in range(0, len(sentences), 2):
            last = first + draw.randint(1, 3)
            wanted = draw.sample(list(plural), draw.randint(1, 3))
            found = {(name, kind): None for at, _, name, kind in mentions if first <= at < last and kind in wanted}
            rows = [{"name": name, "type": KINDS[kind]} for name, kind in found]
            asked = draw.choice(THINGS).format(kinds=", ".join(plural[kind] for kind in wanted))
            yield title, Row(" ".join(sentences[first:last]), lines(rows, "en"), asked)
