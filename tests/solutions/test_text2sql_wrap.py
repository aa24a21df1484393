"""The wrapper around a scripted model, over the real demo database: guard, vote, repair, fall back, ask back."""

import hashlib
import sqlite3
from pathlib import Path

import pytest
from rich.cells import cell_len

import dsol_text2sql
from dsol import Answer, Completion
from dsol.calibration import Calibration, Logistic
from dsol_text2sql.settings import LONGEST_QUESTION, Input, Output, Settings
from dsol_text2sql.show import show
from dsol_text2sql.wrap import wrap

DEMO = Path(dsol_text2sql.__file__).parent / "demo" / "chinook" / "chinook.sqlite"
COUNT = "SELECT COUNT(*) FROM Artist"


class Scripted:
    """A model that writes what it is told: one text for greedy, a list for samples, another for a repair."""

    def __init__(self, greedy, sampled=(), repaired="SELECT"):
        self.greedy, self.sampled, self.repaired = greedy, list(sampled), repaired
        self.chats = []

    def __call__(self, chats, *, samples=1, temperature=0.0, max_new_tokens=256, seed=0):
        self.chats += chats
        if temperature:
            texts = (self.sampled * samples)[:samples] if self.sampled else [self.greedy] * samples
            return [[Completion(text, (-0.1,)) for text in texts] for _ in chats]
        return [[Completion(self.repaired if len(chat) > 2 else self.greedy, (-0.1,))] for chat in chats]


def answer(model, question="How many artists are there?", *, calibration=None, baseline=None, **settings):
    product = wrap(
        model, Settings(samples=4, **settings), calibration=calibration or Calibration(), baseline=baseline, files={}
    )
    return product.invoke({"question": question})


def test_an_answer_has_the_query_its_rows_a_confidence_and_a_source():
    found = answer(Scripted(COUNT))
    assert found.value == Output(sql=COUNT, columns=("COUNT(*)",), rows=((275,),))
    assert (found.source, found.reason) == ("model", "ok")
    assert 0 < found.confidence < 1


def test_the_majority_of_results_wins_over_the_greedy_query():
    found = answer(Scripted("SELECT COUNT(*) FROM Album", [COUNT, "SELECT COUNT(ArtistId) FROM Artist"]))
    assert found.value.rows == ((275,),)
    assert found.evidence["signals"]["agreement"] == pytest.approx(0.8)


def test_a_failing_query_is_repaired_once_with_the_message():
    model = Scripted("SELECT COUNT(*) FROM Artists", repaired=COUNT)
    assert answer(model).value.rows == ((275,),)
    assert "Artists" in model.chats[-1][-1]["content"]
    assert model.chats[-1][-2] == {"role": "assistant", "content": "SELECT COUNT(*) FROM Artists"}


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE Artist",
        "SELECT 1; DELETE FROM Artist",
        "SELECT * FROM sqlite_master",
        "SELECT load_extension('x')",
        "",
        "I don't know",
        "SELECT 1 FROM Artist" + " JOIN Artist" * 30,
    ],
)
def test_what_the_guard_refuses_is_never_run_and_nobody_answers(sql):
    before = hashlib.sha256(DEMO.read_bytes()).hexdigest()
    found = answer(Scripted(sql, repaired=sql))
    assert (found.value, found.source, found.reason) == (None, "none", "no_query")
    assert hashlib.sha256(DEMO.read_bytes()).hexdigest() == before


def test_the_likelier_side_answers_and_below_the_floor_nobody():
    def old(one):
        return Output(sql="SELECT 1"), 0.9

    unsure = Calibration(beside=Logistic(bias=-3.0), against=Logistic(bias=0.0))
    assert answer(Scripted(COUNT), calibration=unsure, baseline=old).reason == "fallback"
    assert answer(Scripted(COUNT), calibration=unsure, baseline=old).value.sql == "SELECT 1"
    silent = Calibration(beside=Logistic(bias=-3.0), against=Logistic(bias=-3.0), floor=0.2)
    found = answer(Scripted(COUNT), calibration=silent, baseline=old)
    assert (found.value, found.source, found.reason) == (None, "none", "low_confidence")


def test_a_name_that_is_nothing_in_the_database_is_asked_back():
    silent = Calibration(model=Logistic(bias=-3.0), floor=0.2)
    found = answer(Scripted(COUNT), 'How many albums by "Zzyzx Quartet"?', calibration=silent)
    assert found.reason == "unknown_value"
    assert "Zzyzx Quartet" in found.ask
    assert "没有找到" in answer(Scripted(COUNT), "“Zzyzx Quartet”有几张专辑？", calibration=silent).ask


