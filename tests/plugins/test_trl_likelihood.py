"""Likelihoods behind shared prefixes must be those of lm-evaluation-harness, and of the plain forward pass."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from dsol import NO_LOSS, Alternatives, BackendError, Likelihood
from dsol.recipe import Recipe, Stage
from dsol.rows import SCHEMA
from dsol_trl import branching, template
from dsol_trl import measure as measuring
from dsol_trl.backend import TrlBackend
from dsol_trl.branching import Branching
from dsol_trl.likelihood import Weigher
from dsol_trl.weighing import weigh_alone

from . import babyllama, harness
from .test_trl_generate import count_computed, random_model, tokenizer

__all__ = ["tokenizer"]  # the fixture

# Both sides compute in single precision, and so do other processors' libraries, in other orders. A total of 200 nats is
# off by that much from double precision in the harness's own output (up to 7e-7 of it); a logarithm in double precision
# over the same logits changes nothing, since the forward pass rounds. So from 100 nats on: 8 spacings of fp32.
ROUNDING = 1e-6
KEPT = json.loads(harness.KEPT.read_text(encoding="utf-8"))
SHOTS = "\n\n".join(f"Question: what is {at} and {at}?\nAnswer: {2 * at}" for at in range(20))
ASKED = [
    Alternatives(f"{SHOTS}\n\nQuestion: {question}\nAnswer:", (" 4", " the name of a table", "x", " 哪个名字"))
    for question in (
        "2 and 2?",
        "which name?",
        "哪个名字的值最大？ And which of all the rows has it?",
        "x",
        "2 and 2?!",
    )
]


def weigher(kind: str, tokenizer: PreTrainedTokenizerFast, memory: int = 1 << 30, **options: object) -> Weigher:
    return Weigher(random_model(kind, len(tokenizer), **options), template.codec(tokenizer), memory, False)


def prepared(base: Path, folder: Path) -> Path:
    recipe = Recipe(solutions={"test": {}}, base=str(base), stages={"sft": Stage()})
    TrlBackend().prepare(recipe, folder, lambda: iter(()))
    return folder


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Likelihood]:
    known: dict[str, Likelihood] = {}

    def get(name: str) -> Likelihood:
        if name not in known:
            place = tmp_path_factory.mktemp(name)
            make, _ = harness.cases(babyllama.convert, babyllama.SOURCE)[name]
            known[name] = TrlBackend().load_likelihood(prepared(make(place / "source"), place / "base"))
        return known[name]

    return get


@pytest.mark.parametrize("case", KEPT["cases"], ids=lambda case: f"{case['model']}-{case['shots']}-{case['form']}")
def test_equals_the_reference_harness(case: dict[str, Any], load: Callable[[str], Likelihood]) -> None:
    if case["model"] == "babyllama" and not babyllama.SOURCE.is_dir():
        pytest.skip(f"the shared model {babyllama.SOURCE} is absent")
    likelihood = load(case["model"])
    found = likelihood([Alternatives(row["asked"], tuple(row["options"])) for row in case["rows"]])
    right: dict[str, list[bool]] = {"acc": [], "acc_norm": [], "acc_bytes": []}
    for row, options in zip(case["rows"], found, strict=True):
        totals = np.array([one.total for one in options])
        assert totals == pytest.approx([total for total, _ in row["likelihoods"]], abs=1e-4, rel=ROUNDING)
        assert [one.greedy for one in options] == [greedy for _, greedy in row["likelihoods"]]
        texts = [option.removeprefix(" ") for option in row["options"]]
        for name, lengths in (
            ("acc", [1] * len(texts)),
            ("acc_norm", list(map(len, texts))),
            ("acc_bytes", [len(text.encode()) for text in texts]),
        ):
            right[name].append(int((totals / np.array(lengths)).argmax()) == row["answer"])
    assert {name: float(np.mean(some)) for name, some in right.items()} == pytest.approx(
        {name: case[name] for name in right}
    )
    assert likelihood.chat is (case["model"] == "seed")


@pytest.mark.parametrize("name", ["qwen3", "seed"])
def test_double_precision_is_as_near_as_to_the_harness(name: str, load: Callable[[str], Likelihood]) -> None:
    """What tells rounding from a mistake: the same model in double precision, each option by itself."""
    case = next(one for one in KEPT["cases"] if (one["model"], one["shots"], one["form"]) == (name, 0, "text"))
    weigh = cast(Weigher, load(name))
    asked = [Alternatives(row["asked"], tuple(row["options"])) for row in case["rows"]]
    ours = [one.total for some in weigh(asked) for one in some]
    theirs = [total for row in case["rows"] for total, _ in row["likelihoods"]]
    items = [Branching(context, tuple(options)) for context, options in weigh._encode(asked)]
    double = copy.deepcopy(weigh.model).double()
    double.set_attn_implementation(weigh.sharing.own)
    truth = []
    for item in items:
        for option in item.options:
            ids = torch.tensor([[*item.context, *option[:-1]]])
            with torch.inference_mode():
                logprobs = torch.log_softmax(double(input_ids=ids).logits[0, len(item.context) - 1 :], -1)
            truth.append(float(logprobs.gather(1, torch.tensor(option)[:, None]).sum()))
    assert ours == pytest.approx(truth, abs=1e-4, rel=ROUNDING)
    far = [float(np.abs(np.array(side) - truth).mean()) for side in (ours, theirs)]
    assert far[0] <= 2 * far[1]


@pytest.mark.parametrize("inline", [0, branching.INLINE])
def test_what_options_have_alike_is_run_with_their_context(
    inline: int, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters of two tokens, one option that another begins with, options without anything alike: no branch is lost."""
    monkeypatch.setattr(branching, "INLINE", inline)
    weigh = weigher("qwen3", tokenizer)
    context = tuple(tokenizer(SHOTS)["input_ids"])
    items = [
        Branching((*context, 30), ((5, 6), (5, 7), (5, 8))),
        Branching((*context, 31), ((5, 6), (5, 7, 8), (5, 6, 9), (5,))),
        Branching((*context, 32, 33), ((5, 6, 7, 8), (5, 6, 7, 9, 10, 11), (5, 6, 7))),
        Branching((*context, 34), ((5,), (6, 7, 8))),
        Branching((*context, 35), ((5, 6, 7),)),
    ]
    assert [len(one.alike) for one in items] == [1, 0, 2, 0, 2]
    seen = count_computed(weigh.model)
    shared = weigh.weigh(items[:1])
    assert sum(seen) == len(context) + 2  # the letters' own tokens need no pass
    shared = [*shared, *weigh.weigh(items[1:])]
    weigh.model.set_attn_implementation(weigh.sharing.own)
    for some, others in zip(shared, weigh_alone(weigh.model, items), strict=True):
        for one, two in zip(some, others, strict=True):
            assert one.logprobs == pytest.approx(two.logprobs, abs=1e-5)
            assert one.best.tolist() == two.best.tolist()


