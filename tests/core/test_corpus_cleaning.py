"""Cleaning is done once and for all, cutting loses nothing, comparing sees through case, width and layout."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol.corpus import duplicates, language
from dsol.corpus.cleaning import normalise, verdict, without_blobs, without_lines
from dsol.corpus.contamination import Contamination
from dsol.corpus.structure import blocks, parts, sentences, split
from dsol.corpus.words import words

WILD = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(list("# |-`~\n\n\n\t　 .!?。！？；，ab\u0301\u00a0\u200b\ufeff\r\u2028\ud800第章一Cx")),
        st.sampled_from(["# a\n", "```\n", "A long line of words that repeats.\n", "\n\n", "第一章 总则\n", "x" * 250]),
    ),
    max_size=40,
).map("".join)
ENGLISH = "The pump must run at fifty hertz, and it must not leak while it runs under the full pressure of the system."
CHINESE = "本标准规定了水泵的额定压力、试验方法和检验规则，适用于工业用水泵，不适用于消防泵和家用的水泵。"


def clean(text):
    text = without_blobs(text)[0]
    text = without_lines(text, frozenset({"We use cookies on this site."}))[0]
    return normalise(text)


@settings(max_examples=150, deadline=None)
@given(WILD)
def test_cleaning_is_idempotent(text):
    once = clean(normalise(text))
    assert clean(once) == once
    assert normalise(once) == once


def test_normalising_keeps_chinese_punctuation_and_drops_what_nobody_sees():
    text = "\ufeff　　“你好”，①ｘ²…\u200b\x07 \r\ncafe\u0301\u00a0au lait\u3000\r\n\r\n\r\n\r\nＡ（一）\n"
    assert normalise(text) == "“你好”，①ｘ²…\ncafé au lait\n\nＡ（一）"


def test_blobs_go_and_what_looks_like_them_stays():
    blob = "iVBORw0KGgo" + "aB3/+9Zx" * 60
    text, gone = without_blobs(f"before ![x](data:image/png;base64,{blob}) after")
    assert text == "before ![x]( ) after"
    assert gone == len(blob) + len("data:image/png;base64,") - 1
    for same in ("-" * 300, "a_long_name_" * 30, "字" * 500, ENGLISH * 5):
        assert without_blobs(same) == (same, 0)
    digest = "d41d8cd98f00b204e9800998ecf8427e "
    assert without_blobs("see " + digest * 9 + "end")[0].split() == ["see", "end"]
    assert without_blobs(f"commit {digest} is one")[1] == 0


def test_repeated_lines_go_but_not_headings_tables_code_or_halves_of_sentences():
    line = "We use cookies on this site."
    text = f"{ENGLISH}\n{line}\n\n# {line}\n\n| {line} |\n\n```\n{line}\n```\n"
    assert without_lines(text, frozenset({line}))[0] == text.replace(f"\n{line}\n\n# ", "\n\n# ").strip("\n")
    apart = "\n\n".join([ENGLISH, CHINESE, ENGLISH, CHINESE, ENGLISH, CHINESE])
    assert without_lines(apart, frozenset())[0] == "\n\n".join([ENGLISH, CHINESE, ENGLISH, CHINESE])
    wrapped = "\n\n".join(f"{number} first half\nand then the very same second half" for number in range(5))
    assert without_lines(wrapped, frozenset()) == (wrapped, [])


def test_verdicts():
    found = words([ENGLISH, CHINESE, "短", "*** --- ### %%% " * 20])
    reasons = [verdict(int(s), int(n), 20, 0.4) for s, n in zip(found.solid, found.letters, strict=True)]
    assert reasons == ["", "", "too short", "mostly not text"]


@settings(max_examples=100, deadline=None)
@given(WILD, st.integers(1, 40))
def test_splitting_loses_no_text_and_keeps_the_limit(text, limit):
    assert "".join(blocks(text)) == text
    assert "".join(sentences(text)) == text
    pieces = split(text, limit, lambda some: [len(one) for one in some])
    assert "".join(piece.text for piece in pieces) == text
    assert all(0 < len(piece.text) <= limit for piece in pieces)
    assert "".join(piece.text for piece in parts(text, limit)) == text


def test_pieces_carry_their_headings_and_end_before_the_next():
    section = "\n\n".join([ENGLISH] * 3) + "\n\n"
    text = f"# Pumps\n\n{section}## Limits\n\n{section}### Pressure\n\n{section}## 试验\n\n{section}"
    pieces = split(text, 500, lambda some: [len(one) for one in some])
    assert [(piece.text[:6], piece.headings) for piece in pieces] == [
        ("# Pump", ()),
        ("## Lim", ("# Pumps",)),
        ("### Pr", ("# Pumps", "## Limits")),
        ("## 试验\n", ("# Pumps",)),
    ]


def test_sentences_of_both_languages():
    text = "它说：“好。”然后走了！Is it so? Yes; 3.5 bar. 完。"
    assert [one.strip() for one in sentences(text)] == [
        "它说：“好。”",
        "然后走了！",
        "Is it so?",
        "Yes;",
        "3.5 bar.",
        "完。",
    ]


def test_parts_of_two_versions_are_cut_alike():
    random = np.random.default_rng(1)
    sections = [
        f"## Section {random.integers(1e9)}\n\n" + " ".join(f"w{x}" for x in random.integers(0, 5000, 300)) + "\n\n"
        for _ in range(80)
    ]
    old = parts("".join(sections), 8000)
    new = parts("".join(["# New front matter\n\n" + ENGLISH * 40 + "\n\n", *sections]), 8000)
    same = {piece.text for piece in old} & {piece.text for piece in new}
    assert len(same) >= len(old) - 2


def test_words_see_through_case_width_and_layout():
    one = words(["The Pump’s  ＦＬＯＷ, 50 Hz！\n水泵", "水泵。"])
    two = words(["the pump s flow 50 hz 水，泵", "水 泵"])
    assert one.hashes.tolist() == two.hashes.tolist()
    assert one.bounds.tolist() == two.bounds.tolist() == [0, 8, 10]
    assert one.whole().tolist() == two.whole().tolist()
    assert one.whole()[0] != words(["pump the s flow 50 hz 水泵"]).whole()[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(WILD, max_size=6))
def test_words_of_many_texts_are_those_of_each(texts):
    together = words(texts)
    for at, text in enumerate(texts):
        alone = words([text])
        start, end = together.bounds[at : at + 2]
        assert together.hashes[start:end].tolist() == alone.hashes.tolist()
        assert together.whole()[at] == alone.whole()[0]
        for length in (1, 3, 13):
            runs, within = together.runs(length)
            expected, fit = alone.runs(length)
            assert runs[start:end][within[start:end]].tolist() == expected[fit].tolist()


def jaccard(one, two, length):
    sets = []
    for text in (one, two):
        runs, within = words([text]).runs(length)
        sets.append(set(runs[within].tolist()))
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.mark.parametrize("chinese", [False, True])
def test_near_duplicates_are_found_from_the_threshold_on(chinese):
    """Planted copies with a growing share of changed words, against the exact similarity."""
    random = np.random.default_rng(3)
    pool = [chr(code) for code in range(0x4E00, 0x5600)] if chinese else [f"w{number}" for number in range(3000)]
    join, length = ("", 5) if chinese else (" ", 3)
    texts = []
    for number in range(150):
        first = [pool[at] for at in random.integers(0, len(pool), 300)]
        second = [pool[random.integers(len(pool))] if random.random() < number / 1500 else word for word in first]
        texts += [join.join(first), join.join(second)]
    found = words(texts)
    matrix = duplicates.signatures(found)
    kept = duplicates.repeated(found.whole()) < 0
    close = duplicates.near(iter(duplicates.buckets(matrix, 0.8)), kept, lambda places: matrix[places], 0.8)
    assert (close[::2] < 0).all()
    similar = np.array([jaccard(texts[at], texts[at + 1], length) for at in range(0, 300, 2)])
    dropped = (close[1::2] >= 0) | ~kept[1::2]
    assert dropped[similar >= 0.9].mean() > 0.98
    assert dropped[similar < 0.7].mean() < 0.02
    assert sum(similar >= 0.9) > 20 < sum(similar < 0.7)


def test_a_near_duplicate_of_a_dropped_document_alone_stays():
    """A chain of versions keeps every version that isn't near one that is kept."""
    rows = np.random.default_rng(0).integers(0, 2**32, (3, duplicates.SLOTS), np.uint32)
    rows[1, :115] = rows[0, :115]
    rows[2] = rows[1]
    rows[2, :25] = 7
    close = duplicates.near(iter(duplicates.buckets(rows, 0.8)), np.ones(3, bool), lambda at: rows[at], 0.8)
    assert close.tolist() == [-1, 0, -1]


