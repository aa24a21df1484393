"""What is said of files of rows that can't be read, and which line it names."""

import json

import pytest

from dsol.corpus.document import Unreadable
from dsol.corpus.records import table
from dsol.errors import DataError, unknown
from dsol.records import Problems, read_records

UNCLOSED = 'a quote is opened in this row and never closed; close it, or write "" for one that the text has'


def read(path):
    problems = Problems()
    return read_records(path, problems, "an object", "rows"), [line.replace(str(path), "") for line in problems.lines]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('1,2\n"open,2\n3,4\n5,6\n', 3),
        ('1,2\n1,"open', 3),
        ('1,2\n"open,2\n3,4\n"5",6\n7,8\n', 3),
        ('"two\nlines,",2\n"open,2\n' + "3,4\n" * 50_000, 4),
    ],
)
def test_an_open_quote_does_not_swallow_the_rows_that_follow(tmp_path, rows, line):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + rows, encoding="utf-8")
    assert read(path) == ([], [f":{line}: malformed CSV: {UNCLOSED}"])


def test_quotes_that_do_no_harm_are_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"is "in" it?",1\n"line,\n",2\n"say ""hi,""","x\n(a "b" c)"\n', encoding="utf-8")
    found, problems = read(path)
    assert not problems
    assert [one.fields["b"][0] for one in found] == ["1", "2", "x"]


def test_a_corpus_says_where_a_quote_is_open(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text\none\n"two\nthree\n', encoding="utf-8")
    rows = table(path, "text")
    assert next(rows).text == "one"
    with pytest.raises(Unreadable, match=r"from line 3 on: a quote is opened there and never closed"):
        next(rows)


def test_rows_of_a_table_are_counted_by_the_lines_that_they_begin_on(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('A ,b\n\n"1\n1",\n2,"say ""hi"""\n3,4,5\n', encoding="utf-8")
    found, problems = read(path)
    assert [(one.origin.rpartition(":")[2], one.fields) for one in found] == [
        ("3", {"a": "1\n1"}),
        ("5", {"a": "2", "b": 'say "hi"'}),
    ]
    assert problems == [":6: more cells than the 2 columns of the header"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.json", b'[{"a": 1},\n{"a": "b', ":2: malformed JSON: Unterminated string starting at column 7"),
        ("a.jsonl", '{"a": 1}'.encode("utf-16"), ":1: not UTF-8 (byte 0xff); save the file as UTF-8 (it is UTF-16)"),
        ("a.csv", b"\xfe\xff\0a", ":1: not UTF-8 (byte 0xfe); save the file as UTF-8 (it is UTF-16)"),
    ],
)
def test_broken_files_are_told_in_plain_words(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    assert read(path)[1] == [problem]


def test_mistakes_of_a_file_come_in_the_order_of_its_lines():
    error = DataError(["b.jsonl:5: cut off", "a.csv:3: empty", "b.jsonl:2: no text", "b.jsonl:10: no text"])
    assert error.problems == ("b.jsonl:2: no text", "b.jsonl:5: cut off", "b.jsonl:10: no text", "a.csv:3: empty")
    assert DataError(["b: empty", "a.csv:3: empty"]).problems == ("b: empty", "a.csv:3: empty")


def test_each_mistake_is_a_line_of_its_own():
    assert str(DataError(["a.csv:3: empty; bring more"])) == "a.csv:3: empty; bring more"
    many = DataError([f"a.csv:{row}: [red]field 'x'; empty" for row in range(200, 0, -1)])
    first, second, *_, last = lines = str(many).splitlines()
    assert (first, second, last) == ("200 mistakes:", "  a.csv:1: [red]field 'x'; empty", "  ... and 180 more")
    assert len(lines) == 22
    assert len(many.problems) == 200


def test_what_exists_is_listed_once():
    wrong = [f"a.csv:{row}: {unknown('column', name, ['name', 'date'])}" for row, name in ((1, "nam"), (2, "x"))]
    assert str(DataError(wrong)).splitlines()[1:] == [
        "  a.csv:1: no column named 'nam', did you mean 'name'? (there is: name, date)",
        "  a.csv:2: no column named 'x'",
    ]
    wrong = [f"a.csv:{row}: {unknown('column', 'x', ['name', 'date'], 'mend it')}" for row in (1, 2)]
    assert str(DataError(wrong)).splitlines()[2] == "  a.csv:2: no column named 'x'; mend it"


def test_mistakes_are_printed_below_each_other(dsol, tmp_path):
    rows = ['{"messages": 3}', '{"instruction": 3, "output": "[x] y"}']
    (tmp_path / "bad.jsonl").write_text("\n".join(rows), encoding="utf-8")
    recipe = {"sources": {"talks": {"paths": "bad.jsonl", "kind": "chat"}}, "stages": {"sft": {}}}
    (tmp_path / "mine.yaml").write_text(json.dumps(recipe))
    refused = dsol("data", "mine.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert [line.partition("bad.jsonl")[2][:3] for line in refused.stderr.splitlines()[-2:]] == [":1:", ":2:"]
    assert "error: 2 mistakes:\n  " in refused.stderr
