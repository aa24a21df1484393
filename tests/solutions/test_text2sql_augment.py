"""Exchanging values: question and SQL change together, the rest stays, and the copies run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsol_text2sql.databases.database import Database, open_databases
from dsol_text2sql.examples.augment import Exchange
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.question.questions import language_of
from dsol_text2sql.question.slots import pieces, slots
from dsol_text2sql.question.values import ValueIndex
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import template


@pytest.fixture(scope="module")
def demo() -> Database:
    return open_databases(Settings())["chinook"]


@pytest.fixture(scope="module")
def index(demo: Database) -> ValueIndex:
    return ValueIndex.build(demo)


def example(question: str, sql: str) -> Example:
    return Example("1", question, sql, (sql,), "chinook", language_of(question), "", "here:1")


def copies(
    demo: Database, index: ValueIndex, question: str, sql: str, count: int = 6, training: Sequence[Example] = ()
) -> list[Example]:
    return Exchange(demo, index, training, seed=0).copies(example(question, sql), count)


def test_a_value_is_exchanged_on_both_sides(demo: Database, index: ValueIndex) -> None:
    sql = (
        "SELECT Album.Title FROM Album JOIN Artist ON Album.ArtistId = Artist.ArtistId WHERE Artist.Name = 'Pearl Jam'"
    )
    made = copies(demo, index, "Which records by Pearl Jam do we carry?", sql)
    assert len(made) == 6
    artists = set(demo.values("Artist", "Name"))
    for copy in made:
        name = copy.question.removeprefix("Which records by ").removesuffix(" do we carry?")
        assert name in artists - {"Pearl Jam"}
        assert copy.sql == sql.replace("'Pearl Jam'", "'" + name.replace("'", "''") + "'")
        assert demo.execute(copy.sql).rows


def test_the_habit_of_small_letters_stays(demo: Database, index: ValueIndex) -> None:
    made = copies(demo, index, "clients in prague", "SELECT FirstName FROM Customer WHERE City = 'Prague'")
    assert made
    assert all(copy.question == copy.question.lower() for copy in made)
    assert all(copy.sql.partition("City = ")[2].strip("'") in demo.values("Customer", "City") for copy in made)


def test_first_and_last_names_stay_together(demo: Database, index: ValueIndex) -> None:
    sql = "SELECT Email FROM Customer WHERE FirstName = 'Emma' AND LastName = 'Jones'"
    people = {tuple(row) for row in demo.execute("SELECT FirstName, LastName FROM Customer").rows}
    made = copies(demo, index, "mail of Emma Jones", sql)
    assert len(made) == 6
    assert all(tuple(copy.question.removeprefix("mail of ").split(" ", 1)) in people for copy in made)


def test_numbers_years_and_patterns(demo: Database, index: ValueIndex) -> None:
    top = copies(demo, index, "the three longest songs", "SELECT Name FROM Track ORDER BY Milliseconds DESC LIMIT 3")
    words = {"two": "2", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10"}
    assert len(top) > 2
    assert all(words[copy.question.split()[1]] == copy.sql.split()[-1] for copy in top)
    year = copies(
        demo, index, "2023年的发票", "SELECT InvoiceId FROM Invoice WHERE STRFTIME('%Y', InvoiceDate) = '2023'"
    )
    assert year
    assert all(copy.sql.endswith(f"'{copy.question[:4]}'") and copy.question[4:] == "年的发票" for copy in year)
    dates = "SELECT InvoiceId FROM Invoice WHERE InvoiceDate >= '2023-01-01' AND InvoiceDate < '2024-01-01'"
    assert copies(demo, index, "invoices of 2023", dates) == []
    like = copies(demo, index, "songs with Love in the name", "SELECT Name FROM Track WHERE Name LIKE '%Love%'")
    assert like
    assert all(f"'%{copy.question.split()[2]}%'" in copy.sql for copy in like)
    money = copies(demo, index, "songs over 2,000,000 ms", "SELECT Name FROM Track WHERE Milliseconds > 2000000")
    assert money
    assert all(copy.question.split()[2].replace(",", "") == copy.sql.split()[-1] for copy in money)


def test_a_chinese_phrase_goes_with_its_value(demo: Database, index: ValueIndex) -> None:
    sql = "SELECT COUNT(*) FROM Customer WHERE Country = 'Germany'"
    made = copies(demo, index, "德国有多少客户", sql)
    assert made
    named = {(phrase, value) for phrase, targets in index.aliases.items() for _, _, value in targets}
    for copy in made:
        country = copy.sql.partition(" = ")[2].strip("'")
        assert (copy.question.removesuffix("有多少客户"), country) in named


def test_pieces_of_names_are_not_taken_for_names(demo: Database, index: ValueIndex) -> None:
    prague = [("Customer", "City", "Prague")]
    learned = ValueIndex(index.columns, index.schema_words, {"格尔": prague, "布拉格": prague})
    training = [example(f"布拉格尔{word}", "SELECT 1") for word in ("有", "在", "是")]
    sql = "SELECT FirstName FROM Customer WHERE City = 'Prague'"
    assert copies(demo, learned, "布拉格尔的客户", sql, training=training) == []


def test_ambiguous_mentions_stay(demo: Database, index: ValueIndex) -> None:
    movies = "SELECT COUNT(*) FROM Playlist WHERE Name = 'Movies'"
    assert copies(demo, index, "Are Movies in Movies?", movies) == []
    twice = "SELECT Name FROM Track WHERE AlbumId = 3 AND GenreId = 3"
    assert copies(demo, index, "album 3 and genre 3", twice) == []
    assert slots("list the t1", "SELECT t1.Name FROM Artist AS t1 LIMIT 1", demo.schema, {}) == []


def test_copies_are_the_same_for_the_same_seed(demo: Database, index: ValueIndex) -> None:
    sql = "SELECT Name FROM Track WHERE Composer = 'Jimmy Page' AND Milliseconds > 300000"
    question = "What did Jimmy Page write over 300000 ms?"
    first = copies(demo, index, question, sql)
    assert first == copies(demo, index, question, sql)
    assert len({copy.id for copy in first}) == len(first)
    assert {template(copy.sql, "sqlite") for copy in first} == {template(sql, "sqlite")}
    other = Exchange(demo, index, (), seed=1).copies(example(question, sql), 6)
    assert first != other


@given(st.text(alphabet="a1 .'\"`%_=<>()t", max_size=40))
def test_pieces_join_to_the_sql(sql: str) -> None:
    assert "".join(pieces(sql)) == sql
