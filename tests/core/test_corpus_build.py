"""A corpus from files to documents and rows: what is dropped is counted and shown, nothing depends on the workers."""

import json
from pathlib import Path

import numpy as np
import pytest

from dsol import rows
from dsol.corpus import build as module
from dsol.corpus.build import build
from dsol.corpus.contamination import Contamination
from dsol.corpus.source import Cleaning, Source
from dsol.documents import tokenise
from dsol.errors import DataError

CORPORA = Path(__file__).parents[3] / "shared" / "data" / "corpora"
BANNER = "We use cookies to make this site better for you; accept them all."
SECRET = "the answer to the ultimate question of pumps is that forty two of them were tested in the large hall"
EXAM = Contamination.of({"exam": [SECRET]})
NOTHING = Contamination.of({})


def prose(random, count=200, chinese=False):
    if chinese:
        return "".join(chr(code) for code in random.integers(0x4E00, 0x5A00, count)) + "。"
    common = ["the", "of", "and", "to", "that", "is", "with"]
    return " ".join(
        random.choice(common) if random.random() < 0.3 else f"w{random.integers(9000)}" for _ in range(count)
    )


@pytest.fixture
def folder(tmp_path):
    """Make a site of 120 pages and a book that share texts, in English and Chinese."""
    random = np.random.default_rng(5)
    site, book = tmp_path / "site", tmp_path / "book"
    site.mkdir()
    book.mkdir()
    pages = [prose(random, chinese=number % 3 == 0) for number in range(120)]
    for number, text in enumerate(pages):
        (site / f"{number:03}.txt").write_text(f"{text}\n\n{BANNER}", encoding="utf-8")
    (site / "copy.txt").write_text(pages[7].upper(), encoding="utf-8")
    (site / "near.txt").write_text(pages[8].replace(" the ", " the  pump ", 1), encoding="utf-8")
    (site / "leak.txt").write_text(f"{prose(random)} {SECRET} {prose(random)}", encoding="utf-8")
    (site / "short.txt").write_text("too short", encoding="utf-8")
    (site / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (book / "book.md").write_text(f"# Book\n\n{pages[10]}\n", encoding="utf-8")
    return tmp_path


def sources(folder):
    return {
        "site": Source(paths=str(folder / "site"), kind="site"),
        "book": Source(paths=str(folder / "book"), kind="book"),
    }


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_drop_is_counted_and_shown(folder):
    out = folder / "out"
    report = build(sources(folder), Cleaning(), EXAM, out)
    assert report == json.loads((out / "corpus.json").read_text(encoding="utf-8"))
    assert list(report) == ["site", "book"]
    site = report["site"]
    counts = {reason: entry["count"] for reason, entry in site["dropped"].items()}
    assert counts == {"duplicate": 1, "near duplicate": 2, "contaminated": 1, "too short": 1}
    assert site["read"] == site["kept"] + site["heldout"]["kept"] + sum(counts.values()) == 124
    assert site["languages"] == {"en": 79, "zh": 40}
    assert site["removed"]["repeated line"]["count"] == 120
    leak = site["dropped"]["contaminated"]["examples"][0]
    assert (Path(leak["file"]).name, leak["set"]) == ("leak.txt", "exam")
    assert leak["text"].startswith("the answer to the ultimate")
    near = {Path(one["file"]).name: Path(one["of"]).name for one in site["dropped"]["near duplicate"]["examples"]}
    assert near == {"010.txt": "book.md", "near.txt": "008.txt"}
    assert [Path(one["file"]).name for one in site["skipped_files"]] == ["broken.pdf"]
    kept, held = read(out / "site.jsonl"), read(out / "heldout" / "site.jsonl")
    assert (len(kept), len(held)) == (site["kept"], site["heldout"]["kept"])
    assert len(held) == 8
    assert len({row["id"] for row in [*kept, *held]}) == 119
    assert not any(BANNER in row["text"] or SECRET in row["text"] for row in [*kept, *held])
    assert sum(len(row["text"]) for row in kept) == site["characters"]
    assert kept[0]["meta"].keys() >= {"file", "place", "language", "headings"}
    assert sorted(path.name for path in out.iterdir()) == ["book.jsonl", "corpus.json", "heldout", "site.jsonl"]


def test_switches_keep_what_they_name(folder):
    keep = Cleaning(least=0, letters=0, repeated=0, exact=False, near=False, ngram=0, heldout=0)
    report = build(sources(folder), keep, EXAM, folder / "out")
    assert report["site"]["kept"] == 124
    assert not report["site"]["dropped"]
    assert not report["site"]["removed"]


def test_languages_may_be_chosen(folder):
    site = {"site": sources(folder)["site"]}
    report = build(site, Cleaning(languages=("zh",), heldout=0), NOTHING, folder / "out")["site"]
    assert report["languages"] == {"zh": 40}
    assert report["dropped"]["language en"]["count"] == 83


def test_a_copy_of_a_held_out_text_never_stays_in_training(tmp_path):
    random = np.random.default_rng(2)
    (tmp_path / "in").mkdir()
    for number in range(60):
        text = prose(random)
        for copy in range(2):
            (tmp_path / "in" / f"{number}-{copy}.txt").write_text(text, encoding="utf-8")
    source = {"site": Source(paths=str(tmp_path / "in"), kind="site")}
    build(source, Cleaning(exact=False, near=False, heldout=0.2), NOTHING, tmp_path / "out")
    kept, held = read(tmp_path / "out" / "site.jsonl"), read(tmp_path / "out" / "heldout" / "site.jsonl")
    assert held
    assert not {row["text"] for row in kept} & {row["text"] for row in held}


def test_the_result_does_not_depend_on_the_workers(folder, monkeypatch):
    monkeypatch.setattr(module, "SMALL", 0)
    for count in (1, 2):
        build(sources(folder), Cleaning(), EXAM, folder / f"out{count}", processes=count)
    one, two = folder / "out1", folder / "out2"
    for path in sorted(path for path in one.rglob("*") if path.is_file()):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), path


