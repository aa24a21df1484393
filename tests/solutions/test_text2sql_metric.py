"""The metric of Text2SQL: the scorers' verdicts, altered copies, error classes, hardness."""

from __future__ import annotations

import itertools
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from dsol import DataError, Sample, Score
from dsol.metric import brief
from dsol_text2sql.databases.copies import around, draw_copy
from dsol_text2sql.databases.database import open_database
from dsol_text2sql.databases.original import read_original, with_constants
from dsol_text2sql.databases.results import asks_order, joined_operators, same, same_set, without_distinct
from dsol_text2sql.metric import ExecutionAccuracy, make_metrics
from dsol_text2sql.schema import Schema
from dsol_text2sql.settings import Output, Settings
from dsol_text2sql.sql.constants import Constant, constants
from dsol_text2sql.sql.diagnosis import error_class, hardness

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SPIDER = DATA / "text2sql" / "spider" / "database"
VERDICTS = DATA / "scorers" / "text2sql_execution_verdicts.json"

SHOP = """
CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT, people INTEGER);
CREATE TABLE shop (id INTEGER PRIMARY KEY, name TEXT, city_id INTEGER REFERENCES city, opened INTEGER,
    code TEXT UNIQUE);
CREATE TABLE sale (shop_id INTEGER REFERENCES shop (id), day TEXT, amount REAL, PRIMARY KEY (shop_id, day));
CREATE VIEW big AS SELECT * FROM city WHERE people > 500;
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SHOP)
        connection.executemany(
            "INSERT INTO city VALUES (?, ?, ?)", [(n, f"city {n}", 97 * n % 1000) for n in range(1, 13)]
        )
        connection.executemany(
            "INSERT INTO shop VALUES (?, ?, ?, ?, ?)",
            [(n, f"shop {n % 17}", n % 12 + 1, 1990 + n % 30, f"c{n}") for n in range(1, 41)],
        )
        connection.executemany(
            "INSERT INTO sale VALUES (?, ?, ?)",
            [(n % 40 + 1, f"2020-01-{n // 40 + 1:02d}", n * 1.5) for n in range(800)],
        )
        connection.commit()
    return path


@pytest.fixture(scope="module")
def schema(shop: Path) -> Schema:
    return open_database(str(shop), settings=Settings(database=str(shop))).schema


@pytest.fixture(scope="module")
def metric(shop: Path) -> ExecutionAccuracy:
    return ExecutionAccuracy(Settings(database=str(shop), row_limit=5))


def judge(metric: ExecutionAccuracy, gold: str | list[str], predicted: str | None, **meta: Any) -> Score:
    output = None if predicted is None else Output(sql=predicted)
    return metric.score(Sample(id="one", meta={"sql": gold, **meta}), output)


# --- comparing results


def brute(gold: Sequence[tuple[Any, ...]], predicted: Sequence[tuple[Any, ...]], ordered: bool) -> bool:
    """Try every permutation of columns."""
    if not gold and not predicted:
        return True
    if len(gold) != len(predicted) or len(gold[0]) != len(predicted[0]):
        return False
    for order in itertools.permutations(range(len(gold[0]))):
        permuted = [tuple(row[at] for at in order) for row in predicted]
        if list(gold) == permuted if ordered else Counter(gold) == Counter(permuted):
            return True
    return False


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    width = draw(st.integers(1, 4))
    cell = st.sampled_from([0, 1, "a", None])
    rows = st.lists(st.tuples(*[cell] * width), max_size=5)
    gold = draw(rows)
    if draw(st.booleans()):
        return gold, draw(rows)
    order = draw(st.permutations(range(width)))
    return gold, [tuple(row[at] for at in order) for row in draw(st.permutations(gold))]


@given(tables(), st.booleans())
@limits(max_examples=400, deadline=None)
def test_same_finds_a_permutation_exactly_where_there_is_one(
    pair: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]], ordered: bool
) -> None:
    gold, predicted = pair
    assert same(gold, predicted, ordered=ordered) == brute(gold, predicted, ordered)


def test_rows_count_as_often_as_they_come_and_types_meet_as_in_python() -> None:
    assert not same([(1,), (1,), (2,)], [(1,), (2,), (2,)], ordered=False)
    assert same_set([(1,), (1,), (2,)], [(1,), (2,), (2,)])
    assert same([(1.0, "a")], [("a", 1)], ordered=False)
    assert not same([("1",)], [(1,)], ordered=False)
    assert same([], [], ordered=True)
    assert not same_set([(1, 2)], [(2, 1)])
    assert same([([1, 2], float("nan"))], [(float("nan"), [1, 2])], ordered=False)


def test_row_order_counts_only_when_asked_for() -> None:
    assert same([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], ordered=False)
    assert not same([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], ordered=True)
    assert asks_order("select a from t Order By a")
    assert not asks_order("select a from t")


def test_wide_long_and_symmetric_results_are_compared_quickly() -> None:
    long = [(n, n % 7, str(n % 100), None, n % 2) for n in range(50_000)]
    wide = [tuple((row * column) % 5 for column in range(1500)) for row in range(12)]
    # Every column is a different arrangement of the same zeros and ones, so no column is told apart by its values.
    columns = [tuple(int(at in chosen) for at in range(12)) for chosen in itertools.combinations(range(12), 6)][:60]
    symmetric = list(zip(*columns, strict=True))
    start = time.monotonic()
    assert same(long, [row[::-1] for row in reversed(long)], ordered=False)
    assert same(wide, [row[::-1] for row in reversed(wide)], ordered=False)
    assert not same(wide, [*[row[::-1] for row in wide[1:]], (9,) * 1500], ordered=False)
    same(symmetric, [row[::-1] for row in reversed(symmetric)], ordered=False)
    assert time.monotonic() - start < 30


def test_distinct_is_dropped_only_where_it_is_the_keyword() -> None:
    assert without_distinct("SELECT DISTINCT a, count(distinct b) FROM t") == "SELECT  a, count( b) FROM t"
    for kept in ("SELECT 'distinct', \"a distinct\" FROM t", "SELECT a IS DISTINCT FROM b", "SELECT distinctive"):
        assert without_distinct(kept) == kept
    assert joined_operators("a > = 1 AND b ! = 2 AND c < = 3") == "a >= 1 AND b != 2 AND c <= 3"


@pytest.mark.skipif(not VERDICTS.exists(), reason=f"no reference verdicts at {VERDICTS}")
def test_verdicts_equal_those_of_the_public_scorers() -> None:
    metric = ExecutionAccuracy(Settings(database=str(SPIDER)), copies=0)
    differing = []
    for pair in json.loads(VERDICTS.read_text(encoding="utf-8")):
        score = judge(metric, pair["gold"], pair["predicted"], database=pair["db_id"])
        ours = (score.value, score.detail["with_distinct"], score.detail["as_set"])
        if ours != (pair["test_suite"], pair["test_suite_keep_distinct"], pair["set_of_rows"]):
            differing.append((ours, pair))
    assert differing == []


# --- altered copies


def rows_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall()
            for name in ("city", "shop", "sale")
        }


def test_copies_keep_keys_and_joins_and_come_again_from_the_same_seed(shop: Path, tmp_path: Path) -> None:
    before = shop.read_bytes()
    wanted = [Constant("shop", "opened", 2001), Constant("sale", "shop_id", 7), Constant("city", "name", "city 3")]
    original = read_original(shop)
    seen = []
    for seed in range(12):
        path = tmp_path / f"{seed}.sqlite"
        draw_copy(original, wanted, path, seed=seed)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            joined = "SELECT COUNT(*) FROM sale JOIN shop ON shop.id = shop_id JOIN city ON city.id = city_id"
            assert connection.execute(joined).fetchone()[0] > 0
            assert {2000, 2001, 2002} <= {row[0] for row in connection.execute("SELECT opened FROM shop")}
            assert connection.execute("SELECT COUNT(*) FROM big").fetchone()[0] >= 0
        seen.append(rows_of(path))
    assert all(one != rows_of(shop) for one in seen)
    assert all(one != other for one, other in itertools.combinations(seen, 2))
    draw_copy(original, wanted, tmp_path / "again.sqlite", seed=3)
    assert rows_of(tmp_path / "again.sqlite") == seen[3]
    assert shop.read_bytes() == before


def test_large_tables_are_sampled_with_what_they_point_to(shop: Path) -> None:
    original = read_original(shop, rows=10)
    parts = {part.name: part for part in original.parts}
    assert len(parts["sale"].rows) == 10
    shops = {row[0] for row in parts["shop"].rows}
    assert {row[0] for row in parts["sale"].rows} <= shops
    assert {row[2] for row in parts["shop"].rows} <= {row[0] for row in parts["city"].rows}
    more = with_constants(original, shop, [Constant("sale", "amount", 1.5 * 333)])
    assert any(row[2] == 1.5 * 333 for part in more.parts if part.name == "sale" for row in part.rows)


def test_constants_are_found_with_their_columns(schema: Schema) -> None:
    sql = (
        'SELECT T1.name FROM shop AS T1 JOIN city AS T2 ON T1.city_id = T2.id WHERE T2.name = "city 1" AND opened > -3'
        " AND code LIKE 'c%' AND people BETWEEN 10 AND 20 GROUP BY T1.name HAVING count(*) > 99"
    )
    assert set(constants(sql, schema)) == {
        Constant("city", "name", "city 1"),
        Constant("shop", "opened", -3),
        Constant("shop", "code", "c%", pattern=True),
        Constant("city", "people", 10),
        Constant("city", "people", 20),
    }
    assert constants("SELECT FROM WHERE", schema) == ()


def test_values_around_a_constant_are_near_but_not_it() -> None:
    assert around(5) == [4, 6]
    assert around("2010-01-31") == ["2010-01-30", "2010-01-32"]
    assert around("Rock") == ["xRock", "Rockx"]
    assert "xabx" in around("%ab%", pattern=True)


@pytest.mark.parametrize("predicted", [None, "", "SELECT nothing", "SELECT 40", "SELECT id FROM shop"])
def test_a_brief_score_has_the_same_value_and_needs_no_copies(
    shop: Path, metric: ExecutionAccuracy, predicted: str | None
) -> None:
    gold, output = "SELECT count(*) FROM shop", None if predicted is None else Output(sql=predicted)
    without = ExecutionAccuracy(Settings(database=str(shop)))
    without._suite = None  # type: ignore[method-assign, assignment]
    found = brief(without, Sample(id="one", meta={"sql": gold}), output)
    assert found.value == judge(metric, gold, predicted).value == float(predicted == "SELECT 40")


@pytest.mark.parametrize(
    ("gold", "lucky"),
    [
        ("SELECT name FROM city WHERE people > 400", "SELECT name FROM city WHERE people >= 389"),
        ("SELECT count(*) FROM shop", "SELECT 40"),
        ("SELECT name FROM city WHERE id = 3", "SELECT name FROM city WHERE people = 291"),
        ("SELECT count(*) FROM shop WHERE opened > 1980", "SELECT count(*) FROM shop"),
        ("SELECT max(people) FROM city", "SELECT people FROM city WHERE id = 10"),
    ],
)  # fmt: skip
def test_a_lucky_query_is_right_here_and_wrong_on_copies(metric: ExecutionAccuracy, gold: str, lucky: str) -> None:
    score = judge(metric, gold, lucky)
    assert score.value == 1.0
    assert not score.detail["on_copies"]
    assert score.detail["copies"] > 0


@pytest.mark.parametrize(
    ("gold", "other"),
    [
        ("SELECT name FROM city WHERE people > 400", "SELECT c.name FROM city AS c WHERE NOT c.people <= 400"),
        ("SELECT name FROM shop ORDER BY opened LIMIT 1", "SELECT T.name FROM shop T ORDER BY T.opened ASC LIMIT 1"),
        (
            "SELECT T2.name, count(*) FROM shop T1 JOIN city T2 ON T1.city_id = T2.id GROUP BY T2.id",
            "SELECT count(*), c.name FROM city c, shop s WHERE c.id = s.city_id GROUP BY c.id",
        ),
        ("SELECT name FROM city WHERE id NOT IN (SELECT city_id FROM shop)",
         "SELECT name FROM city c WHERE NOT EXISTS (SELECT 1 FROM shop s WHERE s.city_id = c.id)"),
    ],
)  # fmt: skip
def test_another_wording_of_the_same_query_agrees_on_copies(metric: ExecutionAccuracy, gold: str, other: str) -> None:
    score = judge(metric, gold, other)
    assert score.value == 1.0
    assert score.detail["on_copies"]
    assert score.detail["copies"] > 0


@pytest.mark.skipif(not VERDICTS.exists(), reason=f"no reference verdicts at {VERDICTS}")
def test_copies_tell_most_wrong_pairs_apart_and_no_equal_ones() -> None:
    metric = ExecutionAccuracy(Settings(database=str(SPIDER)))
    pairs = [pair for pair in json.loads(VERDICTS.read_text(encoding="utf-8")) if pair["test_suite"]]
    # A LIMIT that nothing reaches is no mistake that data could show.
    changed = [
        pair for pair in pairs if pair["change"] in ("op", "value", "agg", "broken", "noorder", "nowhere", "extra")
    ]
    equal = [pair for pair in pairs if pair["change"] in ("format", "swapcols", "distinct", "addorder")][::6]

    def agree(pair: dict[str, Any]) -> bool:
        return bool(judge(metric, pair["gold"], pair["predicted"], database=pair["db_id"]).detail["on_copies"])

    assert all(agree(pair) for pair in equal)
    assert sum(not agree(pair) for pair in changed) >= 0.8 * len(changed)


# --- the metric


def test_more_rows_than_the_row_limit_are_compared_in_full(metric: ExecutionAccuracy) -> None:
    gold = "SELECT shop_id, day FROM sale"
    assert judge(metric, gold, "SELECT day, shop_id FROM sale").value == 1.0
    assert judge(metric, gold, "SELECT day, shop_id FROM sale WHERE amount < 1000").value == 0.0
    assert judge(metric, gold, "SELECT day, shop_id FROM sale LIMIT 5").detail["error_class"] == "limit"


def test_several_accepted_queries(metric: ExecutionAccuracy) -> None:
    accepted = ["SELECT broken FROM city", "SELECT name FROM city", "SELECT name, people FROM city"]
    assert judge(metric, accepted, "SELECT people, name FROM city").value == 1.0
    assert judge(metric, accepted, "SELECT people FROM city").value == 0.0


@pytest.mark.parametrize(
    ("predicted", "error"),
    [
        (None, "no_answer"),
        ("  ", "no_answer"),
        ("SELECT name FROM", "syntax"),
        ("SELECT nme FROM city", "unknown_name"),
        ("SELECT name FROM town", "unknown_name"),
        ("DELETE FROM city", "refused"),
        ("SELECT name FROM city; DROP TABLE city", "refused"),
        ("SELECT load_extension('x')", "refused"),
        ("SELECT name FROM city WHERE count(*) > 1", "syntax"),
    ],
)
def test_what_cannot_run_is_a_miss_with_its_reason(
    metric: ExecutionAccuracy, predicted: str | None, error: str
) -> None:
    score = judge(metric, "SELECT name FROM city", predicted)
    assert (score.value, score.detail["valid"], score.detail["error_class"]) == (0.0, False, error)
    assert not score.detail["on_copies"]


def test_a_query_that_takes_too_long_is_a_timeout(shop: Path) -> None:
    metric = ExecutionAccuracy(Settings(database=str(shop), timeout=0.2))
    slow = "SELECT count(*) FROM sale a, sale b, sale c WHERE a.amount + b.amount < c.amount"
    score = judge(metric, "SELECT name FROM city", slow)
    assert (score.detail["valid"], score.detail["error_class"]) == (False, "timeout")


@pytest.mark.parametrize("gold", ["SELECT nme FROM city", "SELECT name FROM city WHERE people > ALL (SELECT 1)", []])
def test_a_gold_query_that_cannot_run_names_the_sample(metric: ExecutionAccuracy, gold: str | list[str]) -> None:
    with pytest.raises(DataError, match="sample one"):
        judge(metric, gold, "SELECT name FROM city")


def test_an_unknown_database_lists_what_there_is(metric: ExecutionAccuracy) -> None:
    with pytest.raises(DataError, match="there is: shop"):
        judge(metric, "SELECT name FROM city", None, database="shp")


def test_scores_reduce_to_a_headline_and_tables(metric: ExecutionAccuracy) -> None:
    scores = [
        judge(metric, "SELECT name FROM city", "SELECT name FROM city"),
        judge(metric, "SELECT count(*) FROM shop", "SELECT 40", language="zh"),
        judge(metric, "SELECT name FROM city", "SELECT id FROM city", language="zh"),
        judge(metric, "SELECT name FROM city", None),
    ]
    numbers = metric.reduce(scores)
    assert numbers["value"] == 0.5
    assert numbers["valid_rate"] == 0.75
    assert numbers["on_copies"] == 0.25
    assert numbers["copied"] == 1.0
    assert numbers["by_hardness"] == {"easy": {"value": 0.5, "count": 4}}
    assert numbers["by_language"] == {"en": {"value": 0.5, "count": 2}, "zh": {"value": 0.5, "count": 2}}
    assert numbers["error_classes"] == {"select_columns": 1, "no_answer": 1}
    assert metric.reduce([])["value"] == 0.0


def test_making_the_metrics_opens_nothing() -> None:
    (metric,) = make_metrics(Settings(database="/nowhere/at/all.sqlite"))
    assert metric.name == "execution_accuracy"
    assert metric.higher_is_better


# --- diagnosis


@pytest.mark.parametrize(
    ("sql", "level"),
    [
        ("SELECT count(*) FROM cars_data WHERE cylinders > 4", "easy"),
        ("SELECT name, country, age FROM singer ORDER BY age DESC", "medium"),
        ("SELECT avg(age), min(age), max(age) FROM singer WHERE country = 'France'", "medium"),
        (
            "SELECT T2.name, count(*) FROM concert AS T1 JOIN stadium AS T2 ON T1.stadium_id = T2.stadium_id"
            " GROUP BY T1.stadium_id",
            "medium",
        ),
        ("SELECT song_name FROM singer WHERE age > (SELECT avg(age) FROM singer)", "hard"),
        ("SELECT country FROM singer WHERE age > 40 INTERSECT SELECT country FROM singer WHERE age < 30", "hard"),
        (
            "SELECT T2.name, T2.capacity FROM concert AS T1 JOIN stadium AS T2 ON T1.stadium_id = T2.stadium_id"
            " WHERE T1.year >= 2014 GROUP BY T2.stadium_id ORDER BY count(*) DESC LIMIT 1",
            "extra",
        ),
        (
            "SELECT avg(life_expectancy) FROM country WHERE name NOT IN (SELECT T1.name FROM country AS T1 JOIN"
            " country_language AS T2 ON T1.code = T2.country_code WHERE T2.language = 'English')",
            "extra",
        ),
        ("SELECT FROM", "extra"),
    ],
)
def test_hardness_follows_spider(sql: str, level: str) -> None:
    assert hardness(sql) == level


@pytest.mark.parametrize(
    ("predicted", "name"),
    [
        ("SELECT s.name FROM shop s JOIN city c ON s.city_id = c.id WHERE c.people > 5 ORDER BY opened LIMIT 3",
         "other"),
        ("SELECT s.name FROM shop s, city c WHERE c.id = s.city_id AND c.people > 5 ORDER BY s.opened LIMIT 3",
         "other"),
        ("SELECT name FROM shop WHERE opened > 5 ORDER BY opened LIMIT 3", "tables"),
        ("SELECT T1.name FROM shop T1 JOIN city T2 ON T1.id = T2.id WHERE people > 5 ORDER BY opened LIMIT 3", "joins"),
        ("SELECT T2.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people > 5 ORDER BY opened LIMIT 3",
         "select_columns"),
        ("SELECT max(T1.name) FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people > 5 ORDER BY opened LIMIT 3",
         "aggregate"),
        ("SELECT T1.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE opened > 5 ORDER BY opened LIMIT 3",
         "where_columns"),
        ("SELECT T1.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people < 5 ORDER BY opened LIMIT 3",
         "comparison"),
        ("SELECT T1.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people > 6 ORDER BY opened LIMIT 3",
         "where_values"),
        ("SELECT T1.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people > 5 GROUP BY 1 ORDER BY opened"
         " LIMIT 3",
         "group_by"),
        ("SELECT T1.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people > 5 ORDER BY opened DESC LIMIT 3",
         "order_by"),
        ("SELECT T1.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people > 5 ORDER BY opened", "limit"),
        ("SELECT DISTINCT T1.name FROM shop T1 JOIN city T2 ON city_id = T2.id WHERE people > 5 ORDER BY opened"
         " LIMIT 3",
         "distinct"),
        ("SELECT name FROM shop UNION SELECT name FROM city", "set_operation"),
        ("SELECT name FROM shop WHERE city_id IN (SELECT id FROM city WHERE people > 5)", "nesting"),
    ],
)  # fmt: skip
def test_the_first_difference_is_named(schema: Schema, predicted: str, name: str) -> None:
    gold = (
        "SELECT T1.name FROM shop AS T1 JOIN city AS T2 ON T1.city_id = T2.id WHERE T2.people > 5"
        " ORDER BY T1.opened LIMIT 3"
    )
    assert error_class(gold, predicted, schema) == name


@given(st.text(max_size=60))
@limits(max_examples=150, deadline=None)
def test_wild_text_is_diagnosed_and_never_breaks(text: str) -> None:
    known = Schema("none", "sqlite", ())
    assert hardness(text) in ("easy", "medium", "hard", "extra")
    assert error_class("SELECT a FROM t", text, known)
    constants(text, known)
