"""Decode one sequence at a time with the model's own cache: for caches that can't be shared or padded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from transformers import DynamicCache, PreTrainedModel

from dsol_trl.cache import keeping
from dsol_trl.decoding import Asked, Ready, Written, draws
from dsol_trl.guiding import allowed
from dsol_trl.sampling import choose


@torch.inference_mode()
def decode_alone(
    model: PreTrainedModel,
    prompts: Sequence[Ready],
    asked: Asked,
    context: int,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> list[list[Written]]:
    """Complete every prompt by itself (sliding windows, recurrent states, attention that we don't know)."""
    found = []
    for prompt in prompts:
        cache, logits = _read(model, prompt)
        samples = [Written.begin(prompt, sample, asked, context) for sample in range(asked.samples)]
        found.append([_write(model, deepcopy(cache), logits, one, asked) for one in samples])
        advance(len(found), len(prompts))
    return found


def _read(model: PreTrainedModel, prompt: Ready) -> tuple[DynamicCache, torch.Tensor]:
    cache = DynamicCache(config=model.config)
    ids = torch.tensor([prompt.tokens], device=model.device)
    return cache, model(input_ids=ids, **keeping(model, cache), use_cache=True).logits[:, -1]


def _write(
    model: PreTrainedModel, cache: DynamicCache, logits: torch.Tensor, written: Written, asked: Asked
) -> Written:
    while True:
        drawn = draws([written], logits.device)
        token, logprob = choose(logits, asked.temperature, drawn, allowed([written], logits))
        written.add(int(token), float(logprob), asked.stop)
        if written.ended:
            return written
        logits = model(input_ids=token[:, None], **keeping(model, cache), use_cache=True).logits[:, -1]
