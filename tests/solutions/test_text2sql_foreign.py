"""Other people's databases and questions, unseen by any training: all are read, and nothing a model writes for them
breaks the wrapper."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dsol import Answer, Completion, DataError, Sample
from dsol.calibration import Calibration
from dsol_text2sql.baseline import make_baseline
from dsol_text2sql.build import heldout
from dsol_text2sql.settings import Input, Output, Settings
from dsol_text2sql.show import show
from dsol_text2sql.wrap import wrap

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "text2sql"
SESQL = DATA / "sesql" / "sqlite"
DEFOG = DATA / "defog" / "sqlite"
# The file, its databases, how many of its rows are read, and of which language.
FILES = {
    "sesql_zh": (DATA / "sesql" / "single_table_first_turn_zh.jsonl", SESQL, 222, "zh"),
    "sesql_rounds": (DATA / "sesql" / "single_round_examples.json", SESQL, 16, "zh"),
    "defog": (DATA / "defog" / "questions_gen_sqlite.csv", DEFOG, 200, "en"),
    "defog_basic": (DATA / "defog" / "instruct_basic_sqlite.csv", DEFOG, 40, "en"),
    "defog_advanced": (DATA / "defog" / "instruct_advanced_sqlite.csv", DEFOG, 60, "en"),
}
# As a run that was trained on another database leaves them.
FILES_OF_A_RUN = {
    "aliases": {"the lone star state": [["state", "state_name", "texas"]], "歌手": [["artist", "name", "U2"]]}
}
GARBAGE = (
    "I can't answer that.",
    "SELECT",
    "SELECT * FROM",
    "SELECT nothing FROM nowhere WHERE never = 'x'",
    "```sql\nSELECT 1, 2, 3\n```",
    "DROP TABLE 明星",
    "SELECT '" + "长" * 9_000 + "'",
    "<think>…",
    "",
)


class Scripted:
    """A model that writes one query greedily and cycles through texts as samples."""

    def __init__(self) -> None:
        self.greedy, self.sampled = "", [""]

    def __call__(
        self, chats: Any, *, samples: int = 1, temperature: float = 0.0, max_new_tokens: int = 256, seed: int = 0
    ) -> list[list[Completion]]:
        texts = [self.sampled[at % len(self.sampled)] if temperature else self.greedy for at in range(samples)]
        return [[Completion(text, (-0.2,)) for text in texts] for _ in chats]


@cache
def read(name: str) -> tuple[Settings, list[Sample]]:
    """Read a file as `dsol eval --database --heldout` does; skip where the data isn't there."""
    file, databases, _, _ = FILES[name]
    if not file.exists() or not databases.is_dir():
        pytest.skip(f"needs {file} and {databases}")
    settings = Settings(database=str(databases), heldout=(file,), samples=2, timeout=1.0)
    sets = heldout(settings, FILES_OF_A_RUN)
    assert set(sets) == {file.stem}
    return settings, sets[file.stem]


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_people_are_read_whole(name: str) -> None:
    _, _, rows, language = FILES[name]
    settings, samples = read(name)
    assert len(samples) >= rows
    assert Counter(sample.meta["language"] for sample in samples).most_common(1)[0][0] == language
    stems = {path.stem for path in Path(settings.database).iterdir()}
    assert {sample.meta["database"] for sample in samples} <= stems
    assert all(sample.input and sample.input["schema"] and sample.target for sample in samples)


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "销售.sqlite").executescript(
        "CREATE TABLE 订单 (数量 INTEGER); INSERT INTO 订单 VALUES (3)"
    )
    rows = tmp_path / "rows.jsonl"
    fine = {"db_id": "销售", "question": "一共 多少 订单？", "query": "SELECT COUNT(*) FROM 订单"}
    rows.write_text("\n".join(json.dumps(row) for row in (fine, fine | {"db_id": "消售"})), encoding="utf-8")
    sqlite3.connect(tmp_path / "other.sqlite").executescript("CREATE TABLE x (y)")
    settings = Settings(database=str(tmp_path), heldout=(rows,))
    with pytest.raises(DataError, match=r"rows.jsonl:2.*消售.*销售"):
        heldout(settings, {})
    rows.write_text(json.dumps(fine), encoding="utf-8")
    (sample,) = heldout(settings, {})["rows"]
    assert (sample.meta["database"], sample.meta["question"]) == ("销售", "一共多少订单？")


