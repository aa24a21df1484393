"""Statistics against known values and against each other; the verdict against what the contract says."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dsol import RunError
from dsol.comparison import compare, compare_slices, contestants, matched, slices, verdict
from dsol.comparison import confidence as confidence_of
from dsol.risk import selective
from dsol.significance import bootstrap, estimate, mcnemar, paired_p, permutation, wilson


def rows(combined, baseline=None, sets=("one",), languages=("en",), prefix="s"):
    """Make answer rows of two contestants; sets and languages are dealt out in turn."""
    made = []
    for at, score in enumerate(combined):
        answers = {
            "combined": {"score": float(score), "confidence": 0.5, "source": "model", "reason": "ok", "detail": {}}
        }
        old = {"score": float(baseline[at]) if baseline is not None else 0.0, "confidence": 0.0, "detail": {}}
        missing = {"source": "none", "reason": "no_baseline"}
        answers["baseline"] = {**old, **({"source": "baseline", "reason": "ok"} if baseline is not None else missing)}
        made.append(
            {
                "id": f"{prefix}{at}",
                "set": sets[at % len(sets)],
                "target": f"t{at}",
                "meta": {"language": languages[at % len(languages)]},
                "answers": answers,
            }
        )
    return made


@pytest.mark.parametrize(
    ("right", "samples", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(right, samples, low, high):
    assert wilson(right, samples, 0.95) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 400), st.data(), st.floats(0.51, 0.999))
def test_wilson_is_scipys_and_holds_the_proportion(samples, data, level):
    right = data.draw(st.integers(0, samples))
    low, high = wilson(right, samples, level)
    assert 0 <= low <= right / samples <= high <= 1
    known = stats.binomtest(right, samples).proportion_ci(level, method="wilson")
    assert (low, high) == pytest.approx((known.low, known.high), abs=1e-9)


def test_mcnemar_by_hand():
    assert mcnemar(6, 16) == pytest.approx(2 * 110056 / 2**22)  # 110056: sum of C(22, k) for k up to 6
    assert mcnemar(6, 0) == 2 / 64
    assert mcnemar(10, 1) == 24 / 2048
    assert mcnemar(0, 0) == mcnemar(5, 5) == 1.0
    assert 0 < mcnemar(3000, 2000) < 1e-40


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_is_the_binomial_test_and_has_no_side(wins, losses):
    assert mcnemar(wins, losses) == mcnemar(losses, wins)
    if wins + losses:
        assert mcnemar(wins, losses) == pytest.approx(stats.binomtest(wins, wins + losses).pvalue, rel=1e-9)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=14))
def test_enumerated_permutations_are_mcnemars_test_for_0_and_1(difference):
    # Each sign pattern has a sum as far from 0 as the observed one exactly when its tail counts in the binomial test.
    assert permutation(difference) == pytest.approx(mcnemar(difference.count(1.0), difference.count(-1.0)))


def test_drawn_permutations_come_near_the_t_test_and_are_never_zero():
    difference = np.random.default_rng(3).normal(0.06, 0.3, 120)
    assert permutation(difference) == pytest.approx(stats.ttest_1samp(difference, 0).pvalue, abs=0.01)
    assert 0 < permutation(np.full(100, 0.4)) < 1e-3
    assert permutation(difference, 7) == permutation(difference, 7)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_bootstrap_stays_inside_the_values_and_repeats(values, seed):
    low, high = bootstrap(values, 0.9, seed)
    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12
    assert (low, high) == bootstrap(values, 0.9, seed)


def test_bootstrap_agrees_with_the_normal_interval_of_a_large_sample():
    values = np.random.default_rng(0).random(800)
    half = 1.959964 * values.std() / np.sqrt(len(values))
    assert bootstrap(values, 0.95) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.003)


def test_estimate_chooses_by_the_scores_and_refuses_nothing():
    assert (estimate([1, 0, 0, 1], 0.95).low, estimate([1, 0, 0, 1], 0.95).high) == wilson(2, 4, 0.95)
    graded = estimate([1, 0.5, 0, 1], 0.95)
    assert (graded.low, graded.high) == bootstrap([1, 0.5, 0, 1], 0.95)
    assert paired_p([1, 0], [0, 0])[0] == "exact McNemar"
    assert paired_p([1, 0.5], [0, 0])[0] == "paired permutation"
    with pytest.raises(ValueError, match="no scores"):
        estimate([], 0.95)


scored = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=60)


@given(scored, st.randoms())
@settings(max_examples=50, deadline=None)
def test_comparison_does_not_depend_on_side_or_order(pairs, random):
    one = rows([a for a, _ in pairs], [b for _, b in pairs])
    mixed = random.sample(one, len(one))
    forth, back = compare(one, "combined", mixed, "baseline"), compare(mixed, "baseline", one, "combined")
    assert (forth.wins, forth.losses, forth.ties, forth.p) == (back.losses, back.wins, back.ties, back.p)
    assert forth.difference.value == pytest.approx(-back.difference.value)
    assert forth.difference.low <= forth.difference.value <= forth.difference.high
    assert forth.wins + forth.losses + forth.ties == len(pairs)
    assert {"a": "b", "b": "a", "": ""}[forth.better] == back.better
    json.dumps(asdict(forth))


def test_a_contestant_is_not_better_than_itself():
    same = rows([1, 0, 1, 1])
    assert compare(same, "combined", same, "combined").p == 1.0
    assert compare(same, "combined", same, "combined").better == ""


def test_lower_can_be_better():
    one = rows([0.1] * 30, [0.5] * 30)
    assert compare(one, "combined", one, "baseline", higher_is_better=False).better == "a"
    assert verdict(one, higher_is_better=False).released
    assert not verdict(one).released


def test_rows_of_other_samples_are_named():
    with pytest.raises(RunError, match=r"only the first has 's3'.*only the second has 'x'"):
        matched(rows([1, 1, 1, 1]), [*rows([1, 1, 1]), {**rows([1])[0], "id": "x"}])
    with pytest.raises(RunError, match="and 5 more"):
        matched(rows([1] * 10), [])
    with pytest.raises(RunError, match="'s0' is there twice"):
        matched(rows([1]) * 2, rows([1]))
    with pytest.raises(RunError, match="'s0' have another target"):
        matched(rows([1]), [{**rows([1])[0], "target": "other"}])
    with pytest.raises(RunError, match=r"no contestant named 'combine', did you mean 'combined'"):
        compare(rows([1]), "combine", rows([1]), "baseline")
    with pytest.raises(RunError, match="no answers to compare"):
        compare([], "combined", [], "baseline")


def test_two_runs_are_compared_whatever_the_order_of_their_files():
    first, second = rows([1] * 20 + [0] * 10, sets=("p", "q")), rows([0] * 30, sets=("p", "q"))[::-1]
    found = compare_slices(first, "combined", second, "combined", name_a="new", name_b="old")
    assert list(found) == ["all", "p", "q"]
    assert found["all"].wins == 20
    assert found["p"].wins + found["q"].wins == 20
    assert (found["all"].a, found["all"].b, found["all"].better) == ("new", "old", "a")


def test_slices_leave_out_what_repeats_another():
    assert [cut.name for cut in slices(rows([1] * 8))] == ["all"]
    two_languages = slices(rows([1] * 8, languages=("en", "zh")))
    assert [cut.name for cut in two_languages] == ["all", "language en", "language zh"]
    by_set = slices(rows([1] * 8, sets=("a", "b"), languages=("en", "zh")))  # each set has one language
    assert [cut.name for cut in by_set] == ["all", "a", "b"]
    crossed = slices(rows([1] * 12, sets=("a", "b"), languages=("en", "en", "zh")))
    assert [cut.name for cut in crossed][-4:] == ["a · en", "a · zh", "b · en", "b · zh"]
    assert sum(len(cut.rows) for cut in crossed[-4:]) == 12


def test_release_needs_a_significant_win():
    assert verdict(rows([1] * 30 + [0] * 10, [0] * 20 + [1] * 5 + [0] * 15)).released
    near = verdict(rows([1] * 20 + [0] * 20, [1] * 17 + [0] * 23))
    assert not near.released
    assert "not significantly different" in near.reasons[0]
    worse = verdict(rows([0] * 40, [1] * 40))
    assert not worse.released
    assert "significantly worse" in worse.reasons[0]


def test_release_level_decides():
    close = rows([1] * 7 + [0] * 33, [0] * 39 + [0])  # p = 2 / 2**7 = 0.0156
    assert verdict(close, 0.95).released
    assert not verdict(close, 0.99).released


def test_no_release_without_baseline_or_with_few_samples():
    alone = rows([1] * 50)
    assert contestants(alone) == ["combined"]
    assert not verdict(alone).released
    assert "no baseline" in verdict(alone).reasons[0]
    few = verdict(rows([1] * 19, [0] * 19))
    assert not few.released
    assert "19 held-out samples are too few" in few.reasons[0]
    assert verdict(rows([1] * 20, [0] * 20)).released
    assert not verdict([]).released


def test_worse_on_one_set_is_a_veto_and_in_one_language_a_note():
    combined, baseline = [1, 0] * 40, [0, 0] * 39 + [0, 1]
    vetoed = verdict(rows(combined, baseline, sets=("big", "small")))
    assert not vetoed.released
    assert any("For small it is worse" in reason for reason in vetoed.reasons)
    noted = verdict(rows(combined, baseline, languages=("en", "zh")))
    assert noted.released
    assert any("language zh" in note for note in noted.notes)


def test_risk_coverage_by_hand():
    found = selective([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], [True] * 4, 0.95)
    assert [(p.coverage, p.risk, p.threshold) for p in found.curve] == [
        (0.25, 0.0, 0.9),
        (0.5, 0.5, 0.8),
        (0.75, pytest.approx(1 / 3), 0.7),
        (1.0, 0.5, 0.6),
    ]
    assert found.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert found.best == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert found.right_at == {"0.25": 1.0, "0.5": 0.5, "0.75": pytest.approx(2 / 3), "0.9": 0.5, "1": 0.5}
    assert found.coverage_at["0.2"].threshold == 0.9
    assert found.coverage_at["0.05"].coverage == 0.25


def test_risk_counts_coverage_over_all_samples():
    found = selective([0.9, 0.5, 0.1, 0.1], [1, 1, 0, 0], [True, True, False, False], 0.95)
    assert found.coverage == 0.5
    assert found.curve[-1].coverage == 0.5
    assert found.right_at["1"] is None
    assert found.coverage_at["0.05"].coverage == 0.5


def test_a_confidence_that_orders_nothing_has_no_curve():
    assert selective([0.5, 0.5], [1, 0], [True, True], 0.95) is None
    assert selective([0.1, 0.9], [1, 0], [False, False], 0.95) is None
    assert selective([], [], [], 0.95) is None


answers = st.lists(
    st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.sampled_from([0.0, 1.0]), st.booleans()), max_size=80
)


@given(answers, st.randoms())
@settings(max_examples=80, deadline=None)
def test_risk_curve_does_not_depend_on_the_order_of_rows(given_answers, random):
    found = selective(*_columns(given_answers), 0.95)
    again = selective(*_columns(random.sample(given_answers, len(given_answers))), 0.95)
    if found is None:
        assert again is None
        return
    assert found.area == pytest.approx(again.area)
    assert found.best - 1e-9 <= found.area <= 1
    assert [p.coverage for p in found.curve] == sorted({p.coverage for p in found.curve})
    assert found.curve[-1].coverage == pytest.approx(found.coverage)
    assert sum(one.samples for one in found.bins) == sum(there for *_, there in given_answers)
    for point in found.curve:  # each point is what answering only above its threshold gives
        above = [s for c, s, there in given_answers if there and c >= point.threshold - 1e-12]
        assert point.risk == pytest.approx(1 - sum(above) / len(above))
    for limit, point in found.coverage_at.items():
        assert point is None or point.risk <= float(limit)


def _columns(given_answers):
    return [list(column) for column in zip(*given_answers, strict=True)] if given_answers else [[], [], []]


def test_a_perfect_ordering_reaches_the_best_area_and_rows_give_it():
    made = rows([1] * 6 + [0] * 4)
    for at, row in enumerate(made):
        row["answers"]["combined"]["confidence"] = 1 - at / 10
    found = confidence_of(made, "combined")
    assert found.area == pytest.approx(found.best)
    assert found.coverage_at["0.05"].coverage == 0.6
    assert confidence_of(made, "baseline") is None
    json.dumps(asdict(found))
