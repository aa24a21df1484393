"""Flat steps give the loss and the gradients of separate rows, whatever the architecture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from transformers import (
    Gemma2Config,
    Glm4Config,
    LlamaConfig,
    MistralConfig,
    Qwen3Config,
    Qwen3MoeConfig,
)
from transformers.models.auto.modeling_auto import AutoModelForCausalLM
from trl.trainer.utils import add_fused_lm_head

from dsol_trl import attention
from dsol_trl.layout import flatten, pad
from dsol_trl.loss import keep_only_labelled

Row = tuple[int, int, np.ndarray, np.ndarray, int]
SHAPE = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "pad_token_id": 0,
}
FAMILIES: dict[str, Callable[[], Any]] = {
    "qwen3": lambda: Qwen3Config(**SHAPE, tie_word_embeddings=True),
    "llama": lambda: LlamaConfig(**SHAPE),
    "glm4": lambda: Glm4Config(**SHAPE, partial_rotary_factor=0.5),
    "mistral with a sliding window": lambda: MistralConfig(**SHAPE, sliding_window=7),
    "gemma2 with soft caps and windows": lambda: Gemma2Config(**SHAPE, sliding_window=9, attn_logit_softcapping=20.0),
    "qwen3 with experts": lambda: Qwen3MoeConfig(
        **SHAPE, moe_intermediate_size=16, num_experts=4, num_experts_per_tok=2
    ),
}


def make_rows(shape: list[tuple[int, list[int]]], seed: int = 0, vocabulary: int = 96) -> list[Row]:
    """Make rows of random tokens: per sequence a shared prefix, and per branch its own tokens, most with loss."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for number, (prefix, branches) in enumerate(shape):
        shared = random.integers(1, vocabulary, prefix)
        for length in branches:
            tokens = np.concatenate([shared, random.integers(1, vocabulary, length)]).astype(np.int32)
            labels = tokens.copy()
            labels[: prefix + int(random.integers(1, length))] = -100
            rows.append((number, 0, tokens, labels, prefix))
    return rows


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


def separate(model: Any, rows: list[Row]) -> tuple[float, dict[str, torch.Tensor]]:
    """Train on each row alone, with the model's own forward: the definition that sharing must meet."""
    model.zero_grad()
    count = sum(int((labels[1:] != -100).sum()) for _, _, _, labels, _ in rows)
    total = 0.0
    for row in rows:
        batch = pad([row], 0)
        logits = model(input_ids=batch["input_ids"], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits[0, :-1], batch["labels"][0, 1:], reduction="sum") / count
        torch.autograd.backward(loss)
        total += float(loss.detach())
    return total, gradients(model)


def together(model: Any, rows: list[Row]) -> tuple[float, dict[str, torch.Tensor]]:
    model.zero_grad()
    output = model(**flatten(rows), fused_lm_head=True, use_cache=False)
    torch.autograd.backward(output.loss)
    return float(output.loss.detach()), gradients(model)


def assert_equal_training(model: Any, rows: list[Row]) -> None:
    loss, expected = separate(model, rows)
    attention.register()
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    add_fused_lm_head(base)
    keep_only_labelled(model)
    base.set_attn_implementation(attention.NAME)
    shared_loss, found = together(model, rows)
    assert shared_loss == pytest.approx(loss, rel=1e-5)
    assert found.keys() == expected.keys()
    norm = torch.sqrt(sum((one**2).sum() for one in expected.values()))
    apart = torch.sqrt(sum(((found[name] - one) ** 2).sum() for name, one in expected.items()))
    assert norm > 1e-3
    assert float(apart / norm) < 1e-5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_shared_prefixes_train_as_separate_rows(family: str, lora: bool) -> None:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(FAMILIES[family](), attn_implementation="eager")
    if lora:
        model = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    model.train()
    assert_equal_training(model, make_rows([(20, [6, 9, 4]), (0, [12]), (3, [5, 5]), (0, [8])]))


def test_long_rows_train_as_separate_rows() -> None:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(FAMILIES["qwen3"](), attn_implementation="eager")
    assert_equal_training(model, make_rows([(150, [140, 30]), (0, [135])]))


shapes = st.lists(
    st.tuples(st.integers(0, 12), st.lists(st.integers(2, 9), min_size=1, max_size=4)), min_size=1, max_size=3
)


@settings(max_examples=40, deadline=None)
@given(shapes, st.integers(0, 99), st.sampled_from([1, 2, 4]))
def test_parts_equal_the_dense_mask(shape: list[tuple[int, list[int]]], seed: int, key_heads: int) -> None:
    layout = flatten(make_rows(shape, seed))["layout"]
    generator = torch.Generator().manual_seed(seed)
    parts = [
        torch.randn(1, heads, len(layout.number), 8, generator=generator, requires_grad=True)
        for heads in (4, key_heads, key_heads)
    ]
    wanted = torch.randn(parts[0].shape, generator=generator)
    plain, fast = attention.dense(*parts, layout, 0.4), attention.on_cpu(*parts, layout, 0.4)
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-5)
    expected, found = (torch.autograd.grad(out, parts, wanted) for out in (plain, fast))
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


def test_the_block_mask_equals_the_dense_mask() -> None:
    from torch.nn.attention.flex_attention import flex_attention

    layout = flatten(make_rows([(20, [6, 9, 4]), (0, [12]), (3, [5, 5])]))["layout"]
    query, key, value = (torch.randn(1, heads, len(layout.number), 16) for heads in (4, 2, 2))
    # Not compiled, as it is on a GPU: that needs a compiler, and the mask is what is ours.
    flexed = flex_attention(query, key, value, block_mask=attention.block_mask(layout), scale=0.25, enable_gqa=True)
    torch.testing.assert_close(flexed, attention.dense(query, key, value, layout, 0.25), rtol=1e-4, atol=1e-5)


def test_no_loss_crosses_from_one_row_to_another() -> None:
    rows = make_rows([(4, [3, 3]), (0, [5])])
    batch = flatten(rows)
    labelled = sum(int((labels[1:] != -100).sum()) for _, _, _, labels, _ in rows)
    assert len(batch["layout"].kept) == labelled
    tokens, kept = batch["input_ids"][0], batch["layout"].kept
    # In a branch the next token stands right behind; its label is that token.
    assert torch.equal(batch["shift_labels"][0], tokens[kept + 1])
    ends = {one.own - 1 for one in batch["layout"].sequences if one.prefix}
    assert not ends & set(kept.tolist())


def test_filling_a_step_up_changes_nothing_for_its_rows() -> None:
    rows = make_rows([(6, [4, 5]), (0, [7])])
    plain, filled = flatten(rows), flatten(rows, length=32, fill=5)
    count = plain["input_ids"].shape[1]
    assert filled["input_ids"].shape[1] == 32
    assert filled["input_ids"][0, count:].unique().tolist() == [5]
    assert torch.equal(filled["shift_labels"], plain["shift_labels"])
    at = torch.arange(32)
    seen = filled["layout"].visible(at[:, None], at[None, :])
    assert torch.equal(seen[:count, :count], plain["layout"].visible(at[:count, None], at[None, :count]))
    assert not seen[:count, count:].any()
    assert not seen[count:, :count].any()
    assert seen.diagonal().all()
