"""The reader of outputs: what it makes of good, cut, repeated and mangled ones."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol_d2spo.answers.lines import Read, read_labels, read_lines
from dsol_d2spo.triple import Triple

PREDICATES = {"founded by": "founded by", "创始人": "founded by", "place of birth": "place of birth"}
TRIPLES = [
    ("华为", "founded by", "任正非"),
    ("Rage Against the Machine", "founded by", 'Zack "de la" Rocha'),
    ("雷军", "place of birth", "湖北，仙桃"),
    ("O'Brien {1}", "place of birth", "St. Louis [Missouri]"),
]
GOOD = "\n".join(
    json.dumps(dict(zip(("subject", "predicate", "object"), one, strict=True)), ensure_ascii=False) for one in TRIPLES
)


def ends(read: Read):
    return [(one.subject, one.predicate, one.object) for one in read.triples]


def test_good_lines_are_read_whole():
    read = read_lines(GOOD, PREDICATES)
    assert ends(read) == TRIPLES
    assert not read.dropped


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_cut_answer_loses_its_last_line_only(cut):
    first, second = GOOD.split("\n")[:2]
    read = read_lines(f"{first}\n{second[:-cut]}", PREDICATES)
    assert ends(read)[0] == TRIPLES[0]
    assert len(read.triples) + len(read.dropped) <= 2
    for one in read.triples[1:]:
        assert one.object in TRIPLES[1][2]


@pytest.mark.parametrize(
    "text",
    [
        "｛“subject”：“华为”，“predicate”：“创始人”，“object”：“任正非”｝",
        "{'subject': '华为', 'predicate': '创始人', 'object': '任正非'}",
        "{subject: 华为, predicate: 创始人, object: 任正非}",
        '["华为","创始人","任正非"]',
        "【“华为”，“创始人”，“任正非”】",
        '```json\n[{"subject":"华为","predicate":"创始人","object":"任正非"}]\n```',
        'Sure! Here they are: {"head":"华为","relation":"founded by","tail":"任正非"} and nothing else.',
        '{"主语":"华为","谓词":"创始人","宾语":"任正非"}',
        '{"subject":"华为","predicate":"创始人","object":"任正非"',
        "subject: 华为, predicate: 创始人, object: 任正非",
        '{"subject":"华为",\n "predicate":"创始人",\n "object":"任正非"},',
    ],
)
def test_other_spellings_of_a_line(text):
    assert ends(read_lines(text, PREDICATES)) == [("华为", "founded by", "任正非")]


def test_what_is_dropped_comes_with_its_reason():
    row = '{"subject":"A","predicate":"founded by","object":"B"}'
    text = "\n".join(
        [
            row,
            row,
            '{"subject":"A","predicate":"married to","object":"B"}',
            '{"subject":"A","predicate":"founded by","object":"A"}',
            '{"subject":"...","predicate":"...","object":"..."}',
            '{"subject":"A","object":"B"}',
            '{"subject":"A","predicate":"founded by","object":"' + "x" * 400 + '"}',
            "The text is about a band from Los Angeles.",
            '{"subject":"C","predicate":"foun',
        ]
    )
    read = read_lines(text, PREDICATES, "The text is about a band from Los Angeles. It was formed in 1991.")
    assert ends(read) == [("A", "founded by", "B")]
    reasons = [one.reason for one in read.dropped]
    assert reasons == [
        "repeated",
        "unknown_predicate",
        "same_ends",
        "echo",
        "malformed",
        "too_long",
        "echo",
        "truncated",
    ]


@pytest.mark.parametrize("text", ["none", "无", "None.", "[]", "```json\n[]\n```", "", "  \n "])
def test_nothing_is_nothing(text):
    assert read_lines(text, PREDICATES) == Read()


def test_without_a_schema_any_predicate_counts():
    assert ends(read_lines('{"subject":"A","predicate":"likes","object":"B"}')) == [("A", "likes", "B")]


def test_labels_of_a_pair():
    pair = Triple(subject="Mediaș", predicate="", object="Romania")
    read = read_labels("place of birth\nplace of birth\nnone\nsomething else\n创始人", pair, PREDICATES)
    assert [one.predicate for one in read.triples] == ["place of birth", "founded by"]
    assert [one.reason for one in read.dropped] == ["repeated", "unknown_predicate"]
    assert read_labels("none", pair, PREDICATES) == Read()


SIGNS = "{}[]｛｝【】\"'“”‘’「」：:，,\\\n\t`. \u0000\ud7ff\u200b"


def mangle(text: str, draw: random.Random) -> str:
    """Do to an output what small models do."""
    for _ in range(draw.randrange(1, 9)):
        at, to = sorted((draw.randrange(len(text) + 1), draw.randrange(len(text) + 1)))
        kind = draw.randrange(8)
        if kind == 0:
            text = text[:at]
        elif kind == 1:
            text = text[:at] + draw.choice(SIGNS) + text[at:]
        elif kind == 2:
            text = text[:at] + text[min(to, at + 5) :]
        elif kind == 3:
            text = text[:to] + text[at:to] * draw.randrange(1, 4) + text[to:]
        elif kind == 4:
            text = text.replace(draw.choice('"{}[]:,'), draw.choice(SIGNS), draw.randrange(1, 6))
        elif kind == 5:
            lines = text.split("\n")
            draw.shuffle(lines)
            text = "\n".join(lines)
        elif kind == 6:
            text = f"Extract triples from the text. Predicates:\n- founded by\n{text}"
        else:
            text = text.replace("\n", draw.choice(["", " ", "，", "},"]))
    return text


def check(text: str) -> None:
    read = read_lines(text, PREDICATES, "华为由任正非创立。")
    assert len({one.model_dump_json() for one in read.triples}) == len(read.triples)
    for one in read.triples:
        assert one.predicate in PREDICATES.values()
        assert one.subject.strip()
        assert one.object.strip()
    assert all(one.reason and len(one.text) <= 200 for one in read.dropped)
    read_labels(text, Triple(subject="a", predicate="", object="b"), PREDICATES)
    read_lines(text)


def test_a_thousand_mangled_outputs_are_read_without_raising():
    draw = random.Random(0)
    kept = 0
    for _ in range(1000):
        text = mangle(GOOD, draw)
        check(text)
        kept += len(read_lines(text, PREDICATES).triples)
    assert kept > 1500  # much of what is mangled can still be made out


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from(SIGNS), st.characters()), max_size=300))
def test_anything_at_all_is_read_without_raising(text):
    check(text)


def test_deep_nesting_is_no_trouble():
    check("[" * 5000 + "{" * 5000)
    check('{"subject":' * 2000)
