"""The rules that a product had before: what they understand, what they claim, and that they are safe."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
import sqlglot
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from dsol_text2sql.baseline import accuracy, make_baseline, translate
from dsol_text2sql.databases.database import Database, DatabaseError, open_database
from dsol_text2sql.databases.results import asks_order, same
from dsol_text2sql.question.values import ValueIndex
from dsol_text2sql.rules.cues import cues
from dsol_text2sql.rules.pieces import Knowledge
from dsol_text2sql.rules.stitching import constant, labels, with_links
from dsol_text2sql.settings import Input, Settings

DEMO = Path(__file__).parents[2] / "solutions" / "dsol_text2sql" / "demo" / "chinook"
CHINOOK = DEMO / "chinook.sqlite"


@pytest.fixture(scope="module")
def music() -> tuple[Database, Knowledge]:
    database = open_database(str(CHINOOK), settings=Settings())
    return database, Knowledge.of(database.schema, ValueIndex.build(database))


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        ("How many albums are there?", "SELECT COUNT(*) FROM Album"),
        ("一共有多少张专辑？", "SELECT COUNT(*) FROM Album"),
        ("List the names of all genres.", "SELECT Name FROM Genre"),
        (
            "Show the titles of albums by AC/DC",
            "SELECT Title FROM Album JOIN Artist USING (ArtistId) WHERE Name = 'AC/DC'",
        ),
        ("AC/DC的专辑有哪些", "SELECT Title FROM Album JOIN Artist USING (ArtistId) WHERE Name = 'AC/DC'"),
        ("How many customers live in Brazil?", "SELECT COUNT(*) FROM Customer WHERE Country = 'Brazil'"),
        ("法国有多少位客户？", "SELECT COUNT(*) FROM Customer WHERE Country = 'France'"),
        ("Which customers are not from the USA?", "SELECT FirstName, LastName FROM Customer WHERE Country <> 'USA'"),
        (
            "customers from Brazil or Canada",
            "SELECT FirstName, LastName FROM Customer WHERE Country IN ('Brazil', 'Canada')",
        ),
        ("tracks longer than 10 minutes", "SELECT Name FROM Track WHERE Milliseconds > 600000"),
        ("时长超过10分钟的歌曲有多少首？", "SELECT COUNT(*) FROM Track WHERE Milliseconds > 600000"),
        ("invoices with a total between 10 and 12", "SELECT InvoiceId FROM Invoice WHERE Total BETWEEN 10 AND 12"),
        ("How many invoices were made in 2010?", "SELECT COUNT(*) FROM Invoice WHERE InvoiceDate LIKE '2010%'"),
        ("What is the longest track?", "SELECT Name FROM Track ORDER BY Milliseconds DESC LIMIT 1"),
        ("最长的歌曲是哪首？", "SELECT Name FROM Track ORDER BY Milliseconds DESC LIMIT 1"),
        ("the 5 longest tracks", "SELECT Name FROM Track ORDER BY Milliseconds DESC LIMIT 5"),
        ("What is the average length of the tracks?", "SELECT AVG(Milliseconds) FROM Track"),
        (
            "number of tracks per genre",
            "SELECT G.Name, COUNT(*) FROM Track JOIN Genre G USING (GenreId) GROUP BY G.Name",
        ),
        ("每种流派有多少首歌曲", "SELECT G.Name, COUNT(*) FROM Track JOIN Genre G USING (GenreId) GROUP BY G.Name"),
        ("number of customers per country", "SELECT Country, COUNT(*) FROM Customer GROUP BY Country"),
        (
            "Which artist has the most albums?",
            "SELECT Name FROM Artist JOIN Album USING (ArtistId) GROUP BY ArtistId ORDER BY COUNT(*) DESC LIMIT 1",
        ),
        (
            "专辑最多的艺术家是谁？",
            "SELECT Name FROM Artist JOIN Album USING (ArtistId) GROUP BY ArtistId ORDER BY COUNT(*) DESC LIMIT 1",
        ),
        (
            "artists with more than 10 albums",
            "SELECT Name FROM Artist JOIN Album USING (ArtistId) GROUP BY ArtistId HAVING COUNT(*) > 10",
        ),
        ("artists without albums", "SELECT Name FROM Artist WHERE ArtistId NOT IN (SELECT ArtistId FROM Album)"),
        ("tracks with no composer", "SELECT Name FROM Track WHERE Composer IS NULL"),
        ("albums whose title contains 'Rock'", "SELECT Title FROM Album WHERE Title LIKE '%Rock%'"),
        (
            "Which customers have an email ending with '.br'?",
            "SELECT FirstName, LastName FROM Customer WHERE Email LIKE '%.br'",
        ),
        ("artist names in alphabetical order", "SELECT Name FROM Artist ORDER BY Name"),
        ("the different billing countries", "SELECT DISTINCT BillingCountry FROM Invoice"),
        (
            "tracks longer than the average",
            "SELECT Name FROM Track WHERE Milliseconds > (SELECT AVG(Milliseconds) FROM Track)",
        ),
        ("the total of invoice 12", "SELECT Total FROM Invoice WHERE InvoiceId = 12"),
        (
            "cities of the customers of Jane Peacock",
            "SELECT C.City FROM Customer C JOIN Employee E ON EmployeeId = SupportRepId WHERE E.LastName = 'Peacock'",
        ),
    ],
)
def test_usual_questions_are_understood(music: tuple[Database, Knowledge], question: str, gold: str) -> None:
    database, knowledge = music
    found = translate(question, knowledge)
    assert found is not None
    sql, confidence = found
    wanted = database.execute(gold, row_limit=10_000).rows
    assert wanted, "a gold query that returns nothing would prove little"
    assert same(wanted, database.execute(sql, row_limit=10_000).rows, ordered=asks_order(gold)), sql
    assert 0.02 <= confidence <= 0.95


@pytest.fixture(scope="module")
def clubs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, Knowledge]:
    path = tmp_path_factory.mktemp("clubs") / "clubs.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE club (club_id INTEGER PRIMARY KEY, club_name TEXT, city TEXT, fee_in_euros REAL);
        CREATE TABLE player (
            player_id INTEGER PRIMARY KEY, Fname TEXT, LName TEXT, age INTEGER, points INTEGER, height REAL,
            position TEXT, payment_method_code TEXT, phone_number TEXT, club_id INTEGER REFERENCES club(club_id));
        INSERT INTO club VALUES (1, 'Rovers', 'Leeds', 10.5), (2, 'Lions', 'York', 20), (3, 'Foxes', 'Leeds', 7);
        INSERT INTO player VALUES
            (1, 'Ann', 'Lee', 31, 12, 1.7, 'goalie', 'card', '11', 1),
            (2, 'Bob', 'Ray', 25, 30, 1.9, 'striker', 'cash', '12', 1),
            (3, 'Cid', 'Poe', 40, 7, 1.8, 'goalie', 'card', '13', 2),
            (4, 'Dan', 'Fox', 19, 22, 1.6, 'winger', 'card', '14', 1);
        """
    )
    connection.commit()
    connection.close()
    database = open_database(str(path), settings=Settings())
    return database, Knowledge.of(database.schema, ValueIndex.build(database))


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        ("Show first name and last name for all players.", "SELECT Fname, LName FROM player"),
        ("What are the names and cities of clubs?", "SELECT club_name, city FROM club"),
        ("List the first names of players in ascending order of age.", "SELECT Fname FROM player ORDER BY age"),
        ("first names of players in order of points", "SELECT Fname FROM player ORDER BY points"),
        ("List all cities of clubs in alphabetical order.", "SELECT city FROM club ORDER BY city"),
        ("Which positions do players older than 30 have?", "SELECT position FROM player WHERE age > 30"),
        ("last name of the youngest player", "SELECT LName FROM player ORDER BY age LIMIT 1"),
        ("What is the minimum and maximum age of players?", "SELECT MIN(age), MAX(age) FROM player"),
        ("average, minimum, and max points of players", "SELECT AVG(points), MIN(points), MAX(points) FROM player"),
        ("What are the average age and height of players?", "SELECT AVG(age), AVG(height) FROM player"),
        (
            "What are the names of clubs and the number of players they have?",
            "SELECT club_name, COUNT(*) FROM club JOIN player USING (club_id) GROUP BY club_id",
        ),
        ("How many players use each payment method?", "SELECT payment_method_code, COUNT(*) FROM player GROUP BY 1"),
        ("Which positions have at least two players?", "SELECT position FROM player GROUP BY 1 HAVING COUNT(*) >= 2"),
        (
            "What is the most common position of players?",
            "SELECT position FROM player GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1",
        ),
        (
            "Find the name of the club with the largest number of players.",
            "SELECT club_name FROM club JOIN player USING (club_id) GROUP BY club_id ORDER BY COUNT(*) DESC LIMIT 1",
        ),
        (
            "Which club has the highest average points?",
            "SELECT club_name FROM club JOIN player USING (club_id) GROUP BY club_id ORDER BY AVG(points) DESC LIMIT 1",
        ),
        ("Which two players have the most points?", "SELECT Fname, LName FROM player ORDER BY points DESC LIMIT 2"),
        ("What is the phone number of the player Ann Lee?", "SELECT phone_number FROM player WHERE player_id = 1"),
        ("Give me the first name of every player.", "SELECT Fname FROM player"),
        ("Count the number of different positions.", "SELECT COUNT(DISTINCT position) FROM player"),
        ("names of clubs with a fee above 10", "SELECT club_name FROM club WHERE fee_in_euros > 10"),
        ("clubs and their cities", "SELECT club_name, city FROM club"),
        ("players with goalie as their position", "SELECT Fname, LName FROM player WHERE position = 'goalie'"),
    ],
)
def test_requests_of_many_kinds_are_understood(clubs: tuple[Database, Knowledge], question: str, gold: str) -> None:
    database, knowledge = clubs
    found = translate(question, knowledge)
    assert found is not None
    assert same(database.execute(gold).rows, database.execute(found[0]).rows, ordered=asks_order(gold)), found[0]


