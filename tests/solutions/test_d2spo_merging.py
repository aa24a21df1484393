"""Cutting long texts and merging what their passages give."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol_d2spo.names.naming import key, stated
from dsol_d2spo.passages.merging import merge
from dsol_d2spo.passages.pieces import cut, sentences
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Found, Span

TEXTS = st.lists(
    st.sampled_from(
        [*"ab AB.!?\n\t#-,;:'\"()0 1\r", "。", "，", "中", "文", "”", "Dr. ", "\n\n", "## ", "𠀀", "\u3000"]
    ),
    max_size=600,
).map("".join)


def words(text):
    return [text[one.start : one.end] for one in sentences(text)]


def spans(text, name):
    return tuple(Span(start=m.start(), end=m.end()) for m in re.finditer(re.escape(name), text))


def found(text, subject, predicate, object, subject_type="", object_type="", **more):
    return Found(
        subject=subject,
        predicate=predicate,
        object=object,
        subject_type=subject_type,
        object_type=object_type,
        subject_spans=more.pop("subject_spans", spans(text, subject)),
        object_spans=spans(text, object),
        **more,
    )


def only(text, *some, **more):
    merged = merge(text, some, Schema(), **more)
    assert len(merged) == 1, [(one.subject, one.object) for one in merged]
    return merged[0]


def test_sentences_end_where_they_end():
    assert words("Dr. J. K. Smith met her in the U.S. in 1903. She won 3.5 prizes!") == [
        "Dr. J. K. Smith met her in the U.S. in 1903.",
        "She won 3.5 prizes!",
    ]
    assert words("谭德塞说：“你好。”他走了！是吗？") == ["谭德塞说：“你好。”", "他走了！", "是吗？"]
    assert words("# A title\nText goes\non.\n\n- one\n- two") == ["# A title", "Text goes\non.", "- one", "- two"]
    assert words(" \n\t") == []


@given(TEXTS)
@settings(max_examples=100)
def test_sentences_hold_all_but_space_in_order(text):
    bounds = sentences(text)
    assert all(one.start < one.end <= two.start for one, two in pairwise(bounds))
    inside = "".join(text[one.start : one.end] for one in bounds)
    assert "".join(inside.split()) == "".join(text.split())


@given(TEXTS, st.integers(100, 300), st.integers(0, 400))
@settings(max_examples=100)
def test_pieces_are_the_text_at_their_place_and_leave_only_space_out(text, piece, overlap):
    pieces = cut(text, Settings(piece=piece, overlap=overlap))
    covered = [False] * len(text)
    for one in pieces:
        assert text[one.start : one.start + len(one.text)] == one.text
        assert 0 < sum(3 if sign >= "\u2e80" else 1 for sign in one.text) <= piece
        covered[one.start : one.start + len(one.text)] = [True] * len(one.text)
    assert all(inside or sign.isspace() for inside, sign in zip(covered, text, strict=True))
    assert [one.start for one in pieces] == sorted({one.start for one in pieces})


def test_pieces_end_before_headings_and_overlap_by_sentences():
    section = " ".join(f"Sentence number {n} says a little." for n in range(20))
    text = f"# One\n\n{section}\n\n# Two\n\n{section}\n"
    pieces = cut(text, Settings(piece=800, overlap=100))
    assert [one.text[:5] for one in pieces if one.text.startswith("#")] == ["# One", "# Two"]
    for one, two in pairwise(pieces):
        if not two.text.startswith("#"):
            assert two.text.startswith("Sentence")
            assert 0 < one.start + len(one.text) - two.start <= 100


def test_joined_documents_are_cut_much_as_alone():
    alone = [" ".join(f"Document {d} says thing {n} here." for n in range(30)) for d in range(20)]
    cuts = Settings(piece=600, overlap=100)
    apart = {piece.text for text in alone for piece in cut(text, cuts)}
    together = {piece.text for piece in cut("\n\n".join(alone), cuts)}
    assert len(apart & together) > 0.9 * len(apart)


def test_spellings_of_a_name_are_one():
    assert key("The ＷＨＯ") == key("“WHO”") == key("WHO's")
    assert key("中國人民銀行") == key("《中国人民银行》")
    assert key("Mediaș") == key("MEDIAS")
    text = "中國銀行在北京。 中国银行在北京。"
    one = only(text, found(text, "中國銀行", "位于", "北京"), found(text, "中国银行", "位于", "北京"), aliases=False)
    assert one.count == 2
    assert {text[s.start : s.end] for s in one.subject_spans} == {"中國銀行", "中国银行"}


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("The World Health Organization (WHO) sits in Geneva. WHO is big.", "WHO", "World Health Organization"),
        ("The WHO (World Health Organization) sits in Geneva.", "WHO", "World Health Organization"),
        ("世界卫生组织（WHO）总部位于日内瓦。", "WHO", "世界卫生组织"),
        ("中国人民银行（以下简称“央行”）位于北京。", "央行", "中国人民银行"),
        ("中国东方航空集团有限公司，简称东航，总部在上海。", "东航", "中国东方航空集团有限公司"),
        ("Cassius Clay, better known as Muhammad Ali, boxed in Louisville.", "Muhammad Ali", "Cassius Clay"),
    ],
)
def test_a_text_says_itself_that_names_are_one(text, short, long):
    pairs = {(one.short, one.long) for one in stated(text, {key(short), key(long)})}
    assert pairs == {(short, long)}


@pytest.mark.parametrize(
    "text",
    [
        "John Smith (Microsoft) came.",
        "史蒂夫·乔布斯（CEO）来了。",
        "The board (see below) met.",
        "He was born (1903) in Rome.",
    ],
)
def test_brackets_alone_say_nothing(text):
    names = {key(one) for one in ("John Smith", "Microsoft", "史蒂夫·乔布斯", "CEO", "board", "Rome", "1903")}
    assert stated(text, names) == []


def test_an_abbreviation_becomes_the_full_name_and_keeps_its_place():
    text = "The World Health Organization (WHO) was founded in 1948. WHO sits in Geneva."
    one = only(text, found(text, "WHO", "seat", "Geneva"))
    assert one.subject == "World Health Organization"
    assert [text[s.start : s.end] for s in one.subject_spans] == ["World Health Organization"]
    assert {text[s.start : s.end] for s in one.subject_aliases} == {"WHO"}
    assert one.evidence
    assert merge(text, [found(text, "WHO", "seat", "Geneva")], Schema(), aliases=False)[0].subject == "WHO"


def test_a_surname_is_the_person_named_before_it():
    text = "Wilfried Schneider was born in Rome. Schneider moved to Turin. " + "x " * 6000 + "Schneider is in Bonn."
    late = Span(start=text.rindex("Schneider"), end=text.rindex("Schneider") + 9)
    near = Span(start=text.index("Schneider moved"), end=text.index("Schneider moved") + 9)
    merged = merge(
        text,
        [
            found(text, "Wilfried Schneider", "born", "Rome", "PER", "LOC"),
            found(text, "Schneider", "moved", "Turin", "PER", "LOC", subject_spans=(near,)),
            found(text, "Schneider", "lives", "Bonn", "PER", "LOC", subject_spans=(late,)),
        ],
        Schema(),
    )
    assert {one.predicate: one.subject for one in merged} == {
        "born": "Wilfried Schneider",
        "moved": "Wilfried Schneider",
        "lives": "Schneider",  # too far from the full name to be sure
    }


def test_two_people_of_one_surname_are_left_apart():
    text = "Bill Clinton met Hillary Clinton. Clinton spoke in Rome."
    merged = merge(
        text,
        [
            found(text, "Bill Clinton", "met", "Hillary Clinton", "PER", "PER"),
            found(text, "Clinton", "spoke in", "Rome", "PER", "LOC", subject_spans=(Span(start=34, end=41),)),
        ],
        Schema(),
    )
    assert {one.subject for one in merged} == {"Bill Clinton", "Clinton"}


@pytest.mark.parametrize(
    ("text", "pronoun", "object", "name"),
    [
        ("Marie Curie lived in Paris. She was born in Warsaw.", "She", "Warsaw", "Marie Curie"),
        ("玛丽·居里住在巴黎。她出生于华沙。", "她", "华沙", "玛丽·居里"),
    ],
)
def test_a_pronoun_becomes_the_subject_before_it(text, pronoun, object, name):
    place = "Paris" if "Paris" in text else "巴黎"
    merged = merge(
        text,
        [found(text, name, "lives", place, "人物", "LOC"), found(text, pronoun, "born", object, "人物", "LOC")],
        Schema(),
    )
    born = next(one for one in merged if one.predicate == "born")
    assert (born.subject, born.flag) == (name, "")
    assert {text[s.start : s.end] for s in born.subject_aliases} == {pronoun}


def test_the_company_is_the_organisation_not_the_person():
    text = "Ann Lee runs Acme Inc. in Oslo. The company makes toys."
    merged = merge(
        text,
        [
            found(text, "Ann Lee", "runs", "Acme Inc.", "PER", "ORG"),
            found(text, "The company", "makes", "toys", "ORG", "MISC"),
        ],
        Schema(),
    )
    assert {one.subject for one in merged} == {"Ann Lee", "Acme Inc."}


def test_a_pronoun_that_nothing_stands_for_is_flagged():
    text = "They make toys. US firms do as well."
    merged = merge(text, [found(text, "They", "make", "toys"), found(text, "US", "has", "firms")], Schema())
    assert {one.subject: one.flag for one in merged} == {"They": "unresolved_pronoun", "US": ""}


def test_a_triple_about_names_keeps_both():
    text = "The World Health Organization (WHO) sits in Geneva."
    one = only(text, found(text, "World Health Organization", "short name", "WHO"))
    assert (one.subject, one.object) == ("World Health Organization", "WHO")


def test_a_triple_found_often_is_one_with_all_its_spans():
    text = "Rome is in Italy. Bonn is far. Rome is in Italy."
    first = Span(start=0, end=4), Span(start=11, end=16)
    last = Span(start=text.rindex("Rome"), end=text.rindex("Rome") + 4), Span(start=42, end=47)
    base = {"subject": "Rome", "predicate": "in", "object": "Italy"}
    one, two = (
        Found(**base, subject_spans=(s,), object_spans=(o,), confidence=c, count=n, flag=f)
        for (s, o), c, n, f in ((first, 0.4, 2, "low_confidence"), (last, 0.9, 3, ""))
    )
    merged = only(text, one, two)
    assert (merged.count, merged.confidence, merged.flag) == (5, 0.9, "")
    assert merged.subject_spans == (last[0], first[0])
    assert [text[s.start : s.end] for s in merged.evidence] == ["Rome is in Italy."] * 2


def test_types_come_from_the_schema_where_it_leaves_no_choice():
    text = "Ann runs Acme."
    schema = Schema(predicates=(Predicate(predicate="runs", subject_type="PER", object_type="ORG"),))
    merged = merge(text, [found(text, "Ann", "runs", "Acme")], schema)
    assert (merged[0].subject_type, merged[0].object_type) == ("PER", "ORG")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_merging_invents_no_place(data):
    """Whatever is merged, every place holds the name that it is said to hold."""
    names = [
        "WHO",
        "World Health Organization",
        "Schneider",
        "Wilfried Schneider",
        "she",
        "法國",
        "法国",
        "the company",
        "Acme Inc",
        "Acme",
    ]
    parts = data.draw(
        st.lists(st.sampled_from([*names, ". ", " (WHO) ", "。", "\n\n", " met ", " also known as "]), max_size=25)
    )
    text = " ".join(parts)
    some = []
    for name in data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=8)):
        other = data.draw(st.sampled_from(names))
        kind = data.draw(st.sampled_from(["", "PER", "ORG"]))
        some.append(found(text, name, "p", other, kind, kind, confidence=0.5))
    for one in merge(text, some, Schema()):
        for name, places in ((one.subject, one.subject_spans), (one.object, one.object_spans)):
            assert name in text or not places
            assert {key(text[s.start : s.end]) for s in places} <= {key(name)}
    assert sum(one.count for one in merge(text, some, Schema())) == len(some)


def test_an_abbreviation_that_is_spelled_out_is_one_thing_whatever_types_were_guessed():
    text = "International Business Machines Corporation (IBM) is American. IBM is in Armonk."
    long = found(text, "International Business Machines Corporation", "country", "American", "ORG", "LOC")
    short = found(text, "IBM", "country", "American", "LOC", "LOC")
    one = only(text, long, short)
    assert one.subject == "International Business Machines Corporation"
    assert one.subject_aliases == spans(text, "IBM")
    assert one.count == 2


def test_a_name_is_called_otherwise_where_the_text_says_so_and_not_within_itself():
    text = "世界卫生组织（简称世卫）成立于1948年。世卫总部位于日内瓦。阿里巴巴集团总部位于杭州，阿里巴巴由马云创立。"
    assert only(text, found(text, "世界卫生组织", "成立", "1948年")).subject_aliases == spans(text, "世卫")
    one = found(text, "阿里巴巴集团", "总部", "杭州")
    other = found(text, "阿里巴巴", "总部", "杭州")
    assert all(place.start > text.index("杭州") for place in only(text, one, other).subject_aliases)


def test_a_passage_is_in_one_language():
    english, chinese = "Calder Systems is based in Leeds.", "华晨光学总部位于苏州，由李文博创立。"
    passages = [one.text for one in cut(f"{english} {chinese}{chinese}\n{english} OpenAI.", Settings())]
    assert [one.strip() for one in passages] == [english, chinese * 2, f"{english} OpenAI."]
    mixed = "华晨光学（Huachen Optics Group Holdings Limited）总部位于苏州。"
    assert [one.text for one in cut(f"{chinese}{mixed}{chinese}", Settings())] == [f"{chinese}{mixed}{chinese}"]
