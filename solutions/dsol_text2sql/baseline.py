"""What products did before they learned from data: rules over names, values and a dictionary of operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dsol import Baseline, unknown
from dsol_text2sql.databases.database import Database, DatabaseError, QueryError, open_databases
from dsol_text2sql.databases.results import asks_order, same
from dsol_text2sql.question.values import ValueIndex
from dsol_text2sql.rules.pieces import Knowledge, cut, explained
from dsol_text2sql.rules.stitching import nearer, stitch
from dsol_text2sql.rules.understanding import understand
from dsol_text2sql.settings import Input, Output, Settings

GUESS = 0.8  # what each guessed part leaves of the confidence


def make_baseline(settings: Settings, files: Mapping[str, Any] = MappingProxyType({})) -> Baseline:
    """Make the rule-based baseline: Input -> (Output with its rows, or None, and a confidence).

    The confidence is the share of the question's content words that the rules could explain, less for each part that
    they guessed. Databases are opened and indexed when they are first asked.
    """
    rules = Rules(settings)

    def answer(asked: Input) -> tuple[Output | None, float]:
        database = rules.database(asked.database)
        found = translate(asked.question, rules.knowledge(database))
        if found is None:
            return None, 0.0
        sql, confidence = found
        try:
            result = database.execute(sql)
        except QueryError:
            return None, 0.0
        rows = tuple(tuple(row) for row in result.rows)
        return Output(sql=sql, columns=tuple(result.columns), rows=rows, truncated=result.truncated), confidence

    return answer


@dataclass
class Rules:
    """The databases of some settings, opened and indexed at most once."""

    settings: Settings
    _databases: dict[str, Database] = field(default_factory=dict)
    _known: dict[str, Knowledge] = field(default_factory=dict)

    def database(self, name: str) -> Database:
        """Give the database of this name, by default the first; an unknown name is a DatabaseError."""
        if not self._databases:
            self._databases.update(open_databases(self.settings))
        if name and name not in self._databases:
            raise DatabaseError(unknown("database", name, self._databases))
        return self._databases[name or next(iter(self._databases))]

    def knowledge(self, database: Database) -> Knowledge:
        """Give what the rules know of a database."""
        if database.name not in self._known:
            self._known[database.name] = Knowledge.of(database.schema, ValueIndex.build(database))
        return self._known[database.name]


def draft(question: str, knowledge: Knowledge) -> str:
    """Give the rules' query as a draft for a model to take or to mend; "" where they understand nothing."""
    found = translate(question, knowledge)
    return found[0] if found else ""


def translate(question: str, knowledge: Knowledge) -> tuple[str, float] | None:
    """Translate a question into SQL and a confidence in [0.02, 0.95]; None where the rules understand nothing."""
    pieces = cut(question, knowledge)
    understood = understand(pieces, knowledge)
    if understood is None:
        return None
    sketch, guesses = understood
    sql = stitch(sketch, knowledge.schema)
    if sql is None:
        closer = nearer(sketch, knowledge.schema)
        sql, guesses = stitch(closer, knowledge.schema) if closer else None, guesses + 2
    if sql is None:
        return None
    return sql, max(0.02, min(0.95, 0.95 * explained(pieces) ** 2 * GUESS**guesses))


def accuracy(examples: Iterable[tuple[str, str]], database: Database, knowledge: Knowledge) -> float:
    """Measure the execution accuracy on (question, SQL) pairs: the share whose result equals the gold query's."""
    right = asked = 0
    for question, gold in examples:
        asked += 1
        found = translate(question, knowledge)
        if found is None:
            continue
        try:
            wanted, got = database.execute(gold, row_limit=100_000), database.execute(found[0], row_limit=100_000)
        except QueryError:
            continue
        right += same(wanted.rows, got.rows, ordered=asks_order(gold))
    return right / asked if asked else 0.0
