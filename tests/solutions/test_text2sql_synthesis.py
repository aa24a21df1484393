"""Examples made from a bare schema: they run, repeat for a seed, cover the schema, and read like questions."""

from __future__ import annotations

import datetime
import os
import random
import re
import sqlite3
import unicodedata
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    create_engine,
)  # fmt: skip

from dsol_text2sql.databases.database import Database, QueryError, Result, open_database
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import template
from dsol_text2sql.synthesis import Example, synthesise
from dsol_text2sql.synthesis.chinese import asking as chinese_asking
from dsol_text2sql.synthesis.chinese.voice import Voice as ChineseVoice
from dsol_text2sql.synthesis.chinese.words import spoken
from dsol_text2sql.synthesis.english import asking as english_asking
from dsol_text2sql.synthesis.english.voice import Voice as EnglishVoice
from dsol_text2sql.synthesis.names import article, is_key_name, plural, singular, words
from dsol_text2sql.synthesis.reading import read
from dsol_text2sql.synthesis.statement import Join, Statement, literal, quoted, ref
from dsol_text2sql.synthesis.wording import say

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "text2sql"


def opened(path: Path) -> Database:
    if not path.exists():
        pytest.skip(f"no database at {path}")
    return open_database(str(path), settings=Settings())


def plain(text: str) -> str:
    """Lower a text's letters and drop their accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


@pytest.fixture(scope="module")
def shop() -> Database:
    return opened(Path(str(files("dsol_text2sql"))) / "demo" / "chinook" / "chinook.sqlite")


@pytest.fixture(scope="module")
def examples(shop: Database) -> list[Example]:
    return synthesise(shop, 800, seed=3)


@pytest.fixture
def company(tmp_path: Path) -> Database:
    path = tmp_path / "company.sqlite"
    with sqlite3.connect(path) as made:
        made.executescript("""
            CREATE TABLE depts (dept_id INTEGER PRIMARY KEY, dept_name TEXT, "order" INTEGER, founded DATE);
            CREATE TABLE staff (id INTEGER PRIMARY KEY, fname TEXT, lname TEXT, salary REAL, city TEXT, remote TEXT,
                                dept_id INTEGER REFERENCES depts(dept_id), boss INTEGER REFERENCES staff(id));
            CREATE TABLE skills (skill_id INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE staff_skills (staff_id INTEGER REFERENCES staff(id),
                                       skill_id INTEGER REFERENCES skills(skill_id));
            CREATE TABLE bare (id INTEGER PRIMARY KEY, name TEXT);
            INSERT INTO depts VALUES (1, 'Sales', 3, '1999-02-03'), (2, 'Law''s', 1, '2004-05-06');
            INSERT INTO skills VALUES (1, 'Go'), (2, 'Selling'), (3, '%_');
        """)
        people = [(n, f"Ann{n}", f"Lee{n % 5}", 900.5 * n, "Bonn" if n % 3 else "Köln", "yes" if n % 2 else "no",
                   n % 2 + 1, n // 3 or None) for n in range(1, 20)]  # fmt: skip
        made.executemany("INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?, ?, ?)", people)
        made.executemany("INSERT INTO staff_skills VALUES (?, ?)", [(n, n % 3 + 1) for n in range(1, 20)])
    made.close()
    return open_database(str(path), settings=Settings())


def test_every_query_runs_and_nearly_all_say_something(shop: Database, examples: list[Example]) -> None:
    assert len(examples) == 800
    empty = sum(not shop.execute(example.sql).rows for example in examples)
    assert empty < 0.05 * len(examples)


def test_the_same_seed_makes_the_same_examples(shop: Database, examples: list[Example]) -> None:
    assert synthesise(shop, 800, seed=3) == examples
    assert synthesise(shop, 50, seed=4) != examples[:50]


def test_questions_are_different_and_both_languages_come_equally(examples: list[Example]) -> None:
    assert len({example.question.lower() for example in examples}) == len(examples)
    languages = Counter(example.language for example in examples)
    assert languages == {"en": 400, "zh": 400}
    chinese = [example for example in examples if example.language == "zh"]
    assert all(re.search("[\u4e00-\u9fff]", example.question) for example in chinese)


def test_queries_cover_shapes_tables_and_columns(shop: Database, examples: list[Example]) -> None:
    templates = {template(example.sql, "sqlite", shop.schema) for example in examples}
    assert len(templates) > 300
    text = "\n".join(example.sql for example in examples)
    for shape in ("GROUP BY", "HAVING", "LIMIT 1", "NOT IN (SELECT", "BETWEEN", "LIKE", "COUNT(DISTINCT", "AVG(",
                  "SUM(", "AS t1", "PlaylistTrack", "ORDER BY COUNT(*) DESC", "> (SELECT AVG", " OR "):  # fmt: skip
        assert shape in text
    named = set(re.findall(r"\w+", text))
    keys = {"PlaylistId", "InvoiceLineId", "SupportRepId"}
    assert {column.name for _, column in shop.schema.columns()} - named <= keys


def test_link_tables_are_never_spoken_of(examples: list[Example]) -> None:
    assert not any(re.search(r"playlist ?track", example.question, re.IGNORECASE) for example in examples)
    assert not any("{" in example.question or "[|" in example.question for example in examples)


def test_values_of_the_question_are_those_of_the_query(examples: list[Example]) -> None:
    lookups = [example for example in examples if example.meta["form"] == "lookup"]
    assert len(lookups) > 50
    for example in lookups:
        for value in re.findall(r"= '((?:[^']|'')*)'", example.sql):
            assert plain(value.replace("''", "'").strip()) in plain(example.question)


def test_one_query_is_asked_in_several_ways(examples: list[Example]) -> None:
    asked = Counter(example.sql for example in examples if example.language == "en")
    assert asked.most_common(1)[0][1] >= 2


def test_aliases_say_values_in_chinese(shop: Database) -> None:
    made = synthesise(shop, 300, seed=1, languages=["zh"], aliases={"Canada": "加拿大", "USA": "美国"})
    held = [example for example in made if "'Canada'" in example.sql or "'USA'" in example.sql]
    assert held
    assert all("加拿大" in example.question or "美国" in example.question for example in held)


def test_progress_counts_to_the_end(shop: Database) -> None:
    calls: list[tuple[str, int, int]] = []
    synthesise(shop, 120, seed=1, progress=lambda what, done, of: calls.append((what, done, of)))
    assert calls == [("synthesise", 50, 120), ("synthesise", 100, 120), ("synthesise", 120, 120)]


def test_awkward_names_and_values(company: Database) -> None:
    made = synthesise(company, 300, seed=2, languages=["en"])
    assert len(made) == 300
    for example in made:
        company.execute(example.sql)
    text = "\n".join(example.sql for example in made)
    assert '"order"' in text
    assert "'Law''s'" in text
    assert not any("bare" in example.meta["tables"] for example in made)
    asked = "\n".join(example.question.lower() for example in made)
    assert "dept" not in asked
    assert "department" in asked
    assert "remote" in asked


def test_names_without_words_break_nothing(tmp_path: Path) -> None:
    path = tmp_path / "odd.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            'CREATE TABLE "_" ("" TEXT, "-" INTEGER, "#" TEXT, " . " TEXT, "😀" REAL, name TEXT);'
            + "".join(f"INSERT INTO \"_\" VALUES ('a{n}', {n}, 'b{n % 3}', 'c', {n}.5, 'd{n}');" for n in range(20))
        )
    assert synthesise(opened(path), 60, seed=1)


def test_both_languages_word_every_form(examples: list[Example]) -> None:
    assert english_asking.FORMS.keys() == chinese_asking.FORMS.keys()
    assert {example.meta["form"] for example in examples} <= english_asking.FORMS.keys()
    for asking in (english_asking, chinese_asking):  # no form is worded in two places
        parts = [
            one for name, one in vars(asking).items() if name.isupper() and isinstance(one, dict) and name != "FORMS"
        ]
        assert sum(map(len, parts)) == len(asking.FORMS)


def test_a_voice_keeps_to_its_words_and_voices_differ(shop: Database) -> None:
    entity = max(read(shop).entities.values(), key=lambda one: min(len(one.english), len(one.chinese)))
    assert min(len(entity.english), len(entity.chinese)) > 1
    said: dict[str, Counter[str]] = {"en": Counter(), "zh": Counter()}
    for seed in range(300):
        english, chinese = EnglishVoice(random.Random(seed)), ChineseVoice(random.Random(seed), {})
        for language, voice in (("en", english), ("zh", chinese)):
            assert len({voice.noun(entity) for _ in range(5)}) == 1
            assert voice.role(None, entity) == voice.noun(entity)
            said[language][voice.noun(entity)] += 1
    assert set(said["en"]) == set(entity.english)
    assert set(said["zh"]) == set(entity.chinese)
    assert 0.7 < said["en"][entity.english[0]] / 300 < 0.95
    assert 0.65 < said["zh"][entity.chinese[0]] / 300 < 0.85


def test_a_schema_is_read_for_its_meaning(company: Database) -> None:
    world = read(company)
    staff, depts = world.entities["staff"], world.entities["depts"]
    assert [label.column for label in staff.labels] == ["fname", "lname"]
    assert staff.person
    assert depts.english[0] == "department"
    assert depts.attributes[1].english[0] == "name"
    assert world.entities["staff_skills"].links
    boss = next(relation for relation in world.relations if relation.parent == relation.child)
    assert boss.english[0] == "manager"
    roles = {attribute.column: attribute.role for attribute in staff.attributes}
    assert roles["city"] == "place"
    assert roles["salary"] == "measure"
    assert roles["remote"] == "flag"


def test_keys_that_nobody_declared_are_found() -> None:
    world = read(opened(DATA / "geography" / "geography.sqlite"))
    found = {(relation.child, relation.column, relation.parent) for relation in world.relations}
    assert {
        ("city", "state_name", "state"),
        ("river", "traverse", "state"),
        ("border_info", "border", "state"),
    } <= found


@pytest.mark.parametrize("name", ["期刊", "高考", "中国演员和电影"])
def test_chinese_schemas_get_chinese_questions(name: str) -> None:
    database = opened(DATA / "sesql" / "sqlite" / f"{name}.sqlite")
    made = synthesise(database, 150, seed=1)
    assert len(made) == 150
    assert {example.language for example in made} == {"zh"}
    assert synthesise(database, 10, seed=1, languages=["en"]) == []


@pytest.mark.parametrize("name", ["hr_1", "wine_1", "flight_1", "cre_Theme_park"])
def test_other_databases(name: str) -> None:
    database = opened(DATA / "spider" / "database" / name / f"{name}.sqlite")
    made = synthesise(database, 120, seed=1)
    assert len(made) == 120
    for example in made:
        database.execute(example.sql)


@pytest.mark.parametrize("variable", ["DSOL_TEST_POSTGRES", "DSOL_TEST_MYSQL"])
def test_every_query_runs_on_servers(variable: str) -> None:
    url = os.environ.get(variable, "")
    if not url:
        pytest.skip(f"{variable} is not set; start a server with .ci/servers start")
    engine = create_engine(url)
    tables = MetaData()
    singers = Table("Singer", tables, Column("SingerId", Integer, primary_key=True), Column("Name", String(40)),
                    Column("Country", String(40)), Column("Born", Date), Column("Active", Boolean))  # fmt: skip
    concerts = Table("Concert", tables, Column("ConcertId", Integer, primary_key=True), Column("Title", String(40)),
                     Column("order", Integer), Column("Price", Numeric(8, 2)), Column("StartDate", DateTime),
                     Column("SingerId", Integer, ForeignKey("Singer.SingerId")))  # fmt: skip
    tables.drop_all(engine)
    tables.create_all(engine)
    day = datetime.datetime(2020, 3, 4, 20)
    with engine.begin() as connection:
        connection.execute(singers.insert(), [
            {"SingerId": n, "Name": f"Ann O'{n}", "Country": "Chad" if n % 3 else "Peru", "Active": n % 2 == 0,
             "Born": datetime.date(1980 + n, 1, 2)} for n in range(1, 12)])  # fmt: skip
        connection.execute(concerts.insert(), [
            {"ConcertId": n, "Title": f"Night {n}", "order": n * 7 % 5, "Price": n * 1.25, "SingerId": n % 9 + 1,
             "StartDate": day + datetime.timedelta(days=50 * n)} for n in range(1, 30)])  # fmt: skip
    database = open_database(url, settings=Settings(tables=("Singer", "Concert")))
    refused: list[str] = []
    execute = database.execute

    def watched(sql: str, **limits: Any) -> Result:
        try:
            return execute(sql, **limits)
        except QueryError as error:
            refused.append(f"{sql}: {error}")
            raise

    with patch.object(database, "execute", watched):
        made = synthesise(database, 300, seed=1)
    database.close()
    tables.drop_all(engine)
    engine.dispose()
    assert len(made) == 300
    assert refused == []
    assert any("EXTRACT(YEAR" in example.sql or "YEAR(" in example.sql for example in made)


def test_statements_quote_and_qualify_where_needed() -> None:
    own = Statement([ref("Track", "Name")], "Track", where=(f"{ref('Track', 'order')} > 1",))
    assert own.text("sqlite") == 'SELECT Name FROM Track WHERE "order" > 1'
    assert own.text("mysql") == "SELECT Name FROM Track WHERE `order` > 1"
    assert own.text("postgres") == 'SELECT "Name" FROM "Track" WHERE "order" > 1'
    joined = own.but(joins=(Join("Album", ref("Track", "AlbumId"), ref("Album", "AlbumId")),), where=())
    assert joined.text("sqlite") == "SELECT Track.Name FROM Track JOIN Album ON Track.AlbumId = Album.AlbumId"
    assert quoted("平均房价（万）", "sqlite") == '"平均房价（万）"'
    assert quoted("城市", "mysql") == "城市"


@given(st.text(max_size=30))
def test_literals_mean_what_they_hold(value: str) -> None:
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        return
    with sqlite3.connect(":memory:") as made:
        assert made.execute(f"SELECT {literal(value, 'sqlite')}").fetchone() == (value,)
    made.close()


@settings(max_examples=50)
@given(st.text(alphabet="[]|{}* ab\n", max_size=12))
def test_what_fills_a_slot_is_left_as_it_is(value: str) -> None:
    import random

    said = say(random.Random(1), "2* [What|Which] is {thing}\n\n[What|Which] was {thing}", thing=value)
    assert said.partition(" ")[2][2:].removeprefix("s ").removeprefix(" ").endswith(value)
    assert said.split(" ")[0] in ("What", "Which")


@pytest.mark.parametrize(
    ("one", "many"),
    [("city", "cities"), ("person", "people"), ("bus", "buses"), ("date of birth", "dates of birth"), ("day", "days"),
     ("media type", "media types"), ("match", "matches"), ("movie", "movies"), ("staff", "staff")],
)  # fmt: skip
def test_number(one: str, many: str) -> None:
    assert plural(one) == many
    assert plural(many) == many
    if " of " not in one:
        assert singular(many) == one


def test_names() -> None:
    assert words("InvoiceLineID") == ["invoice", "line", "id"]
    assert words("emp_lname") == ["employee", "last", "name"]
    assert is_key_name("ArtistId")
    assert is_key_name("词条id")
    assert not is_key_name("paid")
    assert article("unit price") == "a unit price"
    assert article("address") == "an address"
    assert spoken("unit price")[0] == "单价"
    assert spoken("billing city") == ["账单城市"]
    assert spoken("wine xyz") == ["葡萄酒xyz"]
