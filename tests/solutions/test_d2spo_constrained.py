"""Constrained decoding: whatever a random model prefers, what it writes are triples of what was asked."""

import json
import re

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from dsol_d2spo.answers.asking import ask
from dsol_d2spo.labelled import schemas
from dsol_d2spo.labelled.documents import DEMO
from dsol_d2spo.labelled.examples import examples
from dsol_d2spo.learned.knowledge import Knowledge
from dsol_d2spo.prompt import make_prompt, parse, pattern, prompt_values, prompts, target
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Triple

SCHEMA = Schema(
    predicates=(
        Predicate(predicate="founded by", description='who "made" it (or not)'),
        Predicate(predicate="出生地", aliases=("born in",)),
        Predicate(predicate='odd {"*"} \\ name'),
    )
)
TEXTS = ["Huawei was founded by Ren Zhengfei in Shenzhen.", "雷军出生于湖北仙桃，后来创办了小米。"]
BENIGN = {"repeated", "same_ends", "too_long"}


@pytest.fixture(scope="module")
def write():
    from transformers import AutoTokenizer

    from dsol_seed import dsol_bases
    from dsol_trl import template
    from dsol_trl.generate import Writer

    tokenizer = AutoTokenizer.from_pretrained(dsol_bases()["seed"])
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=2048, initializer_range=0.3, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    closing = torch.tensor([7.0 * ('"' in tokenizer.decode([token])) for token in range(len(tokenizer))])
    model.lm_head.register_forward_hook(lambda module, inputs, logits: logits + closing)  # else no name ends
    return Writer(model, template.codec(tokenizer), 1 << 28)


@pytest.mark.parametrize("schema", [SCHEMA, Schema()])
def test_words_are_json_lines_of_predicates_that_were_asked(write, schema):
    settings = Settings(constrained=True, samples=2, max_new_tokens=120)
    prompt = make_prompt(settings)
    values = [one for text in TEXTS for one in prompts(text, schema, settings, Knowledge())]
    draws = {"samples": 8, "temperature": 1.5}
    written = prompt.ask(write, values, max_new_tokens=120, **draws)
    free = make_prompt(Settings()).ask(write, values, max_new_tokens=120, **draws)
    assert not any(parse(one.text, asked).triples for asked, some in zip(values, free, strict=True) for one in some)
    lines = 0
    for asked, some in zip(values, written, strict=True):
        for one in some:
            whole = one.text.split("\n") if one.finished else one.text.split("\n")[:-1]
            for line in whole:
                if line in ("none", "无"):
                    continue
                row = json.loads(line)
                assert list(row) == ["subject", "predicate", "object"]
                assert row["predicate"] in {p.predicate for p in schema.predicates} or not schema.predicates
                lines += 1
            assert {drop.reason for drop in parse("\n".join(whole), asked).dropped} <= BENIGN
    assert lines
    assert len(ask(write, prompt, values, settings)) == len(values)  # greedy, and samples where it is unsure


def test_marks_are_answered_by_relations_that_fit(write):
    settings = Settings(notation="marks", constrained=True, max_new_tokens=60)
    pair = Triple(subject="A", predicate="", object="B")
    names = [one.predicate for one in SCHEMA.predicates]
    hidden = json.dumps({"pair": pair.model_dump(), "predicates": dict(zip(names, names, strict=True))})
    values = {"system": "Name it.", "passage": TEXTS[0], "asked": "«1» «2»", "hidden": hidden}
    prompt = make_prompt(settings)
    for one in prompt.ask(write, [values], samples=20, temperature=2.0, max_new_tokens=60)[0]:
        lines = one.text.split("\n")
        assert set(lines[:-1]) <= set(names)
        if one.finished:
            assert lines[-1] in names or lines == ["none"]
            assert {drop.reason for drop in parse(one.text, values).dropped} <= BENIGN


@pytest.mark.parametrize("notation", ["words", "marks"])
def test_what_training_teaches_matches_the_pattern(notation):
    """Else the pattern would forbid what the model has learned to say."""
    import random

    from dsol_d2spo.labelled import documents

    schema = schemas.read(DEMO / "schema.yaml")
    settings = Settings(notation=notation)
    read = documents.read([next(DEMO.rglob("*.jsonl"))], schema)[:12]
    rows = [row for one in read for row in examples(one, "x", schema, settings, Knowledge(), random.Random(0))]
    assert rows
    for row in rows:
        assert re.fullmatch(pattern(row.input), row.target), row.target
    odd = target([Triple(subject='a "b" \\', predicate="founded by", object="c\n{d}\t.")], "en")
    assert re.fullmatch(pattern(prompt_values(TEXTS[0], SCHEMA.predicates)), odd)


def test_it_is_off_unless_asked_for():
    assert not make_prompt(Settings()).constrained
    assert make_prompt(Settings(constrained=True)).constrained