QUESTION = "Which of the following statements about the rated pressure of an industrial water pump is correct?"
FRAGE = "下列关于工业用水泵额定压力的说法中，哪一项符合国家标准的有关规定并且适用于消防泵？"


def test_contamination_names_the_set_and_the_run():
    index = Contamination.of({"exam": [QUESTION, FRAGE], "short": ["Name the capital city of the French Republic now"]})
    clean = [ENGLISH, CHINESE, "Which of the following statements about pumps is correct?", "", FRAGE[:19]] * 100
    told = [
        f"{ENGLISH} which of  the following STATEMENTS about the rated pressure of an industrial water main?",
        CHINESE + "下列关于工业用水泵额定压力的说法中，\n哪一项符合国家标准",
        f"{CHINESE}name the capital city of the French Republic, now!",
    ]
    found = list(index.found([*told, *clean]))
    assert [[match.sets for match in matches] for matches in found[:3]] == [[("exam",)], [("exam",)], [("short",)]]
    assert found[0][0].run.startswith("which of  the following STATEMENTS")
    assert found[3:] == [[] for _ in clean]


def test_numbers_alone_are_no_contamination():
    index = Contamination.of({"sums": [" ".join(map(str, range(40))), "a b c d e f g h i j k l m n o p"]})
    counting = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 a b c d e f g h i j k l m n o p"
    assert list(index.found([counting])) == [[]]


