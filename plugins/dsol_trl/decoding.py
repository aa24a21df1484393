"""Decode many prompts behind one shared prefix: finished sequences leave the batch and waiting prompts join it.

Samples of a prompt are one sequence for as long as they agree: each draws its own token from the same probabilities,
and only where two draw different ones the sequence parts. A model that is sure of its answer gives many samples for
little more than the price of one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from dsol_trl.cache import Prefix, inlined, joined, keeping, new_cache
from dsol_trl.guiding import Guide, allowed
from dsol_trl.prefix_attention import additive
from dsol_trl.sampling import choose, uniforms
from dsol_trl.sharing import run

CHUNK = 2048  # tokens of one sequence that are run through the model at once
SCORES = 1 << 26  # attention scores that one prefill may hold
SPARE_ROWS = 4  # sequences for each empty row


def unguided(number: int) -> None:
    """Leave a completion free."""


@dataclass(frozen=True)
class Asked:
    """What the caller wants of each prompt; `stop` are the token ids that end a completion.

    `guide` begins the guide of a prompt's completion, by the prompt's number: None where it may be any text.
    """

    stop: frozenset[int]
    samples: int = 1
    temperature: float = 0.0
    max_new_tokens: int = 256
    seed: int = 0
    guide: Callable[[int], Guide | None] = unguided


@dataclass(frozen=True)
class Limit:
    """How many sequences one batch is filled to, and how many its memory holds, should every sample go its own way."""

    rows: int
    most: int


@dataclass(frozen=True)
class Ready:
    """A prompt: its number in the call and all its tokens, of which it has the first `shared` in common with others.

    Those are computed once; at least one token is the prompt's own.
    """

    number: int
    tokens: tuple[int, ...]
    shared: int = 0

    @property
    def own(self) -> tuple[int, ...]:
        return self.tokens[self.shared :]


@dataclass
class Written:
    """A completion in the making."""

    number: int
    limit: int
    uniform: np.ndarray | None
    guide: Guide | None = None
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finished: bool = False

    @classmethod
    def begin(cls, prompt: Ready, sample: int, asked: Asked, context: int) -> Written:
        limit = min(asked.max_new_tokens, context - len(prompt.tokens))
        drawn = uniforms(prompt.tokens, sample, asked.seed, limit) if asked.temperature else None
        return cls(prompt.number, limit, drawn, asked.guide(prompt.number))

    @property
    def ended(self) -> bool:
        return self.finished or len(self.tokens) == self.limit

    def add(self, token: int, logprob: float, stop: frozenset[int]) -> None:
        self.tokens.append(token)
        self.logprobs.append(logprob)
        if self.guide is not None:
            self.guide.take(token)
        self.finished = token in stop


@dataclass
class _Batch:
    """Sequences that are decoded together, each with the completions that have written the same so far, if any.

    `pads` counts each one's leading columns that hold nothing.
    """

    rows: list[list[Written]]
    cache: Cache
    pads: torch.Tensor

    @property
    def columns(self) -> int:
        return int(self.cache.layers[0].length)


def extend(model: PreTrainedModel, prefix: Prefix, tokens: Sequence[int]) -> Prefix:
    """Run more tokens through the model behind a prefix; return the longer prefix."""
    for start in range(0, len(tokens), CHUNK):
        prefix = run(model, prefix, torch.tensor([tokens[start : start + CHUNK]], device=model.device))
    return prefix


@torch.inference_mode()
def decode(
    model: PreTrainedModel,
    prefix: Prefix,
    prompts: Sequence[Ready],
    asked: Asked,
    limit: Limit,
    context: int,
    advance: Callable[[int], None] = lambda done: None,
) -> list[list[Written]]:
    """Complete every prompt; return the samples per prompt, in the order of `prompts`.

    All prompts begin with `prefix`, which is held once. What some of them share beyond it is computed once and copied
    to each. `context`: tokens that the model can read and write, prompt included. `advance` hears how many prompts are
    complete.
    """
    done: dict[int, list[Written]] = {prompt.number: [] for prompt in prompts}
    waiting = deque(sorted(prompts, key=lambda prompt: (prompt.tokens[: prompt.shared], len(prompt.own))))
    heads = model.config.get_text_config().num_attention_heads
    batch: _Batch | None = None
    while waiting or batch:
        parts = [(batch, active)] if batch and (active := _parted(batch)) else []
        if waiting and sum(len(active) for _, active in parts) <= limit.rows // 2:
            while waiting and (room := _room(parts, asked.samples, limit)):
                part = _start(model, prefix, _take(waiting, room, heads), asked, context)
                for row in part.rows:
                    done[row[0].number] += row
                if active := _parted(part):
                    parts.append((part, active))
        going = {some[0].number for _, active in parts for _, some in active}
        advance(len(prompts) - len(waiting) - len(going))
        if not parts:
            batch = None
            continue
        if not (len(parts) == 1 and parts[0][0] is batch and _in_place(batch, parts[0][1])):
            batch = _join(parts)
        _step(model, prefix, batch, asked)
    return [done[prompt.number] for prompt in prompts]


_Active = list[tuple[int, list[Written]]]  # a row's number in its batch, and those that go on from it alike


def _parted(batch: _Batch) -> _Active:
    """List the sequences that go on: each row once for every token that was chosen behind it."""
    active: _Active = []
    for at, row in enumerate(batch.rows):
        alike: dict[int, list[Written]] = {}
        for one in row:
            if not one.ended:
                alike.setdefault(one.tokens[-1], []).append(one)
        active += [(at, some) for some in alike.values()]
    return active


def _room(parts: Sequence[tuple[_Batch, _Active]], samples: int, limit: Limit) -> int:
    """Say how many more prompts may join: one at least where nothing is decoded, else as many as surely fit."""
    rows = [row for _, active in parts for row in active]
    fit = (limit.most - sum(len(some) for _, some in rows)) // samples  # any completion may get a row of its own
    return max(min(limit.rows - len(rows), fit), 0 if parts else 1)


def _in_place(batch: _Batch, active: _Active) -> bool:
    """Go on in the same batch, where sequences that have parted find rows that nobody needs and few are left over."""
    going = dict(reversed(active))  # the first of each row stays where it is
    free = [at for at in range(len(batch.rows)) if at not in going]
    more = [(at, some) for at, some in active if going[at] is not some]
    if len(more) > len(free) or len(active) <= len(batch.rows) * 3 // 4:
        return False
    batch.rows = [going.get(at, []) for at in range(len(batch.rows))]
    if more:
        places = free[: len(more)]
        for place, (_, some) in zip(places, more, strict=True):
            batch.rows[place] = some
        origins = [at for at, _ in more]
        batch.pads[places] = batch.pads[origins]
        for layer in batch.cache.layers:
            layer.copy(origins, places)
    return True


def _take(waiting: deque[Ready], most: int, heads: int) -> list[Ready]:
    """Take the next prompts that share the same tokens, as many as one prefill can hold; shorter ones come first."""
    taken: list[Ready] = []
    while waiting and len(taken) < most:
        new, shared = len(waiting[0].own), waiting[0].shared
        if taken and (len(taken) + 1) * new * (shared + new) * heads > SCORES:
            break
        if taken and waiting[0].tokens[:shared] != taken[0].tokens[: taken[0].shared]:
            break
        taken.append(waiting.popleft())
    return taken


def _start(model: PreTrainedModel, prefix: Prefix, prompts: Sequence[Ready], asked: Asked, context: int) -> _Batch:
    """Run the prompts' own tokens through the model once, and choose the first token of each of their samples."""
    device = model.device
    start = len(prefix.tokens)
    lead = extend(model, prefix, prompts[0].tokens[start : prompts[0].shared])
    longest = max(len(prompt.own) for prompt in prompts)
    pads = torch.tensor([longest - len(prompt.own) for prompt in prompts], device=device)
    ids = torch.tensor([[0] * (longest - len(prompt.own)) + list(prompt.own) for prompt in prompts], device=device)
    column = torch.arange(longest, device=device)
    mask = None
    if len(prompts) > 1:
        seen = (column[None, :] <= column[:, None]) & (column >= pads[:, None])[:, None]
        mask = additive(seen, model.dtype)[:, None]
    cache = new_cache()
    logits = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=len(lead.tokens) + (column - pads[:, None]).clamp_min(0),
        **keeping(model, cache),
        use_cache=True,
        logits_to_keep=1,
        shared_prefix=lead,
    ).logits[:, -1]
    if len(lead.tokens) > start:
        cache = inlined(cache, pads.tolist(), lead, start)
    rows = [[Written.begin(prompt, sample, asked, context) for sample in range(asked.samples)] for prompt in prompts]
    batch = _Batch(rows, cache, pads)
    _choose(batch, logits, asked)
    return batch


