"""Files of every format become documents with their structure; what can't be read is named, never a crash."""

import json
import zipfile

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from dsol.corpus.document import Document, Unreadable
from dsol.corpus.encoding import decode
from dsol.corpus.reading import Skipped, read, units
from dsol.corpus.source import FORMATS, Source, check
from dsol.errors import DataError

CHINESE = "第一章 总则。本标准规定了水泵的额定压力、试验方法和检验规则。本标准适用于工业用水泵，不适用于消防泵。"
TRADITIONAL = "本標準規定了水泵的額定壓力、試驗方法和檢驗規則。這個標準適用於工業用水泵，不適用於消防泵，我們在此說明。"


def documents(path, field="text", part=32_000):
    skipped = []
    found = [one for unit in units([path], skipped) for stretch in unit for one in read(stretch, field, part)]
    return [one for one in found if isinstance(one, Document)], skipped + [o for o in found if isinstance(o, Skipped)]


def text_of(path, **more):
    found, skipped = documents(path, **more)
    assert not skipped
    return found[0].text


def pdf(path, pages, **more):
    """Write pages of (x, y, size, text) lines."""
    sheet = canvas.Canvas(str(path), pagesize=A4, **more)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    for lines in pages:
        for x, y, size, text in lines:
            sheet.setFont("STSong-Light" if any(ord(char) > 255 for char in text) else "Helvetica", size)
            sheet.drawString(x, y, text)
        sheet.showPage()
    sheet.save()
    return path


def page(number, lines, header="Pump Standard 2024"):
    return [(72, 800, 9, header), *lines, (290, 30, 9, f"Page {number} of 3")]


def test_pdf_keeps_headings_and_mends_lines_and_pages(tmp_path):
    body = [
        (72, 740, 18, "1 Scope of the standard"),
        (72, 710, 11, "This standard gives the requirements for industrial water pumps and for their inter-"),
        (72, 697, 11, "changeable parts. It does not cover pumps for fire engines, which another standard covers"),
        (72, 684, 11, "in full."),
        (72, 650, 11, "A second paragraph stands apart from the first one by a gap, and it goes on over to the"),
    ]
    more = [
        (72, 740, 11, "next page without an end."),
        (72, 700, 18, "2 Limits"),
        (72, 670, 11, "The pressure must not exceed three bar."),
    ]
    chinese = [
        (72, 740, 18, "第三章 试验"),
        (72, 710, 11, "试验时水泵的压力应保持在额定压力，持续时间不少于三十分钟，并且在整个试验的过程中不得"),
        (72, 697, 11, "有渗漏。"),
    ]
    path = pdf(tmp_path / "pump.pdf", [page(1, body), page(2, more), page(3, chinese)])
    text = text_of(path)
    assert "# 1 Scope of the standard\n\nThis standard gives" in text
    assert "their interchangeable parts. It does not" in text
    assert "covers in full.\n\nA second paragraph" in text
    assert "it goes on over to the next page without an end." in text
    assert "# 2 Limits\n\nThe pressure" in text
    assert "# 第三章 试验\n\n" in text
    assert "的过程中不得有渗漏。" in text
    assert "Pump Standard" not in text
    assert "Page" not in text


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: pdf(path, [[], []]), "without text"),
        (lambda path: pdf(path, [[(72, 700, 11, "secret text")]], encrypt="word"), "password"),
        (lambda path: path.write_bytes(b"%PDF-1.7\nnot really"), "broken PDF"),
        (lambda path: path.write_bytes(b""), "empty"),
    ],
)
def test_a_pdf_that_gives_nothing_is_named(tmp_path, make, reason):
    path = tmp_path / "bad.pdf"
    make(path)
    found, skipped = documents(path)
    assert not found
    assert [one.file for one in skipped] == [str(path)]
    assert reason in skipped[0].reason
    assert "\n" not in skipped[0].reason


def test_docx_keeps_headings_lists_and_tables(tmp_path):
    word = docx.Document()
    word.add_heading("水泵 Pumps", 1)
    word.add_paragraph("The pump must not leak.")
    word.add_paragraph("one bar", style="List Bullet")
    word.add_paragraph("two bar", style="List Bullet")
    table = word.add_table(2, 2)
    for at, text in enumerate(("Name", "Value", "pressure", "3 | 4")):
        table.cell(at // 2, at % 2).text = text
    word.add_heading("Tests", 2)
    word.add_paragraph("试验三十分钟。")
    word.save(tmp_path / "pumps.docx")
    assert text_of(tmp_path / "pumps.docx") == (
        "# 水泵 Pumps\n\nThe pump must not leak.\n\n- one bar\n- two bar\n\n"
        "| Name | Value |\n|---|---|\n| pressure | 3 \\| 4 |\n\n## Tests\n\n试验三十分钟。"
    )


def test_a_broken_docx_is_named(tmp_path):
    path = tmp_path / "bad.docx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("word/document.xml", "<w>")
    assert "broken DOCX" in documents(path)[1][0].reason
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600)
    assert "without a password" in documents(path)[1][0].reason


