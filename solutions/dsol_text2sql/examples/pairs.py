"""Question/SQL pairs as people bring them: one noun, read from every format, checked against the databases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsol import DataError, unknown
from dsol.records import Problems
from dsol_text2sql.databases.database import Database
from dsol_text2sql.examples.checking import Checked
from dsol_text2sql.examples.files import SQL_FIELDS, Row, read_rows
from dsol_text2sql.question.questions import language_of
from dsol_text2sql.settings import LONGEST_QUESTION
from dsol_text2sql.sql.accepted import accepted_queries

DATABASE_FIELDS = ("database", "db_id", "db_name")
ID_FIELDS = ("id", "question_id")
SPLITS = ("train", "dev", "test")
LANGUAGES = ("en", "zh")

_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Example:
    """A question and the SQL that answers it; `accepted` are all right queries, `sql` the first of them.

    A Chinese question may be cut into words by spaces, as some data sets are: `tidy` takes them out.
    `language` is "en" or "zh"; `split` is what the file says: "train", "dev", "test" or "". `origin` is file:line.
    """

    id: str
    question: str
    sql: str
    accepted: tuple[str, ...]
    database: str
    language: str
    split: str
    origin: str


@dataclass(frozen=True)
class Dropped:
    """An example that can't be used, and why."""

    origin: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """What came out of files: usable examples, and those that were left out."""

    examples: tuple[Example, ...]
    dropped: tuple[Dropped, ...]


def read_examples(
    paths: Sequence[Path],
    databases: Mapping[str, Database],
    *,
    split: str = "question",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Reading:
    """Read files of examples and run each query once; `split` says which of a file's own splits counts.

    Rows that don't fit, unknown databases, tables and columns raise one DataError that names them all by file and
    line. A query that doesn't run for another reason is dropped; when none runs, that is a DataError too.
    """
    problems = Problems()
    found: list[Example] = []
    for path in paths:
        made = [example for row in read_rows(path, problems) for example in _from_row(row, split, path.stem, problems)]
        whole = [example for example in made if _readable(example, problems)]
        found += _with_databases(_told_apart(whole), databases, problems)
    runs = Checked(databases, problems).runs
    kept, dropped = [], []
    for done, example in enumerate(found, 1):
        good, reason = runs(example.database, example.accepted, example.origin)
        if good:
            kept.append(replace(example, sql=good[0], accepted=good))
        elif reason:
            dropped.append(Dropped(example.origin, reason))
        if done % 50 == 0 or done == len(found):
            progress(done, len(found))
    problems.stop()
    if not kept:
        raise DataError(
            [f"none of the {len(found)} queries runs on the database:"]
            + [f"{item.origin}: {item.reason}" for item in dropped]
        )
    return Reading(tuple(kept), tuple(dropped))


def _readable(example: Example, problems: Problems) -> bool:
    """Note an example that could be written nowhere, or whose question is longer than is read when it is asked."""
    if _NO_TEXT.search(example.question) or _NO_TEXT.search(example.id):
        problems.add(
            example.origin, "the question or id holds a character that is no text (NUL, half a surrogate pair)"
        )
    elif len(example.question) > LONGEST_QUESTION:
        length = f"{len(example.question):,} characters"
        problems.add(example.origin, f"the question has {length}, of which {LONGEST_QUESTION:,} are read; shorten it")
    else:
        return True
    return False


def _told_apart(examples: Sequence[Example]) -> list[Example]:
    """Give each example an id of its own: a JSON file may have all its rows on one line, or use a name twice."""
    seen: Counter[str] = Counter()
    apart = []
    for example in examples:
        seen[example.id] += 1
        number = seen[example.id]
        apart.append(replace(example, id=f"{example.id}.{number}") if number > 1 else example)
    return apart


def _from_row(row: Row, split: str, stem: str, problems: Problems) -> Iterator[Example]:
    """Turn one record of any format into examples."""
    if "sentences" in row.fields:
        yield from _from_sentences(row, split, stem, problems)
        return
    sql = _field(row, SQL_FIELDS, problems)
    question = row.fields.get("question")
    if question is None:
        problems.add(row.origin, f"field 'question' is missing{_there(row)}")
        return
    if sql is None:
        return
    line = row.origin.rpartition(":")[2]
    name = str(next((row.fields[key] for key in ID_FIELDS if row.fields.get(key)), f"{stem}-{line}"))
    database = _field(row, DATABASE_FIELDS, problems, needed=False) or ""
    own = row.fields.get("split", "")
    mine = row.split or (own if own in SPLITS else "")
    queries = accepted_queries(sql)
    if not queries:
        problems.add(row.origin, "field 'sql' is empty")
        return
    if isinstance(question, str):
        text = " ".join(question.split())
        if text:
            yield Example(name, text, queries[0], queries, database, language_of(text), mine, row.origin)
        else:
            problems.add(row.origin, "field 'question' is empty")
    elif isinstance(question, dict):
        texts = {language: question[language] for language in LANGUAGES if language in question}
        if not texts or not all(isinstance(text, str) and text.strip() for text in texts.values()):
            problems.add(row.origin, "field 'question' must hold a text for 'en', 'zh' or both")
            return
        for language, text in texts.items():
            yield Example(
                f"{name}-{language}", " ".join(text.split()), queries[0], queries, database, language, mine, row.origin
            )
    else:
        problems.add(row.origin, f"field 'question' must be text, found {type(question).__name__}")


def _from_sentences(row: Row, split: str, stem: str, problems: Problems) -> Iterator[Example]:
    """Fill in the variables of one record of text2sql-data: several wordings of one query."""
    sql, sentences, variables = (row.fields.get(key) for key in ("sql", "sentences", "variables"))
    queries = [sql] if isinstance(sql, str) else sql
    if not isinstance(queries, list) or not queries or not all(isinstance(query, str) for query in queries):
        problems.add(row.origin, "field 'sql' must be a list of queries")
        return
    if not isinstance(sentences, list) or not all(isinstance(sentence, dict) for sentence in sentences):
        problems.add(row.origin, "field 'sentences' must be a list of objects")
        return
    known = variables if isinstance(variables, list) else [variables] if variables else []
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) and one["name"] for one in known):
        problems.add(row.origin, "field 'variables' must be a list of objects with a name each")
        return
    line = row.origin.rpartition(":")[2]
    defaults = {one["name"]: one.get("example", "") for one in known}
    for number, sentence in enumerate(sentences, 1):
        text = sentence.get("text")
        if not isinstance(text, str) or not text.strip():
            problems.add(row.origin, f"field 'text' of sentence {number} is missing or empty")
            continue
        given = sentence.get("variables") or {}
        if not isinstance(given, dict) or "" in given:
            problems.add(row.origin, f"field 'variables' of sentence {number} must be an object of names and values")
            continue
        filled = defaults | {name: value for name, value in given.items() if value}
        mine = row.fields.get("query-split") if split == "template" else sentence.get("question-split")
        accepted = tuple(query for one in queries for query in accepted_queries(_filled(one, filled)))
        if not accepted:
            problems.add(row.origin, "field 'sql' is empty")
            return
        question = " ".join(_filled(text, filled).split())
        database = str(row.fields.get("database") or row.fields.get("db_id") or "")
        yield Example(
            f"{stem}-{line}-{number}",
            question,
            accepted[0],
            accepted,
            database,
            language_of(question),
            mine if mine in SPLITS else "",
            row.origin,
        )


