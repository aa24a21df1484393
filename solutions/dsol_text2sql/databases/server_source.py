"""PostgreSQL and MySQL/MariaDB servers, asked in read-only transactions that are always rolled back."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dsol_text2sql.query import LARGEST_RESULT, DatabaseError, QueryError, Result, statement, weigh, within

DRIVERS = {
    "postgres": ("postgresql+psycopg", "postgres"),
    "postgresql": ("postgresql+psycopg", "postgres"),
    "mysql": ("mysql+pymysql", "mysql"),
    "mariadb": ("mariadb+pymysql", "mysql"),
}

BUFFER = 50  # rows that are fetched at once, before their size is known

# MySQL writes files from a SELECT even in a read-only transaction, if the login has the FILE privilege.
MYSQL_FILES = re.compile(r"\b(outfile|dumpfile|load_file)\b", re.IGNORECASE)

# SQLSTATE (PostgreSQL) and error number (MySQL, MariaDB) to reason code.
CODES: dict[str | int, str] = {
    "57014": "timeout",
    "55P03": "timeout",
    "25006": "not_authorized",
    "42501": "not_authorized",
    "42601": "syntax",
    "42703": "no_such_column",
    "42702": "no_such_column",
    "42P01": "no_such_table",
    "54000": "too_large",
    1969: "timeout",
    3024: "timeout",
    1205: "timeout",
    2013: "timeout",
    1792: "not_authorized",
    1044: "not_authorized",
    1045: "not_authorized",
    1142: "not_authorized",
    1143: "not_authorized",
    1227: "not_authorized",
    1064: "syntax",
    1054: "no_such_column",
    1052: "no_such_column",
    1146: "no_such_table",
}


def server_engine(url: URL, seconds: float) -> Engine:
    """Make an engine for a server's URL; `seconds` bounds how long connecting and waiting for a reply may take."""
    base, _, driver = url.drivername.partition("+")
    known, extra = DRIVERS[base]
    address = url if driver else url.set(drivername=known)
    patience = max(2, round(seconds) + 2)
    if extra == "postgres":
        options = {"connect_timeout": patience, "options": "-c default_transaction_read_only=on -c lock_timeout=2000"}
    else:
        options = {"connect_timeout": patience, "read_timeout": patience, "write_timeout": patience}
    try:
        return create_engine(address, connect_args=options, pool_pre_ping=True, pool_size=4, max_overflow=12)
    except ImportError as error:
        raise DatabaseError(
            f"the driver for {url.drivername!r} is not installed ({error.name}); run: pip install 'dsol[{extra}]'"
        ) from error


class ServerSource:
    """Hold an engine and run queries on it, each in a read-only transaction of its own."""

    def __init__(self, engine: Engine, *, name: str) -> None:
        self.engine = engine
        self.name = name
        self.dialect = "postgres" if engine.dialect.name == "postgresql" else "mysql"

    def allow(self, tables: frozenset[str]) -> None:
        """Do nothing: on a server the login's own rights are the second wall behind the guard."""

    def query(self, sql: str, *, limit: int, seconds: float) -> Result:
        """Run an untrusted statement; at most `limit` rows, at most `seconds`."""
        if self.dialect == "mysql" and MYSQL_FILES.search(sql):
            raise QueryError("not_authorized", "statements that name OUTFILE, DUMPFILE or LOAD_FILE are not run")
        return self._run(statement(sql), limit, seconds)

    def trusted(self, sql: str, *, limit: int = 1_000_000, seconds: float = 60.0) -> list[tuple[Any, ...]]:
        """Run a statement that this package wrote itself."""
        return list(self._run(sql, limit, seconds).rows)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _run(self, sql: str, limit: int, seconds: float) -> Result:
        holder: list[Connection] = []

        def work() -> Result:
            try:
                with self.engine.connect() as connection:
                    holder.append(connection)
                    self._begin(connection, seconds)
                    try:
                        return _fetch(connection, sql, limit)
                    finally:
                        if not connection.closed and not connection.invalidated:
                            connection.rollback()
            except SQLAlchemyError as error:
                raise _translate(error, seconds) from error

        def give_up() -> None:
            # Its connection is thrown away, never handed to the next query.
            for connection in holder:
                connection.invalidate()

        return within(seconds, work, give_up)

    def _begin(self, connection: Connection, seconds: float) -> None:
        milliseconds = max(1, round(seconds * 1000))
        if self.dialect == "postgres":
            connection.execute(text("SET TRANSACTION READ ONLY"))
            for setting in (
                f"statement_timeout = {milliseconds}",
                f"lock_timeout = {min(milliseconds, 2000)}",
                "standard_conforming_strings = on",
            ):
                connection.execute(text(f"SET LOCAL {setting}"))
            return
        if getattr(connection.dialect, "is_mariadb", False):
            connection.execute(text(f"SET SESSION max_statement_time = {milliseconds / 1000}"))
        else:
            connection.execute(text(f"SET SESSION max_execution_time = {milliseconds}"))
        # The guard reads strings and quotes as MySQL does by default; the server must read them in the same way.
        connection.execute(text("SET SESSION lock_wait_timeout = 2"))
        connection.execute(
            text(
                "SET SESSION sql_mode = REPLACE(REPLACE(REPLACE(REPLACE(@@sql_mode, 'ANSI_QUOTES', ''),"
                " 'NO_BACKSLASH_ESCAPES', ''), 'PIPES_AS_CONCAT', ''), 'ANSI', '')"
            )
        )
        connection.execute(text("START TRANSACTION READ ONLY"))


def address(url: URL) -> str:
    """Word a URL for messages and fingerprints, without its password."""
    return url.render_as_string(hide_password=True)


def fingerprint(url: URL, shape: str) -> str:
    """Hash where a server's database is and what it looks like; its rows are not read."""
    return hashlib.sha256(f"{address(url)}\n{shape}".encode()).hexdigest()


def _fetch(connection: Connection, sql: str, limit: int) -> Result:
    # On PostgreSQL a streamed result is a server-side cursor: DECLARE ... FOR takes one query and nothing else.
    streamed = connection.execution_options(stream_results=True, max_row_buffer=BUFFER, no_parameters=True)
    with streamed.exec_driver_sql(sql) as cursor:
        if not cursor.returns_rows:
            raise QueryError("not_authorized", "the statement is no query: it returns no rows")
        columns = tuple(cursor.keys())
        rows: list[tuple[Any, ...]] = []
        size = 0
        for row in cursor:
            if len(rows) == limit:
                return Result(columns, tuple(rows), truncated=True)
            rows.append(tuple(row))
            size += weigh(rows[-1])
            if size > LARGEST_RESULT:
                raise QueryError("too_large", f"the result is larger than {LARGEST_RESULT} bytes")
    return Result(columns, tuple(rows))


def _translate(error: SQLAlchemyError, seconds: float) -> QueryError:
    if not isinstance(error, DBAPIError) or error.orig is None:
        return QueryError("other", str(error).splitlines()[0])
    original = error.orig
    codes = (original.args[0] if original.args else "", getattr(original, "sqlstate", ""))
    reason = next((CODES[code] for code in codes if isinstance(code, str | int) and code in CODES), "other")
    if reason == "timeout":
        return QueryError("timeout", f"the query took longer than {seconds:g} s and was stopped")
    message = str(original.args[-1] if original.args else original).strip()
    return QueryError(reason, message.splitlines()[0] if message else type(original).__name__)
