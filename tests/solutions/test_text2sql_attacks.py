"""Hostile statements and questions: nothing is written, no file is opened, nothing is slow, hidden tables stay hidden.

`text2sql_attacks.jsonl` holds the statements ("refused" by the guard, or "harmless" when they run),
`text2sql_attack_questions.jsonl` the questions, each with what a misled model might write for it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dsol_text2sql.databases.database import Database, QueryError, open_database
from dsol_text2sql.databases.sqlite_source import LIMITS, authorizer
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.guard import Refused, check

HERE = Path(__file__).parent
ATTACKS = [json.loads(line) for line in (HERE / "text2sql_attacks.jsonl").read_text(encoding="utf-8").splitlines()]
QUESTIONS = [
    json.loads(line) for line in (HERE / "text2sql_attack_questions.jsonl").read_text(encoding="utf-8").splitlines()
]

TIMEOUT = 0.2
SLACK = 5.0  # seconds on a busy machine; what these statements are meant to do would take minutes
CANARY = "canary-5d1f"
HIDDEN = "hidden-93ab"
ALLOWED = ("artist", "numbers", "famous", 'x"; DROP TABLE artist; --')

SCHEMA = f"""
    CREATE TABLE artist (id INTEGER PRIMARY KEY, name TEXT, note TEXT);
    CREATE INDEX artist_name ON artist (name);
    CREATE TABLE secret (id INTEGER PRIMARY KEY, note TEXT);
    CREATE TABLE numbers (n INTEGER);
    CREATE TABLE "x""; DROP TABLE artist; --" ("a' OR '1'='1" TEXT);
    CREATE VIEW famous AS SELECT name, note FROM artist WHERE id IN (SELECT id FROM secret);
    CREATE TRIGGER watch AFTER DELETE ON artist BEGIN INSERT INTO secret VALUES (NULL, 'deleted'); END;
    INSERT INTO artist VALUES (1, 'AC/DC', 'loud'), (2, '''; DROP TABLE artist; --', 'x'), (3, '邓丽君', 'soft');
    INSERT INTO secret VALUES (1, '{HIDDEN}'), (2, '{HIDDEN}');
    INSERT INTO "x""; DROP TABLE artist; --" VALUES ('"; DELETE FROM artist; --');
    INSERT INTO numbers WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3000) SELECT n FROM t;
"""


@dataclass(frozen=True)
class World:
    """A database in a folder of its own, beside a file whose content must never be seen."""

    folder: Path
    path: Path
    canary: Path
    database: Database

    def words(self, sql: str) -> str:
        return sql.replace("{canary}", str(self.canary)).replace("{folder}", str(self.folder))

    def state(self) -> dict[str, str]:
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(self.folder.iterdir())}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    canary = tmp_path / "canary.csv"
    canary.write_text(CANARY, encoding="utf-8")
    database = open_database(str(path), settings=Settings(timeout=TIMEOUT, row_limit=50, tables=ALLOWED))
    _ = database.schema
    yield World(tmp_path, path, canary, database)
    database.close()


def assert_quiet(rows: Any, sql: str) -> None:
    text = repr(rows)
    assert CANARY not in text, sql
    assert HIDDEN not in text, sql
    assert "root:x:" not in text, sql


def through(world: World, sql: str, dialect: str) -> str:
    """Run one statement through guard and database; return what became of it."""
    start = time.monotonic()
    try:
        schema = replace(world.database.schema, dialect=dialect)
        guarded = check(sql, schema, row_limit=50)
        assert dialect == "sqlite", f"let through: {sql!r}"
        result = world.database.execute(guarded.sql)
    except Refused:
        return "refused"
    except QueryError:
        return "stopped"
    finally:
        assert time.monotonic() - start < TIMEOUT + SLACK, sql
    assert_quiet(result.rows, sql)
    assert len(result.rows) <= 50, sql
    return "harmless"


def test_there_are_enough_of_them() -> None:
    assert len({(item["dialect"], item["sql"]) for item in ATTACKS}) >= 150
    assert len({item["question"] for item in QUESTIONS}) >= 50
    assert {item["language"] for item in QUESTIONS} == {"en", "zh"}


def test_guard_and_database_hold_against_every_statement(world: World) -> None:
    before = world.state()
    wrong = []
    for attack in ATTACKS:
        outcome = through(world, world.words(attack["sql"]), attack["dialect"])
        if (attack["expect"] == "refused") != (outcome == "refused"):
            wrong.append((outcome, attack["sql"]))
    assert wrong == []
    assert world.state() == before


def test_guard_and_database_hold_against_what_a_misled_model_writes(world: World) -> None:
    before = world.state()
    for item in QUESTIONS:
        for sql in item["sql"]:
            for dialect in ("sqlite", "postgres", "mysql"):
                if dialect == "sqlite":
                    through(world, world.words(sql), dialect)
                elif "numbers" not in sql:
                    check_only(world, world.words(sql), dialect)
    assert world.state() == before


def check_only(world: World, sql: str, dialect: str) -> None:
    """The guard may let a harmless reading statement through, never one that names something else."""
    try:
        guarded = check(sql, replace(world.database.schema, dialect=dialect), row_limit=50)
    except Refused:
        return
    assert set(guarded.tables) <= set(ALLOWED), sql
    assert guarded.sql.startswith(("SELECT", "WITH")), sql


def test_the_database_holds_without_the_guard(world: World) -> None:
    before = world.state()
    statements = [attack["sql"] for attack in ATTACKS if attack["expect"] == "refused"]
    statements += [sql for item in QUESTIONS for sql in item["sql"]]
    for sql in statements:
        start = time.monotonic()
        try:
            rows = world.database.execute(world.words(sql)).rows
        except QueryError:
            rows = ()
        assert time.monotonic() - start < TIMEOUT + SLACK, sql
        assert_quiet(rows, sql)
    assert world.state() == before


def attempt(connection: sqlite3.Connection, sql: str) -> Any:
    """Run a statement on a bare connection for at most the timeout."""
    deadline = time.monotonic() + TIMEOUT
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 1000)
    try:
        return connection.execute(sql).fetchmany(50)
    except (sqlite3.Error, sqlite3.Warning, ValueError, UnicodeEncodeError, OverflowError):
        return ()


def test_the_authorizer_alone_holds_on_a_writable_connection(world: World) -> None:
    before = world.state()
    connection = sqlite3.connect(world.path, isolation_level=None)
    connection.set_authorizer(authorizer(frozenset(ALLOWED), frozenset({*ALLOWED, "secret"}), frozenset()))
    for category, value in LIMITS.items():
        connection.setlimit(category, value)
    for attack in ATTACKS:
        # SQLite 3.40 looks at neither clock nor limit while it pads a text: there the guard and the watchdog hold.
        if attack["expect"] == "refused" and attack["kind"] != "memory":
            assert_quiet(attempt(connection, world.words(attack["sql"])), attack["sql"])
            assert not connection.in_transaction, attack["sql"]
    connection.close()
    assert world.state() == before


def test_the_read_only_file_alone_holds_without_the_authorizer(world: World) -> None:
    before = world.state()
    for attack in ATTACKS:
        # The directory for temporary files is a setting of the whole process, which the other tests run in.
        if attack["expect"] == "refused" and "temp_store_directory" not in attack["sql"]:
            source = world.database._source
            sql = world.words(attack["sql"])
            try:
                rows = source.trusted(sql, limit=50, seconds=TIMEOUT)
            except (QueryError, ValueError, UnicodeEncodeError):
                rows = []
            assert CANARY not in repr(rows), sql
    assert world.state() == before


def test_the_guard_alone_lets_nothing_through_that_writes(world: World) -> None:
    before = world.state()
    for attack in ATTACKS:
        if attack["dialect"] == "sqlite" and attack["kind"] not in ("recursion", "memory"):
            try:
                guarded = check(world.words(attack["sql"]), world.database.schema, row_limit=50)
            except Refused:
                continue
            connection = sqlite3.connect(world.path, isolation_level=None)
            assert_quiet(attempt(connection, guarded.sql), attack["sql"])
            connection.close()
    assert world.state() == before


def nested() -> dict[str, str]:
    """Statements that are too long, too deep or too wide."""
    laughs = "WITH a0 AS (SELECT 1 AS x)" + "".join(
        f", a{level} AS (SELECT p.x FROM a{level - 1} AS p, a{level - 1} AS q)" for level in range(1, 30)
    )
    return {
        "brackets": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "few brackets": "SELECT " + "(" * 55 + "1" + ")" * 55,
        "open brackets": "SELECT " + "(" * 100_000,
        "subqueries": "SELECT * FROM " + "(SELECT * FROM " * 500 + "artist" + ")" * 500,
        "not": "SELECT " + "NOT " * 2400 + "1",
        "minus": "SELECT " + "- " * 4000 + "1",
        "tilde": "SELECT " + "~" * 9000 + "1",
        "case": "SELECT " + "CASE WHEN 1 THEN " * 440 + "1" + " END" * 440,
        "sum": "SELECT " + "+".join(["1"] * 4500),
        "concatenation": "SELECT " + "||".join(["'x'"] * 1900),
        "and": "SELECT name FROM artist WHERE " + " AND ".join(["id = 1"] * 700),
        "in": "SELECT name FROM artist WHERE id IN (" + ",".join(map(str, range(1900))) + ")",
        "union": " UNION ALL ".join(["SELECT 1"] * 600),
        "columns": "SELECT " + ",".join(["id"] * 3000) + " FROM artist",
        "joins": "SELECT COUNT(*) FROM " + ", ".join(f"artist AS t{number}" for number in range(300)),
        "long literal": "SELECT '" + "x" * 1_000_000 + "'",
        "long name": "SELECT " + "x" * 9_000 + " FROM artist",
        "long comment": "SELECT 1 /*" + "x" * 1_000_000 + "*/",
        "laughing ctes": laughs + " SELECT COUNT(*) FROM a29",
        "many ctes": "WITH " + ", ".join(f"c{n} AS (SELECT {n} AS x)" for n in range(350)) + " SELECT x FROM c1",
        "functions": "SELECT " + "ABS(" * 50 + "1" + ")" * 50,
        "casts": "SELECT " + "CAST(" * 300 + "1" + " AS TEXT)" * 300,
        "quotes": "SELECT " + "'" * 9999,
        "stars": "SELECT " + ",".join(["a.*"] * 2400) + " FROM artist AS a",
        "semicolons": "SELECT 1" + ";" * 10_000,
        "empty": "",
        "spaces": " " * 10_000,
    }


@pytest.mark.parametrize("name", list(nested()))
def test_long_deep_and_wide_statements_crash_nothing(world: World, name: str) -> None:
    before = world.state()
    sql = nested()[name]
    for dialect in ("sqlite", "postgres", "mysql"):
        start = time.thread_time()
        with suppress(Refused):
            guarded = check(sql, replace(world.database.schema, dialect=dialect), row_limit=50)
            if dialect == "sqlite":
                with suppress(QueryError):
                    world.database.execute(guarded.sql)
        assert time.thread_time() - start < 3.0
    assert world.state() == before


def test_they_crash_nothing_without_the_guard(world: World) -> None:
    for name, sql in nested().items():
        if name != "laughing ctes":  # the guard alone stops it; a smaller one is below
            with suppress(QueryError):
                world.database.execute(sql)


def test_a_query_that_sqlite_cannot_interrupt_is_given_up(world: World) -> None:
    # 2 ** 19 SELECTs: compiled for seconds, in which SQLite 3.40 looks at no clock; the guard refuses the like.
    laughs = "WITH a0 AS (SELECT 1 AS x)" + "".join(
        f", a{level} AS (SELECT p.x FROM a{level - 1} AS p, a{level - 1} AS q)" for level in range(1, 19)
    )
    start = time.monotonic()
    with pytest.raises(QueryError) as error:
        world.database.execute(laughs + " SELECT x FROM a18 LIMIT 1")
    assert error.value.reason == "timeout"
    assert time.monotonic() - start < TIMEOUT + SLACK
    with pytest.raises(Refused) as refusal:
        check(laughs + " SELECT x FROM a18", world.database.schema, row_limit=50)
    assert refusal.value.reason == "too_large"
    assert world.database.execute("SELECT COUNT(*) FROM artist").rows == ((3,),)
