"""The guard and the canonical style: what is let through, that its meaning stays, and what names resolve to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer
from sqlglot import exp

from dsol_text2sql.databases.database import Database, QueryError, open_database, open_databases
from dsol_text2sql.databases.schema_text import identifier
from dsol_text2sql.schema import Column, Schema, Table
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import canonical, template
from dsol_text2sql.sql.guard import Refused, check
from dsol_text2sql.sql.reading import needs_quotes, parse, write

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "text2sql"
STRIDE = 6  # every sixth of Spider's queries; all of them hold as well


def text(name: str) -> Column:
    return Column(name, "TEXT", "text")


def shop(dialect: str) -> Schema:
    return Schema(
        "shop",
        dialect,
        (
            Table("Artist", (text("ArtistId"), text("Name"))),
            Table("Album", (text("AlbumId"), text("ArtistId"), text("Title"))),
            Table("学校", (text("名称"), text("学生人数"))),
            Table("order details", (text("unit price"), text("a.b"), text("select"), text('x"y'))),
        ),
    )


def guarded(sql: str, dialect: str = "sqlite", row_limit: int = 10) -> str:
    return check(sql, shop(dialect), row_limit=row_limit).sql


def reason(sql: str, dialect: str = "sqlite") -> str:
    with pytest.raises(Refused) as error:
        check(sql, shop(dialect), row_limit=10)
    assert "\n" not in str(error.value)
    return error.value.reason


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("select name from artist", "SELECT Name FROM Artist LIMIT 11"),
        ('SELECT "Name" FROM artist WHERE "Name" = "AC/DC"',
         "SELECT \"Name\" FROM Artist WHERE \"Name\" = 'AC/DC' LIMIT 11"),
        ('SELECT Name FROM Artist WHERE Name = "it\'s"', "SELECT Name FROM Artist WHERE Name = 'it''s' LIMIT 11"),
        ("SELECT [unit price], `a.b`, \"select\" FROM [order details]",
         'SELECT "unit price", "a.b", "select" FROM "order details" LIMIT 11'),
        ('SELECT "x""y" FROM "order details"', 'SELECT "x""y" FROM "order details" LIMIT 11'),
        ("SELECT 名称 FROM 学校 WHERE 学生人数 > 5", "SELECT 名称 FROM 学校 WHERE 学生人数 > 5 LIMIT 11"),
        ("SELECT 1 -- ; DROP TABLE Artist", "SELECT 1 LIMIT 11"),
        ("SELECT 1;", "SELECT 1 LIMIT 11"),
        ("SELECT Name FROM Artist LIMIT 3", "SELECT Name FROM Artist LIMIT 3"),
        ("SELECT Name FROM Artist LIMIT 5000", "SELECT Name FROM Artist LIMIT 11"),
        ("SELECT Name FROM Artist LIMIT 5, 4", "SELECT Name FROM Artist LIMIT 4 OFFSET 5"),
        ("SELECT Name FROM Artist LIMIT -1 OFFSET 2", "SELECT Name FROM Artist LIMIT 11 OFFSET 2"),
        ("SELECT 1 UNION SELECT 2", "SELECT 1 UNION SELECT 2 LIMIT 11"),
        ("SELECT Name FROM (SELECT Name FROM Artist LIMIT 500)",
         "SELECT Name FROM (SELECT Name FROM Artist LIMIT 500) LIMIT 11"),
        ("SELECT COUNT(*) FROM Artist CROSS JOIN Album", "SELECT COUNT(*) FROM Artist, Album LIMIT 11"),
        ("SELECT Name FROM Artist WHERE NOT Name IN ('a') AND NOT Name IS NULL",
         "SELECT Name FROM Artist WHERE Name NOT IN ('a') AND Name IS NOT NULL LIMIT 11"),
    ],
)  # fmt: skip
def test_a_statement_is_written_anew(sql: str, written: str) -> None:
    assert guarded(sql) == written


@pytest.mark.parametrize(
    ("sql", "dialect", "written"),
    [
        ("select a.NAME from ARTIST as a", "postgres", 'SELECT a."Name" FROM "Artist" AS a LIMIT 11'),
        ("select artist.name from artist", "postgres", 'SELECT "Artist"."Name" FROM "Artist" LIMIT 11'),
        ("select artist.name from artist", "mysql", "SELECT Artist.Name FROM Artist LIMIT 11"),
        ('select name from artist where name = "x"', "mysql", "SELECT Name FROM Artist WHERE Name = 'x' LIMIT 11"),
        ("select name from artist where name rlike '^a'", "mysql",
         "SELECT Name FROM Artist WHERE Name REGEXP '^a' LIMIT 11"),
        ("select name from artist fetch first 5 rows only", "postgres",
         'SELECT "Name" FROM "Artist" FETCH FIRST 5 ROWS ONLY'),
        ("select name from artist fetch first 500 rows only", "postgres",
         'SELECT "Name" FROM "Artist" FETCH FIRST 11 ROWS ONLY'),
        ("select 1 # c\n", "mysql", "SELECT 1 LIMIT 11"),
        ("select name from shop.artist", "mysql", "SELECT Name FROM shop.Artist LIMIT 11"),
        ("select title from album join artist using (artistid)", "postgres",
         'SELECT "Title" FROM "Album" JOIN "Artist" USING ("ArtistId") LIMIT 11'),
    ],
)  # fmt: skip
def test_names_are_spelled_as_the_server_spells_them(sql: str, dialect: str, written: str) -> None:
    assert guarded(sql, dialect) == written


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.Name FROM Artist a WHERE EXISTS (SELECT 1 FROM Album b WHERE b.ArtistId = a.ArtistId)",
        "SELECT Name FROM Artist a WHERE ArtistId IN (SELECT ArtistId FROM Album WHERE Title = a.Name)",
        "SELECT a.Title, b.Title FROM Album a, Album b WHERE a.ArtistId = b.ArtistId AND a.AlbumId < b.AlbumId",
        "WITH t AS (SELECT Name AS n FROM Artist), u AS (SELECT n FROM t) SELECT u.n FROM u WHERE n IN"
        " (SELECT n FROM t)",
        "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t WHERE x < 5) SELECT x FROM t",
        "SELECT t.c FROM (SELECT COUNT(*) AS c FROM Album GROUP BY ArtistId) AS t ORDER BY t.c DESC",
        'SELECT "count(*)" FROM (SELECT count(*) FROM Artist)',
        "SELECT Name AS n, COUNT(*) AS c FROM Artist GROUP BY n HAVING c > 1 ORDER BY c",
        "SELECT Title, ROW_NUMBER() OVER (PARTITION BY ArtistId ORDER BY Title) FROM Album",
        "SELECT SUM(AlbumId) OVER w FROM Album WINDOW w AS (ORDER BY Title ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        "SELECT Name FROM Artist UNION SELECT Title FROM Album ORDER BY Name",
        "SELECT x.Name FROM (Artist AS x JOIN Album AS y ON x.ArtistId = y.ArtistId)",
        "SELECT Artist.*, COUNT(*) FILTER (WHERE Name LIKE 'a%') FROM Artist NATURAL JOIN Album",
        "SELECT rowid, STRFTIME('%Y', Name), JULIANDAY('now'), PRINTF('%.2f', 1), IIF(1, 2, 3),"
        " Name COLLATE NOCASE FROM Artist",
        "SELECT CASE WHEN Name IS NULL THEN 'x' ELSE Name || '!' END, CAST(ArtistId AS REAL) FROM Artist",
        "SELECT (SELECT MAX(Title) FROM Album WHERE Album.ArtistId = Artist.ArtistId) FROM Artist",
        "SELECT Name FROM main.Artist WHERE (Name, ArtistId) IN (SELECT Title, ArtistId FROM Album)",
        "SELECT GROUP_CONCAT(DISTINCT Name), AVG(ArtistId), TOTAL(ArtistId) FROM Artist ORDER BY RANDOM()",
        "SELECT 1 EXCEPT SELECT 2 INTERSECT SELECT 3",
    ],
)  # fmt: skip
def test_honest_queries_pass(sql: str) -> None:
    guarded(sql)


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT Nam FROM Artist", "unknown_column"),
        ("SELECT a.Title FROM Artist a", "unknown_column"),
        ("SELECT b.Name FROM Artist a", "unknown_table"),
        ("SELECT Title FROM Artist WHERE EXISTS (SELECT 1 FROM Album)", "unknown_column"),
        ("SELECT * FROM Track", "unknown_table"),
        ("SELECT * FROM other.Artist", "unknown_table"),
        ("SELECT Name FROM Artist JOIN Album USING (Name2)", "unknown_column"),
        ("WITH t AS (SELECT 1 AS x) SELECT y FROM t", "unknown_column"),
        ("SELECT Name AS n, n FROM Artist", "unknown_column"),
        ("SELECT x FROM (SELECT Name FROM Artist)", "unknown_column"),
        ("SELECT [nothing] FROM Artist", "unknown_column"),
        ("SELECT Name FROM Artist LIMIT (SELECT 5)", "limit"),
        ("SELECT Name FROM Artist LIMIT 1 + 1", "limit"),
        ("SELECT FROM WHERE", "parse"),
        ("SELECT 1; SELECT 2", "not_one_statement"),
        ("DELETE FROM Artist", "not_a_query"),
        ("VALUES (1)", "not_a_query"),
        ("", "not_a_query"),
        ("What is this?", "not_a_query"),
        ("SELECT LOAD_EXTENSION('x')", "unknown_function"),
        ("SELECT ?", "forbidden"),
        ("SELECT :name", "forbidden"),
        ("SELECT 1\x00", "bad_character"),
        ("SELECT '" + "x" * 20_000 + "'", "too_long"),
        ("SELECT " + "(" * 100 + "1" + ")" * 100, "too_deep"),
    ],
)
def test_a_refusal_has_a_code(sql: str, code: str) -> None:
    assert reason(sql) == code


def test_a_refusal_names_what_is_near() -> None:
    with pytest.raises(Refused, match="no column named 'Nam', did you mean 'Name'"):
        check("SELECT Nam FROM Artist", shop("sqlite"), row_limit=1)


def test_tables_and_columns_that_are_read_are_named() -> None:
    found = check(
        "SELECT a.name, t.n FROM artist a JOIN (SELECT artistid, COUNT(*) AS n FROM album GROUP BY artistid) t"
        " USING (artistid) WHERE a.name LIKE 'x%'",
        shop("sqlite"),
        row_limit=5,
    )
    assert set(found.tables) == {"Artist", "Album"}
    assert set(found.columns) == {"Artist.Name", "Artist.ArtistId", "Album.ArtistId"}
    assert check("SELECT * FROM artist", shop("sqlite"), row_limit=5).columns == ("Artist.ArtistId", "Artist.Name")
    assert found.query == found.sql.removesuffix(" LIMIT 6")


WORDS = """
    SELECT FROM WHERE Artist Album Name Title ( ) , ; * = 'x' " ` [ ] -- /* */ UNION WITH AS a DROP TABLE INSERT LIMIT 1
    ORDER BY GROUP IN NOT NULL CASE WHEN END JOIN ON EXISTS OVER ATTACH PRAGMA . 学校 @x $$ # \\
