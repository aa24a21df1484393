"""The wrapper: proof of every triple, direction, confidence, the baseline's triples, and who answers."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import opencc
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from dsol import Answer, Completion, Sample
from dsol.calibration import Calibration
from dsol.evaluation import learn_calibration, predict
from dsol_d2spo.answers.asking import ask, tokens_of
from dsol_d2spo.answers.bare import bare
from dsol_d2spo.metric import make_metrics
from dsol_d2spo.passages.composing import Composed
from dsol_d2spo.prompt import make_prompt, prompts
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Input, Settings
from dsol_d2spo.triple import Found, Output, Span, Triple
from dsol_d2spo.world import read_world
from dsol_d2spo.wrap import conclude, make_answer, wrap

SCHEMA = Schema(
    predicates=(
        Predicate(predicate="born in", subject_type="PER", object_type="LOC"),
        Predicate(predicate="spouse", subject_type="PER", object_type="PER", symmetric=True),
        Predicate(predicate="works for", subject_type="PER", object_type="ORG"),
    )
)
KNOWN = {
    "names": {"ann lee": {"PER": 3}, "bo chen": {"PER": 2}, "paris": {"LOC": 4}, "acme": {"ORG": 2}},
    "held": {"ann lee": 3, "bo chen": 2, "paris": 4, "acme": 2},
    "common": [],
    "shapes": {},
    "traits": {},
}
FILES: dict[str, Any] = {"schema": SCHEMA.model_dump(mode="json"), "knowledge": {}}
TEXT = "Ann Lee was born in Paris. She married Bo Chen. Bo Chen works for Acme in Lyon."


def line(subject: str, predicate: str, object: str) -> str:
    return json.dumps({"subject": subject, "predicate": predicate, "object": object}, ensure_ascii=False)


class Scripted:
    """Write what a function of the chat says; sampled completions may say something else."""

    def __init__(self, greedy: Callable[[str], str], sampled: Callable[[str, int], str] | None = None) -> None:
        self.greedy, self.sampled, self.asked = greedy, sampled, 0

    def __call__(
        self, chats: Any, *, samples: int = 1, temperature: float = 0.0, **more: Any
    ) -> list[list[Completion]]:
        self.asked += len(chats)
        texts = [chat[-1]["content"] for chat in chats]
        if not temperature:
            return [[Completion(self.greedy(text), (-0.5,) * 8)] for text in texts]
        say = self.sampled or (lambda text, at: self.greedy(text))
        return [[Completion(say(text, at), (-0.6,) * 8) for at in range(samples)] for text in texts]


def known_files() -> dict[str, Any]:
    from dsol_d2spo.learned.knowledge import Knowledge

    empty = Knowledge().to_json()
    return {**FILES, "knowledge": {**empty, **{name: KNOWN[name] for name in ("names", "held")}}}


def answer(
    *lines: str, text: str = TEXT, old: Output | None = None, calibration: Calibration | None = None, **changes: Any
) -> Answer[Output]:
    settings = Settings(**{"samples": 0, "batch": 9, "aliases": False, **changes})
    written = "\n".join(lines)
    wrapped = wrap(
        Scripted(lambda asked: written),
        settings,
        calibration=calibration or Calibration(),
        baseline=(lambda one: (old, 0.5)) if old is not None else None,
        files=known_files(),
    )
    found: Answer[Output] = wrapped.invoke({"text": text})
    return found


def ends(found: Answer[Output]) -> list[tuple[str, str, str, str]]:
    assert found.value is not None
    return [(one.subject, one.predicate, one.object, one.flag) for one in found.value.triples]


def test_both_ends_become_the_text_s_own_words_with_their_places() -> None:
    found = answer(line("ann lee", "born in", "PARIS"))
    assert ends(found) == [("Ann Lee", "born in", "Paris", "")]
    assert found.value is not None
    one = found.value.triples[0]
    assert [TEXT[at.start : at.end] for at in one.subject_spans] == ["Ann Lee"]
    assert [TEXT[at.start : at.end] for at in one.evidence] == ["Ann Lee was born in Paris."]
    assert (one.subject_type, one.object_type) == ("PER", "LOC")
    assert (found.source, found.reason, len(found.items)) == ("model", "ok", 1)


def test_letters_in_two_parts_are_whole_letters_and_places_hold_for_the_text_as_given() -> None:
    written = [line("José García", "born in", "Málaga"), line("Jose Garcia", "works for", "Wars̈")]
    text = unicodedata.normalize("NFD", "José García was born in Málaga. José García works for Wars̈. Málaga!")
    found = answer(*written, text=text)
    assert found.value is not None
    assert [unicodedata.normalize("NFC", one.object) for one in found.value.triples] == ["Málaga", "Wars̈"]
    for one in found.value.triples:
        assert {text[at.start : at.end] for at in one.subject_spans} == {one.subject} == {text[:13]}
        assert {text[at.start : at.end] for at in one.object_spans} == {one.object}
    assert {text[at.start : at.end][-1] for one in found.value.triples for at in one.evidence} <= set(".!")


@given(st.text("aéßs̈\u0301\u0328 .中이\u1100\u1161", max_size=40), st.data())
def test_a_composed_text_leads_back_to_the_given_one(text: str, data: Any) -> None:
    composed = Composed.of(text)
    start = data.draw(st.integers(0, len(composed.text)))
    end = data.draw(st.integers(start, len(composed.text)))
    spans = (Span(start=start, end=end),)
    back = composed.back(Output(triples=(Found(subject="x", predicate="y", object="z", evidence=spans),)))
    at = back.triples[0].evidence[0]
    one, other = (
        re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", part))
        for part in (composed.text[start:end], text[at.start : at.end])
    )
    assert one == other
    assert (at.start, at.end) == (start, end) or composed.places


def test_what_does_not_stand_in_the_text_is_flagged_and_has_no_places() -> None:
    found = answer(line("Ann Lee", "born in", "London"), line("Ann Lee", "born in", "Paris"))
    assert ends(found) == [("Ann Lee", "born in", "Paris", ""), ("Ann Lee", "born in", "London", "ungrounded")]
    assert found.value is not None
    assert not found.value.triples[1].grounded
    assert [item.reason for item in found.items] == ["ok", "ungrounded"]


def test_the_nearest_places_come_first() -> None:
    text = "Acme is large. Paris is far. Bo Chen left. Bo Chen works for Acme. Acme hired."
    one = answer(line("Bo Chen", "works for", "Acme"), text=text).value.triples[0]  # type: ignore[union-attr]
    assert (one.subject_spans[0].start, one.object_spans[0].start) == (text.rindex("Bo Chen"), text.index("Acme."))
    assert len(one.object_spans) == 3


def test_a_reversed_triple_is_turned_only_where_the_reverse_alone_fits() -> None:
    assert ends(answer(line("Paris", "born in", "Ann Lee"))) == [("Ann Lee", "born in", "Paris", "")]
    assert ends(answer(line("Acme", "works for", "Paris"))) == [("Acme", "works for", "Paris", "off_schema")]
    # Lyon's type isn't known: nothing speaks against it.
    assert ends(answer(line("Bo Chen", "works for", "Lyon"))) == [("Bo Chen", "works for", "Lyon", "")]


def test_a_predicate_that_holds_both_ways_gives_both() -> None:
    assert ends(answer(line("Ann Lee", "spouse", "Bo Chen"))) == [
        ("Ann Lee", "spouse", "Bo Chen", ""),
        ("Bo Chen", "spouse", "Ann Lee", ""),
    ]


def test_unsure_prompts_are_asked_again_and_agreement_is_counted() -> None:
    right, wrong = line("Ann Lee", "born in", "Paris"), line("Bo Chen", "born in", "Paris")
    model = Scripted(lambda text: right, lambda text, at: wrong if at == 2 else right)
    settings = Settings(samples=3, batch=9)
    world = read_world(settings, known_files())
    asked = prompts(TEXT, world.schema, settings, world.knowledge)
    heard, dropped = ask(model, make_prompt(settings), asked, settings)[0]
    assert [(one.triple.subject, one.agreement, one.greedy) for one in heard] == [
        ("Ann Lee", 0.75, True),
        ("Bo Chen", 0.25, False),
    ]
    assert dropped == []
    sure = Scripted(lambda text: right)
    sure_call = sure.__call__
    certain: Any = lambda chats, **more: [[Completion(right, (0.0,))] for _ in sure_call(chats, **more)]  # noqa: E731
    assert ask(certain, make_prompt(settings), asked, settings)[0][0][0].agreement == 1.0
    assert sure.asked == 1


def test_log_probabilities_are_those_of_the_triple_s_line() -> None:
    one, two = line("Ann Lee", "born in", "Paris"), line("Bo Chen", "works for", "Acme")
    logs = (-0.1,) * 10 + (-2.0,) * 10
    both = Completion(f"{one}\n{two}", logs)
    assert max(tokens_of(Triple(subject="Ann Lee", predicate="born in", object="Paris"), both)) == -0.1
    assert min(tokens_of(Triple(subject="Bo Chen", predicate="works for", object="Acme"), both)) == -2.0
    assert set(tokens_of(Triple(subject="Bo Chen", predicate="works for", object="Acme"), both)[1:]) == {-2.0}
    assert tokens_of(Triple(subject="x", predicate="y", object="z"), both) == logs


@pytest.mark.parametrize(
    ("written", "old", "reason", "source"),
    [
        ("none", None, "nothing_found", "model"),
        ("{{{{ broken", None, "unreadable", "none"),
        ("{{{{ broken", "Acme", "fallback", "baseline"),
        (line("Ann Lee", "born in", "Paris"), "Acme", "ok", "both"),
        (line("Ann Lee", "born in", "London"), None, "low_confidence", "model"),
    ],
)
def test_who_answers_and_why(written: str, old: str | None, reason: str, source: str) -> None:
    baseline = Output(triples=(Found(subject="Bo Chen", predicate="works for", object=old),)) if old else None
    found = answer(written, old=baseline)
    assert (found.reason, found.source) == (reason, source)
    assert (found.value is None) == (source == "none")


def test_a_triple_that_both_found_is_one_item_of_both() -> None:
    old = Output(triples=(Found(subject="Ann Lee", predicate="born in", object="Paris", confidence=0.9),))
    found = answer(line("Ann Lee", "born in", "Paris"), old=old)
    assert [(item.source, item.baseline) for item in found.items] == [("both", 0.9)]
    assert found.value is not None
    assert found.value.triples[0].source == "both"


def test_an_empty_text_is_no_question() -> None:
    assert answer("none", text=" \n ").reason == "empty_text"


def rows(count: int, seed: int) -> list[Sample]:
    """Make documents of facts about people and places; the model below is right where it is sure."""
    draw = random.Random(seed)
    people, places = ["Ann Lee", "Bo Chen", "Cy Diaz", "Di Egan", "Ed Funk"], ["Paris", "Lyon", "Rome", "Oslo", "Kyiv"]
    made = []
    for at in range(count):
        pairs = list(zip(draw.sample(people, 4), draw.sample(places, 4), strict=True))
        text = " ".join(
            f"{who} was {'born' if at % 2 else 'seen'} in {where}." for at, (who, where) in enumerate(pairs, at)
        )
        gold = [
            {"subject": [who], "predicate": "born in", "object": [where]}
            for n, (who, where) in enumerate(pairs, at)
            if n % 2
        ]
        made.append(
            Sample(id=f"{seed}/{at}", input={"text": text}, meta={"text": text, "gold": gold, "language": "en"})
        )
    return made


class Half:
    """Say of every person and place that one was born in the other, and be surer where the text says so."""

    def __call__(self, chats: Any, *, samples: int = 1, **more: Any) -> list[list[Completion]]:
        found = []
        for chat in chats:
            facts = re.findall(r"(\w+ \w+) was (\w+) in (\w+)\.", chat[-1]["content"])
            said = [(line(who, "born in", where), verb == "born") for who, verb, where in facts]
            text = "\n".join(one for one, _ in said)
            logs = tuple(-0.05 if ok else -1.5 for one, ok in said for _ in range(len(one) // 4))
            found.append([Completion(text, logs)] * samples)
        return found


class Rows:
    """The parts of a solution that evaluation needs."""

    name = "d2spo"
    prompt = staticmethod(make_prompt)
    metrics = staticmethod(make_metrics)
    wrap = staticmethod(wrap)
    bare = staticmethod(bare)
    Output = Output

    @staticmethod
    def inputs(sample: Sample) -> Input:
        return Input(text=str(sample.meta["text"]))


def first_fact(one: Input) -> tuple[Output, float]:
    facts = re.findall(r"(\w+ \w+) was born in (\w+)\.", one.text)[:1]
    return Output(triples=tuple(Found(subject=a, predicate="born in", object=b, confidence=0.9) for a, b in facts)), 0.9


@pytest.mark.parametrize("useless", [False, True])
def test_from_the_development_set_to_answers(useless: bool) -> None:
    """A model whose confidence tells is lifted by its wrapper; a useless one leaves the baseline as it is."""
    settings = Settings(samples=0, aliases=False)
    files = {"schema": Schema(predicates=(Predicate(predicate="born in"),)).model_dump(mode="json"), "knowledge": {}}
    model: Any = Scripted(lambda text: line("Paris", "born in", "Rome")) if useless else Half()
    solution: Any = Rows
    calibration = learn_calibration(solution, settings, model, rows(30, 0), first_fact, 0.0, files)
    answers = predict(solution, settings, model, calibration, first_fact, {"some": rows(30, 1)}, files)
    metric = make_metrics(settings, files)[0]
    from dsol.evaluation import reduce

    scores = {who: reduce(metric, answers, who)["value"] for who in ("model", "wrapped", "baseline", "combined")}
    if useless:
        assert scores["combined"] == scores["baseline"] > scores["model"]
    else:
        assert scores["combined"] == scores["wrapped"] == 1.0 > scores["model"]
        assert scores["combined"] > scores["baseline"]
    told = [reduce(metric, answers, who) for who in ("wrapped", "combined")]
    assert {one["proof_rate"] for one in told if one["proof_rate"] is not None} <= {1.0}


def test_below_the_threshold_triples_are_flagged_or_dropped() -> None:
    settings = Settings(samples=0, aliases=False)
    solution: Any = Rows
    files = {"schema": Schema(predicates=(Predicate(predicate="born in"),)).model_dump(mode="json"), "knowledge": {}}
    learned = learn_calibration(solution, settings, Half(), rows(30, 0), None, 0.0, files)
    text = str(rows(1, 5)[0].meta["text"])
    output = make_answer(Half(), settings, read_world(settings, files))([text])[0]
    composed = Composed.of(text)
    shown = conclude(composed, output, settings, learned, None, Schema())
    assert shown.value is not None
    assert [one.flag for one in shown.value.triples] == ["", "", "low_confidence", "low_confidence"]
    dropping = conclude(composed, output, settings.model_copy(update={"drop": True}), learned, None, Schema())
    assert dropping.value is not None
    assert [one.flag for one in dropping.value.triples] == ["", ""]
    assert [one.reason for one in dropping.value.dropped] == ["low_confidence", "low_confidence"]
    strict = conclude(composed, output, settings.model_copy(update={"confidence": 1.0}), learned, None, Schema())
    assert {one.flag for one in strict.value.triples} == {"low_confidence"}  # type: ignore[union-attr]


# What is returned as grounded, checked by nothing of the wrapper's: plain slices of the text.

TO_SIMPLE = opencc.OpenCC("t2s")
SPOILED = [
    lambda text, draw: text[: draw.randrange(len(text) + 1)],
    lambda text, draw: text.replace('"', draw.choice(["'", "“", "", "＂"])),
    lambda text, draw: text.replace("{", draw.choice(["[", "｛", "", "{{"])).replace("}", draw.choice(["]", "", "}}"])),
    lambda text, draw: text + "\n" + text,
    lambda text, draw: text[::-1],
    lambda text, draw: "".join(draw.sample(text, len(text))),
    lambda text, draw: text.replace("Paris", draw.choice(["London", "Pariss", "", "PARIS", "P", "巴黎"])),
    lambda text, draw: text.replace("Ann Lee", draw.choice(["Ann", "Anne Leigh", "Lee Ann", "nn Le", "She"])),
    lambda text, draw: text + " " + TEXT,
    lambda text, draw: "".join(chr(draw.randrange(32, 0x2FFF)) for _ in range(60)) + text,
]
TEXTS = (TEXT, "李雷出生於臺北，任職於ＡＣＭＥ公司。Ann Lee 在 Paris 认识了李雷。")
LINES = [
    line("Ann Lee", "born in", "Paris"), line("Bo Chen", "works for", "Acme"), line("李雷", "born in", "台北"),
    line("李雷", "works for", "acme公司"), line("Ann Lee", "spouse", "Bo Chen"),
]  # fmt: skip


def plain(words: str) -> str:
    """Lose what makes no other word: case, width and the traditional form, by a library of its own."""
    return TO_SIMPLE.convert(unicodedata.normalize("NFKC", words)).casefold()


def check_grounded(text: str, output: Output) -> int:
    """Fail where a triple that is given without a flag isn't in the text; return how many were given."""
    given_ = [one for one in output.triples if not one.flag]
    for one in given_:
        for words, spans in ((one.subject, one.subject_spans), (one.object, one.object_spans)):
            assert words
            assert words in text
            assert spans
            assert all(0 <= at.start < at.end <= len(text) for at in spans)
            assert {plain(text[at.start : at.end]) for at in spans} == {plain(words)}
    assert all(one.grounded == bool(one.subject_spans and one.object_spans) for one in output.triples)
    return len(given_)


