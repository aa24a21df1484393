"""The builder: what is trained on, what is judged, and that nothing goes from one to the other."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from dsol import Built, DataError, Sample
from dsol_text2sql.build import build, heldout
from dsol_text2sql.databases.database import open_databases
from dsol_text2sql.examples.division import demo_files
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.examples.samples import without_constants
from dsol_text2sql.examples.split import NEAR, choose, leakage_report, leaks, normal, size
from dsol_text2sql.question.questions import language_of
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import canonical, template

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "text2sql"
GEOGRAPHY = DATA / "geography"


def quiet(what: str, done: int, total: int) -> None:
    pass


def training(built: Built) -> list[Sample]:
    return [sample for samples in built.sources.values() for sample in samples]


def questions(samples: Iterable[Sample]) -> list[str]:
    return [sample.meta["question"] for sample in samples]


@pytest.fixture(scope="module")
def demo() -> Built:
    return build(Settings(augment=1, synthesis=200), 0, quiet)


def test_the_demo_has_what_it_promises(demo: Built) -> None:
    assert {name: len(samples) for name, samples in demo.heldout.items()} == {"people": 84, "zh": 60}
    assert set(demo.sources) == {"examples", "augmented", "synthesis"}
    languages = Counter(sample.meta["language"] for sample in demo.sources["examples"])
    assert languages["en"] >= 600
    assert languages["zh"] >= 300
    assert 40 <= len(demo.development) <= 150
    everything = [*training(demo), *demo.development, *(s for some in demo.heldout.values() for s in some)]
    assert len({sample.id for sample in everything}) == len(everything)
    assert all(sample.input and all(isinstance(text, str) for text in sample.input.values()) for sample in everything)
    json.dumps([demo.report, demo.files], allow_nan=False)


def test_no_question_of_other_people_is_trained_on(demo: Built) -> None:
    plain = [re.sub(r"\W+", " ", text.casefold()).strip() for text in questions(demo.heldout["people"])]
    for question in questions(training(demo)) + questions(demo.development):
        ours = re.sub(r"\W+", " ", question.casefold()).strip()
        assert ours not in plain
        assert max(fuzz.ratio(ours, theirs) for theirs in plain) < NEAR


def test_no_template_of_the_chinese_held_out_set_is_trained_on(demo: Built) -> None:
    schema = open_databases(Settings())["chinook"].schema
    banned = {template(sample.meta["sql"][0], "sqlite", schema) for sample in demo.heldout["zh"]}
    assert len(banned) > 30
    ours = {sample.target for sample in [*training(demo), *demo.development]}
    assert banned.isdisjoint(map(without_constants, ours))
    assert demo.report["leakage"]["zh"]["shared_templates"] == 0


def test_development_is_apart_from_training(demo: Built) -> None:
    trained = {normal(question) for question in questions(training(demo))}
    assert trained.isdisjoint(map(normal, questions(demo.development)))
    targets = {sample.target for sample in demo.sources["examples"]}
    unseen = [sample for sample in demo.development if sample.target not in targets]
    assert 0.45 < len(unseen) / len(demo.development) < 0.65  # the others are new wordings of known queries


def test_every_target_is_canonical_and_runs(demo: Built) -> None:
    database = open_databases(Settings())["chinook"]
    targets = {sample.target for sample in training(demo)}
    for target in sorted(targets)[::7]:
        assert canonical(target, "sqlite", database.schema) == target
        assert without_constants(target) == template(target, "sqlite", database.schema)
        database.execute(target, row_limit=1)


def test_held_out_samples_are_made_again_for_scoring(demo: Built) -> None:
    again = heldout(Settings(), json.loads(json.dumps(demo.files)))
    assert again == demo.heldout


def test_demo_training_files_ship(demo: Built) -> None:
    paths, held_out = demo_files()
    assert all(path.is_file() for path in [*paths, *held_out.values()])
    assert (held_out["people"].parent / "LICENSE.txt").read_text(encoding="utf-8").count("CC BY-SA 4.0") == 1


def shop(path: Path, rows: int = 60) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)")
        connection.executemany(
            "INSERT INTO product VALUES (?, ?, ?)", [(number, f"Thing{number}", number * 10) for number in range(rows)]
        )
    return path


def rows_about(count: int, start: int = 0) -> list[dict[str, Any]]:
    words = [
        "red",
        "green",
        "blue",
        "black",
        "white",
        "grey",
        "pink",
        "brown",
        "gold",
        "silver",
        "lilac",
        "olive",
        "teal",
    ]
    rows = []
    for n in range(start, start + count):
        word = f"{words[n % 13]} {words[n * 5 % 11]} {words[n // 3 % 13]}"
        named = (f"What does the {word} Thing{n} cost?", f"SELECT price FROM product WHERE name = 'Thing{n}'")
        above = (f"Give me {word} things above {n}0", f"SELECT name FROM product WHERE price > {n}0")
        question, sql = named if n % 2 else above
        rows.append({"question": question, "sql": sql})
    return rows


def written(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_own_examples_without_a_test_part_get_one(tmp_path: Path) -> None:
    settings = Settings(
        database=str(shop(tmp_path / "shop.sqlite")),
        examples=(written(tmp_path / "mine.jsonl", rows_about(60)),),
        synthesis=0,
    )
    built = build(settings, 0, quiet)
    assert list(built.heldout) == ["heldout"]
    assert len(built.heldout["heldout"]) == len(built.development) + 4 == 15
    seen = [*questions(built.sources["examples"]), *questions(built.development), *questions(built.heldout["heldout"])]
    assert len(seen) == len(set(seen)) <= 60
    assert built == build(settings, 0, quiet)
    assert built.heldout != build(settings, 1, quiet).heldout


def test_what_a_held_out_file_asks_is_not_trained_on(tmp_path: Path) -> None:
    rows = rows_about(60)
    same = [row | {"question": row["question"].upper().replace("?", " ？")} for row in rows[:5]]
    settings = Settings(
        database=str(shop(tmp_path / "shop.sqlite")),
        examples=(written(tmp_path / "mine.jsonl", rows),),
        heldout=(written(tmp_path / "test.jsonl", same),),
        synthesis=0,
    )
    built = build(settings, 0, quiet)
    assert list(built.heldout) == ["test"]
    judged = {normal(question) for question in questions(built.heldout["test"])}
    assert len(judged) == 5
    assert judged.isdisjoint(map(normal, questions([*training(built), *built.development])))
    assert built.report["left_out_first"]["equal_or_near_to_heldout"] >= 5
    assert built.report["leakage"]["test"]["equal_questions"] == 0


def test_split_by_template_shares_none(tmp_path: Path) -> None:
    _, held_out = demo_files()
    settings = Settings(examples=(held_out["zh"],), split="template", synthesis=0, augment=1)
    built = build(settings, 0, quiet)
    parts = [training(built), built.development, built.heldout["heldout"]]
    templates = [{sample.meta["template"] for sample in part} for part in parts]
    assert all(templates)
    assert templates[0].isdisjoint(templates[1] | templates[2])
    assert templates[1].isdisjoint(templates[2])


def test_a_bare_database_is_enough(tmp_path: Path) -> None:
    built = build(Settings(database=str(shop(tmp_path / "shop.sqlite")), synthesis=200), 0, quiet)
    assert list(built.sources) == ["synthesis"]
    parts = [training(built), built.development, built.heldout["heldout"]]
    templates = [{sample.meta["template"] for sample in part} for part in parts]
    assert all(templates)
    assert templates[0].isdisjoint(templates[1] | templates[2])


def test_several_databases_are_asked_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "databases"
    folder.mkdir()
    shop(folder / "one.sqlite")
    shop(folder / "two.sqlite", 30)
    rows = [row | {"database": "one"} for row in rows_about(30)] + [
        row | {"database": "two"} for row in rows_about(25, 2)
    ]
    settings = Settings(database=str(folder), examples=(written(tmp_path / "both.jsonl", rows),), synthesis=40)
    built = build(settings, 0, quiet)
    assert {sample.meta["database"] for sample in built.sources["examples"]} == {"one", "two"}
    assert {sample.meta["database"] for sample in built.sources["synthesis"]} == {"one", "two"}


def test_no_language_left_is_an_error(tmp_path: Path) -> None:
    settings = Settings(
        database=str(shop(tmp_path / "shop.sqlite")),
        examples=(written(tmp_path / "mine.jsonl", rows_about(20)),),
        languages=("zh",),
        synthesis=0,
    )
    with pytest.raises(DataError, match="zh"):
        build(settings, 0, quiet)


def test_scoring_needs_a_held_out_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no held-out file"):
        heldout(Settings(database=str(shop(tmp_path / "shop.sqlite"))), {})


@pytest.mark.skipif(not GEOGRAPHY.is_dir(), reason=f"the shared data set {GEOGRAPHY} is absent")
def test_geoquery_builds_in_both_languages() -> None:
    settings = Settings(
        database=str(GEOGRAPHY / "geography.sqlite"),
        examples=(GEOGRAPHY / "geography.json", GEOGRAPHY / "zh_en_train.json"),
        synthesis=0,
        augment=1,
    )
    built = build(settings, 0, quiet)
    assert set(built.report["languages"]["augmented"]) == {"en", "zh"}
    assert set(built.report["languages"]["development"]) == {"en", "zh"}
    assert built.files["aliases"]["内布拉斯加"]
    assert built.report["read"]["examples"]["dropped"] == 3
    linked = [sample.input["values"] for sample in built.sources["examples"] if "内布拉斯加" in sample.meta["question"]]
    assert linked
    assert all("'nebraska'" in values for values in linked)


def example(question: str, sql: str = "SELECT 1", id: str = "", database: str = "x") -> Example:
    return Example(id or question, question, sql, (sql,), database, language_of(question), "", "here")


def test_normal_form_ignores_how_a_question_is_typed() -> None:
    assert normal("What IS the  “Name”？") == normal("what is the name")
    assert normal("有 多少 ＡＢ 客户？") == normal("有多少 ab 客户")
    assert normal("有多少位藝術家的專輯？") == normal("有多少位艺术家的专辑")
    assert normal("over 1.5 dollars.") != normal("over 15 dollars")


@given(st.integers(0, 5000), st.floats(0.01, 0.49))
def test_a_part_is_never_most_of_it(count: int, share: float) -> None:
    part = size(count, share)
    assert 0 <= part <= 150
    assert part <= count / 4 or part == 1
    assert count < 2 or part >= 1


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), min_size=4, max_size=60), st.integers(0, 3))
def test_choosing_keeps_groups_whole(rows: list[tuple[str, bool]], seed: int) -> None:
    some = [example(("问" if zh else "q") + str(n), group, str(n)) for n, (group, zh) in enumerate(rows)]
    chosen = choose(some, len(some) // 4, seed, lambda e: e.sql)
    groups = {e.sql for e in chosen}
    assert {e.id for e in some if e.sql in groups} == {e.id for e in chosen}
    assert chosen == choose(some, len(some) // 4, seed, lambda e: e.sql)
    assert len({row[0] for row in rows}) < 2 or len(chosen) < len(some)


def test_leaks_finds_the_nearest() -> None:
    judged = [example("How many albums does Queen have?"), example("有多少张专辑")]
    near = example("how many albums does queen have")
    close = example("How many albums does Queens have?")
    other = example("How many tracks does Kiss have?")
    found = {leak.example.id: leak for leak in leaks([near, close, other, example("有多少 张专辑？")], judged)}
    assert set(found) == {near.id, close.id, "有多少 张专辑？"}
    assert found[near.id].ratio == 100
    assert NEAR <= found[close.id].ratio < 100
    assert found[close.id].judged is judged[0]


def test_the_same_words_asked_of_another_database_are_no_leak() -> None:
    asked = "How many songs do we have?"
    judged = [example(asked, database="music"), example("How many songs are there?", database="radio")]
    others = [example(asked, id=name, database=name) for name in ("radio", "club", "music", "x")]
    found = leaks(others, judged)
    assert [(leak.example.database, leak.judged) for leak in found] == [("music", judged[0])]
    report = leakage_report(others, {"held": judged}, lambda one: f"{one.database}: {one.sql}")["held"]
    assert (report["equal_questions"], report["similar_questions"], report["shared_templates"]) == (1, 1, 2)


@given(st.lists(st.tuples(st.sampled_from(["abc", "abd", "abcdefghijklmnopqrstuvw", "xyz"]), st.sampled_from("mr"))))
def test_leaks_come_in_the_order_of_the_examples(rows: list[tuple[str, str]]) -> None:
    judged = [example("abc", database="m"), example("abcdefghijklmnopqrstuv", database="r")]
    some = [example(text, id=str(number), database=name) for number, (text, name) in enumerate(rows)]
    wanted = [(str(n), 100) for n, row in enumerate(rows) if row == ("abc", "m")]
    wanted += [(str(n), 98) for n, row in enumerate(rows) if row == ("abcdefghijklmnopqrstuvw", "r")]
    found = [(leak.example.id, round(leak.ratio)) for leak in leaks(some, judged)]
    assert found == sorted(wanted, key=lambda pair: int(pair[0]))
