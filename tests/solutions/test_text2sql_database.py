"""SQLite databases: opening, introspection, descriptions, limits, and clear errors."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsol import DataError
from dsol_text2sql.databases.database import Database, DatabaseError, QueryError, open_database, open_databases
from dsol_text2sql.databases.introspect import kind_of
from dsol_text2sql.schema import ForeignKey
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.guard import check

SCHOOL = """
    CREATE TABLE 学校 (编号 INTEGER PRIMARY KEY, 名称 TEXT NOT NULL, 创办日期 TEXT);
    CREATE TABLE 学生 (学号 INTEGER PRIMARY KEY, 学校编号 INTEGER REFERENCES 学校, 姓名 TEXT);
    CREATE TABLE "Order Details" ([Unit Price] DECIMAL(8,2), "a.b" INT, "select" BOOLEAN, plain, photo BLOB);
    CREATE TABLE stop (line TEXT, number INT, name TEXT, PRIMARY KEY (line, number));
    CREATE TABLE visit (line TEXT, number INT, at DATETIME, FOREIGN KEY (line, number) REFERENCES STOP (LINE, NUMBER));
    CREATE VIEW 大学 AS SELECT 名称 FROM 学校 WHERE 名称 LIKE '%大学';
    CREATE VIRTUAL TABLE papers USING fts5(body);
    INSERT INTO 学校 VALUES (1, '北京大学', '1898-07-03'), (2, '清华大学', '1911-04-29'), (3, '四中', '1907-01-01');
    INSERT INTO 学生 VALUES (1, 1, '张三'), (2, 1, '李四'), (3, 2, '张三');
    INSERT INTO "Order Details" VALUES (3.5, 7, 1, 12, x'00ff'), (4.25, 7, 0, 13, NULL);
    INSERT INTO stop VALUES ('A', 1, 'North'), ('A', 2, 'South');
    INSERT INTO visit VALUES ('A', 1, '2020-01-02 03:04:05');
    INSERT INTO papers VALUES ('text');
