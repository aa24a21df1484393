"""Load a model folder for writing: prompts by the chat contract, shared prefixes computed once, the rest in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

import psutil  # type: ignore[import-untyped]
import torch
from transformers import PreTrainedModel
from transformers.utils import logging

from dsol import NO_LOSS, BackendError, Chat, Completion, Generate, prefix
from dsol_trl.alone import decode_alone
from dsol_trl.branching import Branching
from dsol_trl.cache import SPARE, Prefix
from dsol_trl.decoding import Asked, Limit, Ready, Written, decode, extend, unguided
from dsol_trl.guiding import Guide, Guides
from dsol_trl.model import load_model, load_tokenizer, read_card
from dsol_trl.prefix_attention import NAME
from dsol_trl.prefix_store import PrefixStore, common
from dsol_trl.sharing import sharing
from dsol_trl.template import ChatCodec, check
from dsol_trl.weighing import weigh

USEFUL = 64  # a prefix shorter than this is not worth remembering
CROWD = 16  # fewer sequences than this don't get a batch of their own
ROWS = {"cpu": 64}  # sequences in one batch; more don't make a CPU faster
ROWS_ELSEWHERE = 256
CPU_MEMORY = 2 << 30  # bytes that the caches take at most beside a product's other memory


class Writer:
    """Write completions (`dsol.Generate`) with one loaded model; remembers the prefixes of earlier calls.

    Calls from several threads are answered one after the other. `memory` is what the caches may take, in bytes.
    `advance` hears how many chats of how many a call has answered.
    """

    def __init__(self, model: PreTrainedModel, codec: ChatCodec, memory: int) -> None:
        self.model = model.eval()
        self.codec = codec
        self.memory = memory
        self.stop = stop_ids(model, codec)
        self.context = int(getattr(model.config.get_text_config(), "max_position_embeddings", 1 << 20))
        self.sharing = sharing(self.model)
        self.store = PrefixStore(memory // 4)
        self.advance: Callable[[int, int], None] = lambda done, total: None
        self._turn = Lock()
        self._guides: Guides | None = None

    def __call__(
        self,
        chats: Sequence[Chat],
        *,
        samples: int = 1,
        temperature: float = 0.0,
        max_new_tokens: int = 256,
        seed: int = 0,
        choices: Sequence[Sequence[str]] = (),
        patterns: Sequence[str] = (),
    ) -> list[list[Completion]]:
        if choices:
            return self._weigh(chats, choices)
        if samples < 1 or max_new_tokens < 1 or temperature < 0:
            raise BackendError("samples and max_new_tokens must be at least 1, and temperature at least 0")
        if temperature == 0 and samples != 1:
            raise BackendError(f"{samples} samples at temperature 0 would all be the same; set a temperature above 0")
        if patterns and len(patterns) != len(chats):
            raise BackendError(f"{len(patterns)} patterns for {len(chats)} chats; give one for each, or none")
        asked = Asked(self.stop, samples, temperature, max_new_tokens, seed, self._guiding(patterns))
        prompts = [self._ready(number, chat) for number, chat in enumerate(chats)]
        with self._turn:
            written = self._decode(prompts, asked) if self.shares(prompts, asked) else self._alone(prompts, asked)
        return [[self._completion(prompt, one) for one in some] for prompt, some in zip(prompts, written, strict=True)]

    def _weigh(self, chats: Sequence[Chat], choices: Sequence[Sequence[str]]) -> list[list[Completion]]:
        """Give every choice the log-probabilities of its tokens, as rows of training hold them."""
        if len(choices) != len(chats) or not all(choices):
            raise BackendError(f"{len(chats)} chats need as many lists of choices, with at least one choice in each")
        pairs = [(chat, text) for chat, some in zip(chats, choices, strict=True) for text in some]
        rows = iter(self.codec.encode_chats(pairs))
        items = []
        for number, some in enumerate(choices):
            own = [next(rows) for _ in some]
            longest = max(len(row.input_ids) for row in own)
            if longest > self.context:
                raise BackendError(
                    f"chat {number} has {longest} tokens with its longest choice; this model reads {self.context}"
                )
            starts = [row.labels.count(NO_LOSS) for row in own]
            items.append(
                Branching(
                    tuple(own[0].input_ids[: starts[0]]),
                    tuple(tuple(row.input_ids[start:]) for row, start in zip(own, starts, strict=True)),
                )
            )
        with self._turn:
            found = weigh(
                self.model,
                self.sharing,
                self.memory,
                items,
                lambda done, total: self.advance(done * len(items) // max(1, total), len(items)),
            )
        return [
            [Completion(text, tuple(one.logprobs.tolist())) for text, one in zip(some, spelled, strict=True)]
            for some, spelled in zip(choices, found, strict=True)
        ]

    def shares(self, prompts: Sequence[Ready], asked: Asked) -> bool:
        """Say whether these prompts can share prefixes and batches: not past a sliding window, not with every model."""
        longest = max((len(one.tokens) for one in prompts), default=0)
        return min(longest + asked.max_new_tokens, self.context) <= self.sharing.reach

    def _ready(self, number: int, chat: Chat) -> Ready:
        tokens = tuple(self.codec.prompt_ids(chat))
        if len(tokens) >= self.context:
            raise BackendError(
                f"chat {number} has {len(tokens)} tokens, and this model reads and writes {self.context} in all; "
                "shorten the prompt, or take a base with a longer context"
            )
        return Ready(number, tokens)

    def _guiding(self, patterns: Sequence[str]) -> Callable[[int], Guide | None]:
        """Compile the patterns, so that a wrong one is said before anything is written."""
        if not any(patterns):
            return unguided
        if self._guides is None:
            vocabulary = int(self.model.config.get_text_config().vocab_size)
            contract = self.codec.contract
            self._guides = Guides(self.codec.tokenizer, vocabulary, self.stop, contract.lead, contract.close)
        guides = self._guides
        for pattern in filter(None, dict.fromkeys(patterns)):
            guides.guide(pattern)
        return lambda number: guides.guide(patterns[number]) if patterns[number] else None

    def _alone(self, prompts: Sequence[Ready], asked: Asked) -> list[list[Written]]:
        self._attention(self.sharing.own)
        return decode_alone(self.model, prompts, asked, self.context, self.advance)

    def _decode(self, prompts: Sequence[Ready], asked: Asked) -> list[list[Written]]:
        """Decode a crowd that begins alike behind its shared prefix, and all smaller groups together."""
        self._attention(NAME)
        groups = prefix.group([one.tokens for one in prompts], [len(one.tokens) - 1 for one in prompts])
        single = set(range(len(prompts))) - {row for group in groups for row in group.rows}
        parts = [[replace(prompts[row], shared=group.length) for row in group.rows] for group in groups]
        parts += [[prompts[row]] for row in sorted(single)]
        small = [part for part in parts if len(part) * asked.samples < CROWD]
        if len(small) > 1:
            parts = [part for part in parts if len(part) * asked.samples >= CROWD]
            parts.append([one for part in small for one in part])
        done: dict[int, list[Written]] = {}
        for part in parts:
            before = len(done)

            def advance(count: int, before: int = before) -> None:
                self.advance(before + count, len(prompts))

            done |= zip((one.number for one in part), self._decode_part(part, asked, advance), strict=True)
        return [done[at] for at in range(len(prompts))]

    def _decode_part(self, part: Sequence[Ready], asked: Asked, advance: Callable[[int], None]) -> list[list[Written]]:
        tokens = sorted(one.tokens[:-1] for one in part)
        shared = self._prefix(tokens[0][: common(tokens[0], tokens[-1])], len(part) > 1)
        ready = [replace(one, shared=max(one.shared, len(shared.tokens))) for one in part]
        limit = self._limit(ready, len(shared.tokens), asked)
        return decode(self.model, shared, ready, asked, limit, self.context, advance)

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

    def _attention(self, name: str) -> None:
        if self.model.config._attn_implementation != name:
            self.model.set_attn_implementation(name)

    def _limit(self, prompts: Sequence[Ready], held: int, asked: Asked) -> Limit:
        """Size the batch; `held` tokens of each prompt take no room of their own."""
        longest = max(len(one.tokens) for one in prompts) - held + asked.max_new_tokens + SPARE
        most = self.memory // 2 // (longest * self.sharing.token_bytes)  # half: rows are copied when the batch changes
        return Limit(max(1, min(ROWS.get(self.model.device.type, ROWS_ELSEWHERE), most)), max(1, most))

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
    return Writer(*load_served(model))


def load_served(model: Path) -> tuple[PreTrainedModel, ChatCodec, int]:
    """Load a model, its chat codec, and the bytes that its caches may take; a BackendError says what is wrong.

    Weights come from safetensors only. In bfloat16 on a GPU that computes in it, else in single precision; a LoRA
    adapter is merged into its base in memory.
    """
    card = read_card(model)
    codec = check(load_tokenizer(model, card.trust_remote_code), model)
    if card.adapter_of and not (model / "adapter_model.safetensors").exists():
        raise BackendError(f"{model} has no adapter_model.safetensors; adapters in other formats are not loaded")
    on_gpu = torch.cuda.is_available()
    small = on_gpu and torch.cuda.is_bf16_supported(including_emulation=False)
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        loaded = load_model(model, torch.bfloat16 if small else torch.float32)
    finally:
        if bars:
            logging.enable_progress_bar()
    if card.adapter_of:
        loaded = loaded.merge_and_unload()
    loaded = loaded.to("cuda" if on_gpu else "cpu")
    free = torch.cuda.mem_get_info()[0] // 2 if on_gpu else min(psutil.virtual_memory().available // 4, CPU_MEMORY)
    return loaded, codec, int(free)