def test_the_question_s_own_value_replaces_one_that_it_does_not_mention():
    written = "SELECT COUNT(*) FROM Customer WHERE Country = 'France'"
    found = answer(Scripted(written), "How many customers are in Germany?")
    assert found.value.sql == "SELECT COUNT(*) FROM Customer WHERE Country = 'Germany'"


def test_rows_past_the_limit_are_cut_and_said_so():
    found = answer(Scripted("SELECT Name FROM Artist"), row_limit=10)
    assert len(found.value.rows) == 10
    assert found.value.truncated


def test_empty_questions_and_unknown_databases_get_a_reason():
    product = wrap(Scripted(COUNT), Settings(), calibration=Calibration(), baseline=None, files={})
    empty, lost, fine = product.batch(
        [Input(question=" "), Input(question="x", database="shop"), Input(question="How many artists?")]
    )
    assert empty.reason == "empty_question"
    assert lost.reason == "unknown_database"
    assert "chinook" in lost.ask
    assert fine.source == "model"


def renamed(path):
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE artist RENAME COLUMN name TO title")
    connection.close()


def locked(path):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (renamed, "no_such_column"),
        (locked, "timeout"),
        (lambda path: path.write_bytes(b""), "no_such_table"),
        (lambda path: path.write_bytes(b"x" * 8192), "other"),
    ],
)
def test_a_database_that_changes_while_it_is_asked_leaves_nobody_who_answers(tmp_path, change, reason):
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE artist (name TEXT); INSERT INTO artist VALUES ('Ann')")
    connection.close()
    settings = Settings(database=str(path), samples=1, timeout=0.2)
    product = wrap(Scripted("SELECT name FROM artist"), settings, calibration=Calibration(), baseline=None, files={})
    assert product.invoke({"question": "Which artists?"}).value.rows == (("Ann",),)
    held = change(path)
    found = product.invoke({"question": "Which artists?"})
    assert (found.value, found.source, found.reason) == (None, "none", "no_query")
    assert found.evidence["candidates"][0]["reason"] == reason
    if isinstance(held, sqlite3.Connection):
        held.close()


@pytest.mark.parametrize("question", ["artist name " * 20_000, "a" * 200_000, "歌" * 200_000])
def test_of_a_very_long_question_the_beginning_is_read(question):
    asked = Input(question=question)
    assert question.startswith(asked.question)
    assert len(asked.question) == LONGEST_QUESTION
    assert answer(Scripted(COUNT), question).source == "model"


@pytest.mark.parametrize(
    "order",
    [
        "delete all customers",
        "Please drop table Album.",
        "insert a new artist Abba",
        "删除所有客户",
        "请帮我清空专辑表",
    ],
)
def test_an_order_to_change_data_is_answered_by_nobody_and_says_why(order):
    model = Scripted(COUNT)
    found = answer(model, order)
    assert (found.value, found.source, found.reason) == (None, "none", "read_only")
    assert found.ask
    assert not model.chats


@pytest.mark.parametrize(
    "question",
    [
        "How many customers did we delete?",
        "drop rates by month",
        "Delete dates of orders",
        "删除的订单有多少？",
        "删除时间最晚的记录",
    ],
)
def test_a_question_that_only_speaks_of_deleting_is_asked(question):
    assert answer(Scripted(COUNT), question).reason != "read_only"


@pytest.mark.parametrize("reason", ["low_confidence", "no_query"])
def test_where_nobody_answers_the_terminal_says_why_in_words(reason):
    shown = show(Answer(reason=reason))
    assert f"answered by nobody ({reason})" in shown
    assert "no answer: " in shown


def test_a_wide_result_is_wrapped_to_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    rows = (("Angus Young, Malcolm Young, Brian Johnson " * 2, "曲" * 40),)
    answer = Answer(value=Output(sql="SELECT 1", columns=("a", "b"), rows=rows), source="model", reason="ok")
    table = show(answer).splitlines()[1:-1]
    assert max(cell_len(line) for line in table) <= 60


def test_a_baseline_that_gives_sql_alone_has_it_run():
    found = answer(Scripted(COUNT), baseline=lambda asked: (Output(sql="SELECT COUNT(ArtistId) FROM Artist"), 0.9))
    assert found.evidence["agree"] is True
    unsure = Calibration(floor=0.5, model=Logistic(bias=-9.0), baseline=Logistic(bias=9.0))
    fallen = answer(Scripted("no query"), calibration=unsure, baseline=lambda asked: (Output(sql=COUNT), 0.9))
    assert (fallen.source, fallen.value.rows) == ("baseline", ((275,),))
    broken = answer(Scripted(COUNT), baseline=lambda asked: (Output(sql="SELECT x FROM nowhere"), 0.9))
    assert broken.value.rows == ((275,),)