"""


def make(path: Path, script: str = SCHOOL) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def school(tmp_path: Path) -> Database:
    return open_database(str(make(tmp_path / "school.sqlite")), settings=Settings(timeout=2, row_limit=100))


def test_tables_keys_kinds_and_values_are_read(school: Database) -> None:
    schema = school.schema
    assert (schema.name, schema.dialect) == ("school", "sqlite")
    assert [table.name for table in schema.tables] == ["学校", "学生", "Order Details", "stop", "visit", "大学"]
    assert schema.foreign_keys == (
        ForeignKey("学生", "学校编号", "学校", "编号"),
        ForeignKey("visit", "line", "stop", "line"),
        ForeignKey("visit", "number", "stop", "number"),
    )
    students = schema.table("学生")
    assert students is not None
    name = students.column("姓名")
    assert name is not None
    assert (name.samples, name.distinct, name.kind) == (("张三", "李四"), 2, "text")
    details = schema.table("order details")
    assert details is not None
    assert [(column.name, column.kind) for column in details.columns] == [
        ("Unit Price", "number"),
        ("a.b", "integer"),
        ("select", "boolean"),
        ("plain", "integer"),
        ("photo", "other"),
    ]
    founded = schema.table("学校").column("创办日期")  # type: ignore[union-attr]
    assert founded is not None
    assert founded.kind == "date"
    assert [column.primary for column in schema.table("stop").columns] == [True, True, False]  # type: ignore[union-attr]
    assert school.values("order details", "unit price") == [3.5, 4.25]


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("INTEGER", "integer"), ("bigint(20)", "integer"), ("VARCHAR(20)", "text"), ("Numeric(10,2)", "number"),
        ("double precision", "number"), ("TIMESTAMP WITHOUT TIME ZONE", "date"), ("year", "date"), ("bool", "boolean"),
        ("TINYINT(1)", "boolean"), ("TINYINT(4)", "integer"), ("BLOB", "other"), ("", "other"), ("jsonb", "other"),
        ("LONGTEXT", "text"), ("money", "number"), ("NVARCHAR(160)", "text"), ("uuid", "other"),
    ],
)  # fmt: skip
def test_declared_types_have_a_kind(declared: str, kind: str) -> None:
    assert kind_of(declared) == kind


def test_the_demo_is_found_and_read() -> None:
    databases = open_databases(Settings())
    assert list(databases) == ["chinook"]
    schema = databases["chinook"].schema
    assert len(schema.tables) == 11
    assert len(schema.foreign_keys) == 11
    assert databases["chinook"].execute("SELECT COUNT(*) FROM artist").rows == ((275,),)


def test_folders_of_databases_are_read_in_both_layouts(tmp_path: Path) -> None:
    make(tmp_path / "flat.db")
    (tmp_path / "deep").mkdir()
    make(tmp_path / "deep" / "deep.sqlite")
    (tmp_path / "deep" / "notes.txt").write_text("x")
    assert sorted(open_databases(Settings(database=str(tmp_path)))) == ["deep", "flat"]
    make(tmp_path / "flat.sqlite")
    with pytest.raises(DatabaseError, match="two databases are named 'flat'"):
        open_databases(Settings(database=str(tmp_path)))


def test_a_url_a_path_and_a_path_in_another_case_open_the_same(tmp_path: Path) -> None:
    path = make(tmp_path / "With space #1 100%.SQLite")
    for place in (str(path), f"sqlite:///{path}", str(path).replace("SQLite", "sqlite")):
        database = open_database(place, settings=Settings())
        assert database.name == "With space #1 100%"
        assert database.execute("SELECT COUNT(*) FROM 学校").rows == ((3,),)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("{folder}/nothing.sqlite", "no file named 'nothing.sqlite'.*did you mean 'nothin.sqlite'"),
        ("{folder}/x/y.sqlite", "no folder"),
        ("{folder}", "is a folder"),
        ("{folder}/text.sqlite", "is not a SQLite database"),
        ("{folder}/empty.sqlite", "has no tables"),
        ("oracle://me@host/x", "no kind of database named 'oracle'"),
        ("postgres://me:hunter2@host", "names no database"),
        ("sqlite://", "in-memory"),
        ("mysql://me:hunter2@host:port/x", "can't be read"),
        ("mysql+mysqldb://me:hunter2@host/x", r"not installed.*pip install 'dsol\[mysql\]'"),
        ("postgresql+psycopg2://me:hunter2@host/x", r"not installed.*pip install 'dsol\[postgres\]'"),
        ("postgresql://me:hunter2@127.0.0.1:1/x", "can't read the tables"),
        ("mysql://me:hunter2@127.0.0.1:1/x", "can't read the tables"),
    ],
)
def test_what_cannot_be_opened_is_one_clear_line(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "text.sqlite").write_text("no database at all, but long enough to have a header " * 20)
    (tmp_path / "empty.sqlite").write_bytes(b"")
    (tmp_path / "nothin.sqlite").write_bytes(b"")
    with pytest.raises(DatabaseError, match=words) as error:
        _ = open_database(place.replace("{folder}", str(tmp_path)), settings=Settings(timeout=1)).schema
    assert "\n" not in str(error.value)
    assert "hunter2" not in str(error.value)


ALIKE = """
    CREATE TABLE Érable (id INTEGER PRIMARY KEY, nom TEXT);
    CREATE TABLE érable (nom TEXT, arbre INTEGER REFERENCES Érable);
    CREATE TABLE forêt (Âge INTEGER, âge TEXT, arbre INTEGER REFERENCES Érable);
