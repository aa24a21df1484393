"""Make question/SQL examples: draw a request from the grammar, run its SQL, word it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dsol_text2sql.query import QueryError
from dsol_text2sql.synthesis import groups, joined, queries
from dsol_text2sql.synthesis.chinese import ask as ask_chinese
from dsol_text2sql.synthesis.choosing import Chooser, Row
from dsol_text2sql.synthesis.english import ask as ask_english
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.reading import plain, read
from dsol_text2sql.synthesis.request import Request
from dsol_text2sql.synthesis.statement import quoted

if TYPE_CHECKING:
    from dsol_text2sql.databases.database import Database

Language = Literal["en", "zh"]
# Rows that are read of a table, and of a result.
ROWS = 400
# Draws for each example that is wanted, before the schema counts as exhausted.
TRIES = 40
# A request whose result says nothing is kept this often: people also ask what has no answer.
EMPTY = 0.04


@dataclass(frozen=True)
class Example:
    """A question and the SQL that answers it; `meta` names the grammar's rule and form, and the tables asked about."""

    question: str
    sql: str
    language: Language
    meta: Mapping[str, Any] = field(default_factory=dict)


def _quiet(what: str, done: int, of: int) -> None:
    """Report nothing."""


def synthesise(
    database: Database,
    count: int,
    seed: int,
    languages: Sequence[Language] = ("en", "zh"),
    progress: Callable[[str, int, int], None] = _quiet,
    aliases: Mapping[str, str] | None = None,
) -> list[Example]:
    """Make up to `count` different examples about a database; the same for the same database, count and seed.

    Every SQL was run; almost all return something. Of a schema with Chinese names only Chinese questions are made.
    `aliases` says a value's Chinese word (Canada -> 加拿大); Chinese questions use it. Fewer examples come back where
    the schema offers no more.
    """
    world = read(database)
    if world.chinese_names:
        languages = [language for language in languages if language == "zh"]
    made: list[Example] = []
    if not languages or not world.asked_for():
        return made
    words = random.Random(seed + 1)
    seen: set[str] = set()
    repeats: Counter[str] = Counter()
    for rule, request in _requests(database, world, seed, TRIES * count + 2000):
        if len(made) >= count:
            break
        if repeats[request.sql] >= 3 + count // 1000:
            continue
        language = languages[len(made) % len(languages)]
        question = (
            ask_english(request, world, words)
            if language == "en"
            else ask_chinese(request, world, words, aliases or {})
        )
        if question.lower() in seen:
            continue
        seen.add(question.lower())
        repeats[request.sql] += 1
        tables = sorted({entity.table for entity in (request.subject, request.other) if entity})
        made.append(Example(question, request.sql, language, {"rule": rule, "form": request.form, "tables": tables}))
        if len(made) % 50 == 0:
            progress("synthesise", len(made), count)
    progress("synthesise", len(made), count)
    return made


def _requests(database: Database, world: World, seed: int, tries: int) -> Iterator[tuple[str, Request]]:
    """Draw requests whose SQL runs and says something, each with its rule's name."""
    choose = Chooser(world, _sampled_rows(database, world), seed)
    rules = {**queries.RULES, **groups.RULES, **joined.RULES}
    worth: dict[str, bool] = {}
    for _ in range(tries):
        rule = choose.random.choices(list(rules), list(rules.values()))[0]
        request = rule(choose)
        if request is None:
            continue
        if request.sql not in worth:
            worth[request.sql] = _is_worth_asking(request, database, choose)
        if worth[request.sql]:
            yield rule.__name__, request


def _is_worth_asking(request: Request, database: Database, choose: Chooser) -> bool:
    try:
        result = database.execute(request.sql, row_limit=ROWS)
    except QueryError:
        return False
    return _says_something(request, result.rows) or choose.chance(EMPTY)


def _says_something(request: Request, rows: Sequence[Sequence[Any]]) -> bool:
    """Tell whether a result is worth asking for: some rows, and not all of them NULL or a count of nothing."""
    if not rows or all(value is None for row in rows for value in row):
        return False
    if request.form in ("count", "tally", "none", "some") and len(rows) == 1 and len(rows[0]) == 1:
        return bool(rows[0][0])
    return True


def _sampled_rows(database: Database, world: World) -> dict[str, list[Row]]:
    """Read some rows of every table: where two conditions meet, their values come from one row."""
    found: dict[str, list[Row]] = {}
    for entity in world.entities.values():
        columns = [attribute.column for attribute in entity.attributes if attribute.values]
        if not columns:
            found[entity.table] = []
            continue
        names = ", ".join(quoted(column, world.dialect) for column in columns)
        result = database.execute(f"SELECT {names} FROM {quoted(entity.table, world.dialect)}", row_limit=ROWS)
        found[entity.table] = [dict(zip(columns, map(plain, row), strict=True)) for row in result.rows]
    return found