def test_views_that_cannot_be_read_leave_the_rest_usable(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.sqlite")
    connection.executescript("""
        CREATE TABLE artist (name TEXT);
        INSERT INTO artist VALUES ('Ann'), ('Bo');
        CREATE TABLE gone (x TEXT);
        CREATE VIEW broken AS SELECT x FROM gone;
        CREATE VIEW strange AS SELECT no_such_function(name) AS y FROM artist;
        CREATE VIEW failing AS SELECT name, 'a' LIKE replace(hex(zeroblob(2000)), '0', '%_') AS z FROM artist;
        DROP TABLE gone;
    """)
    connection.close()
    settings = Settings(database=str(tmp_path / "shop.sqlite"))
    model = Scripted()
    model.greedy, model.sampled = "SELECT name FROM artist", ["SELECT x FROM broken"]
    product = wrap(model, settings, calibration=Calibration(), baseline=make_baseline(settings), files={})
    answer = checked(product.invoke(Input(question="Who is an artist?")))
    assert answer.value is not None
    assert answer.value.rows == (("Ann",), ("Bo",))


@pytest.mark.parametrize("name", ["sesql_zh", "defog", "defog_advanced"])
def test_whatever_a_model_writes_for_an_unseen_database_gets_an_answer_or_none(name: str) -> None:
    settings, samples = read(name)
    model = Scripted()
    product = wrap(model, settings, calibration=Calibration(), baseline=make_baseline(settings), files=FILES_OF_A_RUN)
    dice = random.Random(name)
    right = refused = 0
    chosen = dice.sample(samples, min(16, len(samples)))
    for sample in chosen:
        asked = Input(question=str(sample.meta["question"]), database=str(sample.meta["database"]))
        strange = dice.choice([one for one in samples if one.meta["database"] != asked.database])
        model.greedy, model.sampled = sample.target, list(sample.meta["sql"][:1])
        answer = checked(product.invoke(asked))
        right += answer.source == "model"
        model.greedy, model.sampled = strange.target, [str(strange.meta["sql"][0])]
        ran = [one for one in checked(product.invoke(asked)).evidence["candidates"] if one["reason"] == "ok"]
        assert not ran or shares_tables(settings, strange.meta["database"], asked.database), strange.target
        refused += not ran
        model.greedy, model.sampled = dice.choice(GARBAGE), list(GARBAGE)
        checked(product.invoke(asked))
    assert right >= 0.8 * len(chosen)
    assert refused >= 0.5 * len(chosen)
    lost = product.invoke(Input(question="多少？", database="没有这个库"))
    assert (lost.source, lost.reason) == ("none", "unknown_database")


def checked(answer: Answer[Output]) -> Answer[Output]:
    """An answer can be shown, sent and told from none."""
    assert (answer.value is None) == (answer.source == "none")
    json.loads(answer.model_dump_json())
    assert show(answer)
    return answer


def shares_tables(settings: Settings, one: str, two: str) -> bool:
    """Tell whether two databases have a table of the same name, so that a query for one may run on the other."""
    names = []
    for name in (one, two):
        with sqlite3.connect(f"file:{Path(settings.database) / name}.sqlite?mode=ro", uri=True) as connection:
            names.append({row[0].lower() for row in connection.execute("SELECT name FROM sqlite_master")})
    return bool(names[0] & names[1])


BUILD = """
import sys
from dsol_text2sql.build import build
from dsol_text2sql.settings import Settings
folder = sys.argv[1]
made = build(
    Settings(database=folder + "/shop.sqlite", examples=(folder + "/rows.jsonl",), synthesis=60, augment=2),
    3,
    lambda what, done, total: None,
)
for name, samples in {**made.sources, "development": made.development, **made.heldout}.items():
    for sample in samples:
        print(name, sample.model_dump_json())
print(made.report, made.files)
"""


def test_the_same_seed_makes_the_same_samples_in_every_process(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.sqlite")
    connection.executescript("""
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT, joined DATE);
        CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer (id),
            total REAL, 类型 TEXT);
        INSERT INTO customer VALUES (1, 'Ann', 'Oslo', '2020-01-02'), (2, 'Bo', 'Paris', '2021-03-04'),
            (3, 'Cy', 'Oslo', '2022-05-06'), (4, 'Di', 'Rome', '2022-07-08');
        INSERT INTO invoice VALUES (1, 1, 9.5, '现金'), (2, 1, 20, '刷卡'), (3, 3, 7, '现金'), (4, 4, 31.5, '刷卡');
    """)
    connection.close()
    rows = [
        {"question": q, "sql": s}
        for q, s in (
            ("How many customers are in Oslo?", "SELECT COUNT(*) FROM customer WHERE city = 'Oslo'"),
            ("Which customers live in Paris?", "SELECT name FROM customer WHERE city = 'Paris'"),
            ("What is the total of all invoices?", "SELECT SUM(total) FROM invoice"),
            ("How much did each customer spend?",
             "SELECT c.name, SUM(i.total) FROM customer c JOIN invoice i ON i.customer_id = c.id GROUP BY c.id"),
            ("What is the largest invoice?", "SELECT MAX(total) FROM invoice"),
            ("现金 的 发票 有 几张？", "SELECT COUNT(*) FROM invoice WHERE 类型 = '现金'"),
            ("Who joined last?", "SELECT name FROM customer ORDER BY joined DESC LIMIT 1"),
            ("List the cities of customers.", "SELECT DISTINCT city FROM customer"),
        )
    ]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    made = [
        subprocess.run(
            [sys.executable, "-c", BUILD, str(tmp_path)],
            env=os.environ | {"PYTHONHASHSEED": hashes},
            capture_output=True,
            check=True,
        ).stdout
        for hashes in ("1", "20")
    ]
    assert made[0] == made[1]
    counts = Counter(line.split(" ", 1)[0] for line in made[0].decode().splitlines())
    assert {"examples", "augmented", "synthesis", "development", "heldout"} <= set(counts)
    assert counts["synthesis"] >= 20