"""


def test_names_that_differ_in_capitals_only_are_refused_or_picked_by_their_spelling(tmp_path: Path) -> None:
    """SQLite tells them apart in other letters than A to Z; servers do so everywhere."""
    path = str(make(tmp_path / "bois.sqlite", ALIKE))
    with pytest.raises(DatabaseError) as error:
        _ = open_database(path, settings=Settings()).schema
    assert str(error.value) == (
        "database 'bois': the tables 'Érable' and 'érable' differ in capitals only; name one of them, spelled so, as "
        "`tables` in the settings; the columns 'Âge' and 'âge' of the table 'forêt' differ in capitals only; leave it "
        "out by `tables` in the settings, or put a view with other names in its place"
    )
    with pytest.raises(DatabaseError, match="'Érable' and 'érable'"):
        _ = open_database(path, settings=Settings(tables=("ÉRABLE",))).schema
    for name, columns in (("Érable", ["id", "nom"]), ("érable", ["nom", "arbre"])):
        schema = open_database(path, settings=Settings(tables=(name,))).schema
        assert [(table.name, [column.name for column in table.columns]) for table in schema.tables] == [(name, columns)]
        assert check("SELECT nom FROM ÉRABLE", schema, row_limit=5).tables == (name,)


def test_an_empty_folder_and_a_wrong_dialect_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no SQLite file"):
        open_databases(Settings(database=str(tmp_path)))
    with pytest.raises(DatabaseError, match="dialect 'mysql'"):
        open_databases(Settings(dialect="mysql"))


def test_a_damaged_file_is_a_query_error(tmp_path: Path) -> None:
    path = make(tmp_path / "a.sqlite", "CREATE TABLE t (a TEXT);" + f"INSERT INTO t VALUES ('{'x' * 900}');" * 50)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x99" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises((QueryError, DatabaseError)):
        open_database(str(path), settings=Settings()).execute("SELECT a FROM t")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "d.json",
            json.dumps({"学校": "schools", "学生": {"description": "pupils", "columns": {"姓名": "full name"}}}),
        ),
        ("d.json", json.dumps({"tables": {"学校": "schools", "学生": "pupils", "学生.姓名": "full name"}})),
        ("d.yaml", "学校: schools\n学生:\n  description: pupils\n  姓名: full name\n"),
        ("d.csv", "table,column,description\n学校,,schools\n学生,,pupils\n学生,姓名,full name\n"),
    ],
)
def test_descriptions_are_merged_in(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8-sig" if name.endswith("csv") else "utf-8")
    path = make(tmp_path / "school.sqlite")
    schema = open_database(str(path), settings=Settings(descriptions=tmp_path / name)).schema
    assert schema.table("学校").description == "schools"  # type: ignore[union-attr]
    assert schema.table("学生").description == "pupils"  # type: ignore[union-attr]
    assert schema.table("学生").column("姓名").description == "full name"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "d.json",
            json.dumps({"stopp": "x", "stop": {"columns": {"nmae": "y"}}}),
            "did you mean 'stop'.*did you mean 'name'",
        ),
        ("d.json", "{", "line 1: is not JSON"),
        ("d.json", "[]", "must be a mapping"),
        ("d.json", json.dumps({"stop": 3}), "must be a text"),
        ("d.yml", "a: [", "is not YAML"),
        ("d.csv", "tabel,column,description\nstop,,x", "lacks the columns table"),
        ("d.txt", "x", "descriptions are read from"),
    ],
)
def test_wrong_descriptions_are_reported_together(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    path = make(tmp_path / "school.sqlite")
    with pytest.raises(DataError, match=f"(?s){words}") as error:
        _ = open_database(str(path), settings=Settings(descriptions=tmp_path / name)).schema
    assert all("\n" not in problem for problem in error.value.problems)


def test_missing_descriptions_are_reported(tmp_path: Path) -> None:
    path = make(tmp_path / "school.sqlite")
    with pytest.raises(DataError, match="no such descriptions file"):
        _ = open_database(str(path), settings=Settings(descriptions=tmp_path / "none.json")).schema


def test_only_allowed_tables_can_be_read(tmp_path: Path) -> None:
    path = make(tmp_path / "school.sqlite")
    few = open_database(str(path), settings=Settings(tables=("STOP", "大学")))
    assert [table.name for table in few.schema.tables] == ["stop", "大学"]
    assert few.schema.foreign_keys == ()
    assert few.execute("SELECT COUNT(*) FROM 大学").rows == ((2,),)  # the view reads a table that is not allowed
    for sql in (
        "SELECT * FROM 学校",
        "SELECT COUNT(*) FROM 学校",
        "WITH 大学 AS (SELECT * FROM 学生) SELECT * FROM 大学",
    ):
        with pytest.raises(QueryError) as error:
            few.execute(sql)
        assert error.value.reason == "not_authorized"
    with pytest.raises(DatabaseError, match="did you mean 'visit'"):
        _ = open_database(str(path), settings=Settings(tables=("visits",))).schema


def test_limits_hold_and_codes_say_what_happened(school: Database) -> None:
    result = school.execute("SELECT 学号 FROM 学生 ORDER BY 1", row_limit=2)
    assert (result.columns, result.rows, result.truncated) == (("学号",), ((1,), (2,)), True)
    assert not school.execute("SELECT 学号 FROM 学生", row_limit=3).truncated
    endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT MAX(n) FROM t"
    for sql, reason in (
        (endless, "timeout"),
        ("SELECT missing FROM 学校", "no_such_column"),
        ("SELECT * FROM missing", "no_such_table"),
        ("SELECT FROM WHERE", "syntax"),
        ("SELECT 1 +", "syntax"),
        ("SELECT 1; SELECT 2", "syntax"),
        ("DELETE FROM 学校", "not_authorized"),
        ("SELECT load_extension('x')", "not_authorized"),
        ("SELECT * FROM sqlite_master", "not_authorized"),
        ("SELECT '\x00'", "syntax"),
        ("SELECT '\ud800'", "syntax"),
        ("SELECT '" + "x" * 200_000 + "'", "too_large"),
    ):
        start = time.monotonic()
        with pytest.raises(QueryError) as error:
            school.execute(sql, timeout=0.2)
        assert error.value.reason == reason, sql
        assert time.monotonic() - start < 1.5
        assert "\n" not in str(error.value)


def test_a_result_that_would_fill_the_memory_is_stopped(school: Database) -> None:
    sql = (
        "WITH RECURSIVE big(w, n) AS (SELECT 'x', 1 UNION ALL SELECT w || w, n + 1 FROM big WHERE n < 21),"
        " many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 500)"
        " SELECT w FROM (SELECT w FROM big ORDER BY n DESC LIMIT 1), many"
    )
    with pytest.raises(QueryError) as error:
        school.execute(sql, timeout=20, row_limit=1000)
    assert error.value.reason == "too_large"


def test_text_that_is_not_utf8_and_odd_values_are_read(tmp_path: Path) -> None:
    path = make(
        tmp_path / "odd.sqlite",
        "CREATE TABLE t (a TEXT, b INT); INSERT INTO t VALUES (CAST(x'636166e9' AS TEXT), 9223372036854775807),"
        " ('ok', 'not a number'), (NULL, NULL), ('a' || char(10) || 'b', 1e300)",
    )
    database = open_database(str(path), settings=Settings())
    assert database.execute("SELECT a FROM t").rows == (("caf\ufffd",), ("ok",), (None,), ("a\nb",))
    column = database.schema.table("t").column("a")  # type: ignore[union-attr]
    assert column is not None
    assert column.samples == ("ok",)


def test_a_database_in_wal_mode_is_read_while_another_writes(tmp_path: Path) -> None:
    path = make(tmp_path / "wal.sqlite", "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("INSERT INTO t VALUES (2)")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO t VALUES (3)")
    database = open_database(str(path), settings=Settings())
    before, version = path.read_bytes(), database.data_version()
    assert database.execute("SELECT COUNT(*) FROM t").rows == ((2,),)
    writer.execute("COMMIT")
    assert database.execute("SELECT COUNT(*) FROM t").rows == ((3,),)
    assert path.read_bytes() == before
    assert database.data_version() != version
    writer.close()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up root's rights for a while: to root every folder can be written."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_database_in_wal_mode_in_a_folder_that_cannot_be_written() -> None:
    """SQLite reads it while its owner has it open; else it can't, and one line says why and what helps."""
    with TemporaryDirectory() as place:
        folder, path = Path(place), Path(place) / "shop.sqlite"
        with closing(sqlite3.connect(path)) as owner:
            owner.execute("PRAGMA journal_mode = WAL")
            owner.execute("CREATE TABLE shop (id INTEGER PRIMARY KEY)")
            owner.execute("INSERT INTO shop VALUES (1)")
            owner.commit()
            for file in folder.iterdir():
                file.chmod(0o644)
            folder.chmod(0o555)
            with as_nobody():
                database = open_database(str(path), settings=Settings())
                assert database.execute("SELECT COUNT(*) FROM shop", row_limit=5).rows == ((1,),)
                database.close()
            folder.chmod(0o755)
        for file in folder.glob("*-*"):
            file.unlink()
        folder.chmod(0o555)
        with (
            as_nobody(),
            pytest.raises(DatabaseError, match=r"it is in WAL mode, .* this user may not write into") as e,
        ):
            open_database(str(path), settings=Settings())
        assert "\n" not in str(e.value)
        folder.chmod(0o755)
        with closing(sqlite3.connect(path)) as owner:
            owner.execute("PRAGMA journal_mode = DELETE")  # as the line advises
        folder.chmod(0o555)
        with as_nobody():
            open_database(str(path), settings=Settings()).close()
        folder.chmod(0o755)
        path.chmod(0o000)
        with as_nobody(), pytest.raises(DatabaseError, match=r"unable to open database file\); check its permissions"):
            open_database(str(path), settings=Settings())