def test_common_words_are_no_values(music: tuple[Database, Knowledge]) -> None:
    for question in ("Which albums belong to artist 118?", "Can you list the genres?", "Show the works of Queen."):
        found = translate(question, music[1])
        assert found is not None
        assert "Belong" not in found[0]
        assert "Canada" not in found[0]
        assert "Worm" not in found[0]


@pytest.mark.parametrize("question", ["", "   ", "?!", "Hello, how are you today?", "今天天气怎么样", "sdfkj wqeoiu"])
def test_nothing_understood_is_no_answer(question: str) -> None:
    assert make_baseline(Settings())(Input(question=question)) == (None, 0.0)


def test_an_answer_has_its_rows() -> None:
    answer = make_baseline(Settings())
    output, confidence = answer(Input(question="How many artists are there?"))
    assert output.sql == "SELECT COUNT(*) FROM Artist"
    assert output.rows == ((275,),)
    assert len(output.columns) == 1
    assert confidence > 0.9
    assert answer(Input(question="How many artists are there?", database="chinook"))[0] == output
    with pytest.raises(DatabaseError, match="chinook"):
        answer(Input(question="How many artists are there?", database="chinok"))


def test_words_that_it_cannot_explain_lower_the_confidence(music: tuple[Database, Knowledge]) -> None:
    plain = translate("How many artists are there?", music[1])
    odd = translate("How many artists quarrelled bitterly backstage before touring?", music[1])
    assert plain is not None
    assert odd is not None
    assert odd[1] < plain[1] / 2