def test_a_break_leaves_nothing_that_looks_complete(folder):
    out = folder / "out"
    build(sources(folder), Cleaning(), NOTHING, out)

    def stop(done, total, note=""):
        if note == "writing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(sources(folder), Cleaning(), NOTHING, out, stop)
    assert not (out / "corpus.json").exists()
    assert not list(out.rglob(".*"))


def test_a_source_without_anything_left_is_named_with_the_reasons(tmp_path):
    for name, text in (("empty", ""), ("short", "too short"), ("good", "the pump and the valve of the hall " * 5)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(text, encoding="utf-8")
    made = {name: Source(paths=str(tmp_path / name), kind="site") for name in ("empty", "short", "good")}
    with pytest.raises(DataError, match=r"source empty: no document is left of 0 read .*a.txt: empty"):
        build(made, Cleaning(), NOTHING, tmp_path / "out")
    del made["empty"]
    with pytest.raises(DataError, match=r"source short: no document is left of 1 read .1 too short"):
        build(made, Cleaning(), NOTHING, tmp_path / "out")
    assert not (tmp_path / "out" / "corpus.json").exists()
    again = {name: Source(paths=str(tmp_path / "good"), kind=kind) for name, kind in (("a", "site"), ("b", "book"))}
    with pytest.raises(DataError, match=r"source a: no document is left of 1 read .1 that other documents repeat"):
        build(again, Cleaning(), NOTHING, tmp_path / "out")


class Letters:
    """A codec of one token for each character, and 0 at the end."""

    fingerprint = "letters"
    template = None

    def encode(self, chat, target):
        raise NotImplementedError

    def encode_documents(self, texts):
        return [[*map(ord, text), 0] for text in texts]


def spelled(ids):
    return "".join(map(chr, ids))


def test_documents_become_rows_that_fit_and_end_once(tmp_path):
    long = "# Pumps\n\n" + "The pump runs well today.\n\n" * 12 + "## 限值\n\n" + "泵的压力为三巴，不得超过。" * 20
    documents = [
        {"id": "a", "text": "short", "meta": {}},
        {"id": "b", "text": long, "meta": {"headings": []}},
        {"id": "c", "text": "a part", "meta": {"ends": False}},
    ]
    path, out = tmp_path / "a.jsonl", tmp_path / "a.arrow"
    path.write_text("".join(json.dumps(one) + "\n" for one in documents), encoding="utf-8")
    seen = []
    facts = tokenise(path, Letters(), 120, out, lambda done, total: seen.append((done, total)))
    table = rows.read(out)
    assert table.schema.equals(rows.SCHEMA)
    ids = table["input_ids"].to_pylist()
    assert facts["rows"] == len(ids)
    assert facts["tokens"] == sum(map(len, ids))
    assert (facts["documents"], facts["characters"]) == (3, 5 + len(long) + 6)
    assert table["labels"].null_count == len(ids)
    assert set(table["prefix"].to_pylist()) == {-1}
    assert max(map(len, ids)) <= 120
    texts = [spelled(row) for row in ids]
    assert texts[0] == "short\0"
    assert texts[-1] == "a part"
    pieces = texts[1:-1]
    assert [piece.endswith("\0") for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(piece.startswith("# Pumps\n\n") for piece in pieces)
    assert pieces[-1].startswith("# Pumps\n\n## 限值\n\n")
    body = "".join(piece.removeprefix("# Pumps\n\n").removeprefix("## 限值\n\n").rstrip("\0") for piece in pieces)
    assert body.split() == long.removeprefix("# Pumps\n\n").replace("## 限值\n\n", "").split()
    assert seen[-1][0] == seen[-1][1] == path.stat().st_size


def test_a_part_of_a_book_carries_its_headings(tmp_path):
    path, out = tmp_path / "a.jsonl", tmp_path / "a.arrow"
    for text in ("Two bar.", "The pressure is two bar. " * 10):
        path.write_text(json.dumps({"text": text, "meta": {"headings": ["# Pumps", "## Limits"]}}), encoding="utf-8")
        tokenise(path, Letters(), 120, out)
        assert all(
            spelled(row).startswith("# Pumps\n\n## Limits\n\nT") for row in rows.read(out)["input_ids"].to_pylist()
        )


def test_rows_of_documents_are_reused_until_something_changes(tmp_path):
    path, out = tmp_path / "a.jsonl", tmp_path / "a.arrow"
    path.write_text(json.dumps({"text": "one"}) + "\n", encoding="utf-8")
    first = tokenise(path, Letters(), 64, out)
    stamp = out.stat().st_mtime_ns
    assert tokenise(path, Letters(), 64, out) == first
    assert out.stat().st_mtime_ns == stamp
    assert tokenise(path, Letters(), 32, out)["fingerprint"] != first["fingerprint"]
    assert out.stat().st_mtime_ns != stamp
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1"):
        tokenise(path, Letters(), 32, out)


def test_versions_of_a_standard_are_found_to_repeat_each_other(tmp_path):
    if not CORPORA.exists():
        pytest.skip(f"{CORPORA} is not here")
    source = {"openapi": Source(paths=str(CORPORA / "openapi_spec" / "versions" / "3.0.*.md"), kind="standard")}
    report = build(source, Cleaning(), NOTHING, tmp_path / "out", processes=1)["openapi"]
    assert report["characters"] + report["heldout"]["characters"] < 0.6 * report["read_characters"]
