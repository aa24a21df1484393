"""Make question/SQL examples: draw a request from the grammar, run its SQL, word it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dsol_text2sql.synthesis import joined, queries
from dsol_text2sql.synthesis.choosing import Chooser
from dsol_text2sql.synthesis.meaning import Value, World
from dsol_text2sql.synthesis.reading import plain, read
from dsol_text2sql.synthesis.request import Request
from dsol_text2sql.synthesis.statement import quoted

if TYPE_CHECKING:
    from dsol_text2sql.database import Database

Language = Literal["en", "zh"]
ROWS = 400
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
    from dsol_text2sql.synthesis.chinese import ask as ask_chinese
    from dsol_text2sql.synthesis.english import ask as ask_english
    from dsol_text2sql.query import QueryError

    world = read(database)
    if world.chinese_names:
        languages = [language for language in languages if language == "zh"]
    if not languages or not world.asked_for():
        return []
    choose = Chooser(world, _sampled_rows(database, world), seed)
    rules = {**queries.RULES, **joined.RULES}
    names, weights = list(rules), list(rules.values())
    words = random.Random(seed + 1)
    made: list[Example] = []
    seen: set[str] = set()
    worth: dict[str, bool] = {}
    repeats: Counter[str] = Counter()
    failed = 0
    while len(made) < count and failed < 40 * count + 2000:
        rule = choose.random.choices(names, weights)[0]
        request = rule(choose)
        failed += 1
        if request is None or repeats[request.sql] >= 3 + count // 1000:
            continue
        if request.sql not in worth:
            try:
                result = database.execute(request.sql, row_limit=ROWS)
            except QueryError:
                worth[request.sql] = False
                continue
            worth[request.sql] = _says_something(request, result.rows) or choose.chance(EMPTY)
        if not worth[request.sql]:
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
        tables = sorted({request.subject.table, *([request.other.table] if request.other else [])})
        made.append(
            Example(question, request.sql, language, {"rule": rule.__name__, "form": request.form, "tables": tables})
        )
        if len(made) % 50 == 0:
            progress("synthesise", len(made), count)
    progress("synthesise", len(made), count)
    return made


def _says_something(request: Request, rows: Sequence[Sequence[Any]]) -> bool:
    """Tell whether a result is worth asking for: some rows, and not all of them NULL or a count of nothing."""
    if not rows or all(value is None for row in rows for value in row):
        return False
    if request.form in ("count", "tally", "none", "some") and len(rows) == 1 and len(rows[0]) == 1:
        return bool(rows[0][0])
    return True


def _sampled_rows(database: Database, world: World) -> dict[str, list[dict[str, Value]]]:
    """Read some rows of every table: where two conditions meet, their values come from one row."""
    found: dict[str, list[dict[str, Value]]] = {}
    for entity in world.entities.values():
        columns = [attribute.column for attribute in entity.attributes if attribute.values]
        if not columns:
            found[entity.table] = []
            continue
        names = ", ".join(quoted(column, world.dialect) for column in columns)
        result = database.execute(f"SELECT {names} FROM {quoted(entity.table, world.dialect)}", row_limit=ROWS)
        found[entity.table] = [dict(zip(columns, map(plain, row), strict=True)) for row in result.rows]
    return found