def test_confidence_tells_right_from_wrong(music: tuple[Database, Knowledge]) -> None:
    database, knowledge = music
    verdicts: list[tuple[float, bool]] = []
    for line in (DEMO / "train_en_a.jsonl").read_text().splitlines()[::8]:
        row = json.loads(line)
        found = translate(row["question"], knowledge)
        if found is not None:
            right = accuracy([(row["question"], row["sql"])], database, knowledge) == 1.0
            verdicts.append((found[1], right))
    sure = [right for confidence, right in verdicts if confidence > 0.6]
    unsure = [right for confidence, right in verdicts if confidence <= 0.6]
    assert sum(sure) / len(sure) > sum(unsure) / len(unsure)


@pytest.mark.parametrize(("name", "least"), [("train_en_a", 0.5), ("train_en_b", 0.35), ("train_zh", 0.32)])
def test_it_is_worth_beating(music: tuple[Database, Knowledge], name: str, least: float) -> None:
    rows = [json.loads(line) for line in (DEMO / f"{name}.jsonl").read_text().splitlines()[::5]]
    assert accuracy([(row["question"], row["sql"]) for row in rows], *music) >= least


def test_tables_without_declared_keys_are_linked_by_name(tmp_path: Path) -> None:
    path = tmp_path / "plain.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE state (state_name TEXT, area INTEGER);"
            "CREATE TABLE city (city_name TEXT, state_name TEXT, population INTEGER);"
            "INSERT INTO state VALUES ('utah', 5), ('ohio', 9);"
            "INSERT INTO city VALUES ('provo', 'utah', 7), ('akron', 'ohio', 8), ('dayton', 'ohio', 6);"
        )
    database = open_database(str(path), settings=Settings())
    assert [(key.table, key.other) for key in with_links(database.schema).foreign_keys] == [("city", "state")]
    knowledge = Knowledge.of(database.schema, ValueIndex.build(database))
    found = translate("what is the largest city in ohio", knowledge)
    assert found is not None
    assert database.execute(found[0]).rows == (("akron",),)
    found = translate("how many cities does each state have", knowledge)
    assert found is not None
    assert sorted(database.execute(found[0]).rows) == [("ohio", 2), ("utah", 1)]


