"""Reading multiple-choice sets: the formats that people have, and every row that doesn't fit, all at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol import building, mcq
from dsol.backend import Backend
from dsol.errors import DataError, DsolError
from dsol.mcq import Question, read
from dsol.parts import Parts
from dsol.recipe import Recipe
from dsol.run import Run
from dsol.screening import make_screen

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "mcq"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data set {DATA} is absent")


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def row(**changes: object) -> dict[str, object]:
    return {"question": "Which is a fruit?", "choices": ["apple", "car", "dog"], "answer": 0, **changes}


def test_own_rows_with_an_index_or_a_letter(tmp_path: Path) -> None:
    rows = [row(), row(answer="B"), row(answer=" (c) "), row(answer="2"), row(answer=["Ａ"], subject="food", id="x")]
    found = read(write(tmp_path / "set_test.jsonl", *rows)).questions
    assert [one.answer for one in found] == [0, 1, 2, 2, 0]
    assert found[0] == Question("set_test-1", "Which is a fruit?", ("apple", "car", "dog"), 0, "set", "en")
    assert (found[4].id, found[4].subject) == ("set_test-x", "food")


def test_a_table_is_read_like_its_lines(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [row(subject="s", answer="A"), row(question="哪个是水果？", choices=["车", "苹果"], answer="B", subject="s")]
    lines = read(write(tmp_path / "a.jsonl", *rows)).questions
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "b" / "a.parquet")
    assert read(tmp_path / "b" / "a.json").questions == lines
    assert read(tmp_path / "b" / "a.parquet").questions == lines
    assert [one.language for one in lines] == ["en", "zh"]


def test_ceval_and_cmmlu_columns(tmp_path: Path) -> None:
    path = tmp_path / "logic_val.csv"
    path.write_text(
        'id,question,A,B,C,D,answer,explanation\n0,"多行\n问题，选哪个？",甲,乙,丙,丁,C,因为\n1,另一个问题？,一,二,三,四,A,\n',
        encoding="utf-8-sig",
    )
    one, two = read(path).questions
    assert (one.choices, one.letter, one.language, one.subject) == (("甲", "乙", "丙", "丁"), "C", "zh", "logic")
    assert (one.id, two.id) == ("logic_val-0", "logic_val-1")
    path.write_text(",Question,A,B,C,D,Answer\n7,问题在哪里？,甲,乙,丙,丁,D\n", encoding="utf-8")
    (three,) = read(path).questions
    assert (three.id, three.answer) == ("logic_val-7", 3)


def test_agieval_options_lose_their_letters(tmp_path: Path) -> None:
    rows = [
        {"passage": "Read this.", "question": "Why?", "options": ["(A)one", " B. two", "(C) three"], "label": "B"},
        {"passage": None, "question": "Who?", "options": ["(A)A. Smith", "(B)C. Jones"], "label": "A", "answer": None},
    ]
    one, two = read(write(tmp_path / "lsat.jsonl", *rows)).questions
    assert one.question == "Read this.\n\nWhy?"
    assert one.choices == ("one", "two", "three")
    assert two.choices == ("A. Smith", "C. Jones")


def test_every_row_that_does_not_fit_is_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "answer: there is none": row(answer=None),
        "answer: 2 right answers (A, C); one is needed": row(answer=["A", "C"]),
        "answer: 2 right answers (A, B); one is needed": row(answer="A、B"),
        "answer: E (4) is outside the 3 choices, A (0) to C (2)": row(answer="E"),
        "answer: -1 is outside": row(answer=-1),
        "answer: 'apple' is no letter": row(answer="apple"),
        "answer: True is no index": row(answer=True),
        "choices: A and B are the same, 'car'": row(choices=["car", " car", "dog"]),
        "choices: B is empty": row(choices=["car", " ", "dog"]),
        "choices: 1 where there should be at least two": row(choices=["car"]),
        "choices: there are none": {"question": "?", "answer": 0},
        "question: it is empty": row(question=" "),
        "question: it is missing": {"choices": ["a", "b"], "answer": 0},
        "id: 'set-1' is also the id of": row(id="1"),
    }
    path = write(tmp_path / "set.jsonl", row(), *wrong.values())
    with pytest.raises(DataError) as caught:
        read(path)
    assert len(caught.value.problems) == len(wrong)
    for number, reason in enumerate(wrong, 2):
        assert f"{path}:{number}: {reason}" in caught.value.problems[number - 2]
    skipped = read(path, skip=True)
    assert len(skipped.questions) == 1
    assert len(skipped.left_out) == len(wrong)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "a.csv",
            "题目,A,B,答案\n".encode("gb18030"),
            "a.csv:1: not UTF-8 (byte 0xcc); save the file as UTF-8 (is it GB 18030?)",
        ),
        ("a.jsonl", b'{"question": \n[1]', "a.jsonl:1: malformed JSON"),
        ("a.json", b"[1, 2]", "a.json:1: expected an object with a question, found int"),
        ("a.csv", b"question,A,B,answer\nx,y,z\n", "a.csv:2: 3 columns where there should be 4"),
        ("a.jsonl", b"", "a.jsonl: the file is empty"),
        ("a.parquet", b"PAR1 no", "a.parquet: not a readable Parquet file"),
        ("a.xlsx", b"", "a.xlsx: can't read .xlsx; bring questions"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r".") as caught:
        read(tmp_path / name)
    assert reason in str(caught.value)


def exam(question: str, *answers: str) -> dict[str, object]:
    return {"question": question, "answer": list(answers), "analysis": "", "index": 0}


def test_an_exam_is_split_where_that_is_safe_and_the_rest_is_counted(tmp_path: Path) -> None:
    rows = [
        exam("1．（ 4分）首都是（ 　　） \nA．北京  B．上\n海   \nC．天津\nD．重庆\n", "A"),
        exam(
            "材料甲。据此完成 3～4 题．\n3．（4 分）一是 A．甲 B．乙 C．丙 D．丁\n"
            "4．（4 分）二是（ ）A．子 B．丑 C．寅 D．卯\n",
            "B",
            "D",
        ),
        exam("5．可能是（ ）\nA. 一\nB. 二\nC. 三\nD. 四", "BC"),
        exam("6．A．在前面，又 A．一 B．二 C．三 D．四", "A"),
        exam("7．填空", "A"),
        exam("8．表中正确的是（ ）\nA. A\nB. B\nC. C\nD. D", "A"),
        exam("材料。\n9．一是 A．甲 B．乙 C．丙 D．丁 第二问 A．子 B．丑 C．寅 D．卯", "B", "D"),
    ]
    path = tmp_path / "exam.json"
    path.write_text(json.dumps({"keywords": "exam", "example": rows}, ensure_ascii=False), encoding="utf-8")
    found = read(path)
    assert [(one.id, one.question, one.choices, one.letter) for one in found.questions] == [
        ("exam-1", "首都是（ 　　）", ("北京", "上海", "天津", "重庆"), "A"),
        ("exam-2.1", "材料甲。据此完成 3～4 题．\n\n一是", ("甲", "乙", "丙", "丁"), "B"),
        ("exam-2.2", "材料甲。据此完成 3～4 题．\n\n二是（ ）", ("子", "丑", "寅", "卯"), "D"),
    ]
    reasons = ["2 right answers (B, C)", "can't be told apart", "no choices found", "in a table", "isn't clear where"]
    assert len(found.left_out) == len(reasons)
    for said, reason in zip(found.left_out, reasons, strict=True):
        assert reason in said


@needs_data
def test_the_public_sets_are_read_whole() -> None:
    mmlu = read(*sorted(DATA.glob("mmlu/test/*.csv")))
    assert (len(mmlu.questions), mmlu.left_out) == (1562, ())
    assert len({one.subject for one in mmlu.questions}) == 10
    assert len(read(DATA / "agieval" / "lsat-ar.jsonl").questions[0].choices) == 5
    with pytest.raises(DataError, match="35 mistakes"):
        read(DATA / "agieval" / "gaokao-physics.jsonl")
    gaokao = read(*sorted(DATA.glob("gaokao/*.json")))
    # 1,572 rows, 39 of which hold two or three questions.
    assert len(gaokao.questions) > 1550
    assert len(gaokao.left_out) < 70
    for one in gaokao.questions:
        assert len(one.choices) >= 3
        assert not any(choice.startswith(("A．", "B．", "C．", "D．")) for choice in one.choices)


NAMES = ["question", "choices", "answer", "A", "B", "options", "label", "analysis", "id"]
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=4)
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), WILD))
def test_whatever_a_row_holds_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]
) -> None:
    path = write(tmp_path_factory.mktemp("wild") / "w.jsonl", value)
    said = ""
    try:
        found = read(path).questions
    except DsolError as error:
        found, said = (), str(error)
    assert found or "w.jsonl" in said


def test_a_folder_stands_for_its_files(tmp_path):
    for name in ("b", "a"):
        row = {"question": f"Is it {name}?", "choices": ["yes", "no"], "answer": "A"}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "LICENSE.txt").write_text("MIT", encoding="utf-8")
    assert [one.question for one in read(tmp_path).questions] == ["Is it a?", "Is it b?"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no file that ends in"):
        read(tmp_path / "empty")


def test_a_run_reads_its_sets_once_and_keeps_all_their_texts_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, word in (("a", "apple"), ("b", "banana")):
        (tmp_path / name).mkdir()
        write(tmp_path / name / f"{name}.jsonl", row(question=f"What is a {word}?"), row(question=f"And two {word}s?"))
    write(tmp_path / "general.jsonl", row(question="Which?"))
    calls: list[tuple[Path, ...]] = []
    monkeypatch.setattr(mcq, "read", lambda *paths: calls.append(paths) or read(*paths))
    sets = {"domain": (tmp_path / "a", tmp_path / "b" / "b.jsonl"), "general": (tmp_path / "general.jsonl",)}
    recipe = Recipe(base="x", solutions={"any": {}}, evaluation=sets, stages={"sft": {}})
    parts = Parts(recipe, (), cast(Backend, None))
    judged = building.questions(parts)
    assert {name: len(texts) for name, texts in judged.items()} == {"a": 2, "b.jsonl": 2, "general.jsonl": 1}
    assert "banana" in judged["b.jsonl"][0]
    screen = make_screen(parts, Run(tmp_path))
    assert {name: len(some) for name, some in screen.questions.items()} == {"domain": 4, "general": 1}
    assert calls == [sets["domain"], sets["general"]]


def test_files_of_one_name_are_both_kept_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "test.jsonl", row(question=f"What is {name}?", id=name))
    recipe = Recipe(
        base="x",
        solutions={"any": {}},
        evaluation={"domain": [tmp_path / "a" / "test.jsonl"], "general": [tmp_path / "b" / "test.jsonl"]},
        stages={"sft": {}},
    )
    texts = building.questions(Parts(recipe, (), cast(Backend, None)))["test.jsonl"]
    assert [text.split("?")[0] for text in texts] == ["What is a", "What is b"]
