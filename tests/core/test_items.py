"""Answers that are lists: micro F1 as a headline, each item's confidence, who found what, wrapper and report."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel
from rich.console import Console

import dsol
from dsol import Answer, Completion, Item, Prompt, Sample, Score, Solution, counted
from dsol.calibration import Calibration
from dsol.comparison import compare
from dsol.evaluation import learn_calibration, predict, score_model
from dsol.item_scores import measure
from dsol.items import NEVER, ItemCalibration, learn
from dsol.page import render
from dsol.report import gather
from dsol.run import Run
from dsol.significance import estimate, permutation, swapping, weighted_bootstrap
from dsol.tables import tables
from dsol.wrapping import Answering

counts = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30)


def f1(right: int, given_: int, wanted: int) -> float:
    return 2 * right / (given_ + wanted) if given_ + wanted else 1.0


@given(counts)
@settings(deadline=None)
def test_the_headline_of_counted_scores_is_micro_f1(documents: list[tuple[int, int, int]]) -> None:
    """(right, wrong, missed) of each document, against the formula over all of them."""
    scores = [counted([True] * right + [False] * wrong, missed, {}) for right, wrong, missed in documents]
    right, wrong, missed = (sum(column) for column in zip(*documents, strict=True))
    found = estimate([one.value for one in scores], 0.95, weights=[one.weight for one in scores])
    if right + wrong + missed:
        assert found.value == pytest.approx(f1(right, right + wrong, right + missed))
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_items_that_do_not_count_are_missed_if_they_are_right() -> None:
    shown = counted([True, True, False], 1, {}, counting=[True, False, False])
    assert (shown.value, shown.weight) == (pytest.approx(2 / 4), 4.0)  # 1 given and right, 3 wanted
    assert counted([], 0, {}) == Score(1.0, {}, 0.0)
    assert counted([], 3, {}).value == 0.0


def test_the_interval_of_micro_f1_resamples_documents_and_reduces_again() -> None:
    chance = np.random.default_rng(0)
    documents = [
        (int(chance.integers(0, 5)), int(chance.integers(0, 20)), int(chance.integers(0, 3))) for _ in range(40)
    ]
    scores = [counted([True] * right + [False] * wrong, missed, {}) for right, wrong, missed in documents]
    found = estimate([one.value for one in scores], 0.95, weights=[one.weight for one in scores])
    drawn = []
    for _ in range(4000):
        some = [documents[at] for at in chance.integers(0, 40, 40)]
        right, wrong, missed = (sum(column) for column in zip(*some, strict=True))
        drawn.append(f1(right, right + wrong, right + missed))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.01)
    plain = estimate([one.value for one in scores], 0.95)
    assert abs(plain.value - found.value) > 0.01  # the mean of the documents' F1 is another number


def test_any_statistic_of_weighted_means_gets_an_interval() -> None:
    scores, weights = [0.2, 0.9, 0.5, 0.7] * 5, [1.0, 9.0, 2.0, 0.0] * 5
    low, high = weighted_bootstrap([(scores, weights)] * 2, lambda means: means[0] - means[1], 0.95)
    assert low == high == 0.0


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=10))
@settings(deadline=None)
def test_swapping_answers_of_equal_weight_is_the_permutation_test(pairs: list[tuple[float, float]]) -> None:
    a, b = [one for one, _ in pairs], [other for _, other in pairs]
    ones = [1.0] * len(pairs)
    assert swapping((a, ones), (b, ones)) == pytest.approx(permutation(np.subtract(a, b)))


def test_a_difference_in_micro_f1_is_tested_by_swapping_whole_documents() -> None:
    """One side gives many wrong items in a few documents: their mean F1 differs little, the micro F1 a lot."""

    def rows(wrong: int) -> list[dict[str, object]]:
        made = []
        for at in range(30):
            score = counted([True] * 4 + [False] * (wrong if at % 3 == 0 else 0), 1, {})
            answer = {"score": score.value, "weight": score.weight, "reason": "ok", "source": "model"}
            made.append({"id": str(at), "set": "s", "target": "", "meta": {}, "answers": {"combined": answer}})
        return made

    found = compare(rows(0), "combined", rows(40), "combined")
    assert (found.test, found.better, found.wins, found.ties) == ("paired permutation", "a", 10, 20)
    assert found.a_score.value == pytest.approx(f1(120, 120, 150))
    assert found.b_score.value == pytest.approx(f1(120, 520, 150))
    assert found.difference.value == pytest.approx(found.a_score.value - found.b_score.value)
    assert found.difference.low <= found.difference.value <= found.difference.high
    assert compare(rows(7), "combined", rows(7), "combined").p == 1.0


def listed(
    seed: int, documents: int, model_right: float, baseline_right: float
) -> tuple[list[list[Item]], list[list[bool]], list[int]]:
    """Make items: the model's with an honest signal, the baseline's right at one rate."""
    chance = random.Random(seed)
    answers, right = [], []
    for _ in range(documents):
        items, verdicts = [], []
        for _ in range(8):
            sure = chance.random()
            items.append(Item(source="model", signals={"sure": sure}))
            verdicts.append(chance.random() < model_right * 2 * sure)
        for _ in range(3):
            items.append(Item(source="baseline", baseline=0.5))
            verdicts.append(chance.random() < baseline_right)
        answers.append(items)
        right.append(verdicts)
    return answers, right, [4] * documents


def test_each_item_learns_how_likely_it_is_right_out_of_fold() -> None:
    learned = learn(*listed(0, 60, 0.5, 0.7), floor=0.0)
    assert learned.items == 60 * 11
    assert learned.error is not None
    assert learned.error < 0.06
    sure = learned.judge(Item(source="model", signals={"sure": 0.95}), beside=True)
    unsure = learned.judge(Item(source="model", signals={"sure": 0.02}), beside=True)
    assert sure.confidence > 0.8
    assert (sure.reason, unsure.reason) == ("ok", "low_confidence")
    assert learned.judge(Item(source="baseline", baseline=0.5), beside=True).confidence == pytest.approx(0.7, abs=0.1)
    assert learned.judge(Item(reason="elsewhere", signals={"sure": 0.95}), beside=True).reason == "elsewhere"


def test_items_that_the_baseline_found_too_are_judged_by_what_all_items_teach() -> None:
    answers, right, missed = listed(0, 60, 0.5, 0.7)
    for items in answers[::10]:  # six in all: too few to learn what a signal means
        items[0] = items[0].model_copy(update={"source": "both", "baseline": 0.5})
    learned = learn(answers, right, missed, floor=0.0)
    sure, unsure = (
        learned.judge(Item(source="both", baseline=0.5, signals={"sure": sure}), beside=True).confidence
        for sure in (0.95, 0.05)
    )
    assert sure > unsure + 0.4


def test_thresholds_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="fresh"):
        ItemCalibration.model_validate({"fresh": {"bias": 1.0}, "least_fresh": 0.2})


def test_a_model_that_adds_nothing_leaves_the_baseline_alone() -> None:
    learned = learn(*listed(1, 60, 0.04, 0.9), floor=0.0)
    assert (learned.least_fresh, learned.least_backed) == (NEVER, 0.0)
    assert learned.judge(Item(source="model", signals={"sure": 1.0}), beside=True).reason == "low_confidence"
    assert learned.judge(Item(source="baseline", baseline=0.5), beside=True).reason == "ok"


def test_without_calibration_all_items_count_and_no_threshold_is_below_the_floor() -> None:
    assert ItemCalibration().judge(Item(source="baseline"), beside=True).reason == "ok"
    floored = learn(*listed(0, 60, 0.5, 0.7), floor=0.4)
    assert min(floored.least_alone, floored.least_fresh, floored.least_backed) >= 0.4


@given(st.integers(1, 12), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_few_documents_or_no_items_are_enough_to_learn_from(documents: int, seed: int) -> None:
    learned = learn(*listed(seed, documents, 0.5, 0.5), floor=0.0)
    assert 0 < learned.judge(Item(signals={"sure": 0.5}), beside=False).confidence < 1
    assert learn([[]] * documents, [[]] * documents, [2] * documents, 0.0).error is None


# A whole solution whose answers are lists, the numbers that a text names; the model reads half a text a prompt.


class Text(BaseModel):
    text: str


class Numbers(BaseModel):
    numbers: tuple[str, ...] = ()


class MicroF1:
    name = "micro_f1"
    higher_is_better = True

    def score(self, sample: Sample, output: Numbers | None) -> Score:
        left = list(sample.meta["numbers"])
        items = []
        for one in output.numbers if output else ():
            items.append(one in left)
            if one in left:
                left.remove(one)
        return counted(items, len(left), {})

    def reduce(self, scores: list[Score]) -> dict[str, float]:
        right, missed = sum(sum(one.items) for one in scores), sum(one.missed for one in scores)
        return {"value": f1(right, sum(len(one.items) for one in scores), right + missed)}


def halves(text: str) -> tuple[str, str]:
    words = text.split()
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def prompt(settings: dsol.Settings) -> Prompt:
    template = ChatPromptTemplate.from_messages([("system", "Numbers?"), ("human", "{half}")])
    return Prompt(template, lambda text, values: Numbers(numbers=tuple(text.split())))


def bare(generate, prompt, settings, samples, files):
    chats = [prompt.chat({"half": half}) for sample in samples for half in halves(sample.meta["text"])]
    written = [prompt.parse(one[0].text, {}) for one in generate(chats)]
    return [Numbers(numbers=(*written[at].numbers, *written[at + 1].numbers)) for at in range(0, len(written), 2)]


def wrap(generate, settings, *, calibration, baseline, files):
    def answer_all(inputs):
        answers = []
        for one in inputs:
            chats = [prompt(settings).chat({"half": half}) for half in halves(one.text)]
            found: dict[str, Item] = {}
            for completion in generate(chats):
                for word in completion[0].text.split():
                    found[word] = Item(signals={"digit": float(word.isdigit())})
            for word in baseline(one)[0].numbers if baseline else ():
                known = found.get(word)
                source = "both" if known else "baseline"
                found[word] = Item(source=source, signals=known.signals if known else {}, baseline=0.8)
            judged = {word: calibration.items.judge(item, baseline is not None) for word, item in found.items()}
            kept = {word: item for word, item in judged.items() if item.reason == "ok"}
            answers.append(Answer(value=Numbers(numbers=tuple(kept)), source="model", items=tuple(kept.values())))
        return answers

    return Answering(Text, answer_all)


def first_number(one: Text) -> tuple[Numbers, float]:
    return Numbers(numbers=tuple(word for word in one.text.split() if word.isdigit())[:1]), 0.8


LISTS = Solution(
    name="numbers",
    summary="Lists the numbers of a text.",
    Settings=dsol.Settings,
    Input=Text,
    Output=Numbers,
    recipe=Path("none"),
    build=lambda settings, seed, progress: dsol.Built({}, [], {}),
    heldout=lambda settings, files: {},
    prompt=prompt,
    metrics=lambda settings, files: [MicroF1()],
    wrap=wrap,
    baseline=lambda settings, files: (
        lambda one: (Numbers(numbers=tuple(w for w in one.text.split() if w.isdigit())[:1]), 0.8)
    ),
    inputs=lambda sample: Text(text=sample.meta["text"]),
    read_input=lambda text, settings: Text(text=text),
    show=lambda answer: "",
    bare=bare,
)


def samples(seed: int, count: int) -> list[Sample]:
    chance = random.Random(seed)
    made = []
    for at in range(count):
        words = [str(chance.randint(100, 999)) if chance.random() < 0.4 else "word" for _ in range(12)]
        numbers = sorted({word for word in words if word.isdigit()})
        made.append(Sample(id=f"{seed}-{at}", meta={"text": " ".join(words), "numbers": numbers}))
    return made


def eager(chats, **options):
    """Write every word that is asked about: the numbers, each once, and much else."""
    texts = [" ".join(dict.fromkeys(chat[-1]["content"].split())) for chat in chats]
    return [[Completion(text)] for text in texts]


def test_a_solution_of_lists_runs_from_the_development_set_to_the_report(tmp_path: Path) -> None:
    settings = dsol.Settings()
    old = LISTS.baseline(settings, {})
    calibration = learn_calibration(LISTS, settings, eager, samples(0, 30), old, 0.05, {})
    assert calibration.items.items > 100
    rows = predict(LISTS, settings, eager, calibration, old, {"texts": samples(1, 40)}, {})
    alone = score_model(LISTS, settings, eager, samples(1, 40), MicroF1(), {})
    assert [row["answers"]["model"]["score"] for row in rows] == [one.value for one in alone]
    report = gather(Run(tmp_path), MicroF1(), rows, 0.95)
    scores = {name: one["value"] for name, one in report["slices"][0]["scores"].items()}
    for name, value in scores.items():
        assert report["reduced"][name]["value"] == pytest.approx(value)  # the metric's own sum agrees with the headline
    assert scores["combined"] > scores["model"] > scores["baseline"]
    assert report["verdict"]["released"]
    items = report["items"]
    assert items["combined"]["precision"]["value"] == 1.0
    assert items["model"]["precision"]["value"] < 0.9
    assert set(items["combined"]["sources"]) == {"model", "both"}
    assert report["confidence"]["combined"]["coverage"] == 1.0
    assert "Items of the answers" in render(report)
    console = Console(width=80, file=io.StringIO(), color_system=None)
    for one in tables(report):
        console.print(one)
    shown = console.file.getvalue()
    assert "Items of the answers" in shown
    assert f"both {items['combined']['sources']['both']['right']}/" in shown
    assert "…" not in shown


def test_answers_without_items_are_not_measured_by_them() -> None:
    assert measure([{"score": 1.0}], 0.95) is None
    assert Calibration().items == ItemCalibration()