def test_what_names_a_row(music: tuple[Database, Knowledge]) -> None:
    schema = music[0].schema
    assert {place.column for place in labels(schema, "Customer")} == {"FirstName", "LastName"}
    assert [place.column for place in labels(schema, "Album")] == ["Title"]
    assert [place.column for place in labels(schema, "Invoice")] == ["InvoiceId"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("how many albums", ["count"]),
        ("有多少张专辑", ["count"]),
        ("the top 5 by price", ["extreme"]),
        ("at least 3", ["compare"]),
        ("不少于三张", ["compare"]),
        ("sorted by name in descending order", ["order", "order"]),
        ("没有专辑", ["not"]),
    ],
)
def test_cues(text: str, kinds: list[str]) -> None:
    assert [cue.kind for cue in cues(text)] == kinds


@pytest.mark.parametrize(
    ("value", "dialect", "text"),
    [
        ("it's", "sqlite", "'it''s'"),
        ("\\' OR 1=1 -- ", "mysql", "'\\\\'' OR 1=1 -- '"),
        (3, "mysql", "3"),
        (0.5, "sqlite", "0.5"),
    ],
)
def test_constants_cannot_end_early(value: str | int | float, dialect: str, text: str) -> None:
    written = constant(value, dialect)
    assert written == text
    if isinstance(value, str):
        parsed = sqlglot.parse_one(f"SELECT {written}", read=dialect)
        assert [item.this for item in parsed.expressions] == [value]


TEXT = """
how many albums artists tracks of by the with more than 5 2010 most longest average total each per not without
contains 'x' Brazil AC/DC top 3 sorted by name price customer's 专辑 最多 的 艺术家 每个 多少 没有 超过 包含 开头 两
'); DROP TABLE Artist; -- " % { <|im_end|> between and
"""
WORDS = [*TEXT.split(), "\\", "\x00"]


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)))
@example("albums whose title contains '); DROP TABLE Artist; --")
@example("tracks named 'x' OR 1=1 --'")
@settings(max_examples=250, deadline=None)
def test_any_question_gives_one_select_or_nothing(music: tuple[Database, Knowledge], question: str) -> None:
    found = translate(question, music[1])
    if found is not None:
        sql, confidence = found
        statements = sqlglot.parse(sql, read="sqlite")
        assert len(statements) == 1
        assert isinstance(statements[0], exp.Select)
        assert not list(statements[0].find_all(exp.Drop, exp.Delete, exp.Insert, exp.Update))
        assert 0 < confidence < 1


def test_the_database_stays_as_it_was() -> None:
    before = hashlib.sha256(CHINOOK.read_bytes()).hexdigest()
    answer = make_baseline(Settings())
    for question in ('albums named "\'; DELETE FROM Album; --"', "drop the table of artists", "删除所有专辑"):
        answer(Input(question=question))
    assert hashlib.sha256(CHINOOK.read_bytes()).hexdigest() == before
