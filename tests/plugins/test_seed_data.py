"""The seed base's data: what is asked for can be read off the text, nothing kept back is trained on."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from pathlib import Path

import pytest

import dsol_seed
from dsol_seed import citing, copying, passages, records, talk
from dsol_seed.documents import LONGEST, Corpus, Piece, pieces, trained_on
from dsol_seed.public import Asked, plain
from dsol_seed.queries import POINTED, bare
from dsol_seed.row import Row, divided, kept_back
from dsol_seed.score import cited, exact, lines, load, words

ENGLISH = " ".join(
    f"The {word} of the house was painted in the year {1900 + at}." for at, word in enumerate("abcdefgh")
)
CHINESE = "".join(f"第{at}个人住在河边的{word}色房子里。" for at, word in enumerate("红黄蓝绿白黑灰紫"))
PIECES = [
    Piece(f"book/{at}", text, language) for at in range(30) for text, language in ((ENGLISH, "en"), (CHINESE, "zh"))
]
ASKED = [
    Asked(
        f"story {at}",
        f"Once there was a fox. It had {at} red hats. It slept in the sun.",
        "How many hats?",
        f"{at} red",
    )
    for at in range(40)
] + [
    Asked(f"条目{at}", f"从前有一只狐狸。它有{at}顶帽子。它在睡觉。", "几顶帽子？", f"{at}顶", language="zh")
    for at in range(40)
]


def test_the_same_name_is_kept_back_everywhere_and_about_a_tenth_is() -> None:
    names = [f"name {at}" for at in range(5000)]
    assert 400 < sum(map(kept_back, names)) < 600
    task = divided((name, Row(name, "a")) for name in names)
    assert {row.user for row in task.kept_back} == {name for name in names if kept_back(name)}
    assert not {row.user for row in task.training} & {row.user for row in task.kept_back}


def test_what_is_copied_stands_in_the_text() -> None:
    task = copying.copying(PIECES, 400)
    assert task == copying.copying(PIECES, 400)
    assert len(task.training) > 200
    for row in task.training:
        assert row.answer.replace(" ", "") in row.user.replace(" ", "").replace("«", "").replace("»", "")


@pytest.fixture
def shops(tmp_path: Path) -> list[records.Record]:
    english = ("shops", "ShopID INTEGER, shop_name TEXT, OpenYear INTEGER, city TEXT")
    chinese = ("商店", "编号 INTEGER, 名称 TEXT, 营业额 REAL, 城市 TEXT")
    for (name, columns), rows in (
        (english, [(1, "Corner", 1990, "Oslo"), (2, "Lane", 2001, "Rome")]),
        (chinese, [(1, "街角", 20.0, "上海"), (2, "小巷", 3.5, "北京")]),
    ):
        connection = sqlite3.connect(tmp_path / f"{name}.sqlite")
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()
    return records.records(tmp_path, 5)


def test_fields_and_triples_say_what_the_text_says(shops: list[records.Record]) -> None:
    assert {record.language for record in shops} == {"en", "zh"}
    assert {"open year", "city"} <= {name for record in shops for name in record.cells}
    assert any(record.cells.get("营业额") == "20" for record in shops)
    told = divided(records.told_triples(shops, 60, random.Random(0)))
    for task in (records.fields(shops, 60), told):
        for row in (*task.training, *task.kept_back):
            if row.answer in records.NOTHING.values():
                continue
            for line in row.answer.splitlines():
                said = json.loads(line)
                for name, value in said.items():
                    assert name in ("predicate",) or value is None or value in row.user
                    assert name in ("subject", "predicate", "object") or name in row.system


def test_answers_stand_in_the_passage_or_are_said_to_be_missing() -> None:
    task = passages.answering(ASKED)
    assert task.training
    for row in task.training:
        assert row.answer in row.user or row.answer in passages.NO_ANSWER.values()
    for row in passages.asking(ASKED).training:
        if row.answer.startswith("{"):
            assert all(json.loads(line)["answer"] in row.user for line in row.answer.splitlines())


def test_citations_name_the_result_that_says_so() -> None:
    task = citing.citing(ASKED)
    assert task.training
    for row in task.training:
        results = dict(re.findall(r"^\[(\d+)\] (.*)$", row.user, re.MULTILINE))
        for said, number in re.findall(r"(.+?) \[(\d+)\]", row.answer):
            assert said.strip() in results[number]
        assert re.search(r"\[\d+\]$", row.answer) or row.answer in citing.NOTHING.values()


def test_a_row_without_the_listing_can_still_be_answered() -> None:
    listed = Row(
        "Question: How old { c3}?", "SELECT c3 WHERE c4 = 'c9'", "Write it.\nTables:\nperson t1: age c3, name c4"
    )
    fits = Row("Question: How old { c3} is Ann { v1 c4}?", "SELECT c3 WHERE c4 = v1", listed.system)
    assert bare([listed, fits]) == (Row(fits.user, fits.answer, "Write it."),)
    assert POINTED.findall("c1 t22 x3 v4") == ["c1", "t22", "v4"]


def test_documents_are_cut_along_paragraphs(tmp_path: Path) -> None:
    folder = tmp_path / "corpora/owasp_cheatsheets"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("\n\n".join(f"# {at}\n\n{ENGLISH}" for at in range(200)), encoding="utf-8")
    (folder / "README.md").write_text("no document", encoding="utf-8")
    found = pieces(tmp_path, Corpus("owasp_cheatsheets", "site"))
    assert all(len(piece.text) <= LONGEST["en"] + 200 for piece in found)
    assert "".join(piece.text for piece in found).count("The a of the house") == 200
    assert any(trained_on(piece) for piece in found)


def test_text_that_was_cut_into_words_is_joined() -> None:
    assert plain("The cat , it 's `` good '' ( 3 . 5 ) .") == 'The cat, it\'s "good" (3. 5).'


def test_measures() -> None:
    assert exact("The  cat.", "the cat") == (1.0, 1.0, 1.0)
    assert lines("a\nb", "b\nc\nd") == (1.0, 2.0, 3.0)
    assert words("红色 house", "红 house") == (2.0, 3.0, 2.0)
    assert cited("x [1] y [2]", "z [2]") == (1.0, 2.0, 1.0)
    assert cited("nothing", "nothing at all") == (1.0, 1.0, 1.0)


def test_talk_is_in_both_languages() -> None:
    assert {row.answer for row in talk.talk().training} >= {talk.ENGLISH, talk.CHINESE, *talk.UNKNOWN.values()}


def test_the_model_that_ships_can_be_scored(tmp_path):
    write = load(Path(dsol_seed.__file__).parent / "model", tmp_path / "base")
    assert write([[{"role": "user", "content": "Hello"}]], max_new_tokens=8)[0][0].text.strip()