"""
SALAD = st.lists(st.sampled_from(WORDS.split()), max_size=25).map(lambda words: "SELECT " + " ".join(words))
DIALECTS = st.sampled_from(["sqlite", "postgres", "mysql"])


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | SALAD, DIALECTS)
def test_any_text_is_refused_or_becomes_one_select(sql: str, dialect: str) -> None:
    try:
        found = check(sql, shop(dialect), row_limit=5)
    except Refused:
        return
    assert found.sql.startswith(("SELECT", "WITH", "("))
    # What was written passes again, unchanged.
    assert check(found.sql, shop(dialect), row_limit=5).sql == found.sql


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30), DIALECTS)
def test_any_value_stays_a_value(value: str, dialect: str) -> None:
    if "/*!" in value or "/*M!" in value or (dialect == "mysql" and "\\" in value):
        return
    literal = "'" + value.replace("'", "''") + "'"
    sql = f"SELECT Name FROM Artist WHERE Name = {literal}"
    if sum(letter in "([" for letter in value) > 50:
        return
    assert literal in guarded(sql, dialect)


@pytest.mark.parametrize(
    ("sql", "style", "pattern"),
    [
        ("select ARTISTalias0.NAME from ARTIST as ARTISTalias0 where ARTISTalias0.NAME = \"x\" ;",
         "SELECT Name FROM Artist WHERE Name = 'x'", "SELECT Name FROM Artist WHERE Name = ?"),
        ("SELECT T1.name, count( * ) FROM artist AS T1 INNER JOIN album AS T2 ON T1.artistid = T2.artistid",
         "SELECT Artist.Name, COUNT(*) FROM Artist JOIN Album ON Artist.ArtistId = Album.ArtistId",
         "SELECT Artist.Name, COUNT(*) FROM Artist JOIN Album ON Artist.ArtistId = Album.ArtistId"),
        ("SELECT x.title FROM album x JOIN album y ON x.artistid = y.artistid AND y.title = 'a'",
         "SELECT t1.Title FROM Album AS t1 JOIN Album AS t2 ON t1.ArtistId = t2.ArtistId AND t2.Title = 'a'",
         "SELECT t1.Title FROM Album AS t1 JOIN Album AS t2 ON t1.ArtistId = t2.ArtistId AND t2.Title = ?"),
        ("SELECT 1 FROM album a WHERE a.albumid > (SELECT AVG(b.albumid) FROM album b WHERE b.artistid = a.artistid)",
         "SELECT 1 FROM Album WHERE AlbumId > (SELECT AVG(AlbumId) FROM Album AS t1 WHERE ArtistId = Album.ArtistId)",
         "SELECT ? FROM Album WHERE AlbumId > (SELECT AVG(AlbumId) FROM Album AS t1 WHERE ArtistId = Album.ArtistId)"),
        ("SELECT a.title FROM album a WHERE a.artistid IN (SELECT b.artistid FROM album b WHERE b.albumid IN (1,2,3))",
         "SELECT Title FROM Album WHERE ArtistId IN (SELECT ArtistId FROM Album WHERE AlbumId IN (1, 2, 3))",
         "SELECT Title FROM Album WHERE ArtistId IN (SELECT ArtistId FROM Album WHERE AlbumId IN (?))"),
        ('SELECT "o"."unit price" FROM [order details] AS o LIMIT 3',
         'SELECT "unit price" FROM "order details" LIMIT 3', 'SELECT "unit price" FROM "order details" LIMIT ?'),
        ('SELECT "名称" FROM "学校" WHERE "学生人数" > -5', "SELECT 名称 FROM 学校 WHERE 学生人数 > -5",
         "SELECT 名称 FROM 学校 WHERE 学生人数 > ?"),
        ("SELECT a.* FROM artist a", "SELECT * FROM Artist", "SELECT * FROM Artist"),
        ("SELECT MAX(a.name) AS name FROM artist a ORDER BY a.name",
         "SELECT MAX(Name) AS name FROM Artist ORDER BY Artist.Name",
         "SELECT MAX(Name) AS name FROM Artist ORDER BY Artist.Name"),
    ],
)  # fmt: skip
def test_the_canonical_style(sql: str, style: str, pattern: str) -> None:
    schema = shop("sqlite")
    assert canonical(sql, "sqlite", schema) == style
    assert canonical(style, "sqlite", schema) == style
    assert template(sql, "sqlite", schema) == pattern


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("SELECT -SUM(a.AlbumId) AS AlbumId FROM Album a JOIN Artist b ON a.ArtistId = b.ArtistId GROUP BY b.Name"
         " ORDER BY AlbumId DESC", " ORDER BY AlbumId DESC"),
        ("SELECT a.Title AS Title FROM Album a JOIN Artist b ON a.ArtistId = b.ArtistId ORDER BY Title",
         " ORDER BY Album.Title"),
        ("SELECT COUNT(*) OVER (ORDER BY Title) AS Title FROM Album a JOIN Artist b ON a.ArtistId = b.ArtistId",
         " OVER (ORDER BY Album.Title) AS Title FROM Album JOIN Artist ON Album.ArtistId = Artist.ArtistId"),
    ],
)  # fmt: skip
def test_an_alias_in_order_by_hides_the_column_of_its_name(sql: str, written: str) -> None:
    assert canonical(sql, "sqlite", shop("sqlite")).endswith(written)


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql"])
def test_negations_are_spelled_as_people_do(dialect: str) -> None:
    sql = (
        "SELECT a FROM t WHERE a NOT IN (SELECT b FROM t WHERE b NOT LIKE 'x%' AND b IS NOT NULL)"
        " AND a NOT BETWEEN 1 AND 2 OR NOT (a = 1 AND b = 2)"
    )
    assert write(parse(sql, dialect), dialect) == sql
    folded = write(parse("SELECT a FROM t WHERE a NOT ILIKE 'x'", dialect), dialect)
    condition = "a NOT ILIKE 'x'" if dialect == "postgres" else "LOWER(a) NOT LIKE LOWER('x')"
    assert folded == f"SELECT a FROM t WHERE {condition}"


def test_without_a_schema_only_the_writing_is_unified() -> None:
    assert canonical('select  "a" , count( * )from t where not b in (1) ;', "sqlite") == (
        "SELECT a, COUNT(*) FROM t WHERE b NOT IN (1)"
    )
    with pytest.raises(Refused):
        canonical("SELECT FROM WHERE", "sqlite")


def geography() -> Iterator[tuple[Database, str]]:
    folder = DATA / "geography"
    if not folder.is_dir():
        pytest.skip(f"the GeoQuery data is not at {folder}")
    database = open_database(str(folder / "geography.sqlite"), settings=Settings())
    queries = [
        row["sql"] for name in ("zh_en_train.json", "zh_en_dev.json") for row in json.loads((folder / name).read_text())
    ]
    for entry in json.loads((folder / "geography.json").read_text()):
        for sentence in entry["sentences"]:
            sql = entry["sql"][0]
            for name, value in sentence["variables"].items():
                sql = sql.replace(name, value)
            queries.append(sql)
    return ((database, sql) for sql in sorted(set(queries)))


def spider() -> Iterator[tuple[Database, str]]:
    folder = DATA / "spider"
    if not folder.is_dir():
        pytest.skip(f"the Spider data is not at {folder}")
    databases: dict[str, Database] = {}
    rows = json.loads((folder / "train.json").read_text())
    for name, sql in sorted({(row["db_id"], row["query"]) for row in rows})[::STRIDE]:
        if name not in databases:
            path = folder / "database" / name / f"{name}.sqlite"
            databases[name] = open_database(str(path), settings=Settings())
        yield databases[name], sql


def demo() -> Iterator[tuple[Database, str]]:
    database = open_databases(Settings())["chinook"]
    folder = Path(__file__).parents[2] / "solutions" / "dsol_text2sql" / "demo" / "chinook"
    files = sorted(folder.glob("train_*.jsonl"))
    if not files:
        pytest.skip(f"there are no training questions in {folder}")
    queries = {
        json.loads(line)["sql"] for file in files for line in file.read_text(encoding="utf-8").splitlines() if line
    }
    return ((database, sql) for sql in sorted(queries)[::2])


@pytest.mark.parametrize(("source", "broken"), [(geography, 3), (spider, 0), (demo, 0)])
def test_guarded_and_canonical_queries_return_what_the_plain_ones_do(source: object, broken: int) -> None:
    most = 100_000
    failing, different = [], []
    for database, sql in source():  # type: ignore[operator]
        try:
            plain = database.execute(sql, row_limit=most)
        except QueryError:
            failing.append(sql)
            continue
        try:
            written = check(sql, database.schema, row_limit=most).sql
            style = canonical(sql, "sqlite", database.schema)
            assert canonical(style, "sqlite", database.schema) == style
            for other in (written, style):
                result = database.execute(other, row_limit=most)
                if sorted(map(repr, result.rows)) != sorted(map(repr, plain.rows)):
                    different.append((sql, other))
        except (Refused, QueryError) as error:
            different.append((sql, str(error)))
    assert different == []
    assert len(failing) <= broken, failing


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql"])
@pytest.mark.parametrize("name", ['"Hidden"', '"HIDDEN"', "Hidden", "hidden", "TO\u212aENS"])
def test_a_cte_is_no_disguise_for_a_table_of_nearly_its_name(name: str, dialect: str) -> None:
    # Servers mind the case, and none takes the sign for Kelvin for a k: they would read the table.
    known = name.strip('"').lower()
    written = name.replace('"', "`") if dialect == "mysql" else name
    sql = f"WITH {written} AS (SELECT 1 AS note) SELECT {known}.note FROM {known}"
    tree = parse(guarded(sql, dialect), dialect)
    names = {table.this for table in tree.find_all(exp.Table)}
    assert names == {cte.args["alias"].this for cte in tree.find_all(exp.CTE)}


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        ("sqlite", "transaction"), ("sqlite", "commit"), ("sqlite", "nothing"), ("sqlite", "order"),
        ("mysql", "condition"), ("mysql", "option"), ("mysql", "rank"), ("mysql", "double"), ("mysql", "Schema"),
        ("postgres", "array"), ("postgres", "placing"), ("postgres", "window"), ("postgres", "session_user"),
    ],
)  # fmt: skip
def test_reserved_words_keep_their_quotes_as_names(dialect: str, name: str) -> None:
    mark = "`" if dialect == "mysql" else '"'
    quoted = f"{mark}{name}{mark}"
    sql = f"SELECT {quoted} FROM {quoted}"
    schema = Schema("shop", dialect, (Table(name, (text(name),)),))
    assert canonical(sql, dialect, schema) == sql
    assert check(sql, schema, row_limit=10).query == sql
    assert identifier(name, dialect) == quoted


def test_every_word_that_sqlite_reserves_is_quoted() -> None:
    connection = sqlite3.connect(":memory:")
    for word in sorted(SQLiteIdentifierPreparer.reserved_words):
        name = f'"{word}"' if needs_quotes(word, "sqlite") else word
        connection.execute(f"CREATE TABLE {name} ({name} TEXT)")
        connection.execute(f"SELECT {name} FROM {name} WHERE {name} = 'x' GROUP BY {name}")
        connection.execute(f"DROP TABLE {name}")
    connection.close()


LONG = "a" * 1000
DOUBLED = ", ".join(f"a{n} AS (SELECT CONCAT(x, x) AS x FROM a{n - 1})" for n in range(1, 25))


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql"])
@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT REPLACE(REPLACE('{LONG}', 'a', '{LONG}'), 'a', '{LONG}')",
        f"SELECT REGEXP_REPLACE(Name, '', '{LONG}', 'g') FROM Artist",
        "WITH RECURSIVE t(x) AS (SELECT 'a' UNION ALL SELECT CONCAT(x, x) FROM t) SELECT LENGTH(x) FROM t",
        "WITH RECURSIVE t(x) AS (SELECT 'a' UNION ALL SELECT REPLACE(x, 'a', 'aa') FROM t) SELECT x FROM t",
        "WITH RECURSIVE t(x) AS (SELECT 'a' UNION ALL SELECT CONCAT(y, z) FROM (SELECT x AS y, x AS z FROM t) AS q)"
        " SELECT x FROM t",
        f"WITH a0 AS (SELECT Name AS x FROM Artist), {DOUBLED} SELECT x FROM a24",
        "SELECT " + "HEX(" * 20 + "Name" + ")" * 20 + " FROM Artist",
        # As long as both texts are, and no database looks at a clock: hours for two of four megabytes in SQLite.
        f"SELECT TRIM(Name, REPLACE('{LONG}', 'a', '{LONG[:900]}')) FROM Artist",
        f"SELECT TRIM(Name, '{LONG}') FROM Artist",
        "SELECT REPLACE(Title, x, '') FROM Album, (SELECT GROUP_CONCAT(Name) AS x FROM Artist) AS t",
        "SELECT REPLACE(Title, (SELECT MAX(Name) FROM Artist), '') FROM Album",
    ],
)
def test_no_text_is_made_long(sql: str, dialect: str) -> None:
    assert reason(sql, dialect) == "too_large"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT REPLACE(REPLACE(REPLACE(Name, 'a', 'bb'), '$', ''), ',', '.') FROM Artist",
        "SELECT CONCAT(Name, ' ', Name, ' (', ArtistId, ')') FROM Artist",
        "WITH RECURSIVE t(id, path) AS (SELECT ArtistId, Name FROM Artist UNION ALL"
        " SELECT Artist.ArtistId, CONCAT(t.path, '/', Artist.Name) FROM Artist JOIN t ON Artist.ArtistId = t.id)"
        " SELECT path FROM t",
        "SELECT CONCAT(x, '-', y) FROM (SELECT Name AS x, ArtistId AS y FROM Artist) AS a",
        "SELECT TRIM(TRIM(Name, ' .')), REPLACE(Name, ArtistId, ''), INSTR(Name, LOWER('The ')) FROM Artist",
        "SELECT REPLACE(Name, CONCAT(ArtistId, '-'), '') FROM Artist",
    ],
)
def test_texts_may_be_joined_and_replaced(sql: str) -> None:
    for dialect in ("sqlite", "postgres", "mysql"):
        guarded(sql, dialect)


def test_what_string_agg_lists_is_cut_where_it_runs_but_not_where_it_is_shown() -> None:
    sql = "SELECT STRING_AGG(Name, ',') FILTER(WHERE ArtistId > '1') FROM Artist"
    found = check(sql, shop("postgres"), row_limit=10)
    assert found.sql.startswith("SELECT LEFT(STRING_AGG(")
    assert found.sql.partition(" FROM ")[0].endswith(", 1000000) AS string_agg")
    assert "LEFT" not in found.query
