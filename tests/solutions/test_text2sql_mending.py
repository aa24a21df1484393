"""What the question and the database are sure of, held against what a model wrote, over the real demo database."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol_text2sql.candidates import Candidate, vote
from dsol_text2sql.databases.database import open_databases
from dsol_text2sql.mending.meaning import mend_meaning
from dsol_text2sql.mending.oddities import Oddities, oddities
from dsol_text2sql.mending.shown import mend_shown
from dsol_text2sql.mending.values import mend_values
from dsol_text2sql.query import Result
from dsol_text2sql.question.literals import literals
from dsol_text2sql.question.units import scaled
from dsol_text2sql.question.values import ValueIndex
from dsol_text2sql.rules.pieces import Knowledge, cut
from dsol_text2sql.settings import Settings

TRACKS = "SELECT COUNT(*) FROM Track WHERE "


@pytest.fixture(scope="module")
def database():
    return open_databases(Settings())["chinook"]


@pytest.fixture(scope="module")
def values(database):
    return ValueIndex.build(database)


@pytest.fixture(scope="module")
def knowledge(database, values):
    return Knowledge.of(database.schema, values)


@pytest.mark.parametrize(
    ("question", "written", "meant"),
    [
        ("count songs longer than ten minutes", "Milliseconds > 10", "Milliseconds > 600000"),
        ("count songs longer than ten minutes", "Milliseconds > 600000", "Milliseconds > 600000"),
        ("超过十分钟的音轨共有几条？", "Milliseconds > 10", "Milliseconds > 600000"),
        (
            "songs between three and five minutes",
            "Milliseconds BETWEEN 3 AND 5",
            "Milliseconds BETWEEN 180000 AND 300000",
        ),
        ("有多少条音轨的文件超过 100MB？", "Bytes > 100", "Bytes > 104857600"),
        ("songs over 2.5 minutes", "Milliseconds > 2.5", "Milliseconds > 150000"),
        ("tracks with more than 22 units", "UnitPrice > 2", "UnitPrice > 22"),
        ("tracks dearer than 3 minutes", "UnitPrice > 3", "UnitPrice > 3"),
    ],
)
def test_numbers_come_in_the_unit_of_their_column(database, values, question, written, meant):
    given = (values.match(question, 8), values.literals(question), question)
    assert mend_values(TRACKS + written, database.schema, *given) == TRACKS + meant


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        ("Milliseconds", 120_000),
        ("length_ms", 120_000),
        ("DurationSec", 120),
        ("hours", 2 / 60),
        ("Bytes", 2),
        ("x", 2),
    ],
)
def test_a_unit_counts_where_the_column_names_one_of_the_same_measure(column, wanted):
    assert scaled(2, "over 2 minutes", 6, column) == pytest.approx(wanted)
    assert scaled(2, "over 2 euros", 6, column) == 2


@pytest.mark.parametrize(
    ("question", "written", "meant"),
    [
        ("titles shared by at least two employees", "HAVING COUNT(*) > 2", "HAVING COUNT(*) >= 2"),
        ("titles of more than 2 employees", "HAVING COUNT(*) >= 2", "HAVING COUNT(*) > 2"),
        ("titles of fewer than 2 employees", "HAVING COUNT(*) < 2", "HAVING COUNT(*) < 2"),
        ("titles of more than 2 employees", "HAVING COUNT(*) < 2", "HAVING COUNT(*) < 2"),  # another side: its own
        ("titles of at least 2, at most 2 employees", "HAVING COUNT(*) > 2", "HAVING COUNT(*) > 2"),
        ("至少两名员工的职位", "HAVING COUNT(*) > 2", "HAVING COUNT(*) >= 2"),
    ],
)
def test_a_bound_is_included_as_the_question_says(knowledge, question, written, meant):
    query = "SELECT Title FROM Employee GROUP BY Title "
    assert mend_meaning(query + written, knowledge, cut(question, knowledge)) == query + meant


def test_a_null_in_a_list_does_not_empty_the_answer(database, knowledge):
    question = cut("who manages nobody?", knowledge)

    def rows(sql):
        return database.execute(mend_meaning(sql, knowledge, question), row_limit=99, timeout=5).rows

    managers = "SELECT ReportsTo FROM Employee"
    query = f"SELECT EmployeeId FROM Employee WHERE EmployeeId NOT IN ({managers})"
    assert not database.execute(query, row_limit=99, timeout=5).rows
    assert [row[0] for row in rows(query)] == [3, 4, 5, 7, 8]
    for kept in (
        query.replace(managers, f"{managers} WHERE ReportsTo IS NOT NULL"),  # said already
        query.replace("NOT IN", "IN"),
        query.replace(managers, "SELECT EmployeeId FROM Employee"),  # has none
    ):
        assert mend_meaning(kept, knowledge, question) == kept


@pytest.mark.parametrize(
    ("question", "shown", "kept"),
    [
        ("Give the last name and city of customers in Paris.", "FirstName, LastName, City", "LastName, City"),
        ("customers in Paris: surname", "FirstName, LastName", "LastName"),
        ("Which customers live in Paris?", "FirstName, LastName", "FirstName, LastName"),
        ("first and last names of customers in Paris", "FirstName, LastName", "FirstName, LastName"),
        ("巴黎客户的名字和姓氏", "FirstName, LastName", "FirstName, LastName"),
        ("How many last names are there?", "COUNT(*)", "COUNT(*)"),
    ],
)
def test_naming_columns_that_are_not_asked_for_are_left_out(knowledge, question, shown, kept):
    end = " FROM Customer WHERE City = 'Paris'"
    assert mend_shown(f"SELECT {shown}{end}", knowledge, cut(question, knowledge)) == f"SELECT {kept}{end}"


def test_naming_columns_that_the_query_uses_elsewhere_ask_for_nothing(knowledge):
    for question, end in (
        ("customers whose last name begins with M", "WHERE LastName LIKE 'M%'"),
        ("customers by last name", "ORDER BY LastName"),
    ):
        query = f"SELECT FirstName, LastName FROM Customer {end}"
        assert mend_shown(query, knowledge, cut(question, knowledge)) == query


@pytest.mark.parametrize(
    ("question", "sql", "wanted"),
    [
        ("invoices over 15 from Canada", "SELECT InvoiceId FROM Invoice WHERE Total = 'Canada'", (1, 0)),
        ("customers in the USA", "SELECT Email FROM Customer WHERE State = 'USA'", (1, 0)),
        ("customers in the USA", "SELECT Email FROM Customer WHERE Country = 'USA'", (0, 0)),
        ("customers in the USA", "SELECT Email FROM Customer", (0, 1)),
        ("tracks above 3", "SELECT Name FROM Track WHERE Name > 3", (1, 0)),
        ("genres by units sold", "SELECT Name, Name FROM Genre", (1, 0)),
        ("invoices before 2021", "SELECT InvoiceId FROM Invoice WHERE InvoiceDate < '2021-01-01'", (0, 0)),
        ("invoices of 2021", "SELECT InvoiceId FROM Invoice WHERE InvoiceDate LIKE '2021%'", (0, 0)),
        ("albums called “Nothing Here”", "SELECT Title FROM Album", (0, 1)),
        ("no query", "SELECT FROM WHERE", (0, 0)),
    ],
)
def test_what_cannot_be_meant_is_counted(database, values, question, sql, wanted):
    found = oddities(sql, database.schema, values.match(question, 8), literals(question))
    assert (found.misfits, found.forgotten) == wanted


def test_of_two_results_the_one_that_can_be_meant_wins():
    odd = Candidate("SELECT 1", Result(("a",), ((1,),), False), odd=Oddities(misfits=1))
    plain = Candidate("SELECT 2", Result(("a",), ((2,),), False))
    assert vote([odd, odd, odd, plain])[0] == plain
    assert vote([odd, odd])[0] == odd


WORDS = """SELECT FROM WHERE Track Customer FirstName LastName Milliseconds NOT IN ( ) , = > >= < 10 '10' 'USA' COUNT(*)
AND BETWEEN GROUP BY HAVING ReportsTo Employee a . AS JOIN ON LIKE '%x%' NULL IS OR * DISTINCT UNION ; -- " `"""


@given(st.lists(st.sampled_from(re.findall(r"\S+", WORDS)), max_size=25), st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_nothing_that_a_model_writes_is_an_error(database, values, knowledge, words, question):
    sql = "SELECT " + " ".join(words)
    given = (values.match(question, 8), values.literals(question))
    written = mend_values(sql, database.schema, *given, question)
    mended = mend_meaning(mend_shown(written, knowledge, cut(question, knowledge)), knowledge, cut(question, knowledge))
    assert isinstance(mended, str)
    assert oddities(mended, database.schema, *given).misfits >= 0
