"""Texts and answers that nobody means well with: nothing raises, hangs or is lost."""

from __future__ import annotations

import fcntl
import random
import signal
from contextlib import nullcontext

import pytest

from dsol import Completion, DataError, DsolError, RunError
from dsol.calibration import Calibration
from dsol.folding import fold
from dsol_d2spo import extracting
from dsol_d2spo.answers.lines import read_labels, read_lines
from dsol_d2spo.build import build
from dsol_d2spo.export import writer
from dsol_d2spo.export.graph import graph_of
from dsol_d2spo.extracting import Opened, extract_all, forget
from dsol_d2spo.extraction import Extraction
from dsol_d2spo.learned.knowledge import Knowledge
from dsol_d2spo.learned.rules import Rules
from dsol_d2spo.names.naming import stated
from dsol_d2spo.names.patterns import numbers
from dsol_d2spo.names.pronouns import Mention, antecedent
from dsol_d2spo.names.tagging import own_names
from dsol_d2spo.passages.long import extract
from dsol_d2spo.passages.pieces import sentences
from dsol_d2spo.reading import Text, read_texts
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Input, Settings
from dsol_d2spo.triple import Dropped, Found, Output, Span
from dsol_d2spo.world import World
from dsol_d2spo.wrap import make_answer, wrap

SCHEMA = Schema(predicates=(Predicate(predicate="born in"), Predicate(predicate="出生地"), Predicate(predicate="a|b")))
WORLD = World(SCHEMA, Knowledge(), Rules())
HALF = '{"subject":"Ada\\ud83d","predicate":"born in","object":"London"}'


def says(*lines):
    def generate(chats, **asked):
        return [[Completion("\n".join(lines), (-0.1,))] for _ in chats]

    return generate


class Quiet:
    """Progress that nobody sees."""

    def step(self, name):
        return nullcontext(lambda done, total: None)


def test_half_a_character_that_a_model_writes_can_be_kept(tmp_path):
    (triple,) = read_lines(HALF).triples
    assert triple.subject == "Ada\ufffd"
    assert read_labels("\ud83d", triple, {"p": "p"}).dropped == (Dropped(text="\ufffd", reason="unknown_predicate"),)
    settings = Settings(samples=0)
    output = extract("Ada was born in London.", make_answer(says(HALF), settings, WORLD), settings, SCHEMA,
                     folder=tmp_path / "kept")  # fmt: skip
    assert [one.flag for one in output.triples] == ["ungrounded"]
    assert output.model_dump_json()


def test_half_a_character_of_a_text_moves_no_place(tmp_path):
    assert Input(text="a \ud83d b").text == "a \ufffd b"
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "Ada \\ud83d was born in London."}\n', encoding="utf-8")
    (text,) = read_texts([rows], left_out=pytest.fail)
    assert text.text.encode()


@pytest.fixture
def soon():
    """End a test that takes 20 seconds of the processor, however busy the machine is; these take a fraction of one."""

    def stop(number, frame):
        raise AssertionError("takes far longer than the length of its input asks for")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 20)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("unit", ["!", ".", "(", " ", "\n"])
def test_a_long_run_of_one_sign_ends(unit, soon):
    text = unit * 300_000 + "x"
    found = "".join(text[one.start : one.end] for one in sentences(text))
    assert found == text.strip()
    assert stated("(" + text, ["x"]) == []


def test_an_answer_of_nothing_but_space_ends(soon):
    assert [one.reason for one in read_lines(" " * 300_000 + "x").dropped] == ["malformed"]


def test_a_very_long_sentence_is_proof_in_parts():
    text = "name, " * 2000
    spans = sentences(text)
    assert len(spans) > 2
    assert max(one.end - one.start for one in spans) <= 1500
    assert "".join(text[one.start : one.end] for one in spans).replace(" ", "") == text.replace(" ", "")
    (whole,) = sentences("A short one, as most are.")
    assert (whole.start, whole.end) == (0, 25)


def test_numbers_end_with_a_digit():
    assert [("in 500, or 1,000.5, she")[a:b].strip() for a, b in numbers("in 500, or 1,000.5, she")] == [
        "500", "1,000.5"
    ]  # fmt: skip


def test_a_pronoun_in_endless_text_finds_what_is_near(soon):
    mentions = [Mention(at * 10, at * 10 + 3, f"N{at}", "PER") for at in range(50_000)]
    whole = [Span(start=0, end=500_000)]
    for place in range(400_000, 400_300):
        found = antecedent("person", place, mentions, whole)
        assert found is not None
        assert place - found.start <= 2000


def test_one_relation_with_very_many_places_is_exported(soon):
    unit = "Ada was born in London. "
    many = 20_000
    text = unit * many
    starts = range(0, len(unit) * many, len(unit))
    one = Found(
        subject="Ada", predicate="born in", object="London",
        subject_spans=tuple(Span(start=at, end=at + 3) for at in starts),
        object_spans=tuple(Span(start=at + 16, end=at + 22) for at in starts),
        evidence=tuple(Span(start=at, end=at + 23) for at in starts),
    )  # fmt: skip
    (edge,) = graph_of([Extraction("a", text, Output(triples=(one,)))]).edges
    assert len(edge.proofs) == many
    assert all(proof.subject == ((0, 3),) and proof.object == ((16, 22),) for proof in edge.proofs)