def test_contamination_survives_saving_and_an_empty_index_finds_nothing(tmp_path):
    index = Contamination.of({"exam": iter([QUESTION, FRAGE])})
    index.save(tmp_path / "index")
    again = Contamination.load(tmp_path / "index")
    assert list(again.found([QUESTION])) == list(index.found([QUESTION])) != [[]]
    assert list(Contamination.of({}).found([QUESTION])) == [[]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_every_full_quotation_is_found(seed, chinese):
    random = np.random.default_rng(seed)
    pool = [chr(code) for code in range(0x4E00, 0x5600)] if chinese else [f"word{number}" for number in range(3000)]
    join = "" if chinese else " "
    draw = lambda count: join.join(pool[at] for at in random.integers(0, len(pool), count))  # noqa: E731
    item = draw(int(random.integers(20 if chinese else 13, 60)))
    index = Contamination.of({"set": [item]})
    quoting, apart = index.found([f"{draw(100)} {item} {draw(50)}", draw(300)])
    assert quoting
    assert not apart


def test_languages():
    texts = [
        ENGLISH,
        CHINESE,
        "Use `pip install x` 安装软件，然后运行 python main.py 即可。",
        "これは日本語の文章です。ポンプの圧力について説明します。",
        "Die Pumpe muss mit fünfzig Hertz laufen und darf unter vollem Druck nicht lecken.",
        "La pompe doit fonctionner à cinquante hertz et ne doit pas fuir sous pression.",
        "12 34 56",
        "",
    ]
    assert language.tag(words(texts)) == ["en", "zh", "zh", "other", "other", "other", "other", "other"]