def test_html_gives_its_content_alone(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        "<html><body><nav><a href='/'>Home</a><a href='/about'>About us</a></nav>"
        "<div class='cookie-banner'>We use cookies.</div><main><h1>Pump standard</h1>"
        "<p>The pump must run at 50 Hz, and it must not leak while it runs under pressure.</p><h2>限值</h2>"
        "<p>泵的额定压力为三巴，不得超过。</p><ul><li>one bar</li><li>two bar</li></ul>"
        "<table><tr><th>Name</th><th>Value</th></tr><tr><td>pressure</td><td>3</td></tr></table></main>"
        "<footer>Copyright 2024</footer></body></html>",
        encoding="gb18030",
    )
    text = text_of(path)
    assert "# Pump standard\n\nThe pump must run" in text
    assert "## 限值\n\n泵的额定压力为三巴，不得超过。" in text
    assert "- one bar\n- two bar" in text
    assert "| pressure | 3 |" in text
    assert "Home" not in text
    assert "cookies" not in text


def test_markdown_loses_front_matter_and_comments(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: x\n---\n# Title\n<!-- note -->\nText  \n\n\n\nmore\n", encoding="utf-8")
    assert text_of(path) == "# Title\n\nText\n\nmore"


def test_rows_of_every_format_give_the_same_documents(tmp_path):
    rows = [{"text": CHINESE, "n": 1}, {"text": 'Second, with "quotes"\nand a line.', "n": 2}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8-sig")
    (tmp_path / "wide.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-16")
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    quoted = [row["text"].replace('"', '""') for row in rows]
    (tmp_path / "a.csv").write_text("n,text\n" + "".join(f'1,"{text}"\n' for text in quoted), encoding="gb18030")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=1)
    for name in ("a.jsonl", "wide.jsonl", "a.json", "a.csv", "a.parquet"):
        found, skipped = documents(tmp_path / name)
        assert [one.text for one in found] == [row["text"] for row in rows], name
        assert not skipped, name


def test_bad_rows_are_named_by_place_and_a_missing_field_by_what_there_is(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "good"}\nnot json\n{"body": "x"}\n\xff\xfe\n{"text": 3}\n[1]\n')
    found, skipped = documents(path)
    assert [one.text for one in found] == ["good"]
    assert [one.place for one in skipped] == ["line 2", "line 3", "line 4", "line 5", "line 6"]
    assert "there is: body" in skipped[1].reason
    found, skipped = documents(path, field="content")
    assert not found
    assert "no row can be read" in skipped[-1].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
def test_encodings_of_chinese_are_found(encoding):
    assert decode((CHINESE * 3).encode(encoding)) == CHINESE * 3


def test_big5_and_western_are_found():
    assert decode(TRADITIONAL.encode("big5")) == TRADITIONAL
    text = "Here we speak of Zürich, a naïve façade and “quoted” words in an English text."
    assert decode(text.encode("cp1252")) == text


def test_binary_posing_as_text_is_refused(tmp_path):
    for data in (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, b"\x7fELF" + b"\0\1\2\3" * 400):
        path = tmp_path / "picture.txt"
        path.write_bytes(data)
        found, skipped = documents(path)
        assert not found
        assert len(skipped) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(FORMATS),
    data=st.binary(max_size=600),
    head=st.sampled_from([b"", b"%PDF-1.4\n", b"PK\3\4", b"PAR1"]),
)
def test_random_bytes_never_crash(tmp_path, kind, data, head):
    path = tmp_path / f"wild{kind}"
    path.write_bytes(head + data)
    found, skipped = documents(path)
    assert found or skipped
    for one in skipped:
        assert one.file == str(path)
        assert one.reason


def test_large_files_are_cut_into_stretches_without_loss(tmp_path, monkeypatch):
    monkeypatch.setattr("dsol.corpus.reading.UNIT", 4096)
    lines = [f"{number} {CHINESE[: number % 50]} words {'x' * (number % 97)}." for number in range(2000)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines), encoding="utf-8")
    found, skipped = documents(tmp_path / "a.jsonl")
    assert [one.text for one in found] == lines
    for encoding in ("utf-8-sig", "gb18030"):
        (tmp_path / "a.txt").write_text("\n".join(lines), encoding=encoding)
        found, skipped = documents(tmp_path / "a.txt")
        assert "\n".join(one.text for one in found) == "\n".join(lines)
        assert len(found) > 10
        assert [one.ends for one in found] == [False] * (len(found) - 1) + [True]
        assert not skipped


def test_paths_are_files_folders_or_patterns_and_missing_ones_are_all_named(tmp_path):
    (tmp_path / "deep" / ".git").mkdir(parents=True)
    for name in ("deep/a.md", "b.txt", "LICENSE.txt", "picture.png", "deep/.git/c.md"):
        (tmp_path / name).write_text("text", encoding="utf-8")
    found, left = check({"all": Source(paths=str(tmp_path), kind="site")})["all"]
    assert [path.name for path in found] == ["b.txt", "a.md"]
    assert {path.name: reason for path, reason in left}.keys() == {"LICENSE.txt", "picture.png"}
    found, _ = check({"some": Source(paths=[str(tmp_path / "**" / "*.md")], kind="book")})["some"]
    assert [path.name for path in found] == ["a.md"]
    with pytest.raises(DataError) as error:
        check({"one": Source(paths="nowhere", kind="book"), "two": Source(paths=str(tmp_path / "*.pdf"), kind="book")})
    assert "source one" in str(error.value)
    assert "source two" in str(error.value)


def test_unreadable_is_one_line():
    with pytest.raises(Unreadable, match="binary"):
        decode(b"\0\1\2\3" * 100)
