"""Load a model folder for writing: prompts by the chat contract, shared prefixes computed once, the rest in batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import PreTrainedModel

from dsol import BackendError, Chat, Completion, Generate, prefix
from dsol_trl import branches
from dsol_trl.alone import decode_alone
from dsol_trl.branches import Prefix
from dsol_trl.decoding import Asked, Ready, Written, decode, extend
from dsol_trl.prefixes import PrefixStore
from dsol_trl.template import ChatCodec

USEFUL = 64  # a prefix shorter than this is not worth remembering
ROWS = {"cpu": 64}  # sequences in one batch; past it a CPU gains nothing
ROWS_ELSEWHERE = 256


class Writer:
    """Write completions (`dsol.Generate`) with one loaded model; remembers the prefixes of earlier calls.

    `shares` says whether the model's attention and cache can share prefixes and be padded; where not (sliding
    windows, recurrent states, unknown attention), each completion is written alone. `memory` is what the caches may
    take, in bytes.
    """

    def __init__(self, model: PreTrainedModel, codec: ChatCodec, memory: int) -> None:
        self.model = model.eval()
        self.codec = codec
        self.stop = stop_ids(model, codec)
        self.context = int(getattr(model.config.get_text_config(), "max_position_embeddings", 1 << 20))
        self.token_bytes = branches.token_bytes(model)
        self.shares = self.token_bytes > 0
        self.store = PrefixStore(memory // 4)
        self.memory = memory

    def __call__(
        self,
        chats: Sequence[Chat],
        *,
        samples: int = 1,
        temperature: float = 0.0,
        max_new_tokens: int = 256,
        seed: int = 0,
    ) -> list[list[Completion]]:
        if samples < 1 or max_new_tokens < 1 or temperature < 0:
            raise BackendError("samples and max_new_tokens must be at least 1, and temperature at least 0")
        if temperature == 0 and samples != 1:
            raise BackendError(f"{samples} samples at temperature 0 would all be the same; set a temperature above 0")
        asked = Asked(self.stop, samples, temperature, max_new_tokens, seed)
        prompts = [self._ready(number, chat) for number, chat in enumerate(chats)]
        if not self.shares:
            written = decode_alone(self.model, prompts, asked, self.context)
        else:
            written = self._decode(prompts, asked)
        return [
            [self._completion(prompt, one) for one in some] for prompt, some in zip(prompts, written, strict=True)
        ]

    def _ready(self, number: int, chat: Chat) -> Ready:
        tokens = tuple(self.codec.prompt_ids(chat))
        if len(tokens) >= self.context:
            raise BackendError(
                f"chat {number} has {len(tokens)} tokens, and this model reads and writes {self.context} in all; "
                "shorten the prompt, or take a base with a longer context"
            )
        return Ready(number, tokens)

    def _decode(self, prompts: Sequence[Ready], asked: Asked) -> list[list[Written]]:
        """Decode group by group: prompts that begin alike, then all that have no partner."""
        groups = prefix.group([one.tokens for one in prompts], [len(one.tokens) - 1 for one in prompts])
        alone = sorted(set(range(len(prompts))) - {row for group in groups for row in group.rows})
        parts = [(group.length, group.rows) for group in groups] + ([(0, tuple(alone))] if alone else [])
        done: dict[int, list[Written]] = {}
        for length, numbers in parts:
            if len(numbers) == 1:
                length = len(prompts[numbers[0]].tokens) - 1
            shared = self._prefix(prompts[numbers[0]].tokens[:length], len(numbers) > 1)
            ready = [Ready(at, prompts[at].tokens, len(shared.tokens)) for at in numbers]
            rows = self._rows(ready, asked)
            for at, some in zip(numbers, decode(self.model, shared, ready, asked, rows, self.context), strict=True):
                done[at] = some
        return [done[at] for at in range(len(prompts))]

    def _prefix(self, tokens: tuple[int, ...], whole: bool) -> Prefix:
        """Get a prefix's keys and values, from earlier calls as far as they are remembered; `whole`: all of it."""
        known = self.store.longest(tokens)
        rest = tokens[len(known.tokens) :]
        if len(rest) < USEFUL and not whole:
            return known
        longer = extend(self.model, known, rest)
        if len(rest) >= USEFUL:
            self.store.keep(longer)
        return longer

    def _rows(self, prompts: Sequence[Ready], asked: Asked) -> int:
        longest = max(len(one.own) for one in prompts) + asked.max_new_tokens + branches.SPARE
        fit = self.memory // 2 // (longest * self.token_bytes)  # half: rows are copied when the batch changes
        return max(1, min(ROWS.get(self.model.device.type, ROWS_ELSEWHERE), fit))

    def _completion(self, prompt: Ready, written: Written) -> Completion:
        tokens = written.tokens[:-1] if written.finished else written.tokens
        # Some tokenizers drop the space before a text's first word, so the last prompt token goes in front.
        tokenizer, last = self.codec.tokenizer, prompt.tokens[-1:]
        text = tokenizer.decode([*last, *tokens]).removeprefix(tokenizer.decode(list(last)))
        return Completion(self.codec.answer(text), tuple(written.logprobs), written.finished)


def stop_ids(model: PreTrainedModel, codec: ChatCodec) -> frozenset[int]:
    """Collect the tokens that end an answer: the template's stop token, and the base's end-of-text tokens."""
    found = {codec.contract.stop_id, codec.tokenizer.eos_token_id}
    for config in (model.generation_config, model.config):
        ends = getattr(config, "eos_token_id", None)
        found |= set(ends) if isinstance(ends, list | tuple) else {ends}
    return frozenset(int(token) for token in found if token is not None)


def load_generate(model: Path) -> Generate:
    """Load a checkpoint folder or a prepared base; a BackendError says what is wrong with it."""
    from dsol_trl.loading import load_codec, load_model, memory

    codec = load_codec(model)
    loaded = load_model(model)
    return Writer(loaded, codec, memory(loaded.device))


__all__ = ["Writer", "load_generate", "stop_ids"]
