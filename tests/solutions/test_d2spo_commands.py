"""The commands of D2SPO, and what they read and show."""

import io
import json
from types import SimpleNamespace

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from dsol import Answer, Completion, DataError
from dsol.calibration import Calibration
from dsol.progress import Quiet
from dsol_d2spo import dsol_commands
from dsol_d2spo.build import build
from dsol_d2spo.extracting import Opened, drawn, extract_all, forget, summaries
from dsol_d2spo.labelled import schemas
from dsol_d2spo.reading import Text, read_input, read_texts
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.show import show
from dsol_d2spo.triple import Found, Output, Span
from dsol_d2spo.world import read_world

ROWS = [
    {"text": f"{name} lives in {place}.", "triples": [{"subject": name, "predicate": "residence", "object": place}]}
    for name, place in (("Ann Lee", "Oslo"), ("Bob Ray", "Bonn"), ("Cy Poe", "Rome"), ("Di Fox", "Paris"))
]


def lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def command():
    app = typer.Typer()

    @app.callback()
    def start(context: typer.Context) -> None:
        context.obj = SimpleNamespace(solutions={})

    dsol_commands(app)
    return lambda *words: CliRunner().invoke(app, ["d2spo", *map(str, words)])


def test_a_schema_comes_from_labelled_rows(tmp_path, command):
    out = tmp_path / "schema.yaml"
    done = command("schema", lines(tmp_path / "rows.jsonl", ROWS), "--out", out)
    assert done.exit_code == 0, done.exception
    assert [one.predicate for one in schemas.read(out).predicates] == ["residence"]
    assert "labelled rows" in done.output


def test_a_schema_is_proposed_from_plain_texts_in_two_languages(tmp_path, command):
    (tmp_path / "a.txt").write_text("\n\n".join(row["text"].replace("lives in", "moved to") for row in ROWS), "utf-8")
    done = command("schema", tmp_path / "a.txt", "--json")
    assert [row["predicate"] for row in json.loads(done.output)] == ["moved to"]
    (tmp_path / "b.txt").write_text("海尔集团收购TCL。TCL公司总部在深圳。格力集团收购IBM。", "utf-8")
    done = command("schema", tmp_path / "b.txt")
    assert "收购" in done.output


def test_of_a_folder_without_labels_every_text_counts(tmp_path, command):
    texts = [row["text"].replace("lives in", "moved to") for row in ROWS]
    (tmp_path / "a.txt").write_text("\n\n".join(texts[:2]), "utf-8")
    lines(tmp_path / "rows.jsonl", [{"id": "1", "text": texts[2]}])
    done = command("schema", tmp_path, "--json")
    assert [row["predicate"] for row in json.loads(done.output)] == ["moved to"]
    lines(tmp_path / "labelled.jsonl", ROWS)
    assert [row["predicate"] for row in json.loads(command("schema", tmp_path, "--json").output)] == ["residence"]


def test_what_makes_no_schema_is_told_in_one_line(tmp_path, command):
    (tmp_path / "a.txt").write_text("Nothing to see.", "utf-8")
    assert isinstance(command("schema", tmp_path / "a.txt").exception, DataError)
    assert isinstance(command("schema", tmp_path / "a.txt", "--out", tmp_path / "a.xml").exception, DataError)
    assert "no such file" in str(command("schema", tmp_path / "b.txt").exception)


def test_a_wrong_ending_is_told_before_any_work(tmp_path, command):
    (tmp_path / "a.txt").write_text("Some text.", "utf-8")
    error = command("extract", tmp_path / "a.txt", "--to", tmp_path / "graph.xlsx").exception
    assert ".graphml" in str(error)


def test_files_of_every_format_are_read_and_all_that_are_not_are_told(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"One line.\r\n\r\n\r\n\r\nAnother. ")
    (tmp_path / "b.md").write_text("# Head\n\nText.", "utf-8")
    (tmp_path / "c.html").write_text("<html><body><p>A paragraph of a page.</p></body></html>", "utf-8")
    lines(tmp_path / "d.jsonl", [{"text": "First row."}, {"text": "Second row."}])
    found = {one.id: one.text for one in read_texts([tmp_path], left_out=pytest.fail)}
    assert found["a.txt"] == "One line.\r\n\r\n\r\n\r\nAnother. "  # as it stands there, so that places hold
    assert "A paragraph of a page." in found["c.html"]
    assert [found[f"d.jsonl line {n}"] for n in (1, 2)] == ["First row.", "Second row."]
    (tmp_path / "e.txt").write_bytes(b"\x00\x01\x02\xff" * 100)
    (tmp_path / "f.txt").write_bytes(b"")
    (tmp_path / "g.log").write_text("Not read.", "utf-8")
    named = [tmp_path / name for name in ("e.txt", "f.txt", "g.log", "h.txt")]
    with pytest.raises(DataError) as told:
        read_texts(named, left_out=pytest.fail)
    assert all(path.name in str(told.value) for path in named)
    said = []
    assert len(read_texts([tmp_path], left_out=said.append)) == 5  # of a folder the others are taken
    assert [line.split(": ")[1].rsplit("/", 1)[1] for line in said] == ["e.txt", "f.txt", "g.log"]


