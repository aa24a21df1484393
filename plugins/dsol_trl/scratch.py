"""Small models with random weights and a tokenizer made from the data, for machines without any model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from dsol import BackendError, Chat, unknown

PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
# The ChatML form, as published by OpenAI in 2023 and used by Qwen.
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# A schema stands in every prompt: its lines count as often as a frequent question's words, not thousands of times.
LINE_CAP = 24
PHRASES = 400  # pieces that recur in the answers and become one token each
ANSWERS = 20_000  # that phrases are looked for in: more take long and hold hardly other ones
LONGEST_TOKEN = 24
UNIT = re.compile(r" ?\w+|[^\w\s]|\s")
OWN = re.compile(r"[\d'\"“”‘’「」《》`]")
CODE = re.compile(r" [a-z]\d{1,3}(?!\w)")
SHORTEST_PHRASE = 6  # characters: shorter ones are tokens of their own already


@dataclass(frozen=True)
class Size:
    """A Qwen3-style shape; parameters are counted with tied embeddings."""

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    key_heads: int
    feed_forward: int

    @property
    def head(self) -> int:
        return self.hidden // self.heads


SIZES = {
    "tiny": Size(vocabulary=640, hidden=64, layers=2, heads=4, key_heads=2, feed_forward=160),  # 0.1 M, for tests
    "small": Size(vocabulary=3072, hidden=160, layers=4, heads=5, key_heads=5, feed_forward=416),  # 1.7 M, 2 CPU cores
    "seed": Size(vocabulary=5376, hidden=224, layers=6, heads=7, key_heads=7, feed_forward=576),  # 4.9 M, to be shipped
    "medium": Size(vocabulary=4096, hidden=288, layers=8, heads=9, key_heads=3, feed_forward=768),  # 8.3 M
    "large": Size(vocabulary=6144, hidden=512, layers=8, heads=8, key_heads=4, feed_forward=1408),  # 26.7 M
}


def make(size: str, seed: int, texts: Iterable[tuple[Chat | None, str]], folder: Path) -> Any:
    """Write a random model and its tokenizer to `folder`; return the tokenizer. The same input gives the same bytes."""
    if size not in SIZES:
        raise BackendError(unknown("scratch size", size, SIZES, "write the base as scratch:<size>"))
    tokenizer = make_tokenizer(texts, SIZES[size].vocabulary)
    make_model(SIZES[size], tokenizer, seed).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_tokenizer(texts: Iterable[tuple[Chat | None, str]], vocabulary: int) -> Any:
    """Train a byte-level BPE tokenizer with ChatML turns: any text survives it, digits stand one by one."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    pairs = list(texts)
    lines = _lines(pairs)
    if not lines:
        raise BackendError("there is no text to make a tokenizer from; scratch bases need training data")
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=LONGEST_TOKEN,
        show_progress=False,
    )
    bpe.train_from_iterator(lines, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[START],
        clean_up_tokenization_spaces=False,
        model_max_length=1_000_000,
    )
    # A small model writes few tokens well, and fewer of them are faster: what answers say again and again is one token.
    answers = [target for chat, target in pairs if chat is not None]
    frequent = phrases(answers[:: max(1, len(answers) // ANSWERS)])
    tokenizer.add_tokens([AddedToken(phrase, normalized=False) for phrase in [*frequent, *codes(lines)]])
    tokenizer.chat_template = CHATML
    return tokenizer


def phrases(targets: Iterable[str], count: int = PHRASES, least: int = 8) -> list[str]:
    """Find up to `count` runs of words and signs that recur in answers, at least `least` times each.

    Byte-pair merging (Sennrich et al. 2016) one level up: the units are words, and the most frequent neighbours are
    merged. What holds a quotation mark or a digit is the question's own and is never part of a phrase.
    """
    counted = Counter(targets)
    texts = [(UNIT.findall(text), times) for text, times in sorted(counted.items())]
    merged: set[str] = set()
    while len(merged) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for units, times in texts:
            for pair in pairwise(units):
                pairs[pair] += times
        # Several merges a round: the counts of pairs without a common unit don't touch each other.
        best: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for pair, times in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
            if times < least or len(best) >= min(8, count - len(merged)):
                break
            if not taken & set(pair) and not OWN.search(pair[0] + pair[1]):
                best[pair] = pair[0] + pair[1]
                taken |= set(pair)
        if not best:
            break
        merged |= set(best.values())
        texts = [(_join(units, best), times) for units, times in texts]
    used: Counter[str] = Counter()
    for units, times in texts:
        for unit in units:
            used[unit] += times
    return sorted(phrase for phrase in merged if used[phrase] >= least and len(phrase) >= SHORTEST_PHRASE)


def codes(lines: Iterable[str], least: int = 8) -> list[str]:
    """Find names such as ` c12`, a letter and a number, that recur at least `least` times: one token each.

    Split into digits they would look alike, and pointing to one takes a small model several steps.
    """
    counted = Counter(code for line in lines for code in CODE.findall(line))
    return sorted(code for code, times in counted.items() if times >= least)


def _join(units: list[str], best: dict[tuple[str, str], str]) -> list[str]:
    joined: list[str] = []
    at = 0
    while at < len(units):
        whole = best.get((units[at], units[at + 1])) if at + 1 < len(units) else None
        joined.append(whole or units[at])
        at += 2 if whole else 1
    return joined


def make_model(size: Size, tokenizer: Any, seed: int) -> Any:
    """Make a Qwen3 model of a size with weights drawn from the seed."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=size.feed_forward,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.key_heads,
        head_dim=size.head,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Qwen3ForCausalLM(config)


def _lines(texts: Iterable[tuple[Chat | None, str]]) -> list[str]:
    counts: Counter[str] = Counter()
    for chat, target in texts:
        for text in (*(turn["content"] for turn in chat or ()), target):
            counts.update(text.splitlines(keepends=True))
    return [line for line in sorted(counts) for _ in range(min(counts[line], LINE_CAP))]
