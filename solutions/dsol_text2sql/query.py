"""What running a query gives, and how it can fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

from dsol import DsolError

Value = TypeVar("Value")

LONGEST_STATEMENT = 100_000  # characters
LARGEST_RESULT = 64 * 1024 * 1024  # bytes of text and blobs in one result
# What may stand before the first word. Possessive, so that a page of spaces is read once; not MySQL's /*! comments.
SKIPPED = r"\ufeff?(?:[\s(]|--[^\n]*+|/\*(?!M?!).*?\*/)*+"
GRACE = 0.5  # seconds that a database gets to stop by itself before its answer is no longer waited for


class DatabaseError(DsolError):
    """A database can't be opened or described as the settings say."""


class QueryError(DsolError):
    """A query didn't run.

    `reason` is a code: timeout, not_authorized, syntax, no_such_column, no_such_table, too_large, locked, other.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class Refused(DsolError):
    """A statement that the guard doesn't let through; `reason` is a code that a product can switch on.

    Codes: parse, not_one_statement, not_a_query, forbidden, unknown_function, unknown_table, unknown_column, limit,
    too_long, too_deep, too_large, bad_character.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True)
class Result:
    """Rows with the driver's own Python values; `truncated` says that the row limit cut off more of them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool = False


def statement(sql: str) -> str:
    """Give the statement back if it has the shape of one query, or raise QueryError.

    This isn't the guard: it only turns away what no read-only connection should be bothered with.
    """
    if len(sql) > LONGEST_STATEMENT:
        raise QueryError("too_large", f"the statement has {len(sql)} characters, at most {LONGEST_STATEMENT} are run")
    if "\x00" in sql or any("\ud800" <= letter <= "\udfff" for letter in sql):
        raise QueryError("syntax", "the statement holds a character that is no text (NUL or half a surrogate pair)")
    if not re.match(SKIPPED + r"(?:select|with|values)\b", sql, flags=re.IGNORECASE | re.DOTALL):
        raise QueryError("not_authorized", "only a SELECT, WITH ... SELECT or VALUES statement is run")
    return sql


def weigh(row: tuple[Any, ...]) -> int:
    """Estimate the bytes of a row's long values."""
    return sum(len(value) for value in row if isinstance(value, str | bytes))


def within(seconds: float, work: Callable[[], Value], give_up: Callable[[], None]) -> Value:
    """Return what `work` returns, or raise QueryError("timeout") when it is late; then `give_up` is called.

    The work runs on its own thread: databases stop themselves at their own time limit, but not in every phase (SQLite
    3.40 can't be interrupted while it expands a query), and the caller must not wait for that.
    """
    outcome: list[Value] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # handed to the caller below, who raises it
            failure.append(error)

    worker = Thread(target=run, daemon=True, name="dsol-query")
    worker.start()
    worker.join(seconds + GRACE)
    if worker.is_alive():
        give_up()
        raise QueryError("timeout", f"the query took longer than {seconds:g} s and was given up")
    if failure:
        raise failure[0]
    return outcome[0]
