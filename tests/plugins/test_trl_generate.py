"""Generation in batches behind shared prefixes must be what the model writes to each prompt alone."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Glm4Config,
    Glm4ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from dsol import Chat, Completion
from dsol_trl import template
from dsol_trl.generate import Writer, stop_ids

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SCHEMA = "\n".join(f"CREATE TABLE t{at} (id INTEGER, name TEXT, value{at} REAL);" for at in range(12))
QUESTIONS = [
    "How many rows are there?",
    "Which name has the largest value?",
    "List all names.",
    "哪个名字的值最大？",
    "Show the average value per name, from the largest to the smallest, for all rows whose name begins with A.",
    "Which rows have no name?",
    "x",
    "How many names are there in t3?",
]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=384,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator([SCHEMA, *QUESTIONS], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|endoftext|>", pad_token="<|endoftext|>", chat_template=CHATML
    )


def random_model(kind: str, vocabulary: int, **options: object) -> PreTrainedModel:
    """Make a model whose random weights are large enough that its greedy text varies with the prompt."""
    sizes = {
        "vocab_size": vocabulary,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 2048,
        "initializer_range": 0.15,
        "tie_word_embeddings": False,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": 0,
        **options,
    }
    makers: dict[str, tuple[Callable[..., object], Callable[..., PreTrainedModel]]] = {
        "qwen3": (Qwen3Config, Qwen3ForCausalLM),
        "llama": (LlamaConfig, LlamaForCausalLM),
        "glm4": (Glm4Config, Glm4ForCausalLM),
        "gemma2": (Gemma2Config, Gemma2ForCausalLM),
        "mistral": (MistralConfig, MistralForCausalLM),
    }
    config, model = makers[kind]
    torch.manual_seed(7)
    return model(config(**sizes)).eval()


def writer(kind: str, tokenizer: PreTrainedTokenizerFast, memory: int = 1 << 30, **options: object) -> Writer:
    return Writer(random_model(kind, len(tokenizer), **options), template.codec(tokenizer), memory)


def chats(questions: list[str], schema: str = SCHEMA) -> list[Chat]:
    return [
        [{"role": "system", "content": f"Write SQL.\n{schema}"}, {"role": "user", "content": question}]
        for question in questions
    ]


def reference(kind: str, tokenizer: PreTrainedTokenizerFast, chat: Chat, new: int, **options: object) -> Completion:
    """Let `model.generate` answer one chat with a fresh model and its own attention."""
    model = random_model(kind, len(tokenizer), **options)
    codec = template.codec(tokenizer)
    ids = torch.tensor([codec.prompt_ids(chat)])
    stop = sorted(stop_ids(model, codec))
    out = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=new,
        do_sample=False,
        eos_token_id=stop,
        output_logits=True,
        return_dict_in_generate=True,
    )
    tokens = out.sequences[0, ids.shape[1] :].tolist()
    logprobs = [
        float(torch.log_softmax(step[0].float(), -1)[token]) for step, token in zip(out.logits, tokens, strict=True)
    ]
    finished = tokens[-1] in stop
    return Completion(tokenizer.decode(tokens[:-1] if finished else tokens), tuple(logprobs), finished)


def same(one: Completion, two: Completion) -> None:
    assert one.text == two.text
    assert one.finished == two.finished
    assert one.logprobs == pytest.approx(two.logprobs, abs=1e-4)


@pytest.mark.parametrize("kind", ["qwen3", "llama", "glm4", "gemma2", "mistral"])
def test_equals_generate_one_at_a_time(kind: str, tokenizer: PreTrainedTokenizerFast) -> None:
    # Gemma 2 and Mistral have sliding windows here, shorter than the prompts.
    options = {"sliding_window": 64} if kind in ("gemma2", "mistral") else {}
    write = writer(kind, tokenizer, **options)
    assert (write.sharing.reach > 1000) == (not options)
    asked = chats(QUESTIONS)
    found = write(asked, max_new_tokens=24)
    for chat, (one,) in zip(asked, found, strict=True):
        same(one, reference(kind, tokenizer, chat, 24, **options))
    assert len({one.text for (one,) in found}) > len(asked) // 2, "the model must tell the prompts apart"


def test_greedy_text_does_not_depend_on_company_order_or_memory(tokenizer: PreTrainedTokenizerFast) -> None:
    asked = chats(QUESTIONS) + chats(QUESTIONS[:3], schema="CREATE TABLE other (id INTEGER);")
    asked += [[{"role": "user", "content": question}] for question in QUESTIONS[:2]]
    apart = [writer("qwen3", tokenizer)([chat], max_new_tokens=16)[0] for chat in asked]
    order = random.Random(0).sample(range(len(asked)), len(asked))
    for memory in (1 << 30, 1 << 20):  # the smaller one forces batches of a few rows
        found = writer("qwen3", tokenizer, memory)([asked[at] for at in order], max_new_tokens=16)
        for at, (one,) in zip(order, found, strict=True):
            same(one, apart[at][0])


def test_samples_are_deterministic_and_independent_of_company(tokenizer: PreTrainedTokenizerFast) -> None:
    asked = chats(QUESTIONS)
    settings = {"samples": 4, "temperature": 0.8, "max_new_tokens": 12}
    together = writer("llama", tokenizer)(asked, seed=3, **settings)
    backwards = writer("llama", tokenizer, 1 << 21)(asked[::-1], seed=3, **settings)[::-1]
    lone = writer("llama", tokenizer)([asked[2]], seed=3, **settings)[0]
    for some, other in zip([*together, together[2]], [*backwards, lone], strict=True):
        assert len(some) == 4
        for one, two in zip(some, other, strict=True):
            same(one, two)
    assert len({one.text for one in together[0]}) > 1, "samples must differ"
    other_seed = writer("llama", tokenizer)(asked, seed=4, **settings)
    assert [one.text for one in other_seed[0]] != [one.text for one in together[0]]


def test_sampling_follows_the_probabilities(tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer("qwen3", tokenizer)
    asked = chats(QUESTIONS[:1])
    ids = torch.tensor([write.codec.prompt_ids(asked[0])])
    model = random_model("qwen3", len(tokenizer))
    with torch.inference_mode():
        wanted = torch.softmax(model(input_ids=ids).logits[0, -1] / 2.0, -1)
    drawn = write(asked, samples=2000, temperature=2.0, max_new_tokens=1)[0]
    best = wanted.topk(5)
    plain = torch.log_softmax(torch.log(wanted) * 2.0, -1)
    for token, share in zip(best.indices.tolist(), best.values.tolist(), strict=True):
        logprob = float(plain[token])
        hits = sum(abs(one.logprobs[0] - logprob) < 1e-5 for one in drawn)
        assert hits / 2000 == pytest.approx(share, abs=4 * (share * (1 - share) / 2000) ** 0.5 + 1e-3)
