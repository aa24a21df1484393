"""Where the loss is computed: what is left out changes neither the loss nor any gradient."""

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from dsol import NO_LOSS
from dsol_trl import attention, loss
from dsol_trl.layout import flatten


def rows(prompt, answers):
    """Two sequences of branches behind a shared prompt, with loss on the answers' tokens alone."""
    draw = np.random.default_rng(0)
    found = []
    for sequence in range(2):
        shared = draw.integers(5, 50, prompt)
        for _ in range(3):
            own = draw.integers(5, 50, 2 + answers)
            labels = np.concatenate([np.full(prompt + 2, NO_LOSS), own[2:]])
            found.append((sequence, 0, np.concatenate([shared, own]), labels, prompt))
    return found


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2
    )
    attention.register()
    made = LlamaForCausalLM(config)
    made.set_attn_implementation(attention.NAME)
    return made


def gradients(model, laid):
    model.zero_grad()
    states = model.model(
        input_ids=laid["input_ids"], position_ids=laid["position_ids"], layout=laid["layout"], use_cache=False
    ).last_hidden_state
    if states.shape[1] != len(laid["layout"].kept):
        states = states[:, laid["layout"].kept]
    total = (model.lm_head(states) ** 2).sum()
    total.backward()
    return float(total.detach()), {
        name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None
    }


def seen_by_mlp(model, laid):
    seen = []
    hook = model.model.layers[-1].mlp.gate_proj.register_forward_hook(lambda *given: seen.append(given[1][0].shape[1]))
    gradients(model, laid)
    hook.remove()
    return seen[0]


def test_the_last_layer_computes_what_carries_loss_and_gradients_stay(model):
    laid = flatten(rows(12, 2))
    every, wanted = gradients(model, laid)
    assert seen_by_mlp(model, laid) == laid["input_ids"].shape[1]
    loss.keep_only_labelled(model)
    assert seen_by_mlp(model, laid) == len(torch.unique(laid["layout"].kept)) < laid["input_ids"].shape[1] / 2
    few, found = gradients(model, laid)
    assert few == pytest.approx(every, rel=1e-5)
    assert found.keys() == wanted.keys()
    for name, one in wanted.items():
        torch.testing.assert_close(found[name], one, rtol=1e-4, atol=1e-6)


def test_where_most_tokens_carry_loss_nothing_is_left_out(model):
    laid = flatten(rows(1, 30))
    loss.keep_only_labelled(model)
    assert seen_by_mlp(model, laid) == laid["input_ids"].shape[1]


def test_a_layer_that_looks_at_all_tokens_sees_all(model):
    class Balanced(torch.nn.Module):
        def __init__(self, mlp):
            super().__init__()
            self.mlp, self.router = mlp, torch.nn.Parameter(torch.ones(16))
            self.gate_proj = mlp.gate_proj

        def forward(self, states):
            return self.mlp(states * self.router)

    model.model.layers[-1].mlp = Balanced(model.model.layers[-1].mlp)
    laid = flatten(rows(12, 2))
    loss.keep_only_labelled(model)
    assert seen_by_mlp(model, laid) == laid["input_ids"].shape[1]


def test_small_tiles_give_the_loss_and_gradients_of_all_logits_at_once(monkeypatch):
    from trl.kernels import ChunkedLogProbFunction, chunked_logprob

    monkeypatch.setattr(chunked_logprob, "TOKEN_CHUNK_SIZE", 0)  # put back after the test
    loss.keep_tiles_small(9000)
    assert chunked_logprob.TOKEN_CHUNK_SIZE == 64
    torch.manual_seed(0)
    targets = torch.randint(0, 9000, (200,))  # tiles of 64, 64, 64 and 8
    found = []
    for tiled in (True, False):
        torch.manual_seed(1)
        states, weight = torch.randn(200, 16, requires_grad=True), torch.randn(9000, 16, requires_grad=True)
        if tiled:
            said = ChunkedLogProbFunction.apply(states, weight, None, targets, 1.0, 32768, None, 1.0, ("entropy",))[0]
        else:
            said = -torch.nn.functional.cross_entropy(states @ weight.T, targets, reduction="none")
        said.sum().backward()
        found.append((said.detach(), states.grad, weight.grad))
    for tiled, whole in zip(*found, strict=True):
        torch.testing.assert_close(tiled, whole, atol=1e-4, rtol=1e-4)