def test_what_is_read_is_never_written_over(tmp_path, command):
    rows = lines(tmp_path / "in.jsonl", ROWS)
    before = rows.read_bytes()
    with pytest.raises(DataError, match=r"in\.jsonl: is read, and --to would write over it"):
        read_texts([rows], left_out=pytest.fail, written=[tmp_path / ".." / tmp_path.name / "in.jsonl"])
    lines(tmp_path / "graph.jsonl", [{"subject": "Ann"}])
    found = read_texts([tmp_path], left_out=pytest.fail, written=[tmp_path / "graph.jsonl"])
    assert {one.id.split()[0] for one in found} == {"in.jsonl"}  # the same command twice doesn't read what it wrote
    edited = tmp_path / "schema.yaml"
    edited.write_text("# edited", "utf-8")
    assert "may hold your edits" in str(command("schema", rows, "--out", edited).exception)
    assert (rows.read_bytes(), edited.read_text("utf-8")) == (before, "# edited")


def test_a_file_that_can_t_be_written_is_named_before_the_work(tmp_path, command):
    (tmp_path / "a.txt").write_text("Some text.", "utf-8")
    error = command("extract", tmp_path / "a.txt", "--to", tmp_path / "a.txt" / "graph.csv").exception
    assert str(error).startswith(f"--to {tmp_path / 'a.txt' / 'graph.csv'}: can't be written: ")


def test_what_is_typed_is_a_file_or_the_text_itself(tmp_path):
    (tmp_path / "a.txt").write_text("Some text.", "utf-8")
    assert read_input(str(tmp_path / "a.txt"), Settings()).text == "Some text."
    assert read_input("Ann lives in Oslo.", Settings()).text == "Ann lives in Oslo."
    assert read_input("x" * 5000, Settings()).text == "x" * 5000
    assert read_input("a\0b", Settings()).text == "a\0b"
    for nothing in ("", " ", "\n"):
        assert read_input(nothing, Settings()).text == nothing
    with pytest.raises(DataError, match="no such file"):
        read_input("report.pdf", Settings())
    rows = lines(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(DataError, match="holds 4 texts"):
        read_input(str(rows), Settings())
    with pytest.raises(DataError, match="is a folder"):
        read_input(str(tmp_path), Settings())


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A run as training leaves it, with a model that says nothing: what is found is the baseline's."""
    folder = tmp_path_factory.mktemp("rows")
    rows = lines(
        folder / "rows.jsonl", [{**row, "id": f"{n}", "text": f"{row['text']} {n}"} for n in range(5) for row in ROWS]
    )
    settings = Settings(examples=(str(rows),), heldout=(), piece=300, overlap=50, samples=0)
    built = build(settings, 0, lambda what, done, total: None)
    from dsol_d2spo.baseline import make_baseline

    def generate(chats, **asked):
        return [[Completion("none", (-0.1,))] for _ in chats]

    files = dict(built.files)
    return Opened(
        load=lambda: generate,
        settings=settings,
        files=files,
        world=read_world(settings, files),
        calibration=Calibration(),
        baseline=make_baseline(settings, files),
        mark="one",
    )


def test_documents_are_extracted_in_a_folder_that_goes_when_all_is_done(tmp_path, opened):
    texts = [Text("a.txt", "Ann Lee lives in Oslo. " * 30), Text("b.txt", "Nothing.")]
    out = tmp_path / "graph.html"
    found = extract_all(opened, texts, None, out, Quiet())
    forget(out)
    assert list(tmp_path.iterdir()) == []
    first, second = (extraction.output.triples for extraction, _ in found)
    assert {(one.subject, one.predicate, one.object) for one in first} == {("Ann Lee", "residence", "Oslo")}
    assert second == ()
    kept = tmp_path / "kept"
    extract_all(opened, texts, kept, out, Quiet())
    assert len([path for path in kept.iterdir() if path.is_dir()]) == 2
    rows = summaries(found)
    assert [row["document"] for row in rows] == ["a.txt", "b.txt"]
    assert drawn(rows, 80)


def test_an_answer_shows_its_triples_with_their_proof(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    text = "Ann lives in Oslo.\x1b[31m"
    one = Found(
        subject="Ann", predicate="residence", object="Oslo\x1b", evidence=(Span(start=0, end=18),), confidence=0.9
    )
    two = one.model_copy(update={"flag": "low_confidence", "confidence": 0.2})
    answer = Answer(value=Output(triples=(one, two)), confidence=0.9, source="model", evidence={"quotes": [text, ""]})
    shown = show(answer)
    assert "lives in Oslo." in shown
    assert "0.90" in shown
    assert "flagged and left out here: 1 low confidence" in shown
    doubtful = show(Answer(value=Output(triples=(two,)), source="model", reason="low_confidence"))
    assert "0.20 low confidence" in doubtful
    assert "\x1b" not in shown
    monkeypatch.setenv("COLUMNS", "60")
    assert "lives in" not in show(answer)
    assert "(no triples)" in show(Answer(value=Output(), source="model", reason="nothing_found"))
    assert "nobody" in show(Answer(reason="empty_text", ask="The text is empty."))


def test_an_empty_schema_is_yaml_too():
    assert schemas.as_yaml(Schema()) == "[]\n"


def test_the_table_of_texts_never_cuts_a_reason():
    row = {"document": "reports/2024/rows.jsonl line 2", "characters": 91188, "triples": 3284, "flagged": 10608}
    rows = [row | {"dropped": 0, "by": "baseline", "reason": "low_confidence"}] * 2
    console = Console(width=80, file=io.StringIO())
    for one in drawn(rows, 80):
        console.print(one)
    assert console.file.getvalue().count("low_confidence") == 2
    assert "182,376" in console.file.getvalue()