def test_little_of_what_is_run_is_padding(tokenizer: PreTrainedTokenizerFast) -> None:
    weigh = weigher("qwen3", tokenizer)
    shots = tuple(tokenizer(SHOTS)["input_ids"])
    lengths = [20 + 5 * (at % 30) for at in range(90)]
    items = [Branching((*shots, *([7 + at] * length)), ((5,), (6,))) for at, length in enumerate(lengths)]
    seen = count_computed(weigh.model)
    weigh.weigh(items)
    assert sum(seen) - len(shots) < 1.15 * sum(lengths)


@pytest.mark.parametrize("kind", ["qwen3", "llama", "glm4", "gemma2", "mistral"])
def test_equals_the_plain_forward_pass(kind: str, tokenizer: PreTrainedTokenizerFast) -> None:
    # Mistral has a sliding window shorter than the prompts here: it can't share them.
    options = {"sliding_window": 64} if kind == "mistral" else {}
    weigh = weigher(kind, tokenizer, **options)
    assert (weigh.sharing.reach > 1000) == (not options)
    found = weigh(ASKED)
    model = random_model(kind, len(tokenizer), **options)
    for one, some in zip(ASKED, found, strict=True):
        before = tokenizer(one.context)["input_ids"]
        for option, got in zip(one.options, some, strict=True):
            whole = tokenizer(str(one.context) + option)["input_ids"]
            with torch.inference_mode():
                logprobs = torch.log_softmax(model(input_ids=torch.tensor([whole[:-1]])).logits[0], -1)
            own = range(len(before) - 1, len(whole) - 1)
            assert got.total == pytest.approx(sum(float(logprobs[at, whole[at + 1]]) for at in own), abs=1e-4)
            assert got.tokens == len(own)
            assert got.greedy == all(int(logprobs[at].argmax()) == whole[at + 1] for at in own)


