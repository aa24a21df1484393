"""The rules: what each proposes from the numbers of a run, and what it says where nothing is known."""

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsol import knowhow
from dsol.corpus.source import Source
from dsol.knowhow import Facts, Rule, SourceFacts, advise, base_or_chat, general_ratio
from dsol.recipe import Evaluation, Recipe, Stage
from dsol.sizing import KNOWN, Machine

KNOWHOW = Path(__file__).parents[2].parent / "shared" / "design" / "knowhow.md"
CARD = Machine("24GB card", "cuda", 1, 24 * 10**9)


def chat(name="qwen3-8b", origin="chat"):
    return dataclasses.replace(KNOWN[name], origin=origin)


def recipe(**more):
    paths = [str(Path(__file__))]
    sources = {
        "norms": Source(paths=paths, kind="standard"),
        "site": Source(paths=paths, kind="site"),
        "wiki": Source(paths=paths, kind="general"),
    }
    stages = {"cpt": Stage(data="documents", tokens=40_000_000), "sft": Stage()}
    return Recipe(**{"solutions": {"text2sql": {}}, "sources": sources, "stages": stages, "base": "some/base", **more})


FACTS = Facts(
    sources={
        "norms": SourceFacts("standard", 40, 2_000_000, "counted"),
        "site": SourceFacts("site", 900, 8_000_000, "counted"),
        "wiki": SourceFacts("general", 9000, 90_000_000, "counted"),
    },
    examples={"text2sql": 3000},
    counted="3,000 in files",
    shape=chat(),
    machine=CARD,
)


def one(rule, setting="", facts=FACTS, **more):
    found = [a for a in advise(recipe(**more), {}, facts) if a.rule == rule and (not setting or a.setting == setting)]
    assert found, f"{rule} says nothing of {setting}"
    return found[0]


def test_the_ratio_at_its_corners_and_between():
    assert [general_ratio(tokens) for tokens in (0, 10**6, 10**7, 10**9, 10**11, 10**13)] == [10, 10, 10, 5, 1, 1]
    assert general_ratio(10**8) == pytest.approx(7.5)
    assert general_ratio(10**10) == pytest.approx(3)
    assert general_ratio(10**7, 0.1) == pytest.approx(5)
    assert general_ratio(10**7, 0.3) == 0


@given(st.integers(0, 10**14), st.integers(0, 10**14), st.floats(0, 1), st.floats(0, 1))
def test_more_domain_text_or_more_task_rows_never_ask_for_more_general_text(small, large, less, more):
    small, large = sorted((small, large))
    less, more = sorted((less, more))
    assert general_ratio(small, less) >= general_ratio(large, less) >= general_ratio(large, more) >= 0


def test_base_or_chat_by_examples_and_memory():
    assert [base_or_chat(count, True) for count in (0, 5_000, 5_001, 100_000)] == ["chat", "chat", "base", "base"]
    assert [base_or_chat(count, False) for count in (5_001, 100_000, 10**7)] == ["chat", "chat", "chat"]


def test_every_rule_of_the_design_is_there():
    if not KNOWHOW.exists():
        pytest.skip(f"{KNOWHOW} is not on this machine")
    written = set(re.findall(r"^\| ([a-z-]+) \|", KNOWHOW.read_text(encoding="utf-8"), re.MULTILINE)) - {"id"}
    assert written <= set(knowhow.BUILT_IN)


def test_kinds_are_weighed_and_their_shares_said_in_numbers():
    said = one("corpus-kind", "stages.cpt.kinds")
    assert said.value == {"standard": 3.0, "site": 1.0}
    # 3 x 2 M against 1 x 8 M
    assert "standard 43% (2 M tokens)" in said.because
    assert "site 57% (8 M tokens)" in said.because
    assert "2407.01492" in said.against


def test_general_ratio_counts_domain_tokens_and_what_general_text_there_is():
    said = one("general-ratio", "stages.cpt.general")
    assert said.value == pytest.approx(5.0)  # 10 M domain tokens, halved by 10 % of task rows
    assert "10 M domain tokens" in said.because
    assert "10 general tokens for each, 5 with 10%" in said.because
    none = dataclasses.replace(FACTS, sources={name: s for name, s in FACTS.sources.items() if name != "wiki"})
    assert "no general source" in one("general-ratio", facts=none).because
    assert one("general-ratio", facts=Facts()).value == "auto"
    assert "aren't known yet" in one("general-ratio", facts=Facts()).because


