"""Tell a right query from a lucky one: run it beside the gold query on altered copies of the database."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dsol_text2sql.databases.copies import Rows, altered, write_copy
from dsol_text2sql.databases.database import Database
from dsol_text2sql.databases.original import Original, read_original, with_constants
from dsol_text2sql.databases.results import asks_order, same
from dsol_text2sql.databases.sqlite_source import SqliteSource
from dsol_text2sql.query import QueryError
from dsol_text2sql.sql.constants import Constant, constants

COPIES = 4
ROWS = 100_000  # of a result are compared


@dataclass(frozen=True)
class Agreement:
    """Whether a query gave the gold query's rows on every copy, and on how many it was tried."""

    agrees: bool
    copies: int


class Suite:
    """Draw copies of one database; a server's database has none, then every query agrees on 0 copies."""

    def __init__(self, database: Database, *, timeout: float, copies: int = COPIES) -> None:
        self._database = database
        self._timeout = timeout
        self._copies = copies
        # One gold query after the other is compared with several predictions.
        self._near = lru_cache(maxsize=1)(self._find_near)
        self._altered = lru_cache(maxsize=2 * COPIES)(self._alter)

    def agreement(self, gold: str, predicted: str) -> Agreement:
        """Compare two queries, both as they are to be run, on copies drawn for the gold query.

        The same gold query gets the same copies, whatever the prediction. A copy is passed over if it can't be made,
        if the gold query fails on it, or if its answer hangs on the physical order of rows (ties under LIMIT 1): there
        nothing is right. `copies` says how many were left.
        """
        path = self._database.file
        if path is None:
            return Agreement(True, 0)
        schema = self._database.schema
        original, _ = self._near(gold)
        tables = frozenset(table.name.lower() for table in schema.tables)
        used = 0
        with TemporaryDirectory(prefix="dsol-copies-") as folder:
            for seed in range(2 * self._copies):
                if used == self._copies:
                    break
                file = Path(folder) / f"{seed}.sqlite"
                try:
                    write_copy(original, self._altered(gold, seed), file)
                except sqlite3.Error:  # a constraint or collation that only its own program knows
                    continue
                source = SqliteSource(file, name=schema.name)
                source.allow(tables)
                try:
                    agrees = self._agrees(source, gold, predicted)
                finally:
                    source.close()
                if agrees is not None:
                    used += 1
                if agrees is False:
                    return Agreement(False, used)
        return Agreement(True, used)

    def _find_near(self, gold: str) -> tuple[Original, tuple[Constant, ...]]:
        """Give the constants of a gold query, and what copies are drawn from with rows that hold them."""
        found = constants(gold, self._database.schema)
        path = self._database.file
        return (with_constants(self._original, path, found) if path is not None else self._original), found

    def _alter(self, gold: str, seed: int) -> dict[str, Rows]:
        return altered(*self._near(gold), seed=seed)

    @cached_property
    def _original(self) -> Original:
        path = self._database.file
        return read_original(path) if path is not None else Original((), ())

    def _agrees(self, source: SqliteSource, gold: str, predicted: str) -> bool | None:
        """Compare on one copy; None where the copy doesn't settle what is right."""
        ordered = asks_order(gold)
        try:
            expected = source.query(gold, limit=ROWS, seconds=self._timeout).rows
            # SQLite's own means to bring out an order that nothing asked for.
            source.trusted("PRAGMA reverse_unordered_selects = ON")
            again = source.query(gold, limit=ROWS, seconds=self._timeout).rows
            source.trusted("PRAGMA reverse_unordered_selects = OFF")
        except QueryError:
            return None
        if not same(expected, again, ordered=ordered):
            return None
        try:
            rows = source.query(predicted, limit=ROWS, seconds=self._timeout).rows
        except QueryError:
            return False
        return same(expected, rows, ordered=ordered)