def test_shots_and_questions_are_computed_once(tokenizer: PreTrainedTokenizerFast) -> None:
    weigh = weigher("qwen3", tokenizer)
    seen = count_computed(weigh.model)
    weigh(ASKED)
    shots = len(tokenizer(SHOTS)["input_ids"])
    own = sum(len(tokenizer(str(one.context))["input_ids"]) - shots for one in ASKED)
    options = sum(len(tokenizer(option)["input_ids"]) for one in ASKED for option in one.options)
    assert sum(seen) < shots + 2 * (own + options), "no more than half of a batch may be padding"
    assert sum(seen) < shots * len(ASKED)


def test_subjects_that_begin_alike_have_their_own_shots(tokenizer: PreTrainedTokenizerFast) -> None:
    weigh = weigher("qwen3", tokenizer)
    seen = count_computed(weigh.model)
    other = SHOTS.replace("what is", "which row has")
    both = [*ASKED, *(Alternatives(str(one.context).replace(SHOTS, other), one.options) for one in ASKED)]
    found = weigh(both)
    whole = len(tokenizer(SHOTS)["input_ids"]) + len(tokenizer(other)["input_ids"])
    assert whole < sum(seen) < 2 * whole
    for one, two in zip([*weigh(both[:5]), *weigh(both[5:])], found, strict=True):
        assert [option.total for option in one] == pytest.approx([option.total for option in two], abs=1e-4)


def test_memory_and_company_change_nothing(tokenizer: PreTrainedTokenizerFast) -> None:
    together = weigher("llama", tokenizer)(ASKED)
    tight = weigher("llama", tokenizer, 1 << 18)(ASKED[::-1])[::-1]
    heard: list[tuple[int, int]] = []
    alone = [weigher("llama", tokenizer)([one], lambda *at: heard.append(at))[0] for one in ASKED]
    for some, others, lone in zip(together, tight, alone, strict=True):
        for one, two, three in zip(some, others, lone, strict=True):
            assert (one.total, one.total) == pytest.approx((two.total, three.total), abs=1e-4)
    assert heard[-1] == (1, 1)


def test_what_does_not_fit_is_cut_at_the_front_and_said(tokenizer: PreTrainedTokenizerFast) -> None:
    weigh = weigher("qwen3", tokenizer, max_position_embeddings=64)
    long, short = weigh([ASKED[0], Alternatives("Question: x\nAnswer:", (" 4", " 5"))])
    assert [one.cut for one in short] == [0, 0]
    whole = tokenizer(str(ASKED[0].context) + ASKED[0].options[1])["input_ids"]
    assert long[1].cut == len(whole) - 65
    with torch.inference_mode():
        logprobs = torch.log_softmax(weigh.model(input_ids=torch.tensor([whole[-65:-1]])).logits[0], -1)
    kept = range(64 - long[1].tokens, 64)
    assert long[1].total == pytest.approx(sum(float(logprobs[at, whole[-65:][at + 1]]) for at in kept), abs=1e-4)
    with pytest.raises(BackendError, match="this model weighs 1 to 64"):
        weigh([Alternatives("Answer:", (" word" * 100,))])
    with pytest.raises(BackendError, match="has no options"):
        weigh([Alternatives("Answer:", ())])


def test_an_empty_context_and_control_tokens_in_the_text(tokenizer: PreTrainedTokenizerFast) -> None:
    weigh = weigher("qwen3", tokenizer)
    name = tuple(tokenizer("name")["input_ids"])

    def total(context: list[int]) -> float:
        return float(weigh.weigh([Branching(tuple(context), (name,))])[0][0].logprobs.sum())

    (empty,), (ended,) = weigh([Alternatives("", ("name",)), Alternatives("a<|im_end|>", ("name",))])
    assert empty.total == pytest.approx(total([tokenizer.eos_token_id]), abs=1e-5)
    # Data can't end a turn: the control token is taken apart.
    assert ended.total == pytest.approx(total(tokenizer("a< |im_end|>")["input_ids"]), abs=1e-5)
    assert ended.total != pytest.approx(total(tokenizer("a<|im_end|>")["input_ids"]), abs=1e-5)