def test_the_repeat_cap_names_what_is_short():
    stages = {"cpt": Stage(data="documents", tokens=500_000_000, general=1.0)}
    said = one("repeat-cap", stages=stages)
    assert said.value == 4.0
    assert "norms (" in said.because
    assert "no source is read more than 4 times" in one("repeat-cap").because


def test_mip_stands_aside_without_tasks():
    assert one("mip").value == 0.1
    assert "3,000 task rows" in one("mip").because
    assert one("mip", solutions={}).value == 0.0


def test_a_forced_full_tune_of_a_chat_model_is_marked_as_overridden():
    stages = {"sft": Stage(tune="full", force="full")}
    said = one("peft-on-chat", stages=stages)
    assert (said.value, said.used, said.state) == ("lora", "full", "overridden")
    assert "8.19 B parameters" in said.because
    assert "of 24.0 GB" in said.because
    assert one("peft-on-chat", "stages.sft.tune").state == "left to the rule"


def test_a_base_model_is_tuned_in_full_only_where_it_fits():
    large = Machine("640GB card", "cuda", 1, 640 * 10**9)
    base = dataclasses.replace(FACTS, shape=chat(origin="base"))
    assert one("peft-on-chat", facts=base).value == "lora"
    assert one("peft-on-chat", facts=dataclasses.replace(base, machine=large)).value == "full"
    assert one("peft-on-chat", facts=dataclasses.replace(base, shape=chat(origin="scratch"))).value == "full"


def test_base_or_chat_names_rows_and_machine():
    assert one("base-or-chat").state == "as proposed"
    many = dataclasses.replace(
        FACTS, examples={"text2sql": 250_000}, shape=chat("qwen3-0.6b"), machine=Machine("GPU", "cuda", 1, 80 * 10**9)
    )
    said = one("base-or-chat", facts=many)
    assert said.value == "a base model"
    assert said.state == "overridden"
    assert "250 k examples" in said.because
    assert "fits 1 x GPU of 80 GB" in said.because


def test_what_nothing_is_known_of_is_said_and_not_guessed():
    for said in advise(recipe(), {}):
        assert not re.search(r"\b(nan|inf|None)\b", said.because), said
    assert "isn't known" in one("size-ceiling", facts=Facts()).because
    assert "not counted yet" in one("base-or-chat", facts=Facts()).because


def test_the_size_ceiling_speaks_up_above_13_billion():
    assert one("size-ceiling").state == "as proposed"
    assert one("size-ceiling", facts=dataclasses.replace(FACTS, shape=KNOWN["llama-2-13b"])).state == "as proposed"
    assert one("size-ceiling", facts=dataclasses.replace(FACTS, shape=KNOWN["qwen3-14b"])).state == "overridden"


def test_evaluation_sets_that_are_missing_are_said():
    assert one("two-eval-sets", "evaluation.domain").state == "not given"
    given_set = one("two-eval-sets", "evaluation.domain", evaluation=Evaluation(domain=(Path(__file__),)))
    assert given_set.state == "as proposed"


def test_a_rule_of_a_plugin_is_asked_and_may_replace_a_built_in_one():
    mine = Rule("own", "measured", lambda recipe, facts: [("seed", 7, f"{facts.all_examples} examples")], "one run")
    other = Rule("mip", "measured", lambda recipe, facts: [("stages.cpt.mip", 0.5, "a sweep on this data")])
    found = advise(recipe(), {"own": mine, "mip": other}, FACTS)
    own = next(said for said in found if said.rule == "own")
    assert (own.used, own.state, own.because, own.against) == (0, "overridden", "3000 examples", "one run")
    assert [said.value for said in found if said.rule == "mip"] == [0.5]


def test_advice_turns_into_plain_values():
    described = knowhow.described(advise(recipe(), {}, FACTS))
    keys = {"rule", "setting", "value", "used", "state", "because", "evidence", "against"}
    assert all(set(row) == keys for row in described)
