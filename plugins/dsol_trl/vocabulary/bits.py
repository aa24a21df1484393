"""Held-out loss in bits per character, which compares models with different tokenizers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

from dsol_trl.template import ChatCodec


@torch.inference_mode()
def bits_per_character(
    model: Any, codec: ChatCodec, texts: Sequence[str], advance: Callable[..., None] = lambda done, total: None
) -> float:
    """Give the bits that the model needs per character of texts, which must fit its context.

    Every token is scored, the first as well: it follows the token that begins or ends a text. Else a tokenizer with
    longer tokens would have more characters for nothing. The text is scored as the tokenizer splits it, which is an
    upper bound: other ways to spell it, of which a larger vocabulary has more, aren't summed.
    """
    tokenizer = codec.tokenizer
    first = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else codec.contract.stop_id
    total = 0.0
    for done, text in enumerate(texts, 1):
        ids = [first, *tokenizer(text, add_special_tokens=False)["input_ids"]]
        tokens = torch.tensor([ids], device=model.device)
        logits = model(input_ids=tokens, use_cache=False).logits[0, :-1]
        total += float(functional.cross_entropy(logits.float(), tokens[0, 1:], reduction="sum"))
        advance(done, len(texts))
    return total / math.log(2) / sum(map(len, texts))
