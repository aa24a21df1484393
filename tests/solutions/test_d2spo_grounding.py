"""Names in texts: exact, but for spelling, nearly; and never where they don't stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol_d2spo.names.grounding import Ground, ground
from dsol_d2spo.settings import Settings

TEXT = (
    'Wilfried " Willi " Schneider, born 13 March 1963 in Mediaș, is a German skeleton racer. He joined the ＦＩＢＴ. '
    "Schneider won in the USA; the US team was second. 臺灣積體電路製造在新竹。华为技术有限公司 的 总部 在深圳。"
)


def found(name: str, match: float = 88.0) -> tuple[str, list[str]]:
    grounding = Ground(TEXT).find(name, match)
    return grounding.manner, [TEXT[span.start : span.end] for span in grounding.spans]


@pytest.mark.parametrize(
    ("name", "manner", "words"),
    [
        ("Schneider", "exact", ["Schneider", "Schneider"]),
        ("medias", "normalised", ["Mediaș"]),
        ('Wilfried "Willi" Schneider', "normalised", ['Wilfried " Willi " Schneider']),
        ("Wilfried “Willi” Schneider", "normalised", ['Wilfried " Willi " Schneider']),
        ("FIBT", "normalised", ["ＦＩＢＴ"]),
        ("US", "exact", ["US"]),  # not in USA
        ("台湾积体电路制造", "normalised", ["臺灣積體電路製造"]),
        ("华为技术有限公司的总部", "normalised", ["华为技术有限公司 的 总部"]),
        ("the german skeleton racer", "normalised", ["German skeleton racer"]),
        ("German skeletton racer", "fuzzy", ["German skeleton racer"]),
        ("Schneiders", "fuzzy", ["Schneider", "Schneider"]),
        ("13 March 1964", "", []),  # 92 alike, and another day
        ("Germany", "", []),
        ("Mary", "", []),
        ("kele", "", []),  # within a word
        ("华为科技有限公司", "", []),
        ("Willi Meyer", "", []),
        ("", "", []),
        (" ", "", []),
    ],
)
def test_a_name_is_found_where_it_stands(name: str, manner: str, words: list[str]) -> None:
    assert found(name) == (manner, words)


def test_the_bound_decides_how_nearly() -> None:
    assert found("Wilfrid Willi Schneyder", 100)[0] == ""
    assert found("German skeletton racer", 99)[0] == ""
    assert [TEXT[one.start : one.end] for one in ground(TEXT, "German skeletton racer", Settings(match=90))] == [
        "German skeleton racer"
    ]


letters = st.text(st.sampled_from("abcAB '\"“”．。ａＢ臺台灣湾1２ş s\n-"), max_size=40)


@given(letters, letters, st.floats(50, 100))
@settings(max_examples=300, deadline=None)
def test_places_are_inside_the_text_in_order_and_hold_something(text: str, name: str, match: float) -> None:
    grounding = Ground(text).find(name, match)
    assert bool(grounding.spans) == bool(grounding.manner)
    last = 0
    for span in grounding.spans:
        assert last <= span.start < span.end <= len(text)
        last = span.end
    if grounding.manner == "exact":
        assert {text[one.start : one.end] for one in grounding.spans} == {name}


@given(st.text(max_size=60), st.data())
@settings(max_examples=200, deadline=None)
def test_the_text_s_own_words_are_always_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    words = text[start : data.draw(st.integers(start, len(text)))]
    whole = f"{text} | {words} |"
    if words.strip():
        assert Ground(whole).find(words).manner == "exact"