def test_a_thousand_spoiled_outputs_never_ground_what_is_not_there() -> None:
    draw = random.Random(0)
    told = 0
    for number in range(1000):
        text = TEXTS[number % 2]
        written = "\n".join(draw.sample(LINES, draw.randrange(1, 5)))
        for spoil in draw.sample(SPOILED, draw.randrange(1, 4)):
            written = spoil(written, draw)
        found = answer(written, text=text, aliases=bool(number % 3), match=draw.choice([60, 88, 100]))
        if found.value is not None:
            told += check_grounded(text, found.value)
    assert told > 300  # the check had something to check


@given(st.text(max_size=80), st.text(max_size=120))
@hypothesis(max_examples=150, deadline=None)
def test_any_text_and_any_output_are_survived(text: str, written: str) -> None:
    found = answer(written, text=text)
    if found.value is not None:
        check_grounded(text, found.value)


def test_articles_and_possessives_are_no_part_of_a_place() -> None:
    text = "Ann Lee left the Acme. Acme's Ann Lee works for Acme Group. The Acme grew. Ann Lee's job is at Acme."
    found = answer(
        line("Ann Lee's", "works for", "the Acme"), line("Ann Lee", "works for", "Acme"), text=text, aliases=True
    )
    assert found.value is not None
    assert check_grounded(text, found.value) == len(found.value.triples) == 1


def test_the_bare_model_is_asked_the_same_prompts_and_nothing_more() -> None:
    settings = Settings(samples=0, batch=1)
    model = Scripted(lambda text: line("Ann Lee", "born in", "London"))
    sample = Sample(id="one", meta={"text": TEXT, "gold": []})
    found = bare(model, make_prompt(settings), settings, [sample], known_files())
    assert model.asked == 3  # one prompt for each predicate
    assert [(one.subject, one.object, one.flag, one.grounded) for one in found[0].triples] == [
        ("Ann Lee", "London", "", False)
    ]


def test_sequences_of_texts_are_answered_in_order() -> None:
    settings = Settings(samples=0)
    wrapped = wrap(Half(), settings, calibration=Calibration(), baseline=None, files=FILES)
    texts: Sequence[str] = [str(one.meta["text"]) for one in rows(3, 2)] + ["", TEXT]
    found = wrapped.batch([Input(text=text) for text in texts])
    assert [one.reason for one in found] == ["ok", "ok", "ok", "empty_text", "ok"]
    assert wrapped.invoke({"text": texts[1]}) == found[1]
