"""The notation of pointers: what is shortened reads back the same, and nothing that is written in it gets through
as anything but one query."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import sqlglot
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from dsol_text2sql.databases.database import Database, open_database, open_databases
from dsol_text2sql.databases.results import asks_order, same
from dsol_text2sql.notation.expanding import expand
from dsol_text2sql.notation.pointers import POINTER, Pointers, numbering
from dsol_text2sql.notation.shortening import shorten
from dsol_text2sql.notation.shorthand import Shorthand, outline
from dsol_text2sql.query import Refused
from dsol_text2sql.rules.stitching import with_links
from dsol_text2sql.schema import Column, ForeignKey, Schema, Table
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import canonical
from dsol_text2sql.sql.guard import check
from dsol_text2sql.sql.reading import parse

DEMO = Path(__file__).parents[2] / "solutions" / "dsol_text2sql" / "demo" / "chinook"
SPIDER = Path(__file__).parents[2].parent / "shared" / "data" / "text2sql" / "spider"
MOST = 100_000

# Names that need quotes, that read as pointers, keywords; values that read as pointers or hold quotes and patterns.
AWKWARD = '''
CREATE TABLE t1 (c3 INTEGER PRIMARY KEY, v1 TEXT, c0 INTEGER REFERENCES "Order Details"("item no"));
CREATE TABLE c4 (t0 INTEGER PRIMARY KEY, c3 INTEGER REFERENCES t1(c3), name TEXT);
CREATE TABLE "Order Details" ("item no" INTEGER PRIMARY KEY, "group" TEXT, "say ""hi""" TEXT);
CREATE TABLE 歌手 (编号 INTEGER PRIMARY KEY, 姓名 TEXT, 老师 INTEGER REFERENCES 歌手(编号));
CREATE TABLE a (id INTEGER PRIMARY KEY, 编号 INTEGER REFERENCES 歌手(编号), b TEXT, Total INTEGER);
CREATE TABLE lone (id INTEGER PRIMARY KEY, word TEXT);
INSERT INTO "Order Details" VALUES (1, 'x', 'it''s'), (2, 'y', '50%'), (3, 'x', 'v1');
INSERT INTO t1 VALUES (1, 'v1', 1), (2, 'c4', 2), (3, 't0', NULL), (4, 'it''s', 3);
INSERT INTO c4 VALUES (1, 1, 'c4'), (2, 1, 'v2'), (3, 2, '50%'), (4, 4, 'a v1 b'), (5, NULL, 'it''s');
INSERT INTO 歌手 VALUES (1, '王菲', NULL), (2, '周杰伦', 1), (3, 'O''Neil', 1), (4, '王力宏', 2);
INSERT INTO a VALUES (1, 1, 'p', 10), (2, 1, 'q', -5), (3, 2, 'p', 7), (4, 4, 'r', 7);
INSERT INTO lone VALUES (1, 'c4'), (2, 'v1');
'''
HARD = [
    # self-joins, of a table beside one that is called a
    "SELECT x.姓名, y.姓名 FROM 歌手 AS x JOIN 歌手 AS y ON x.老师 = y.编号 ORDER BY 1, 2",
    "SELECT x.姓名, a.Total FROM 歌手 AS x JOIN 歌手 AS y ON x.老师 = y.编号 JOIN a ON a.编号 = x.编号",
    "SELECT COUNT(*) FROM t1 AS x, t1 AS y WHERE x.c3 < y.c3",
    # correlated subqueries
    "SELECT 姓名 FROM 歌手 WHERE EXISTS (SELECT 1 FROM a WHERE a.编号 = 歌手.编号 AND b = 'p')",
    "SELECT v1 FROM t1 WHERE (SELECT COUNT(*) FROM c4 WHERE c4.c3 = t1.c3) > 1",
    "SELECT 姓名 FROM 歌手 AS x WHERE x.编号 > (SELECT MIN(y.编号) FROM 歌手 AS y WHERE y.老师 = x.老师)",
    "SELECT v1 FROM t1 WHERE c3 NOT IN (SELECT c3 FROM c4 WHERE c3 IS NOT NULL)",
    "SELECT v1 FROM t1 WHERE EXISTS (SELECT 1 FROM c4 JOIN lone ON lone.word = c4.name WHERE c4.c3 = t1.c3)",
    # set operations, with what stands behind them
    "SELECT v1 FROM t1 UNION SELECT name FROM c4 ORDER BY v1 DESC LIMIT 3",
    "SELECT name FROM c4 EXCEPT SELECT v1 FROM t1",
    "SELECT word FROM lone INTERSECT SELECT name FROM c4",
    "SELECT 姓名 FROM 歌手 WHERE 编号 IN (SELECT 编号 FROM a UNION SELECT id FROM lone ORDER BY 编号 LIMIT 2)",
    # other joins
    "SELECT t1.v1, c4.name FROM t1 LEFT JOIN c4 ON t1.c3 = c4.c3 WHERE c4.name IS NULL",
    "SELECT t1.v1, c4.name FROM c4 RIGHT JOIN t1 ON t1.c3 = c4.c3",
    "SELECT v1, name FROM t1 JOIN c4 USING (c3)",
    "SELECT c3, name FROM t1 JOIN c4 USING (c3) WHERE c3 > 1",
    "SELECT c3, COUNT(*) FROM t1 LEFT JOIN c4 USING (c3) GROUP BY c3",
    "SELECT c3, v1 FROM t1 FULL JOIN c4 USING (c3)",
    "SELECT c3, name FROM t1 NATURAL JOIN c4",
    "SELECT name FROM t1 NATURAL RIGHT JOIN c4 WHERE c3 IS NULL",
    "SELECT COUNT(*) FROM t1 CROSS JOIN c4",
    "SELECT COUNT(*) FROM t1, c4, lone",
    "SELECT v1 FROM t1, c4 WHERE t1.c3 = c4.c3",
    "SELECT COUNT(*) FROM (t1 JOIN c4 ON t1.c3 = c4.c3) JOIN lone ON lone.word = c4.name",
    "SELECT v1 FROM t1 JOIN c4 ON t1.c3 = c4.c3 AND c4.name = 'c4'",
    "SELECT v1 FROM t1 JOIN c4 ON t1.c3 = c4.t0",
    "SELECT v1 FROM t1 JOIN c4 ON t1.c3 < c4.c3",
    # tables that only a COUNT needs
    'SELECT "group", COUNT(*) FROM "Order Details" JOIN t1 ON t1.c0 = "Order Details"."item no" GROUP BY "group"',
    'SELECT COUNT(*) FROM "Order Details" JOIN t1 ON t1.c0 = "item no" JOIN c4 ON c4.c3 = t1.c3',
    'SELECT "group", v1, MAX(name) FROM "Order Details" JOIN t1 ON t1.c0 = "item no" JOIN c4 ON c4.c3 = t1.c3'
    " GROUP BY 1, v1 HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, 2",
    # CTEs and derived tables, whose names read as pointers too
    "WITH t2 AS (SELECT c3, COUNT(*) AS c1 FROM c4 GROUP BY c3) SELECT v1, c1 FROM t1 JOIN t2 ON t1.c3 = t2.c3",
    "WITH t1 AS (SELECT name AS c0 FROM c4) SELECT c0 FROM t1 WHERE c0 LIKE 'v%'",
    "WITH RECURSIVE c1(v2) AS (SELECT 1 UNION ALL SELECT v2 + 1 FROM c1 WHERE v2 < 4) SELECT v2 FROM c1",
    "SELECT AVG(n) FROM (SELECT COUNT(*) AS n FROM c4 GROUP BY c3)",
    "SELECT x.c3, x.v1 FROM (SELECT c3, v1 FROM t1 WHERE c3 > 1) AS x JOIN c4 ON c4.c3 = x.c3",
    "SELECT COUNT(*) AS c0, v1 AS c3 FROM t1 GROUP BY v1 ORDER BY c0, v1",
    # names of the SELECT list that are columns as well
    "SELECT b, SUM(Total) AS Total FROM a GROUP BY b ORDER BY Total DESC",
    "SELECT b, SUM(Total) AS Total FROM a GROUP BY b, a.Total ORDER BY a.Total",
    "SELECT id FROM lone WHERE id IN (SELECT -Total AS Total FROM a ORDER BY Total LIMIT 1)",
    "SELECT id FROM lone WHERE id < (SELECT -Total AS Total FROM a ORDER BY Total LIMIT 1)",
    # stars and hidden columns
    "SELECT * FROM t1",
    "SELECT t1.* FROM t1 JOIN c4 ON c4.c3 = t1.c3 WHERE c4.name = 'v2'",
    "SELECT c4.*, t1.v1 FROM t1 JOIN c4 ON t1.c3 = c4.c3",
    "SELECT * FROM t1 JOIN c4 ON t1.c3 = c4.c3 WHERE c4.name = 'v2'",
    "SELECT c4.rowid, t1.rowid FROM t1 JOIN c4 ON t1.c3 = c4.c3",
    "SELECT rowid FROM lone",
    # values and patterns
    "SELECT c3 FROM t1 WHERE v1 = 'v1' OR v1 = 'c4' OR v1 IN ('t0', 'it''s')",
    "SELECT t0 FROM c4 WHERE name LIKE '%v1%' OR name LIKE '50%%' OR name LIKE 'it''s%' OR name NOT LIKE '%4'",
    "SELECT t0 FROM c4 WHERE name LIKE 'v2' OR name LIKE '%' OR name LIKE '%%'",
    '''SELECT "item no" FROM "Order Details" WHERE "say ""hi""" = 'it''s' OR "say ""hi""" LIKE '50%' ''',
    "SELECT 编号 FROM 歌手 WHERE 姓名 LIKE '王%' OR 姓名 LIKE '%O''Neil%' OR 姓名 = '周杰伦'",
    "SELECT COALESCE(v1, 'none'), v1 || '%' FROM t1 ORDER BY CASE WHEN v1 = 'c4' THEN 0 ELSE 1 END, v1",
    "SELECT v1, ROW_NUMBER() OVER (PARTITION BY c0 ORDER BY c3) AS v2 FROM t1",
    "SELECT 1",
]


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Database:
    path = tmp_path_factory.mktemp("awkward") / "awkward.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(AWKWARD)
    return open_database(str(path), settings=Settings())


def said(sql: str, dialect: str = "sqlite") -> tuple[str, ...]:
    """Give what the prompt would have as values for a query: its strings, without the signs of patterns."""
    found = (literal.name.strip("%") for literal in parse(sql, dialect).find_all(exp.Literal) if literal.is_string)
    return tuple(dict.fromkeys(text for text in found if text))


def there_and_back(sql: str, database: Database, pointers: Pointers) -> tuple[str, str, str]:
    """Give a query in canonical style, with pointers, and expanded again."""
    plain = canonical(sql, "sqlite", database.schema)
    short = shorten(plain, database.schema, replace(pointers, values=said(plain)))
    return plain, short, expand(short, replace(pointers, values=said(plain)))


def check_meaning(sql: str, database: Database, pointers: Pointers) -> str:
    """Check that a query means the same after having been shortened; give it shortened."""
    plain, short, again = there_and_back(sql, database, pointers)
    if canonical(again, "sqlite", database.schema) != plain:
        rows, other = (database.execute(one, row_limit=MOST).rows for one in (plain, again))
        assert same(rows, other, ordered=asks_order(plain)), (plain, short, again)
    assert check(again, database.schema, row_limit=5)
    return short


def queries(name: str) -> Iterator[tuple[Database, str]]:
    if name == "demo":
        database = open_databases(Settings())["chinook"]
        lines = [line for file in sorted(DEMO.glob("train_*.jsonl")) for line in file.read_text("utf-8").splitlines()]
        yield from ((database, sql) for sql in sorted({json.loads(line)["sql"] for line in lines}))
    elif not SPIDER.is_dir():
        pytest.skip(f"the Spider data is not at {SPIDER}")
    else:
        rows = json.loads((SPIDER / "train.json").read_text("utf-8"))
        chosen = random.Random(5).sample(sorted({(row["db_id"], row["query"]) for row in rows}), 300)
        databases: dict[str, Database] = {}
        for id, sql in sorted(chosen):
            path = SPIDER / "database" / id / f"{id}.sqlite"
            databases[id] = databases.get(id) or open_database(str(path), settings=Settings())
            yield databases[id], sql


def test_queries_alike_but_for_their_values_are_shortened_once_and_as_each_would_be() -> None:
    found = [(database, sql) for number, (database, sql) in enumerate(queries("demo")) if number % 12 < 2]
    pointers = Pointers.of(found[0][0].schema)
    shorthand = Shorthand(found[0][0].schema, pointers)
    kinds: set[str] = set()
    for database, sql in found:
        plain = shorthand.canonical(sql)
        texts = said(plain)
        # None, all, the last first, in other letters, and a number among them.
        for values in ((), texts, texts[::-1], tuple(text.upper() for text in texts), (*texts[:1], 2009, *texts[1:])):
            kinds.add(outline(plain, values))
            short = shorten(plain, database.schema, replace(pointers, values=values))
            assert shorthand.shorten(plain, values) == short, (plain, values)
    assert len(kinds) < 0.9 * 5 * len(found)


@pytest.mark.parametrize("name", ["demo", "spider"])
def test_training_queries_mean_the_same_after_being_shortened(name: str) -> None:
    shorter = total = 0
    for number, (database, sql) in enumerate(queries(name)):
        pointers = Pointers.of(with_links(database.schema))
        short = check_meaning(sql, database, pointers.shuffled(number)[0] if number % 2 else pointers)
        shorter += " JOIN " in sql and " JOIN " not in short
        total += " JOIN " in sql
    assert shorter > 0.7 * total > 0


@pytest.mark.parametrize("shuffle", [0, 1, 2])
@pytest.mark.parametrize("sql", HARD)
def test_hard_queries_mean_the_same_after_being_shortened(sql: str, shuffle: int, awkward: Database) -> None:
    pointers = Pointers.of(with_links(awkward.schema))
    check_meaning(sql, awkward, pointers.shuffled(shuffle)[0] if shuffle else pointers)


@pytest.mark.parametrize("dialect", ["mysql", "postgres"])
@pytest.mark.parametrize("sql", [sql for sql in HARD if "rowid" not in sql])
def test_other_dialects_say_the_same(sql: str, dialect: str, awkward: Database) -> None:
    schema = replace(with_links(awkward.schema), dialect=dialect)
    plain = canonical(canonical(sqlglot.transpile(sql, "sqlite", dialect)[0], dialect, schema), dialect, schema)
    pointers = replace(Pointers.of(schema), values=said(plain, dialect))
    again = expand(shorten(plain, schema, pointers), pointers)
    if canonical(again, dialect, schema) != plain:
        texts = [sqlglot.transpile(text, dialect, "sqlite")[0] for text in (plain, again)]
        rows = [awkward.execute(text, row_limit=MOST).rows for text in texts]
        assert same(*rows, ordered=asks_order(plain)), (plain, again)


def test_the_notation_is_short_and_the_same_in_all_dialects() -> None:
    schema = open_databases(Settings())["chinook"].schema
    sql = (
        "SELECT Album.Title, COUNT(*) FROM Album JOIN Artist ON Album.ArtistId = Artist.ArtistId JOIN Track"
        " ON Track.AlbumId = Album.AlbumId WHERE Artist.Name LIKE 'AC%' AND Track.Name LIKE '%it''s%'"
        " GROUP BY Album.Title"
    )
    for dialect in ("sqlite", "mysql", "postgres"):
        other = replace(schema, dialect=dialect)
        pointers = replace(Pointers.of(other), values=("AC", "it's"))
        title, artist, track = (
            pointers.column_of[place] for place in (("album", "title"), ("artist", "name"), ("track", "name"))
        )
        short = shorten(canonical(sql, "sqlite", schema), other, pointers)
        assert short == (f"SELECT {title}, COUNT(*) WHERE {artist} LIKE v1 || '%' AND {track} LIKE v2 GROUP BY {title}")
        again = expand(short, pointers)
        assert "LIKE 'AC%'" in again
        assert "LIKE '%it''s%'" in again
        assert again.count(" JOIN ") == 2


def test_tables_that_nothing_links_are_refused(awkward: Database) -> None:
    pointers = Pointers.of(awkward.schema)
    word, group = pointers.column_of["lone", "word"], pointers.column_of["order details", "group"]
    with pytest.raises(Refused, match="no foreign keys link the tables lone, Order Details") as refused:
        expand(f"SELECT {word}, {group}", pointers)
    assert refused.value.reason == "unlinked"


def rings() -> Schema:
    """Make a schema whose keys go in circles, and where two keys join the same tables."""
    links = [
        ("a", "b_id", "b"), ("b", "c_id", "c"), ("c", "a_id", "a"), ("d", "a_id", "a"), ("d", "c_id", "c"),
        ("game", "home", "team"), ("game", "away", "team"), ("team", "captain", "a"), ("game", "d_id", "d"),
        ("a", "boss", "a"),
    ]  # fmt: skip
    columns = {name: ["id", "label"] for name in ("a", "b", "c", "d", "game", "team")}
    for table, column, _ in links:
        columns[table].append(column)
    tables = tuple(Table(n, tuple(Column(c, "TEXT", "text") for c in names)) for n, names in columns.items())
    return Schema("rings", "sqlite", tables, tuple(ForeignKey(t, c, other, "id") for t, c, other in links))


def joined(sql: str) -> tuple[list[str], set[frozenset[str]]]:
    """List the tables of a query, and the pairs of columns that it joins on."""
    tree = parse(sql, "sqlite")
    pairs = {frozenset((on.this.sql(), on.expression.sql())) for on in tree.find_all(exp.EQ)}
    return sorted(table.sql() for table in tree.find_all(exp.Table)), pairs


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_keys_in_circles_are_joined_as_they_were(data: st.DataObject) -> None:
    schema = rings()
    keys = [key for key in schema.foreign_keys if key.table != key.other]
    here = [data.draw(st.sampled_from(keys)).table]
    text = here[0]
    for _ in range(data.draw(st.integers(0, 4))):
        key = data.draw(st.sampled_from([k for k in keys if (k.table in here) != (k.other in here)]))
        here.append(key.table if key.other in here else key.other)
        text += f" JOIN {here[-1]} ON {key.table}.{key.column} = {key.other}.id"
    shown = data.draw(st.lists(st.sampled_from(here), min_size=1, max_size=3))
    sql = f"SELECT {', '.join(f'{table}.label' for table in shown)} FROM {text}"
    sql += data.draw(st.sampled_from(["", f" WHERE {here[0]}.id > 1", f" ORDER BY {here[-1]}.label"]))
    plain = canonical(sql, "sqlite", schema)
    pointers = Pointers.of(schema).shuffled(data.draw(st.integers(1, 9)))[0]
    again = canonical(expand(shorten(plain, schema, pointers), pointers), "sqlite", schema)
    assert joined(again) == joined(plain)
    assert parse(again, "sqlite").expressions == parse(plain, "sqlite").expressions


def test_what_is_in_quotes_is_no_pointer(awkward: Database) -> None:
    pointers = replace(Pointers.of(awkward.schema), values=("x",))
    assert expand("""SELECT 'c1', "c1", 'v1' FROM "t1" WHERE "v1" = v1""", pointers) == (
        """SELECT 'c1', "c1", 'v1' FROM "t1" WHERE "v1" = 'x'"""
    )
    assert expand("SELECT c999, v2, v0 FROM t77", pointers) == "SELECT c999, v2, v0 FROM t77"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("c1 LIKE v1 || '!'", "v1 LIKE 'x' || '!'"),
        ("c1 LIKE '%' || v1 || '%'", "v1 LIKE '%' || 'x' || '%'"),
        ("c1 LIKE '%' || v2", "v1 LIKE '%it''s'"),
        ("c1 = v1 || '%'", "v1 = 'x' || '%'"),
        ("v1 LIKE c1", "'x' LIKE v1"),
    ],
)
def test_only_a_sign_beside_a_value_makes_a_pattern(short: str, long: str, awkward: Database) -> None:
    pointers = replace(Pointers.of(awkward.schema), values=("x", "it's"))
    assert expand(f"SELECT 1 WHERE {short}", pointers).replace('"', "").endswith(f"WHERE {long}")


EVIL = (
    "'; DROP TABLE t1; --",
    "\\'; DROP TABLE t1; -- ",
    'x"; DROP TABLE t1; --',
    "`; DELETE FROM t1; #",
    "*/ ; x /*",
    "v1",
)
PIECES = [
    "SELECT ", "WITH t0 AS (", " FROM ", " WHERE ", " JOIN ", " ON ", " ORDER BY ", " UNION ", " LIKE ", " IN (", "t0",
    "t1", ".", "c0", "c1", "c5", "c99", "v1", "v2", "v3", "v99", ", ", "(", ")", "'", '"', "`", ";", " || ", "'%'", "*",
    " AS c1", " = ", "--", "/*", "*/", "1", "COUNT(*)", "DROP TABLE t0", " USING (c0)", " NATURAL", " LIMIT ", "[", "]",
    "{", "}", "$1", "?", ":c0", "@", "\\", "CASE WHEN c0 THEN ", " END", "CAST(c0 AS ", " OVER (", "INTERVAL v1 ", "é",
]  # fmt: skip


def evil(dialect: str) -> Pointers:
    tables = tuple(Table(name, tuple(Column(f"{n} {name}", "TEXT", "text") for n in range(2))) for name in EVIL)
    keys = tuple(ForeignKey(a.name, a.columns[0].name, b.name, b.columns[0].name) for a, b in pairwise(tables))
    return replace(Pointers.of(Schema("evil", dialect, tables, keys)), values=EVIL)


@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
        st.lists(st.sampled_from(PIECES), max_size=20).map(lambda pieces: "SELECT c0, " + "".join(pieces)),
    ),
    st.sampled_from(["sqlite", "mysql", "postgres"]),
)
@example("SELECT " + "1+" * 4_000 + "1", "sqlite")
@example("SELECT " + "NOT " * 2_000 + "1", "mysql")
@example("SELECT " + "(" * 50 + "c1" + ")" * 50, "postgres")
@example("SELECT c0 WHERE c1 = v1; DROP TABLE t0", "sqlite")
@settings(max_examples=500, deadline=None)
def test_any_text_is_expanded_to_one_query_or_refused(text: str, dialect: str) -> None:
    try:
        sql = expand(text, evil(dialect))
    except Refused:
        return
    one_query(sql, dialect)


def one_query(sql: str, dialect: str) -> None:
    trees = [tree for tree in sqlglot.parse(sql, read=dialect) if tree and not isinstance(tree, exp.Semicolon)]
    assert len(trees) == 1
    assert isinstance(trees[0], exp.Query)
    assert not list(trees[0].find_all(exp.Drop, exp.Delete, exp.Command))


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres"])
def test_evil_names_and_values_stay_names_and_values(dialect: str) -> None:
    pointers = evil(dialect)
    shown = ", ".join(pointers.columns)
    tests = " OR ".join(f"c0 = v{n} OR c1 LIKE v{n} OR c1 LIKE v{n} || '%' OR c1 IN (v{n})" for n in range(1, 7))
    sql = expand(f"SELECT {shown}, t0.* WHERE {tests}", pointers)
    one_query(sql, dialect)
    tree = parse(sql, dialect)
    assert {table.name for table in tree.find_all(exp.Table)} == set(EVIL)
    assert {literal.name for literal in tree.find_all(exp.Literal)} >= {text for v in EVIL for text in (v, f"%{v}%")}


def test_new_tables_and_columns_leave_old_numbers_as_they_were() -> None:
    schema = open_databases(Settings())["chinook"].schema
    known = json.loads(json.dumps(numbering(schema)))
    before = Pointers.of(schema)
    new = Column("New", "TEXT", "text")
    grown = [replace(table, columns=(new, *table.columns)) for table in reversed(schema.tables)]
    after = Pointers.of(
        replace(schema, tables=(Table("First", (new,)), *grown)), [(table, column) for table, column in known]
    )
    assert before.tables.items() <= after.tables.items()
    assert before.columns.items() <= after.columns.items()
    assert before.links == after.links
    assert len(after.columns) == len(before.columns) + len(schema.tables) + 1
    fewer = Pointers.of(replace(schema, tables=schema.tables[3:]), [(table, column) for table, column in known])
    assert fewer.tables.items() <= before.tables.items()
    assert fewer.columns.items() <= before.columns.items()
    assert set(fewer.links) < set(before.links)


@given(st.integers(1, 2**32), st.lists(st.text(max_size=20), max_size=5))
@settings(max_examples=50, deadline=None)
def test_shuffled_numbers_are_injective_and_read_back(awkward: Database, seed: int, values: list[str]) -> None:
    plain = replace(Pointers.of(awkward.schema), values=tuple(values))
    other, new = plain.shuffled(seed)
    assert len(set(new.values())) == len(new) == len(plain.tables) + len(plain.columns)
    assert {new[pointer]: name for pointer, name in plain.tables.items()} == other.tables
    assert {other.columns[new[pointer]][1] for pointer in plain.columns} == {name for _, name in plain.columns.values()}
    assert all(POINTER.fullmatch(pointer) for pointer in new.values())
    assert other.shuffled(0)[0].values == plain.values
    assert plain.shuffled(seed) == (other, new)
    for pointers in (plain, other):
        again = Pointers.from_json(pointers.to_json())
        assert again == pointers
        assert "\n" not in pointers.to_json()
        assert again.to_json() == pointers.to_json()