WORDS = "Ada a.*b (x [ \\ 陈港生 Ａｄａ A\u200bda e\u0301 é 😀 👩\u200d👧 שלום ﬃ İ ß \0 1 … it 她 The 法國 法国"
JSON = '{"subject":"a","predicate":"born in","object":"b"}'
NAMES = [*WORDS.split(" "), "Ada Lovelace", "陈 港生", "«1 PER Ada»", "A B C", "x" * 400, JSON]


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_is_not_there_is_grounded(seed):
    draw = random.Random(seed)
    text = "".join(draw.choice([*NAMES, " was born in ", "。", ". ", "\n", "\n\n", ", "]) for _ in range(120))
    settings = Settings(samples=0, piece=300, overlap=60)

    def line():
        one, two = draw.choice(NAMES), draw.choice(NAMES)
        row = (
            f'{{"subject":"{one}","predicate":"{draw.choice(["born in", "出生地", "a|b", "other"])}","object":"{two}"}}'
        )
        at = draw.randrange(len(row))
        return draw.choice(
            [row, row, row[:at], row[:at] + draw.choice(NAMES) + row[at:], row.replace('"', "“"), row * 2]
        )

    def generate(chats, **asked):
        return [[Completion("\n".join(line() for _ in range(6)), (-0.1,) * 9)] for _ in chats]

    wrapped = wrap(generate, settings, calibration=Calibration(), baseline=None, files={"schema": SCHEMA.model_dump()})
    answer = wrapped.invoke({"text": text})
    assert answer.value is not None
    for one in answer.value.triples:
        for name, spans in ((one.subject, one.subject_spans), (one.object, one.object_spans)):
            assert one.flag == "ungrounded" or spans
            assert all(fold(text[span.start : span.end]) == fold(name) for span in spans), (name, spans)
    answer.model_dump_json()


def test_two_at_once_in_one_folder_are_refused_and_nothing_is_lost_before_it_is_written(tmp_path):
    asked = []

    def generate(chats, **rest):
        asked.extend(chats)
        return [[Completion("none", (-0.1,))] for _ in chats]

    settings = Settings(samples=0)
    opened = Opened(lambda: generate, settings, {}, WORLD, Calibration(), lambda one: (None, 0.0), "mark")
    texts, out = [Text("a", "Ada was born in London."), Text("b", "Bob too.")], tmp_path / "a.html"
    extract_all(opened, texts, None, out, Quiet())
    once = len(asked)
    extract_all(opened, [Text("new", "Someone else."), *texts], None, out, Quiet())
    assert once < len(asked) < 2 * once  # what was answered is still there, whatever comes before it
    with open(extracting.hidden(out) / ".lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(RunError, match="another process"):
            extract_all(opened, texts, None, out, Quiet())
    forget(out)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_to_write_to_is_there_before_long_work(tmp_path):
    writer(tmp_path / "new" / "a.jsonl")
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(DsolError, match=r"a\.jsonl: can.t be written"):
        writer(tmp_path / "file" / "a.jsonl")


def test_rows_without_any_triple_teach_nothing(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "Ada was born."}\n{"text": "Bob was not."}\n', encoding="utf-8")
    with pytest.raises(DataError, match="none of the 2 texts has a triple"):
        build(Settings(examples=(str(rows),), heldout=()), 0, lambda what, done, total: None)


@pytest.mark.parametrize(
    ("text", "name", "kept"),
    [
        ("[France](https://example.org)", "France]", ["France"]),
        ("the (World Bank", "(World Bank", ["World Bank"]),
        ("AC/DC (band) plays", "AC/DC (band)", ["AC/DC (band)"]),
        ("《三体》", "三体》", ["三体"]),
        ("x ])", "])", []),
        ("# Kestrel Air\n\nKestrel Air flies.", "# Kestrel Air\n\nKestrel Air", ["Kestrel Air", "Kestrel Air"]),
        ("## Fleet\nThe airline", "Fleet\nThe", ["Fleet"]),
        ("Fleet\nNorway Air flies.", "Fleet\nNorway Air", ["Fleet", "Norway Air"]),
        ("- Oslo\n- Bergen", "Oslo\n- Bergen", ["Oslo", "Bergen"]),
        ("She was born in the early hours in New\nYork City.", "New\nYork City", ["New\nYork City"]),
        ("**Acme Corp** grew", "**Acme Corp**", ["Acme Corp"]),
        ("I founded Acme Corp in Berlin.", "I founded Acme Corp", ["Acme Corp"]),
        ("It Follows is a film.", "It Follows", ["It Follows"]),
    ],
)
def test_a_tagged_name_is_within_one_block_and_without_marks_of_layout(text, name, kept):
    start = text.index(name)
    found = own_names(text, (start, start + len(name), "MISC"))
    assert [text[first:last] for first, last, _ in found] == kept
