"""Micro F1 of triples by four definitions, against counts by hand and the official scorers' formulas."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol import Sample
from dsol.significance import estimate
from dsol_d2spo.matching import DEFINITIONS, distinct, match, read_wanted
from dsol_d2spo.metric import TripleF1, ign_f1, make_metrics
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Found, Output, Span

TEXT = 'Wilfried " Willi " Schneider (born in Mediaș) works for 《Der Spiegel》 in Hamburg. Schneider is German.'
GOLD = [
    {
        "subject": ['Wilfried " Willi " Schneider', "Schneider"],
        "predicate": "born in",
        "object": ["Mediaș"],
        "subject_type": "PER",
        "object_type": "LOC",
    },
    {"subject": ["Schneider"], "predicate": "works for", "object": ["《Der Spiegel》"]},
]
SCHEMA = Schema(
    predicates=(
        Predicate(predicate="born in", subject_type="PER", object_type="LOC"),
        Predicate(predicate="works for"),
    )
)


def sample(gold: list[dict[str, Any]] = GOLD, text: str = TEXT, **more: Any) -> Sample:
    return Sample(id="one", meta={"text": text, "gold": gold, "language": "en", **more})


def triples(*rows: tuple[str, ...]) -> Output:
    return Output(triples=tuple(Found(subject=r[0], predicate=r[1], object=r[2], flag="".join(r[3:4])) for r in rows))


def counts(definition: str, *rows: tuple[str, ...], **meta: Any) -> tuple[int, int, int]:
    score = TripleF1(DEFINITIONS[definition], SCHEMA).score(sample(**meta), triples(*rows))
    assert score.weight == score.detail["given"] + score.detail["wanted"]
    assert score.weight * score.value == pytest.approx(2 * score.detail["right"])
    return score.detail["right"], score.detail["given"], score.detail["wanted"]


@pytest.mark.parametrize(
    ("row", "strict", "relaxed", "duie", "docred"),
    [
        (("Schneider", "born in", "Mediaș"), 1, 1, 1, 1),
        (('Wilfried " Willi " Schneider', "born in", "Mediaș"), 1, 1, 1, 1),
        (("schneider", "born in", "Mediaș"), 0, 1, 1, 1),  # case
        (("Schneider", "born in", "Medias"), 0, 1, 0, 1),  # an accent
        (("Willi", "born in", "Mediaș"), 0, 1, 0, 0),  # a part of the name
        (("Schneider", "works for", "Der Spiegel"), 0, 1, 1, 1),  # the marks around a work's name
        (("Schneider", "lives in", "Mediaș"), 0, 0, 0, 0),
        (("Mediaș", "born in", "Schneider"), 0, 0, 0, 0),
        (("Müller", "born in", "Mediaș"), 0, 0, 0, 0),  # not in the text at all
    ],
)
def test_what_is_right_depends_on_the_definition(
    row: tuple[str, ...], strict: int, relaxed: int, duie: int, docred: int
) -> None:
    found = {name: counts(name, row)[0] for name in DEFINITIONS}
    assert found == {"strict": strict, "relaxed": relaxed, "duie": duie, "docred": docred}


def test_a_triple_counts_once_and_flagged_ones_not_at_all() -> None:
    born = ("Schneider", "born in", "Mediaș")
    assert counts("strict", born, born) == (1, 1, 2)
    other = ('Wilfried " Willi " Schneider', "born in", "Mediaș")
    assert counts("docred", born, other) == (1, 1, 2)  # the same pair of entities
    assert counts("strict", born, other) == (1, 2, 2)  # another triple, and wrong
    assert counts("strict", (*born, "low_confidence")) == (0, 0, 2)
    assert counts("strict", born, gold=[*GOLD, GOLD[0]]) == (1, 1, 2)  # labelled twice


def test_texts_without_triples_and_answers_without_any() -> None:
    metric = TripleF1(DEFINITIONS["strict"], SCHEMA)
    assert metric.score(sample(gold=[]), Output()).value == 1.0
    assert metric.score(sample(gold=[]), triples(("a", "born in", "b"))).value == 0.0
    assert metric.score(sample(), None).value == 0.0
    assert metric.score(sample(), None).missed == 2


def test_types_count_where_they_are_labelled() -> None:
    metric = TripleF1(DEFINITIONS["strict"], SCHEMA)
    typed = Found(subject="Schneider", predicate="born in", object="Mediaș", subject_type="PER", object_type="LOC")
    wrong = typed.model_copy(update={"object_type": "TIME"})
    free = Found(subject="Schneider", predicate="works for", object="《Der Spiegel》", subject_type="PER")
    assert metric.score(sample(), Output(triples=(typed, free))).detail["typed"] == 2
    assert metric.score(sample(), Output(triples=(wrong, free))).detail["typed"] == 1
    assert metric.score(sample(), Output(triples=(wrong,))).detail["in_schema"] == 0
    assert metric.score(sample(), Output(triples=(typed, free))).detail["in_schema"] == 2


def test_ign_f1_is_docred_s() -> None:
    """DocRED's evaluation: precision without the right triples that training states, recall with them."""
    assert ign_f1(6, 2, 10, 12) == pytest.approx(2 * (4 / 8) * (6 / 12) / (4 / 8 + 6 / 12))
    assert ign_f1(2, 2, 2, 4) == 0.0
    known = sample(known=[["Schneider", "born in", "Mediaș"]])
    metric = TripleF1(DEFINITIONS["docred"], SCHEMA)
    score = metric.score(known, triples(("Schneider", "born in", "Mediaș"), ("a", "born in", "b")))
    assert score.detail["known"] == 1
    assert metric.reduce([score])["ign_f1"] == 0.0  # all that is right was known


