"""PostgreSQL and MySQL/MariaDB: introspection, limits, and that nothing is written, on real servers."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dsol_text2sql.databases.database import Database, DatabaseError, QueryError, open_database
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import canonical
from dsol_text2sql.sql.guard import Refused, check

VARIABLES = {"postgres": "DSOL_TEST_POSTGRES", "mysql": "DSOL_TEST_MYSQL"}

DROP = (
    "DROP VIEW IF EXISTS best_tracks",
    "DROP TABLE IF EXISTS sale",
    "DROP TABLE IF EXISTS track",
    "DROP TABLE IF EXISTS artist",
    "DROP TABLE IF EXISTS {q}学校{q}",
    "DROP TABLE IF EXISTS {q}Order Details{q}",
    "DROP TABLE IF EXISTS {q}x'; DROP TABLE artist; --{q}",
)
CREATE = (
    "CREATE TABLE artist (artist_id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL{c1}, founded DATE){c0}",
    "CREATE TABLE track (track_id INTEGER PRIMARY KEY, artist_id INTEGER NOT NULL, title VARCHAR(120),"
    " price DECIMAL(10, 2), released TIMESTAMP NULL, explicit BOOLEAN,"
    " FOREIGN KEY (artist_id) REFERENCES artist (artist_id))",
    "CREATE TABLE sale (sale_id INTEGER PRIMARY KEY, track_id INTEGER, quantity INTEGER,"
    " FOREIGN KEY (track_id) REFERENCES track (track_id))",
    "CREATE TABLE {q}学校{q} ({q}名称{q} VARCHAR(40) PRIMARY KEY, {q}学生人数{q} INTEGER)",
    "CREATE TABLE {q}Order Details{q} ({q}Unit Price{q} DECIMAL(8, 2), {q}a.b{q} INTEGER, {q}select{q} VARCHAR(20))",
    "CREATE TABLE {q}x'; DROP TABLE artist; --{q} ({q}a' OR '1'='1{q} VARCHAR(60))",
    "CREATE VIEW best_tracks AS SELECT title, price FROM track WHERE price > 1",
    "INSERT INTO artist VALUES (1, 'AC/DC', '1973-11-01'), (2, '邓丽君', '1967-01-29'), (3, 'O''Hara 100%', NULL)",
    "INSERT INTO track VALUES (1, 1, 'Thunderstruck', 0.99, '1990-09-10 12:30:00', false),"
    " (2, 1, 'Hells Bells', 1.29, '1980-07-25 00:00:00', true), (3, 2, '月亮代表我的心', 1.29, NULL, false)",
    "INSERT INTO sale VALUES (1, 1, 3), (2, 3, 5), (3, 3, 1)",
    "INSERT INTO {q}学校{q} VALUES ('北京大学', 40000), ('清华大学', 50000)",
    "INSERT INTO {q}Order Details{q} VALUES (3.50, 7, 'from'), (4.00, 8, 'where')",
    "INSERT INTO {q}x'; DROP TABLE artist; --{q} VALUES ('''; DROP TABLE artist; --')",
)


def load(url: str, dialect: str) -> None:
    mark = {"q": '"' if dialect == "postgres" else "`"}
    comments = {"c0": " COMMENT 'bands and singers'", "c1": " COMMENT 'stage name'"}
    inline = comments if dialect == "mysql" else {"c0": "", "c1": ""}
    engine = create_engine(url)
    with engine.begin() as plain:
        connection = plain.execution_options(no_parameters=True)
        for statement in (*DROP, *CREATE):
            connection.exec_driver_sql(statement.format(**mark, **inline))
        if dialect == "postgres":
            connection.execute(text("COMMENT ON TABLE artist IS 'bands and singers'"))
            connection.execute(text("COMMENT ON COLUMN artist.name IS 'stage name'"))
    engine.dispose()


def contents(url: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = connection.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema IN ('public', 'shop') ORDER BY 1")
        ).all()
        artists = connection.execute(text("SELECT artist_id, name, founded FROM artist ORDER BY 1")).all()
        tracks = connection.execute(text("SELECT * FROM track ORDER BY 1")).all()
    engine.dispose()
    return [tuple(row) for row in (*tables, *artists, *tracks)]


@pytest.fixture(scope="module", params=["postgres", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    address = os.environ.get(VARIABLES[request.param], "")
    if not address:
        pytest.skip(f"{VARIABLES[request.param]} is not set; start a server with .ci/servers start")
    load(address, request.param)
    return address


@pytest.fixture(scope="module")
def database(url: str) -> Iterator[Database]:
    database = open_database(url, settings=Settings(timeout=3, row_limit=100))
    yield database
    database.close()


def run(database: Database, sql: str) -> list[tuple[object, ...]]:
    guarded = check(sql, database.schema, row_limit=100)
    return list(database.execute(guarded.sql).rows)


def test_the_schema_is_read_with_keys_comments_and_values(database: Database) -> None:
    schema = database.schema
    assert {"artist", "track", "sale", "学校", "Order Details", "best_tracks"} <= {
        table.name for table in schema.tables
    }
    artist = schema.table("artist")
    assert artist is not None
    assert artist.description == "bands and singers"
    assert artist.rows == 3
    name = artist.column("name")
    assert name is not None
    assert (name.description, name.kind, name.nullable, name.distinct) == ("stage name", "text", False, 3)
    assert set(name.samples) == {"AC/DC", "邓丽君", "O'Hara 100%"}
    identity = artist.column("artist_id")
    assert identity is not None
    assert (identity.primary, identity.kind) == (True, "integer")
    kinds = {column.name: column.kind for column in schema.table("track").columns}  # type: ignore[union-attr]
    assert kinds == {
        "track_id": "integer",
        "artist_id": "integer",
        "title": "text",
        "price": "number",
        "released": "date",
        "explicit": "boolean",
    }
    links = {(key.table, key.column, key.other, key.other_column) for key in schema.foreign_keys}
    assert links == {("track", "artist_id", "artist", "artist_id"), ("sale", "track_id", "track", "track_id")}
    price = schema.table("track").column("price")  # type: ignore[union-attr]
    assert price is not None
    assert price.samples == (1.29, 0.99)


def test_values_of_a_column_are_listed(database: Database) -> None:
    assert sorted(database.values("学校", "名称", 10)) == ["北京大学", "清华大学"]
    assert database.values("artist", "founded", 1) == [datetime.date(1967, 1, 29)]
    with pytest.raises(DatabaseError, match="did you mean 'artist'"):
        database.values("artists", "name", 1)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT Name FROM Artist WHERE name LIKE '%100%%'", [("O'Hara 100%",)]),
        ("select A.name, count(*) from ARTIST a join Track t on a.artist_id = T.artist_id group by a.name order by 2"
         " desc limit 1", [("AC/DC", 2)]),
        ("SELECT SUM(price * quantity) FROM track JOIN sale USING (track_id)", [(Decimal("10.71"),)]),
        ("SELECT 名称 FROM 学校 WHERE 学生人数 > 45000", [("清华大学",)]),
        ("SELECT title FROM track WHERE released BETWEEN '1990-01-01' AND '1990-12-31'", [("Thunderstruck",)]),
        ("SELECT EXTRACT(YEAR FROM founded) AS y FROM artist WHERE founded IS NOT NULL ORDER BY y", [(1967,), (1973,)]),
        ("SELECT name FROM artist WHERE artist_id NOT IN (SELECT artist_id FROM track)", [("O'Hara 100%",)]),
        ("WITH t AS (SELECT artist_id, MAX(price) AS p FROM track GROUP BY artist_id) SELECT COUNT(*) FROM t", [(2,)]),
        ("SELECT title FROM best_tracks ORDER BY title LIMIT 1", [("Hells Bells",)]),
        ("SELECT title, ROW_NUMBER() OVER (ORDER BY track_id) FROM track WHERE explicit", [("Hells Bells", 1)]),
        ("SELECT CAST(price AS CHAR(4)) FROM track WHERE track_id = 1 -- the first", [("0.99",)]),
        ("SELECT COALESCE(founded, '2000-01-01') FROM artist WHERE name = 'O''Hara 100%'", None),
        ("SELECT 1 UNION SELECT 2 ORDER BY 1 DESC", [(2,), (1,)]),
        ("SELECT 'a:b', '50%', ':name'", [("a:b", "50%", ":name")]),
    ],
)  # fmt: skip
def test_queries_pass_the_guard_and_run(database: Database, sql: str, rows: list[tuple[object, ...]] | None) -> None:
    found = run(database, sql)
    if rows is not None:
        assert found == rows


def test_queries_of_one_dialect_run(database: Database) -> None:
    if database.dialect == "postgres":
        assert run(database, 'SELECT "Unit Price", "a.b", "select" FROM "Order Details" LIMIT 1') == [
            (Decimal("3.50"), 7, "from")
        ]
        assert run(database, "SELECT to_char(founded, 'YYYY-MM') FROM artist WHERE name ILIKE 'ac%'") == [("1973-11",)]
        assert run(database, "SELECT string_agg(name, '|' ORDER BY artist_id) FROM artist WHERE artist_id < 3") == [
            ("AC/DC|邓丽君",)
        ]
        assert run(database, "SELECT name FROM artist WHERE name ~ '^AC' FETCH FIRST 1 ROWS ONLY") == [("AC/DC",)]
        assert run(database, "SELECT price::int FROM track WHERE track_id = 2") == [(1,)]
        hostile = 'SELECT * FROM "x\'; DROP TABLE artist; --"'
    else:
        assert run(database, "SELECT `Unit Price`, `a.b`, `select` FROM `Order Details` LIMIT 1") == [
            (Decimal("3.50"), 7, "from")
        ]
        assert run(database, "SELECT DATE_FORMAT(founded, '%Y-%m') FROM artist WHERE name = \"AC/DC\"") == [
            ("1973-11",)
        ]
        assert run(
            database, "SELECT GROUP_CONCAT(name ORDER BY artist_id SEPARATOR '|') FROM artist WHERE name < 'B'"
        ) == [("AC/DC",)]
        assert run(database, "SELECT name FROM artist WHERE name REGEXP '^AC' LIMIT 0, 1") == [("AC/DC",)]
        assert run(database, "SELECT DATEDIFF(MAX(founded), MIN(founded)), YEAR(MIN(founded)) FROM artist") == [
            (2468, 1967)
        ]
        hostile = "SELECT * FROM `x'; DROP TABLE artist; --`"
    assert run(database, hostile) == [("'; DROP TABLE artist; --",)]


def test_the_canonical_style_keeps_the_meaning(database: Database) -> None:
    sql = (
        "SELECT T1.Name , COUNT( * ) FROM Artist AS T1 INNER JOIN Track AS T2 ON T1.artist_id = T2.ARTIST_ID"
        " WHERE NOT T1.founded IS NULL GROUP BY T1.name ORDER BY COUNT(*) DESC ;"
    )
    plain = canonical(sql, database.dialect, database.schema)
    assert plain == (
        "SELECT artist.name, COUNT(*) FROM artist JOIN track ON artist.artist_id = track.artist_id"
        " WHERE artist.founded IS NOT NULL GROUP BY artist.name ORDER BY COUNT(*) DESC"
    )
    assert run(database, sql) == run(database, plain) == [("AC/DC", 2), ("邓丽君", 1)]


def test_no_table_is_read_in_the_disguise_of_a_cte(database: Database, url: str) -> None:
    few = open_database(url, settings=Settings(tables=("track",)))
    for name in ("Artist", "ARTIST"):
        quoted = few.quote(name)
        sql = f"WITH {quoted} AS (SELECT 'nobody' AS name) SELECT name FROM artist"
        assert run(few, sql) == [("nobody",)]
    if few.dialect == "postgres":
        assert run(few, 'WITH "PG_ROLES" AS (SELECT 1 AS rolname) SELECT rolname FROM pg_roles') == [(1,)]
    few.close()


def test_a_list_of_a_whole_table_is_cut(database: Database) -> None:
    tables = ", ".join(f"track AS t{number}" for number in range(12))  # 3 ** 12 rows
    ((listed,),) = run(database, f"SELECT {LISTS[database.dialect]} FROM {tables}")
    assert len(str(listed)) <= 1_000_000
    if database.dialect == "postgres":
        assert run(database, "SELECT string_agg(name, '|') FROM artist WHERE artist_id = 1") == [("AC/DC",)]


def test_the_row_limit_truncates_and_says_so(database: Database) -> None:
    result = database.execute("SELECT artist_id FROM artist ORDER BY artist_id", row_limit=2)
    assert (result.rows, result.truncated, result.columns) == (((1,), (2,)), True, ("artist_id",))
    assert not database.execute("SELECT artist_id FROM artist", row_limit=3).truncated


LISTS = {"postgres": "STRING_AGG(t1.title, ',')", "mysql": "GROUP_CONCAT(t1.title SEPARATOR ',')"}
SLOW = {
    "postgres": ["SELECT pg_sleep(30)", "SELECT COUNT(*) FROM generate_series(1, 10000000000)"],
    "mysql": ["SELECT SLEEP(30)", "SELECT COUNT(*) FROM information_schema.columns AS a, information_schema.columns b"
              ", information_schema.columns c"],
}  # fmt: skip


def test_the_timeout_stops_the_query_and_the_connection_lives_on(database: Database) -> None:
    for sql in SLOW[database.dialect]:
        start = time.monotonic()
        with pytest.raises(QueryError) as error:
            database.execute(sql, timeout=0.5)
        assert error.value.reason == "timeout"
        assert time.monotonic() - start < 2
    cross = "SELECT COUNT(*) FROM " + ", ".join(f"track AS t{number}" for number in range(22))
    start = time.monotonic()
    with pytest.raises(QueryError) as error:
        database.execute(check(cross, database.schema, row_limit=10).sql, timeout=0.5)
    assert error.value.reason == "timeout"
    assert time.monotonic() - start < 2
    assert run(database, "SELECT COUNT(*) FROM artist") == [(3,)]


def test_errors_have_codes(database: Database) -> None:
    for sql, reason in (
        ("SELECT nothing FROM artist", "no_such_column"),
        ("SELECT * FROM nothing", "no_such_table"),
        ("SELECT * FROM WHERE", "syntax"),
    ):
        with pytest.raises(QueryError) as error:
            database.execute(sql)
        assert error.value.reason == reason


WRITES = (
    "DELETE FROM artist",
    "UPDATE artist SET name = 'x'",
    "INSERT INTO artist VALUES (9, 'x', NULL)",
    "DROP TABLE artist",
    "CREATE TABLE y (a INTEGER)",
    "ALTER TABLE artist ADD COLUMN z INTEGER",
    "TRUNCATE TABLE artist",
    "COMMIT",
    "SELECT 1; DROP TABLE artist",
    "SELECT 1; COMMIT; DROP TABLE artist",
    "(SELECT 1); DELETE FROM artist",
    "SELECT name FROM artist FOR UPDATE",
)
ATTACKS = {
    "postgres": (
        "WITH gone AS (DELETE FROM artist RETURNING *) SELECT * FROM gone",
        "WITH more AS (INSERT INTO artist VALUES (9, 'x', NULL) RETURNING *) SELECT * FROM more",
        "SELECT * INTO stolen FROM artist",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "SELECT lo_create(4711)",
        "SELECT lo_import('/etc/passwd')",
        "SELECT lo_from_bytea(4712, 'x')",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT pg_terminate_backend(1)",
        "SELECT query_to_xml('DELETE FROM artist', true, true, '')",
        "SELECT * FROM dblink('host=127.0.0.1', 'DROP TABLE artist') AS t(a INTEGER)",
        "SELECT nextval('nothing')",
        "COPY artist TO '/tmp/stolen.csv'",
        "COPY artist TO PROGRAM 'cat > /tmp/stolen.csv'",
        "COPY artist FROM '/etc/passwd'",
        "DO $$ BEGIN DELETE FROM artist; END $$",
        "CALL nothing()",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "EXPLAIN ANALYZE DELETE FROM artist",
        "SELECT current_setting('data_directory')",
        "SELECT usename, passwd FROM pg_shadow",
        "SELECT * FROM information_schema.tables",
        "SELECT $$a$$ || pg_sleep(1)",
    ),
    "mysql": (
        "SELECT name FROM artist INTO OUTFILE '/tmp/stolen.csv'",
        "SELECT name FROM artist INTO/**/DUMPFILE '/tmp/stolen.csv'",
        "SELECT LOAD_FILE('/etc/passwd')",
        "SELECT name FROM artist LIMIT 1 INTO @stolen",
        "SELECT /*!50000 1; DROP TABLE artist */",
        "SELECT 1 /*! INTO OUTFILE '/tmp/stolen.csv' */",
        "SELECT 1 /*M! INTO OUTFILE '/tmp/stolen.csv' */",
        "/*!50000 DROP TABLE artist */",
        "SELECT @@datadir",
        "SELECT GET_LOCK('x', 1)",
        "SELECT SLEEP(0.1)",
        "SELECT BENCHMARK(100000000000, SHA2('x', 512))",
        "SELECT * FROM mysql.user",
        "SELECT * FROM information_schema.tables",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE artist",
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE artist",
        "HANDLER artist OPEN",
        "LOCK TABLES artist WRITE",
        "SET GLOBAL general_log_file = '/tmp/stolen.log'",
        "CALL nothing()",
        "DO SLEEP(1)",
        "PREPARE s FROM 'DROP TABLE artist'",
        "SELECT name FROM artist PROCEDURE ANALYSE()",
        "SELECT MASTER_POS_WAIT('x', 4, 1)",
        "SELECT NEXTVAL(nothing)",
    ),
}


def test_the_guard_refuses_every_attack(database: Database) -> None:
    for sql in (*WRITES, *ATTACKS[database.dialect]):
        with pytest.raises(Refused):
            check(sql, database.schema, row_limit=10)


def test_without_the_guard_nothing_is_written_either(database: Database, url: str) -> None:
    before = contents(url)
    for sql in (*WRITES, *ATTACKS[database.dialect]):
        start = time.monotonic()
        try:
            rows = repr(database.execute(sql, timeout=2).rows)
        except QueryError:
            rows = ""
        assert "root:" not in rows, sql
        assert time.monotonic() - start < 3.5, sql
        assert contents(url) == before, sql
    assert not Path("/tmp/stolen.csv").exists()
    assert run(database, "SELECT COUNT(*) FROM artist") == [(3,)]


def test_what_one_query_sets_is_gone_for_the_next(database: Database, url: str) -> None:
    before = contents(url)
    sets = {
        "postgres": "SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)",
        "mysql": "SELECT @x := 1",
    }
    database.execute(sets[database.dialect])
    with pytest.raises(QueryError) as error:
        database.execute(SLOW[database.dialect][1], timeout=0.5)
    assert error.value.reason == "timeout"
    assert contents(url) == before


def test_only_allowed_tables_are_seen(url: str) -> None:
    few = open_database(url, settings=Settings(tables=("Track",)))
    assert [table.name for table in few.schema.tables] == ["track"]
    assert few.schema.foreign_keys == ()
    with pytest.raises(Refused, match="no table named 'artist'"):
        check("SELECT * FROM artist", few.schema, row_limit=10)
    few.close()
    with pytest.raises(DatabaseError, match="did you mean 'track'"):
        _ = open_database(url, settings=Settings(tables=("trak",))).schema


CASES = (
    "CREATE TABLE {q}Person{q} ({q}Id{q} INTEGER PRIMARY KEY, {q}Name{q} VARCHAR(20))",
    "CREATE TABLE {q}person{q} ({q}id{q} INTEGER PRIMARY KEY, {q}name{q} VARCHAR(20))",
    "CREATE TABLE badge (number INTEGER, holder INTEGER, FOREIGN KEY (holder) REFERENCES {q}Person{q} ({q}Id{q}))",
    "INSERT INTO {q}Person{q} VALUES (1, 'upper')",
    "INSERT INTO {q}person{q} VALUES (1, 'lower')",
)


def test_tables_that_differ_in_capitals_only_are_not_confused(url: str) -> None:
    mark = '"' if url.startswith("postgres") else "`"
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in CASES:
                connection.exec_driver_sql(statement.format(q=mark))
        with pytest.raises(
            DatabaseError, match=r"the tables '(Person' and 'person|person' and 'Person)' differ in capi"
        ):
            _ = open_database(url, settings=Settings()).schema
        for name, said in (("Person", "upper"), ("person", "lower")):
            one = open_database(url, settings=Settings(tables=(name, "badge")))
            for asked in ("PERSON", "person", f"{mark}Person{mark}"):
                assert run(one, f"SELECT name FROM {asked}") == [(said,)]
            assert one.values("PERSON", "NAME") == [said]
            assert [key.other for key in one.schema.foreign_keys] == (["Person"] if name == "Person" else [])
            one.close()
    finally:
        with engine.begin() as connection:
            for table in ("badge", "person", "Person"):
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {mark}{table}{mark}")
        engine.dispose()


def test_columns_that_differ_in_capitals_only_are_named(url: str) -> None:
    if not url.startswith("postgres"):
        pytest.skip("to MySQL and MariaDB columns that differ in capitals only are the same")
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql('CREATE TABLE twice ("Name" TEXT, name TEXT)')
        with pytest.raises(
            DatabaseError, match="the columns 'Name' and 'name' of the table 'twice' differ in capitals"
        ):
            _ = open_database(url, settings=Settings()).schema
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE twice")
        engine.dispose()


def test_a_server_that_is_not_there_is_one_clear_line(url: str) -> None:
    for wrong in (url.replace("dsol:dsol-test", "dsol:wrong"), url.replace("/shop", "/nothing")):
        absent = open_database(wrong, settings=Settings(timeout=1))
        with pytest.raises(DatabaseError) as error:
            _ = absent.schema
        assert "\n" not in str(error.value)
        assert "wrong" not in str(error.value)
