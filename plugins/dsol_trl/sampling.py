"""Choose the next token: greedy, or drawn so that a sequence's draws depend on nothing but itself and the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch


def uniforms(tokens: Sequence[int], sample: int, seed: int, count: int) -> np.ndarray:
    """Draw `count` numbers in [0, 1) for one sample of one prompt.

    A counter-based generator keyed by the prompt's tokens, the sample's number and the seed: the order of the chats,
    their number and how they are batched change nothing.
    """
    digest = hashlib.blake2b(np.asarray(tokens, dtype=np.int64).tobytes(), digest_size=16)
    digest.update(f"{seed} {sample}".encode())
    key = np.frombuffer(digest.digest(), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).random(count)


def choose(
    logits: torch.Tensor, temperature: float, uniform: torch.Tensor | None, allowed: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Choose a token per sequence; return the tokens and their log-probabilities at temperature 1.

    `logits` (sequences, vocabulary). `uniform` (sequences,) in float64 picks from the cumulated probabilities at
    `temperature`; None is greedy. `allowed`, like the logits: only such tokens are chosen (None: all), and their
    log-probabilities are those that they have among all tokens.
    """
    logprobs = torch.log_softmax(logits.float(), dim=-1)
    if allowed is not None:
        logits = logits.masked_fill(~allowed, -torch.inf)
        if uniform is None:
            token = logits.argmax(dim=-1)
            return token, logprobs.gather(1, token[:, None]).squeeze(1)
    if uniform is None:
        best, token = logprobs.max(dim=-1)
        return token, best
    total = torch.softmax(logits.double() / temperature, dim=-1).cumsum(-1)
    token = torch.searchsorted(total, (uniform * total[:, -1])[:, None], right=True).squeeze(1)
    token = token.clamp_max(logits.shape[1] - 1)
    return token, logprobs.gather(1, token[:, None]).squeeze(1)
