"""Weigh tokens that may follow a context: behind shared prefixes where the model can share them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from dsol_trl.branches import LOGITS, ROWS, TOKENS, Branches, spell
from dsol_trl.branching import Branching, Spelled
from dsol_trl.head import Head
from dsol_trl.prefix_attention import NAME
from dsol_trl.sharing import Sharing


def weigh(
    model: PreTrainedModel,
    sharing: Sharing,
    memory: int,
    items: Sequence[Branching],
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> list[list[Spelled]]:
    """Give what every option of every item is spelled with; `memory`: bytes that keys and values may take."""
    longest = max((len(one.context) + max(map(len, one.options)) for one in items), default=0)
    shares = longest <= sharing.reach
    name = NAME if shares else sharing.own
    if model.config._attn_implementation != name:
        model.set_attn_implementation(name)
    if shares:
        return Branches(model, sharing.token_bytes, memory, items, advance).weigh()
    return weigh_alone(model, items, advance)


@torch.inference_mode()
def weigh_alone(
    model: PreTrainedModel,
    items: Sequence[Branching],
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> list[list[Spelled]]:
    """Weigh every option behind its whole context in plain batches, for models that can't share prefixes.

    Sequences are padded on the right, which causal attention, sliding windows and recurrent states don't see.
    """
    found = [[Spelled.empty(len(option)) for option in item.options] for item in items]
    rows = sorted(
        ((at, option) for at, item in enumerate(items) for option in range(len(item.options))),
        key=lambda one: -len(items[one[0]].context) - len(items[one[0]].options[one[1]]),
    )
    vocabulary = model.config.get_text_config().vocab_size
    start = 0
    with Head(model) as head:
        while start < len(rows):
            at, option = rows[start]
            longest = len(items[at].context) + len(items[at].options[option]) - 1
            most = max(1, min(ROWS, TOKENS // longest, LOGITS // (vocabulary * len(items[at].options[option]))))
            part = rows[start : start + most]
            start += len(part)
            texts = [items[at].context + items[at].options[option] for at, option in part]
            before = torch.tensor([len(items[at].context) - 1 for at, _ in part])
            ends = torch.tensor([len(text) - 1 for text in texts])
            column = torch.arange(longest)
            wanted = (column >= before[:, None]) & (column < ends[:, None])
            ids = torch.tensor([list(text[:-1]) + [0] * (longest + 1 - len(text)) for text in texts])
            logits = head.logits(wanted.to(model.device), input_ids=ids.to(model.device), use_cache=False)
            logprobs, best = spell(logits, [token for at, option in part for token in items[at].options[option]])
            done = 0
            for at, option in part:
                length = len(items[at].options[option])
                found[at][option].logprobs[:] = logprobs[done : done + length]
                found[at][option].best[:] = best[done : done + length]
                done += length
            advance(start, len(rows))
    return found
