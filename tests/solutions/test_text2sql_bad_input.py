"""Bad input on the real command line: one clear line, exit code 2, and no run that looks finished."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

QUICK = ["--synthesis", "20", "--augment", "0", "--base", "scratch:tiny", "--set", "stages.sft.tokens=2000"]
GOOD = '{"question": "how many shops are there", "sql": "SELECT COUNT(*) FROM shop"}\n'

SCHEMA = """
CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT, country TEXT, population INTEGER);
CREATE TABLE shop (id INTEGER PRIMARY KEY, name TEXT, city_id INTEGER REFERENCES city(id), sales REAL);
INSERT INTO city VALUES (1, 'Oslo', 'Norway', 700000), (2, 'Lyon', 'France', 520000), (3, 'Kyoto', 'Japan', 1460000);
INSERT INTO shop VALUES (1, 'Anna', 1, 10.5), (2, 'Berta', 1, 20), (3, 'Clara', 2, 31.5),
  (4, 'Dora', 3, 7), (5, 'Edda', 3, 9);
"""


def make_database(folder):
    with sqlite3.connect(folder / "shop.sqlite") as connection:
        connection.executescript(SCHEMA)
    connection.close()


@pytest.fixture
def place(tmp_path):
    make_database(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def finished(dsol, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    make_database(folder)
    trained = dsol("train", "text2sql", "--database", "shop.sqlite", *QUICK, "--json", cwd=folder)
    assert trained.returncode == 0, trained.stderr
    assert "Warning" not in trained.stderr
    assert json.loads(trained.stdout)["solution"] == "text2sql"
    return folder


def assert_refused(done, *named):
    """Check for exit code 2 and what begins `error:`, a line for each mistake, with nothing but steps before it."""
    said = [line for line in done.stderr.splitlines() if not line.startswith("mind: ")]
    lines = [line for line in said if ": done in " not in line and not line.endswith(" ...")]
    assert done.returncode == 2, done.stderr
    assert lines[0].startswith("error: ")
    assert len(lines) == 1 or re.fullmatch(r"error: \d+ mistakes:", lines[0]), done.stderr
    assert all(line.startswith("  ") for line in lines[1:]), done.stderr
    for name in named:
        assert any(name in line for line in lines)


def assert_unfinished(folder):
    manifest = folder / "runs" / "text2sql" / "manifest.json"
    assert not manifest.exists() or "complete" not in json.loads(manifest.read_text())
    assert not (folder / "runs" / "text2sql" / "report.json").exists()


EXAMPLES = {
    "missing.jsonl": (None, "no such file"),
    "bytes.jsonl": (b"\xff\xfe\x00", "save the file as UTF-8"),
    "cut.jsonl": ((GOOD + '{"question": "b", "sq').encode(), "cut.jsonl:2"),
    "bare.csv": (
        b"how many shops,SELECT COUNT(*) FROM shop\nwhich,SELECT name FROM shop\n",
        "no column 'question' and no column 'sql' (or 'query', 'gold_query'); the columns are: 'how many shops', ",
    ),
    "empty.jsonl": (b"", "the file is empty"),
    "empty.json": (b"[]", "holds no rows"),
    "column.jsonl": ((GOOD + '{"question": "n", "sql": "SELECT nam FROM shop"}').encode(), "did you mean 'name'"),
    "all.jsonl": (b'{"question": "n", "sql": "SELECT a FROM b"}\n' * 3, "all.jsonl:1"),
    "type.jsonl": (b'{"question": 5, "sql": "SELECT 1"}', "must be text"),
    "list.jsonl": (b"[1, 2]", "expected an object"),
    "letter.txt": (b"dear", ".jsonl"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_that_cannot_be_used(dsol, place, name):
    content, said = EXAMPLES[name]
    if content is not None:
        (place / name).write_bytes(content)
    done = dsol("train", "text2sql", "--database", "shop.sqlite", "--examples", name, *QUICK, cwd=place)
    assert_refused(done, name, said)
    assert_unfinished(place)


def test_after_a_mistake_the_mended_command_runs_in_the_same_folder(dsol, place):
    begin = ("data", "text2sql", "--database", "shop.sqlite", "--synthesis", "20", "--augment", "0")
    assert_refused(dsol(*begin, "--examples", "nothere.jsonl", cwd=place), "nothere.jsonl")
    assert_refused(dsol("ask", "text2sql", "how many shops?", cwd=place), "no finished run of text2sql")
    assert dsol(*begin, cwd=place).returncode == 0


DATABASES = {
    "nothere.sqlite": "no database at",
    "text.sqlite": "is not a SQLite database",
    "zero.sqlite": "the database 'zero' has no tables",
    "bare.sqlite": "no table of the database 'bare' (city, shop) has a row that can be read",
    "cut.sqlite": "damaged",
    "folder": "no SQLite file",
    "postgresql:://x": "write dialect://",
    "oracle://x/y": "no kind of database named 'oracle'",
}


@pytest.mark.parametrize("name", DATABASES)
def test_databases_that_cannot_be_used(dsol, place, name):
    (place / "text.sqlite").write_text("dear diary, this is no database at all" * 20)
    (place / "zero.sqlite").write_bytes(b"")
    (place / "cut.sqlite").write_bytes((place / "shop.sqlite").read_bytes()[:3000])
    (place / "folder").mkdir()
    with sqlite3.connect(place / "bare.sqlite") as connection:
        connection.executescript(SCHEMA.partition("INSERT")[0])
    connection.close()
    done = dsol("train", "text2sql", "--database", name, *QUICK, cwd=place)
    assert_refused(done, DATABASES[name])
    assert_unfinished(place)


WORDS = {
    "option": ("--exampels x", "did you mean '--examples'"),
    "value": ("--row-limit many", "solutions.text2sql.row_limit"),
    "choice": ("--split sideways", "'question' or 'template'"),
    "no value": ("--examples", "--examples needs a value"),
    "set": ("--set seed", "path.to.key=value"),
    "yaml": ("--set stages.sft.tokens=[1", "stages.sft.tokens: not valid YAML"),
    "stage": ("--set stages.sft=3", "stages.sft"),
    "settings": ("--set settings=3", "solutions.text2sql: input should be a valid dictionary"),
    "backend": ("--set stages.sft.backend.learnin_rate=1", "did you mean 'learning_rate'"),
    "base": ("--base sratch:tiny", "scratch:<size>"),
    "size": ("--base scratch:huge", "there is: large"),
    "baseline": ("--baseline nomodule:answer", "No module named 'nomodule'"),
    "form": ("--baseline nomodule", "module:function"),
    "no function": ("--baseline json:__name__", "is a str"),
    "recipe": ("--recipe nothere.yaml", "nothere.yaml"),
    "form of yaml": ("--recipe broken.yaml", "line 2, column 1"),
    "list": ("--recipe list.yaml", "holds a list"),
    "key": ("--recipe key.yaml", "did you mean 'epochs'"),
    "descriptions": ("--descriptions nothere.yaml", "nothere.yaml"),
    "tables": ("--tables citi", "did you mean 'city'"),
    "empty set": ("--synthesis 0", "no training sample"),
}


@pytest.mark.parametrize("case", WORDS)
def test_words_and_recipes_that_are_wrong(dsol, place, case):
    (place / "broken.yaml").write_text("base: [1\n")
    (place / "list.yaml").write_text("- a\n")
    (place / "key.yaml").write_text("stages: {sft: {epocs: 2}}\n")
    words, said = WORDS[case]
    quick = () if "--synthesis" in words else ("--synthesis", "20")
    done = dsol("train", "text2sql", "--database", "shop.sqlite", *quick, *words.split(), cwd=place)
    assert_refused(done, said)
    assert_unfinished(place)


@pytest.mark.parametrize("words", [["nosuchcommand"], ["train"], ["train", "text2sq"], ["eval"]], ids=str)
def test_commands_that_are_wrong(dsol, tmp_path, words):
    assert_refused(dsol(*words, cwd=tmp_path))


def empty(folder):
    for entry in folder.iterdir():
        entry.unlink()


BASES = {
    "nothing in it": (empty, "no config.json"),
    "no tokenizer": (lambda folder: [one.unlink() for one in folder.glob("tok*")], "copy the base's tokenizer"),
    "only pickles": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
        "only pickled weights",
    ),
    "cut weights": (lambda folder: os.truncate(folder / "model.safetensors", 1000), "are cut, damaged"),
    "unknown type": (lambda folder: (folder / "config.json").write_text('{"model_type": "x"}'), "no model_type 'x'"),
    "gone": (shutil.rmtree, "is no folder"),
}


@pytest.mark.parametrize("case", BASES)
def test_bases_that_cannot_be_used(dsol, finished, place, case):
    shutil.copytree(finished / "runs/text2sql/base", place / "mybase")
    damage, said = BASES[case]
    damage(place / "mybase")
    done = dsol("train", "text2sql", "--database", "shop.sqlite", *QUICK, "--base", "./mybase", cwd=place)
    assert_refused(done, "base", said)
    assert_unfinished(place)
    assert "..." not in done.stderr  # no step was begun for it
    assert not [path.name for path in (place / "runs/text2sql").iterdir() if path.is_dir()]


DAMAGED = {
    "manifest.json": ("ask", "--restart"),
    "recipe.yaml": ("ask", "recipe.yaml"),
    "thresholds.json": ("ask", "--restart"),
    "model/model.safetensors": ("ask", "is its folder whole?"),
    "data/report.json": ("ask", "--restart"),
    "answers.jsonl": ("compare", "dsol eval"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_files_of_a_run_that_are_damaged(dsol, finished, tmp_path, name):
    run = tmp_path / "runs" / "text2sql"
    shutil.copytree(finished / "runs/text2sql", run)
    shutil.copy(finished / "shop.sqlite", tmp_path)
    (run / name).write_bytes((run / name).read_bytes()[:9] + b"\n")
    command, said = DAMAGED[name]
    words = ("how many shops?",) if command == "ask" else ("baseline",)
    assert_refused(dsol(command, "runs/text2sql", *words, cwd=tmp_path), said)


@pytest.mark.parametrize("command", ["ask", "eval", "compare"])
def test_a_folder_that_is_no_run(dsol, place, command):
    words = {"ask": ("hi",), "eval": (), "compare": ("baseline",)}[command]
    (place / "mine").mkdir()
    assert_refused(dsol(command, "mine", *words, cwd=place), "mine is not a run")


@pytest.mark.parametrize("question", ["", "   ", "how many shops " * 7000], ids=["empty", "blank", "100 kB"])
def test_questions_that_are_no_questions_get_an_answer_or_one_line(dsol, finished, question):
    done = dsol("ask", "text2sql", question, cwd=finished)
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert_refused(done)


# What is written grows: the recipe, the samples, the rows, the weights (0.4 MB).
@pytest.mark.parametrize("limit", [100, 3_000, 12_000, 60_000, 300_000])
def test_a_full_disk(place, limit):
    """Files that may not grow past `limit` stand for a disk that takes no more."""
    command = [sys.executable, "-m", "dsol", "train", "text2sql", "--database", "shop.sqlite", *QUICK]
    done = subprocess.run(
        command,
        cwd=place,
        text=True,
        capture_output=True,
        env={**os.environ, "COLUMNS": "200"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        timeout=300,
    )
    assert_refused(done)
    assert_unfinished(place)
    assert not list(place.rglob("*.partial"))


def test_a_run_folder_that_is_a_file(dsol, place):
    (place / "taken").write_text("mine")
    done = dsol("train", "text2sql", "--database", "shop.sqlite", *QUICK, "--run", "taken", cwd=place)
    assert_refused(done, "taken")
    assert (place / "taken").read_text() == "mine"


def test_an_interrupt_while_code_is_made_ends_as_any_other(tmp_path):
    """Inside of exec(), as when a dataclass is made, Python remembers an interrupt that was caught."""
    (tmp_path / "stopped.py").write_text(
        "import dsol.cli\n"
        "def load(skip):\n"
        "    exec('raise KeyboardInterrupt')\n"
        "dsol.cli.load_plugins = load\n"
        "dsol.cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "stopped"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 130
    assert done.stderr.strip() == "stopped; the same command goes on from here"


def test_a_stop_by_hand_says_how_to_go_on(start, place):
    process = start("train", "text2sql", "--database", "shop.sqlite", cwd=place)
    manifest = Path(place) / "runs" / "text2sql" / "manifest.json"
    for _ in range(600):
        if manifest.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from here" in err
    assert "Traceback" not in err
    assert_unfinished(place)
