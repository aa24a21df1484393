"""The real decoding speed of two models, measured in turns on the same texts and the same prompts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from transformers import DynamicCache

from dsol_trl.generate import Writer

ROUNDS = 3
WARM = 8  # tokens before the clock starts
NEW = 48  # tokens that a model may write to a prompt


@dataclass(frozen=True)
class Speed:
    """Characters per second: decoding the same given text, and writing what the model wants to the same prompts.

    The first compares like with like; in the second the models write different text, which may end early.
    """

    same_text: float
    written: float


def measure(
    writers: Sequence[Writer], texts: Sequence[str], prompts: Sequence[str], advance: Callable[..., None]
) -> list[Speed]:
    """Time every model on the texts, token by token with its cache, one sequence at a time, and on the prompts.

    The models take turns and the median of the rounds counts, so that a busy machine harms them alike.
    """
    total = ROUNDS * (len(texts) + 1) * len(writers)
    seconds: list[list[float]] = [[] for _ in writers]
    written: list[list[float]] = [[] for _ in writers]
    done = 0
    for _ in range(ROUNDS):
        spent = [0.0] * len(writers)
        for text in texts:
            for at, writer in enumerate(writers):
                spent[at] += _decode(writer, text)
                done += 1
                advance(done, total)
        for at, writer in enumerate(writers):
            seconds[at].append(spent[at])
            written[at].append(_write(writer, prompts))
            done += 1
            advance(done, total)
    characters = sum(map(len, texts))
    return [
        Speed(round(characters / median(one), 1), round(median(other), 1))
        for one, other in zip(seconds, written, strict=True)
    ]


@torch.inference_mode()
def _decode(writer: Writer, text: str) -> float:
    """Time one step per token of a text: embedding, layers, head and the choice of a token, as in decoding."""
    model: Any = writer.model
    writer._attention(writer.sharing.own)
    tokenizer = writer.codec.tokenizer
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    first = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else writer.codec.contract.stop_id
    cache = DynamicCache(config=model.config)
    steps = torch.tensor([[first], *([one] for one in ids)], device=model.device)
    model(input_ids=steps[:1].expand(1, WARM), past_key_values=cache, use_cache=True)
    _wait(model)
    started = time.perf_counter()
    for at in range(len(ids)):
        int(model(input_ids=steps[at : at + 1], past_key_values=cache, use_cache=True).logits[0, -1].argmax())
    _wait(model)
    return time.perf_counter() - started


def _write(writer: Writer, prompts: Sequence[str]) -> float:
    """Give the characters per second that a model writes to prompts, one at a time, without prompts' reading shared."""
    characters = 0
    started = time.perf_counter()
    for prompt in prompts:
        characters += len(writer([[{"role": "user", "content": prompt}]], max_new_tokens=NEW)[0][0].text)
    return characters / (time.perf_counter() - started)


def _wait(model: Any) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize()
