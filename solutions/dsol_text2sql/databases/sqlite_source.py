"""SQLite files, opened so that nothing but reading is possible."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import quote

from dsol_text2sql.query import LARGEST_RESULT, DatabaseError, QueryError, Result, statement, weigh, within

# Only functions that compute: nothing that loads, reads a file, or makes a value out of a mere length.
HARMLESS = """
    -> ->> abs avg ceil ceiling char coalesce concat concat_ws count cume_dist current_date current_time
    current_timestamp date datetime degrees dense_rank exp first_value floor format glob group_concat hex ifnull iif
    instr json_array_length json_extract json_type json_valid julianday lag last_value lead length like likelihood
    likely ln log log10 log2 lower ltrim max min mod nth_value ntile nullif percent_rank pi pow power printf quote
    radians random rank replace round row_number rtrim sign sqrt strftime string_agg substr substring sum time total
    trim trunc typeof unicode unixepoch unlikely upper
"""
FUNCTIONS = frozenset(HARMLESS.split())

LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 4_000_000,  # bytes of one value or row
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 500_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
INSTRUCTIONS = 2_000  # of SQLite's machine between two looks at the clock

MESSAGES = (
    ("interrupted", "timeout"),
    ("not authorized", "not_authorized"),
    ("prohibited", "not_authorized"),
    ("readonly database", "not_authorized"),
    ("no such column", "no_such_column"),
    ("ambiguous column", "no_such_column"),
    ("no such table", "no_such_table"),
    ("no such function", "not_authorized"),
    ("too big", "too_large"),
    ("too large", "too_large"),
    ("syntax error", "syntax"),
    ("incomplete input", "syntax"),
    ("unrecognized token", "syntax"),
    ("one statement at a time", "syntax"),
    ("locked", "locked"),
)

SYSTEM = ("sqlite_", "pragma_", "json_", "dbstat", "bytecode", "tables_used", "fts", "generate_series")
Read = tuple[str, str, str]  # view, table and column, in lower case
Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


class SqliteSource:
    """Hold read-only connections to one SQLite file, each used by one thread at a time."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, name: str) -> None:
        self.path = path
        self.name = name
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        objects = self._objects()
        self.names = frozenset(objects)
        self._views = frozenset(name for name, kind in objects.items() if kind == "view")
        self._authorizer = authorizer(frozenset(), self.names, frozenset())

    def allow(self, tables: frozenset[str]) -> None:
        """Let queries read these tables and views only (lower case), and views what they are made of."""
        behind = frozenset(read for view in sorted(tables & self._views) for read in self._behind(view))
        self._authorizer = authorizer(tables, self.names, behind)

    def query(self, sql: str, *, limit: int, seconds: float) -> Result:
        """Run an untrusted statement under the authorizer; at most `limit` rows, at most `seconds`."""
        return self._run(statement(sql), limit, seconds, self._authorizer)

    def trusted(self, sql: str, *, limit: int = 1_000_000, seconds: float = 60.0) -> list[tuple[Any, ...]]:
        """Run a statement that this package wrote itself."""
        return list(self._run(sql, limit, seconds, None).rows)

    def fingerprint(self) -> str:
        """Hash the file's bytes, and those of its write-ahead log where there is one."""
        digest = hashlib.sha256()
        for path in (self.path, self.path.with_name(self.path.name + "-wal")):
            if path.is_file():
                with path.open("rb") as stream:
                    while block := stream.read(1 << 20):
                        digest.update(block)
        return digest.hexdigest()

    def close(self) -> None:
        """Close the connections that nobody is using."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _run(self, sql: str, limit: int, seconds: float, guard: Authorizer | None) -> Result:
        deadline = time.monotonic() + seconds
        holder: list[sqlite3.Connection] = []

        def work() -> Result:
            with self._connection() as connection:
                holder.append(connection)
                connection.set_authorizer(guard)
                connection.set_progress_handler(lambda: time.monotonic() > deadline, INSTRUCTIONS)
                try:
                    with closing(connection.execute(sql)) as cursor:
                        return _fetch(cursor, limit)
                except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
                    raise _translate(error, seconds) from error

        def give_up() -> None:
            for connection in holder:
                connection.interrupt()

        return within(seconds, work, give_up)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._open()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def _open(self) -> sqlite3.Connection:
        address = f"file:{quote(str(self.path.resolve()))}?mode=ro"
        try:
            connection = sqlite3.connect(address, uri=True, timeout=2.0, check_same_thread=False, isolation_level=None)
        except sqlite3.Error as error:
            raise DatabaseError(_unreadable(self.path, str(error))) from error
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
        except sqlite3.Error as error:
            connection.close()
            raise DatabaseError(_unreadable(self.path, str(error))) from error
        for category, value in LIMITS.items():
            connection.setlimit(category, value)
        return connection

    def _objects(self) -> dict[str, str]:
        try:
            rows = self.trusted("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')")
        except QueryError as error:
            raise DatabaseError(_unreadable(self.path, str(error))) from error
        return {str(name).lower(): str(kind) for name, kind in rows}

    def _behind(self, view: str) -> set[Read]:
        """List what a view reads, by asking SQLite while it compiles a query on it."""
        reads: set[Read] = set()

        def record(action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
            if action == sqlite3.SQLITE_READ and (first or "").lower() != view:
                reads.add(((source or "").lower(), (first or "").lower(), (second or "").lower()))
            return sqlite3.SQLITE_OK

        # A view that no longer compiles reads nothing; whoever queries it gets SQLite's own message.
        with suppress(QueryError):
            self._run(f"EXPLAIN SELECT * FROM {quoted(view)}", 0, 5.0, record)
        return reads


def quoted(name: str) -> str:
    """Quote an identifier for SQLite."""
    return '"' + name.replace('"', '""') + '"'


def authorizer(allowed: frozenset[str], existing: frozenset[str], behind: frozenset[Read]) -> Authorizer:
    """Make SQLite's own permission check: select, read of allowed tables, harmless functions, recursion; no more.

    All names are lower case. `existing` are all tables and views of the file, `behind` what its allowed views read.
    """

    def check(action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_OK if (second or "").lower() in FUNCTIONS else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ:
            table, column = (first or "").lower(), (second or "").lower()
            if table in allowed or ((source or "").lower(), table, column) in behind:
                return sqlite3.SQLITE_OK
            # A common table expression none of whose columns is used is reported like a table, with no column.
            if not column and table not in existing and not table.startswith(SYSTEM):
                return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    return check


def _fetch(cursor: sqlite3.Cursor, limit: int) -> Result:
    columns = tuple(str(item[0]) for item in cursor.description or ())
    rows: list[tuple[Any, ...]] = []
    size = 0
    for row in cursor:
        if len(rows) == limit:
            return Result(columns, tuple(rows), truncated=True)
        rows.append(row)
        size += weigh(row)
        if size > LARGEST_RESULT:
            raise QueryError("too_large", f"the result is larger than {LARGEST_RESULT} bytes; ask for fewer columns")
    return Result(columns, tuple(rows))


def _translate(error: Exception, seconds: float) -> QueryError:
    text = str(error)
    reason = next((reason for part, reason in MESSAGES if part in text.lower()), "other")
    if reason == "timeout":
        text = f"the query took longer than {seconds:g} s and was stopped"
    return QueryError(reason, text)


def _unreadable(path: Path, why: str) -> str:
    if "not a database" in why or "malformed" in why:
        return f"{path} is not a SQLite database, or is damaged ({why}); give the path of a .sqlite or .db file"
    if ("unable to open" in why or "readonly database" in why) and _uses_wal(path):
        return (
            f"can't read the SQLite database {path}: it is in WAL mode, in which SQLite also writes {path.name}-shm, "
            f"and this user may not write into {path.parent}; allow that, or give a copy in another folder, or let its "
            "owner run PRAGMA journal_mode=DELETE on it once"
        )
    if "unable to open" in why:
        return f"can't open the SQLite database {path} ({why}); check its permissions"
    return f"can't read the SQLite database {path}: {why}"


def _uses_wal(path: Path) -> bool:
    """Tell by the file's header, which is all that can be read of it then (sqlite.org/fileformat2.html, offset 19)."""
    with suppress(OSError), path.open("rb") as stream:
        return stream.read(20)[19:] == b"\x02"
    return False