def test_grounding_is_checked_by_what_stands_in_the_text() -> None:
    metric = TripleF1(DEFINITIONS["strict"], SCHEMA)
    start = TEXT.index("Schneider")
    place, other = Span(start=start, end=start + 9), Span(start=TEXT.index("Mediaș"), end=TEXT.index("Mediaș") + 6)
    good = Found(
        subject="Schneider", predicate="born in", object="Mediaș", subject_spans=(place,), object_spans=(other,)
    )
    lying = good.model_copy(update={"object": "Berlin"})
    found = metric.reduce([metric.score(sample(), Output(triples=(good, lying)))])
    assert (found["grounding_rate"], found["proof_rate"]) == (0.5, 0.5)
    assert metric.reduce([metric.score(sample(), Output(triples=(good,)))])["proof_rate"] == 1.0


names = st.sampled_from(["A", "B", "C", "D"])
rows = st.lists(st.tuples(names, st.sampled_from(["p", "q"]), names), max_size=8)


@given(st.lists(st.tuples(rows, rows), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_sum_over_documents_is_that_of_sets(documents: list[tuple[list[Any], list[Any]]]) -> None:
    """With one name an end, strict, DuIE's and DocRED's micro F1 are that of the sets of triples."""
    right = given_ = wanted = 0
    for found, gold in documents:
        right, given_, wanted = right + len({*found} & {*gold}), given_ + len({*found}), wanted + len({*gold})
    expected = 2 * right / (given_ + wanted) if given_ + wanted else 1.0
    for name in ("strict", "duie", "docred"):
        metric = TripleF1(DEFINITIONS[name], Schema())
        scores = [
            metric.score(
                sample([{"subject": [s], "predicate": p, "object": [o]} for s, p, o in gold], "A B C D"),
                triples(*found),
            )
            for found, gold in documents
        ]
        told = metric.reduce(scores)
        assert told["value"] == pytest.approx(expected)
        if given_ + wanted:
            values, weights = [one.value for one in scores], [one.weight for one in scores]
            assert estimate(values, 0.95, weights=weights).value == pytest.approx(expected)
        assert told["schema_valid_rate"] is None
        some = told["by_predicate"].values()
        assert (sum(one["given"] for one in some), sum(one["wanted"] for one in some)) == (given_, wanted)


def test_numbers_by_length_and_predicate() -> None:
    metric = TripleF1(DEFINITIONS["strict"], SCHEMA)
    long = sample(text=TEXT + " word" * 190)
    found = metric.reduce(
        [metric.score(one, triples(("Schneider", "born in", "Mediaș"))) for one in (sample(), sample(), long)]
    )
    assert list(found["by_length"]) == ["0 to 50 words", "201 to 400 words"]
    assert found["by_length"]["0 to 50 words"]["recall"] == 0.5
    assert found["by_predicate"]["born in"]["f1"] == 1.0
    assert found["by_predicate"]["works for"] == {
        "f1": 0.0, "low": 0.0, "high": 0.0, "precision": 0.0, "recall": 0.0, "given": 0, "wanted": 3,
    }  # fmt: skip
    words = sum(
        len([word for word in one.meta["text"].split() if any(map(str.isalnum, word))])
        for one in (sample(), sample(), long)
    )
    assert found["right_per_1000_words"] == pytest.approx(3000 / words)


def test_the_settings_choose_the_headline() -> None:
    assert [one.name for one in make_metrics(Settings(definition="docred"), {})] == [
        "docred_f1", "strict_f1", "relaxed_f1", "duie_f1",
    ]  # fmt: skip


def test_greedy_matching_is_the_best_matching_for_entities() -> None:
    """Ends are the same entity or not, so no order of the answers gives another count."""
    draw = random.Random(0)
    wanted = distinct(read_wanted({"gold": GOLD}), DEFINITIONS["docred"])
    given_ = list(
        triples(
            ("Schneider", "born in", "Mediaș"), ("Schneider", "works for", "《Der Spiegel》"), ("a", "born in", "b")
        ).triples
    )
    for _ in range(6):
        draw.shuffle(given_)
        assert sum(one.wanted is not None for one in match(given_, wanted, TEXT, DEFINITIONS["docred"])) == 2