def test_a_locked_database_says_so(tmp_path: Path) -> None:
    path = make(tmp_path / "locked.sqlite", "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    database = open_database(str(path), settings=Settings(timeout=5))
    assert database.execute("SELECT a FROM t").rows == ((1,),)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(QueryError) as error:
        database.execute("SELECT a FROM t")
    assert error.value.reason == "locked"
    writer.close()
    assert database.execute("SELECT a FROM t").rows == ((1,),)


def test_many_threads_share_one_database(school: Database) -> None:
    barrier = threading.Barrier(8)

    def ask(number: int) -> list[tuple[object, ...]]:
        barrier.wait()
        rows: list[tuple[object, ...]] = []
        for _ in range(20):
            if number % 4 == 0:
                with pytest.raises(QueryError):
                    school.execute("SELECT missing FROM 学校")
            rows += school.execute(f"SELECT 名称, {number} FROM 学校 WHERE 编号 = 1").rows
        return rows

    with ThreadPoolExecutor(8) as threads:
        for number, rows in enumerate(threads.map(ask, range(8))):
            assert rows == [("北京大学", number)] * 20


def test_the_fingerprint_follows_the_data(tmp_path: Path) -> None:
    path = make(tmp_path / "school.sqlite")
    database = open_database(str(path), settings=Settings())
    first = database.data_version()
    assert first == open_database(str(path), settings=Settings()).data_version()
    make(path, "INSERT INTO 学校 VALUES (9, 'x', NULL)")
    assert database.data_version() != first


NAME = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=NAME, column=NAME, value=NAME)
def test_any_name_and_value_is_introspected_and_read(tmp_path: Path, table: str, column: str, value: str) -> None:
    path = tmp_path / "any.sqlite"
    path.unlink(missing_ok=True)
    quote = lambda name: '"' + name.replace('"', '""') + '"'  # noqa: E731
    connection = sqlite3.connect(path)
    try:
        connection.execute(f"CREATE TABLE {quote(table)} ({quote(column)} TEXT)")
    except sqlite3.OperationalError:  # a reserved name such as sqlite_x
        connection.close()
        return
    connection.execute(f"INSERT INTO {quote(table)} VALUES (?)", (value,))
    connection.commit()
    connection.close()
    database = open_database(str(path), settings=Settings())
    assert [item.name for item in database.schema.tables] == [table]
    assert database.values(table, column) == [value]
    assert database.execute(f"SELECT {quote(column)} FROM {quote(table)}").rows == ((value,),)
    database.close()


def test_generated_columns_are_read(tmp_path: Path) -> None:
    path = make(
        tmp_path / "order.sqlite",
        "CREATE TABLE line (price INTEGER, net GENERATED ALWAYS AS (price * 2), kept AS (price + 1) STORED);"
        "INSERT INTO line (price) VALUES (3);",
    )
    database = open_database(str(path), settings=Settings())
    assert [column.name for column in database.schema.tables[0].columns] == ["price", "net", "kept"]
    assert database.values("line", "net") == [6]