def _filled(text: str, variables: Mapping[str, Any]) -> str:
    """Put values in place of variables; longer names first, for one may begin with another."""
    for name in sorted(variables, key=len, reverse=True):
        text = text.replace(name, str(variables[name]))
    return text


def _field(row: Row, names: Sequence[str], problems: Problems, needed: bool = True) -> str | None:
    """Give the first of these fields that holds text; Spider and SeSQL keep a parsed query in `sql` beside `query`."""
    held = {name: row.fields[name] for name in names if row.fields.get(name) is not None}
    for value in held.values():
        if isinstance(value, str) and value.strip():
            return value.strip()
    for name, value in held.items():
        if needed or not isinstance(value, str):
            problem = "is empty" if isinstance(value, str) else f"must be text, found {type(value).__name__}"
            problems.add(row.origin, f"field {name!r} {problem}")
            return None
    if needed:
        problems.add(row.origin, f"field {names[0]!r} is missing{_there(row)}")
    return None


def _there(row: Row) -> str:
    return f" (the row has: {', '.join(sorted(map(str, row.fields))) or 'nothing'})"


def _with_databases(examples: list[Example], databases: Mapping[str, Database], problems: Problems) -> list[Example]:
    """Say which open database each example asks.

    Where only one is open and the file speaks of one only, they are the same, whatever the file calls it.
    """
    only = next(iter(databases)) if len(databases) == 1 else ""
    if only and len({example.database for example in examples}) == 1:
        return [replace(example, database=only) for example in examples]
    by_name = {name.lower(): name for name in databases}
    found = []
    for example in examples:
        name = example.database or only
        if name.lower() in by_name:
            found.append(replace(example, database=by_name[name.lower()]))
        elif name:
            problems.add(example.origin, unknown("database", name, databases))
        else:
            problems.add(example.origin, f"field 'database' is missing; name one of: {', '.join(sorted(databases))}")
    return found
