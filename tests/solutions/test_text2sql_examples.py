"""Reading question/SQL pairs: every format, every mistake named with file and line."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsol import DataError
from dsol_text2sql.databases.database import Database, open_databases
from dsol_text2sql.examples.pairs import read_examples
from dsol_text2sql.question.questions import language_of, tidy
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.accepted import accepted_queries

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "text2sql"
GEOGRAPHY = DATA / "geography"
needs_data = pytest.mark.skipif(not GEOGRAPHY.is_dir(), reason=f"the shared data set {GEOGRAPHY} is absent")

GOOD = {"question": "How many artists are there?", "sql": "SELECT COUNT(*) FROM Artist"}


@pytest.fixture(scope="module")
def demo() -> dict[str, Database]:
    return open_databases(Settings())


def written(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_json_lines_array_csv_and_parquet_read_alike(tmp_path: Path, demo: dict[str, Database]) -> None:
    rows = [
        GOOD | {"id": "a"},
        {"question": '名字里有 "Rock" 的流派？', "query": "SELECT Name FROM Genre WHERE Name LIKE '%Rock%'", "id": "b"},
    ]
    flat = [{"id": row["id"], "question": row["question"], "sql": row.get("sql") or row["query"]} for row in rows]
    paths = [written(tmp_path / "lines.jsonl", rows), tmp_path / "array.json", tmp_path / "table.csv"]
    paths[1].write_text("﻿" + json.dumps(rows, indent=2), encoding="utf-8")
    cells = [["id", "Question", "SQL"], *(list(row.values()) for row in flat)]
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in cells)
    paths[2].write_text(text, encoding="utf-8")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pytest.importorskip("pyarrow").Table.from_pylist(flat)
    parquet.write_table(table, tmp_path / "table.parquet")
    paths.append(tmp_path / "table.parquet")
    read = [
        [(e.id, e.question, e.sql, e.language, e.database) for e in read_examples([path], demo).examples]
        for path in paths
    ]
    assert read[0] == [
        ("a", GOOD["question"], GOOD["sql"], "en", "chinook"),
        ("b", '名字里有 "Rock" 的流派？', "SELECT Name FROM Genre WHERE Name LIKE '%Rock%'", "zh", "chinook"),
    ]
    assert read[1:] == [read[0]] * 3


def test_origin_is_the_line_that_a_row_begins_on(tmp_path: Path, demo: dict[str, Database]) -> None:
    path = tmp_path / "array.json"
    path.write_text("[\n\n" + json.dumps(GOOD, indent=1) + ",\n" + json.dumps(GOOD) + "\n]", encoding="utf-8")
    assert [e.origin for e in read_examples([path], demo).examples] == [f"{path}:3", f"{path}:7"]


def test_all_bad_rows_are_told_together(tmp_path: Path, demo: dict[str, Database]) -> None:
    path = tmp_path / "bad.jsonl"
    bad = [
        '{"sql": "SELECT 1"}',
        '{"question": "  ", "sql": "SELECT COUNT(*) FROM Artist"}',
        '{"question": 3, "sql": "SELECT COUNT(*) FROM Artist"}',
        '{"question": "who?", "sql": ["SELECT 1"]}',
        '{"question": "who?"',
        '["who?", "SELECT 1"]',
        '{"question": "titles?", "sql": "SELECT Titel FROM Album"}',
        '{"question": "titles?", "sql": "SELECT Title FROM Albumm"}',
        '{"question": {"de": "wer?"}, "sql": "SELECT COUNT(*) FROM Artist"}',
        '{"question": "who?", "sql": " ; "}',
    ]
    path.write_text("\n".join([json.dumps(GOOD), *bad]), encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_examples([path], demo)
    told = raised.value.problems
    expected = {
        2: "'question' is missing (the row has: sql)",
        3: "'question' is empty",
        4: "'question' must be text, found int",
        5: "'sql' must be text, found list",
        6: "malformed JSON",
        7: "expected an object",
        8: "no column named 'Titel', did you mean 'Title'?",
        9: "no table named 'Albumm', did you mean 'Album'?",
        10: "'question' must hold a text for 'en', 'zh' or both",
        11: "'sql' is empty",
    }
    assert len(told) == len(expected)
    for line, reason in expected.items():
        assert any(problem.startswith(f"{path}:{line}: ") and reason in problem for problem in told), (line, told)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jsonl", b" \n", "the file is empty"),
        ("none.json", b"[]", "the file holds no rows"),
        ("latin.jsonl", b'{"question": "x"}\n{"question": "caf\xe9"}', "latin.jsonl:2: not UTF-8 (byte 0xe9)"),
        ("open.json", b'[{"question": "x", "sql": "SELECT 1"},', "the array isn't closed"),
        ("rows.xlsx", b"PK", "can't read .xlsx"),
        ("wide.csv", b"question,sql\nwho?,SELECT 1,oops\n", "wide.csv:2: more cells than the 2 columns"),
        ("broken.parquet", b"PAR1", "not a readable Parquet file"),
        ("pretty.jsonl", b'{\n "question": "x"\n}', "one JSON object over several lines"),
        ("endless.jsonl", b'{"id": 1' + b"0" * 5000 + b"}", "endless.jsonl:1: a whole number of thousands of digits"),
        ("endless.json", b'[{"id": 1' + b"0" * 5000 + b"}]", "endless.json:1: a whole number of thousands of digits"),
    ],
)
def test_unreadable_files_say_what_is_wrong(
    tmp_path: Path, demo: dict[str, Database], name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as raised:
        read_examples([tmp_path / name], demo)
    assert reason in str(raised.value)


SENTENCES = [{"text": "capital of state0", "variables": {"state0": "x"}}]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**GOOD, "question": "How \ud83d many?"}, "holds a character that is no text"),
        ({**GOOD, "question": "How \x00 many?"}, "holds a character that is no text"),
        ({**GOOD, "id": "\ud83d"}, "holds a character that is no text"),
        ({**GOOD, "question": "how many " * 1000}, "the question has 8,999 characters, of which 2,000 are read"),
        ({"sql": [" "], "sentences": SENTENCES}, "field 'sql' is empty"),
        ({"sql": ["SELECT 1"], "sentences": SENTENCES, "variables": 3}, "'variables' must be a list of objects"),
        ({"sql": ["SELECT 1"], "sentences": SENTENCES, "variables": [{"name": 3}]}, "must be a list of objects"),
        ({"sql": ["SELECT 1"], "sentences": [{"text": "x", "variables": ["x"]}]}, "'variables' of sentence 1 must be"),
        ({"sql": ["SELECT 1"], "sentences": [{"text": "x", "variables": {"": "x"}}]}, "'variables' of sentence 1"),
    ],
)
def test_hostile_rows_are_told_by_line(
    tmp_path: Path, demo: dict[str, Database], row: dict[str, Any], reason: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{json.dumps(row)}\n", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_examples([path], demo)
    assert f"{path}:2: " in str(raised.value)
    assert reason in str(raised.value)


TABLES = {
    "bare.csv": (
        b"how many shops,SELECT COUNT(*) FROM shop\n" + b"which,SELECT name FROM shop\n" * 5,
        "no column 'question' and no column 'sql' (or 'query', 'gold_query'); the columns are: 'how many shops', "
        "'select count(*) from shop'; the first line names them, commas between them",
    ),
    "other.csv": (
        b"Question,Answer\n" + b"who?,SELECT 1\n" * 5,
        "no column 'sql' (or 'query', 'gold_query'); the columns are: 'question', 'answer'; the first line",
    ),
    "semicolons.csv": (b"question;sql\n" + b"who?;SELECT 1\n" * 5, "the columns are: 'question;sql'; the first line"),
    "bare.tsv": (b"who?\tSELECT 1\n" * 5, "the columns are: 'who?', 'select 1'; the first line names them, tabs"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_the_columns_is_reported_once(tmp_path: Path, demo: dict[str, Database], name: str) -> None:
    content, reason = TABLES[name]
    (tmp_path / name).write_bytes(content)
    good = written(tmp_path / "good.jsonl", [GOOD])
    with pytest.raises(DataError) as raised:
        read_examples([tmp_path / name, good], demo)
    (problem,) = raised.value.problems
    assert problem.startswith(f"{tmp_path / name}: no column '")
    assert reason in problem


def test_a_parquet_file_without_the_columns_is_reported_once(tmp_path: Path, demo: dict[str, Database]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"text": ["a", "b"], **{f"extra_{number}": [1, 2] for number in range(20)}, "x" * 99: [1, 2]})
    parquet.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(DataError) as raised:
        read_examples([tmp_path / "t.parquet"], demo)
    (problem,) = raised.value.problems
    assert problem.endswith("the columns are: 'text', " + ", ".join(f"'extra_{n}'" for n in range(11)) + " and 10 more")


def test_a_missing_file_lists_what_is_there(tmp_path: Path, demo: dict[str, Database]) -> None:
    written(tmp_path / "train.jsonl", [GOOD])
    with pytest.raises(DataError, match=r"no such file; the folder holds: train\.jsonl"):
        read_examples([tmp_path / "trian.jsonl"], demo)


def test_queries_that_do_not_run_are_dropped_but_not_all_of_them(tmp_path: Path, demo: dict[str, Database]) -> None:
    broken = GOOD | {"sql": "SELECT Name FROM Artist WHERE ArtistId > ALL (SELECT 1)"}
    alias = GOOD | {"sql": "SELECT b.Name FROM Artist AS a"}
    inner = GOOD | {"sql": "SELECT x.n FROM (SELECT COUNT(*) AS m FROM Artist) AS x, (SELECT 1 AS n) AS y"}
    vague = GOOD | {"sql": "SELECT Name FROM Artist, Genre"}
    reading = read_examples([written(tmp_path / "some.jsonl", [GOOD, broken, alias, inner, vague])], demo)
    assert len(reading.examples) == 1
    assert [item.origin.rpartition(":")[2] for item in reading.dropped] == ["2", "3", "4", "5"]
    assert "ALL" in reading.dropped[0].reason
    with pytest.raises(DataError, match="none of the 2 queries runs"):
        read_examples([written(tmp_path / "all.jsonl", [broken, alias])], demo)


def test_databases_are_found_by_name(tmp_path: Path) -> None:
    for name in ("shop", "school"):
        with sqlite3.connect(tmp_path / f"{name}.sqlite") as connection:
            connection.execute("CREATE TABLE t (x INTEGER)")
    databases = open_databases(Settings(database=str(tmp_path)))
    rows = [{"question": "x?", "sql": "SELECT x FROM t", "db_id": name} for name in ("SHOP", "school")]
    reading = read_examples([written(tmp_path / "rows.jsonl", rows)], databases)
    assert [example.database for example in reading.examples] == ["shop", "school"]
    bad = [{"question": "x?", "sql": "SELECT x FROM t", "database": "shcool"}, {"question": "y?", "sql": "SELECT 1"}]
    with pytest.raises(DataError) as raised:
        read_examples([written(tmp_path / "bad.jsonl", bad)], databases)
    assert "did you mean 'school'?" in raised.value.problems[0]
    assert "field 'database' is missing; name one of: school, shop" in raised.value.problems[1]


def test_a_spider_folder_keeps_its_splits(tmp_path: Path, demo: dict[str, Database]) -> None:
    row = {"db_id": "chinook_1", "question": "Count artists", "query": GOOD["sql"], "sql": {"select": []}}
    (tmp_path / "train.json").write_text(json.dumps([row, row]), encoding="utf-8")
    (tmp_path / "dev.json").write_text(json.dumps([row]), encoding="utf-8")
    assert [e.split for e in read_examples([tmp_path], demo).examples] == ["train", "train", "dev"]


def test_text2sql_data_fills_in_variables(tmp_path: Path, demo: dict[str, Database]) -> None:
    record = {
        "sql": ['SELECT COUNT(*) FROM Artist WHERE Name = "name1" OR Name = "name10" LIMIT number0 ;'],
        "variables": [
            {"name": "number0", "example": "5", "location": "sql-only"},
            {"name": "name1", "example": "U2"},
            {"name": "name10", "example": "Kiss"},
        ],
        "query-split": "test",
        "sentences": [
            {"text": "how many name1 or name10", "question-split": "train", "variables": {"name1": "Queen"}},
            {"text": "count name10 and name1", "question-split": "dev", "variables": {}},
        ],
    }
    path = tmp_path / "music.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    one, two = read_examples([path], demo).examples
    assert one.question == "how many Queen or Kiss"
    assert one.sql == 'SELECT COUNT(*) FROM Artist WHERE Name = "Queen" OR Name = "Kiss" LIMIT 5'
    assert (one.split, two.split) == ("train", "dev")
    assert [e.split for e in read_examples([path], demo, split="template").examples] == ["test", "test"]


def test_bilingual_rows_become_one_example_a_language(tmp_path: Path, demo: dict[str, Database]) -> None:
    row = {"id": "7", "sql": GOOD["sql"], "question": {"en": "how many artists", "zh": "有 多少 艺人"}}
    english, chinese = read_examples([written(tmp_path / "two.jsonl", [row])], demo).examples
    assert (english.id, english.language, english.question) == ("7-en", "en", "how many artists")
    assert (chinese.id, chinese.language, chinese.question) == ("7-zh", "zh", "有 多少 艺人")
    assert tidy(chinese.question) == "有多少艺人"


def test_several_accepted_queries() -> None:
    text = "SELECT {a, f(b, c)} FROM t WHERE s = 'x;{y}' GROUP BY {};SELECT a FROM u;"
    assert accepted_queries(text) == (
        "SELECT a FROM t WHERE s = 'x;{y}' GROUP BY a",
        "SELECT f(b, c) FROM t WHERE s = 'x;{y}' GROUP BY f(b, c)",
        "SELECT a, f(b, c) FROM t WHERE s = 'x;{y}' GROUP BY a, f(b, c)",
        "SELECT a FROM u",
    )


@given(st.text(alphabet="ab{},;'\"()` ", max_size=40))
def test_any_text_of_queries_ends(text: str) -> None:
    queries = accepted_queries(text)
    assert len(set(queries)) == len(queries)
    # Of "{,}" every alternative is empty; an open quote takes in what follows.
    said = bool(text.replace(";", " ").strip())
    assert bool(queries) == said or {*text} & {*"'\"`"} or (said and not {*text} - {*"{},; "})


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Who wrote 《平凡的世界》?", "en"),
        ("Foo Fighters 每首歌的歌名和所在专辑", "zh"),
        ("AAC 相关的媒体类型共有多少个", "zh"),
        ("北京", "zh"),
        ("12?", "en"),
    ],
)
def test_language_by_script(question: str, language: str) -> None:
    assert language_of(question) == language


@needs_data
def test_geoquery_reads_with_its_question_split() -> None:
    databases = open_databases(Settings(database=str(GEOGRAPHY / "geography.sqlite")))
    reading = read_examples([GEOGRAPHY / "geography.json"], databases)
    splits = Counter(example.split for example in reading.examples)
    assert splits["train"] + len(reading.dropped) == 549
    assert splits["dev"] == 49
    assert all("ALL" in item.reason for item in reading.dropped)
    both = read_examples([GEOGRAPHY / "zh_en_train.json"], databases)
    languages = Counter(example.language for example in both.examples)
    assert languages["en"] == languages["zh"] >= 540
    assert sum(languages.values()) + len(both.dropped) == 2 * 548


@needs_data
def test_other_peoples_formats_read_as_they_are() -> None:
    chinese = open_databases(Settings(database=str(DATA / "sesql" / "sqlite")))
    files = [DATA / "sesql" / name for name in ("single_round_examples.json", "single_table_first_turn_zh.jsonl")]
    assert len(read_examples(files, chinese).examples) == 16 + 222
    defog = open_databases(Settings(database=str(DATA / "defog" / "sqlite")))
    reading = read_examples([DATA / "defog" / "questions_gen_sqlite.csv"], defog)
    assert max(len(example.accepted) for example in reading.examples) > 3