def _step(model: PreTrainedModel, prefix: Prefix, batch: _Batch, asked: Asked) -> None:
    """Run the newest token of each sequence through the model and choose the next one."""
    device = model.device
    column = torch.arange(batch.columns + 1, device=device)
    mask = additive(column >= batch.pads[:, None], model.dtype)
    logits = model(
        input_ids=torch.tensor([[row[0].tokens[-1] if row else 0] for row in batch.rows], device=device),
        attention_mask=mask[:, None, None],
        position_ids=(len(prefix.tokens) + batch.columns - batch.pads)[:, None],
        **keeping(model, batch.cache),
        use_cache=True,
        logits_to_keep=1,
        shared_prefix=prefix,
    ).logits[:, -1]
    _choose(batch, logits, asked)


def _choose(batch: _Batch, logits: torch.Tensor, asked: Asked) -> None:
    going = [(at, one) for at, row in enumerate(batch.rows) for one in row if not one.ended]
    written = [one for _, one in going]
    own = logits[torch.tensor([at for at, _ in going], device=logits.device)]
    tokens, logprobs = choose(own, asked.temperature, draws(written, own.device), allowed(written, own))
    for one, token, logprob in zip(written, tokens.tolist(), logprobs.tolist(), strict=True):
        one.add(token, logprob, asked.stop)


def draws(written: Sequence[Written], device: torch.device) -> torch.Tensor | None:
    """Get each sequence's number for its next token; None is greedy."""
    if written[0].uniform is None:
        return None
    drawn = [0.0 if one.uniform is None else one.uniform[len(one.tokens)] for one in written]
    return torch.tensor(drawn, dtype=torch.float64, device=device)


def _join(parts: Sequence[tuple[_Batch, _Active]]) -> _Batch:
    """Put the active sequences of several batches into one, without columns that nobody needs.

    Where sequences may part, some rows are left empty for that: copying all for each would cost more than they do.
    """
    device = parts[0][0].pads.device
    joining = [some for _, active in parts for _, some in active]
    spare = min(sum(map(len, joining)) - len(joining), len(joining) // SPARE_ROWS)
    chosen = [[at for at, _ in active] for _, active in parts]
    chosen[-1] += chosen[-1][-1:] * spare
    rows = [torch.tensor(some, device=device) for some in chosen]
    filled = torch.cat([batch.columns - batch.pads[some] for (batch, _), some in zip(parts, rows, strict=True)])
    columns = int(filled.max())
    cache = joined([batch.cache for batch, _ in parts], rows, columns)
    return _Batch(joining + [[] for _ in range(spare)], cache, columns - filled)