@pytest.mark.parametrize("inline", [0, 12, branching.INLINE])
def test_plain_batches_equal_branches(
    inline: int, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branching, "INLINE", inline)
    weigh = weigher("qwen3", tokenizer)
    items = [Branching(context, tuple(options)) for context, options in weigh._encode(ASKED)]
    shared = weigh.weigh(items)
    weigh.model.set_attn_implementation(weigh.sharing.own)
    for some, others in zip(shared, weigh_alone(weigh.model, items), strict=True):
        for one, two in zip(some, others, strict=True):
            assert one.logprobs == pytest.approx(two.logprobs, abs=1e-5)
            assert one.best.tolist() == two.best.tolist()


def test_held_out_loss_counts_label_tokens_by_source(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weigh = weigher("qwen3", tokenizer)
    monkeypatch.setattr(measuring, "load_weigher", lambda model: weigh)
    texts = [tokenizer(f"{SHOTS[:200]} how many {at}?")["input_ids"] for at in range(7)]
    holes = [[NO_LOSS] * (len(ids) - 6) + ids[-6:-4] + [NO_LOSS] + ids[-3:] for ids in texts]
    sources: dict[str, list[Any]] = {
        "task": holes,
        "documents": [None] * 7,
        "mute": [[NO_LOSS] * len(t) for t in texts],
    }
    files = {}
    for name, labels in sources.items():
        files[name] = tmp_path / f"{name}.arrow"
        table = pa.table({"input_ids": texts, "labels": labels, "prefix": [-1] * 7, "prefix_length": [0] * 7}, SCHEMA)
        with pa.OSFile(str(files[name]), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as out:
            out.write_table(table)
    heard: list[tuple[int, int]] = []
    found = TrlBackend().measure(tmp_path, files, lambda *at: heard.append(at))
    for name, labels in sources.items():
        nats, count = 0.0, 0
        for ids, own in zip(texts, labels, strict=True):
            target = torch.tensor(ids if own is None else own)[1:]
            with torch.inference_mode():
                logits = weigh.model(input_ids=torch.tensor([ids])).logits[0, :-1]
            nats += float(torch.nn.functional.cross_entropy(logits, target, ignore_index=NO_LOSS, reduction="sum"))
            count += int((target != NO_LOSS).sum())
        assert found[name].tokens == count
        assert found[name].mean == pytest.approx(nats / count if count else 0.0, abs=1e-5)
    assert found["task"].tokens == 7 * 5
    assert found["mute"].tokens == 0
    assert heard[-1] == (21, 21)


def test_a_converted_babyllama_speaks(load: Callable[[str], Likelihood]) -> None:
    """The head of its story is a thousand times likelier than the same letters in another order."""
    if not babyllama.SOURCE.is_dir():
        pytest.skip(f"the shared model {babyllama.SOURCE} is absent")
    ((story, noise),) = load("babyllama")(
        [Alternatives("Once upon a time, there was a little", (" girl named Lily.", " yliL deman lrig."))]
    )
    assert story.greedy
    assert story.total - noise.total > math.log(1000)


def test_the_command_scores_a_base_and_compares_two(dsol: Any, tmp_path: Path) -> None:
    rows = [{"question": f"{at} + 1?", "choices": [str(at + 1), str(at + 2)], "answer": at % 2} for at in range(8)]
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    asked = dsol("eval", "seed", "--mcq", "sums.jsonl", "--shots", 1, "--against", "seed", "--json", cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    found = json.loads(asked.stdout)
    assert found["accuracy"]["samples"] == 8
    assert found["chat"] is True
    assert found["against"]["comparison"]["all"]["p"] == 1
    (tmp_path / "sums.jsonl").write_text('{"question": "1?", "choices": ["1", "2"], "answer": "AB"}\n' * 2)
    refused = dsol("eval", "seed", "--mcq", "sums.jsonl", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.count("2 right answers (A, B)") == 2
    assert refused.stderr.splitlines()[0] == "error: 2 mistakes:"
    assert "--skip-unfit" in refused.stderr.splitlines()[3]
