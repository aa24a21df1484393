"""Generation in batches behind shared prefixes must be what the model writes to each prompt alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
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

from dsol import NO_LOSS, BackendError, Chat, Completion
from dsol_trl import template
from dsol_trl.alone import decode_alone
from dsol_trl.cache import Prefix
from dsol_trl.decoding import Asked
from dsol_trl.generate import Writer, load_generate, stop_ids
from dsol_trl.model import Card, write_card
from dsol_trl.prefix_store import PrefixStore

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


def count_computed(model: PreTrainedModel) -> list[int]:
    """Record how many tokens each forward pass runs through the model."""
    seen: list[int] = []
    model.get_input_embeddings().register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].numel()))
    return seen


def chats(questions: list[str], schema: str = SCHEMA) -> list[Chat]:
    return [
        [{"role": "system", "content": f"Write SQL.\n{schema}"}, {"role": "user", "content": question}]
        for question in questions
    ]


def reference(
    kind: str,
    tokenizer: PreTrainedTokenizerFast,
    chat: Chat,
    new: int,
    more_stop: frozenset[int] = frozenset(),
    **options: object,
) -> Completion:
    """Let `model.generate` answer one chat with a fresh model and its own attention."""
    model = random_model(kind, len(tokenizer), **options)
    codec = template.codec(tokenizer)
    ids = torch.tensor([codec.prompt_ids(chat)])
    stop = sorted(stop_ids(model, codec) | more_stop)
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


def test_it_tells_how_many_chats_are_answered_while_it_answers(tokenizer: PreTrainedTokenizerFast) -> None:
    asked = chats(QUESTIONS) * 3
    write = writer("llama", tokenizer)
    quietly = write(asked, max_new_tokens=6)
    told: list[tuple[int, int]] = []
    write.advance = lambda done, total: told.append((done, total))
    assert write(asked, max_new_tokens=6) == quietly
    assert told == sorted(told)
    assert told[-1] == (len(asked), len(asked))
    told.clear()
    write(asked, choices=[["yes", "no"]] * len(asked))
    assert told == sorted(told)
    assert told[-1] == (len(asked), len(asked))


def test_samples_share_what_they_agree_on_and_are_what_each_would_be_alone(tokenizer: PreTrainedTokenizerFast) -> None:
    asked = chats(QUESTIONS[:4])
    write = writer("qwen3", tokenizer)
    write.stop |= frozenset(range(20, len(tokenizer), 20))
    settings = {"samples": 6, "temperature": 0.02, "max_new_tokens": 16, "seed": 5}  # a model that is nearly sure
    more = write(asked, **settings)
    prompts = [write._ready(number, chat) for number, chat in enumerate(asked)]
    write._attention(write.sharing.own)
    apart = decode_alone(write.model, prompts, Asked(write.stop, 6, 0.02, 16, 5), write.context)
    for some, others in zip(more, apart, strict=True):
        for one, other in zip(some, others, strict=True):
            assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
    computed = count_computed(write.model)
    write(asked, **settings)
    texts = [[tuple(one.tokens) for one in some] for some in apart]
    parted = sum(len({one[:at] for one in some if len(one) > at}) for some in texts for at in range(1, 16))
    alone = sum(len(one) - 1 for some in texts for one in some)
    assert max(len(set(some)) for some in texts) > 1, "some must part"
    assert sum(computed[1:]) < 1.2 * parted < alone / 2


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


def test_stops_at_any_stop_token_and_leaves_it_out(tokenizer: PreTrainedTokenizerFast) -> None:
    # A random model hardly ever stops by itself, so a tenth of the vocabulary ends an answer here.
    more = frozenset(range(20, len(tokenizer), 10))
    asked = chats([f"{question} {at}" for at in range(6) for question in QUESTIONS])
    write = writer("qwen3", tokenizer, memory=8 << 20)
    write.stop |= more
    found = write(asked, max_new_tokens=20)
    for chat, (one,) in zip(asked, found, strict=True):
        same(one, reference("qwen3", tokenizer, chat, 20, more))
    lengths = {len(one.logprobs) for (one,) in found if one.finished}
    assert len(lengths) > 4, "answers must end at different times"
    assert any(not one.finished and len(one.logprobs) == 20 for (one,) in found)


def test_finished_sequences_leave_the_batch(tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer("qwen3", tokenizer)
    write.stop |= frozenset(range(20, len(tokenizer), 10))
    write(chats(["warm up, so that the schema is remembered"]), max_new_tokens=1)
    computed = count_computed(write.model)
    found = write(chats([f"{question} {at}" for at in range(8) for question in QUESTIONS]), max_new_tokens=40)
    written = sum(len(one.logprobs) for (one,) in found)
    steps = computed[-max(len(one.logprobs) for (one,) in found) + 1 :]
    assert sum(steps) < 1.4 * written < 0.5 * 64 * 40


def test_small_groups_are_decoded_together_and_what_they_share_is_computed_once(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    documents = [f"{SCHEMA}\n-- document {at} {chr(97 + at) * (3 * at + 1)}\n{SCHEMA}" for at in range(5)]
    asked = [chat for document in documents for chat in chats(QUESTIONS[:3], document)]
    asked += [[{"role": "user", "content": "What is this?"}]]
    random.Random(1).shuffle(asked)
    write = writer("llama", tokenizer)
    computed = count_computed(write.model)
    found = write(asked, max_new_tokens=10)
    for chat, (one,) in zip(asked, found, strict=True):
        same(one, reference("llama", tokenizer, chat, 10))
    lengths = sorted(len(write.codec.prompt_ids(chat)) for chat in asked)
    assert sum(computed) < 0.5 * sum(lengths)
    assert len(computed) < 5 * 10, "the documents' questions must be decoded in one batch"


def test_one_question_at_a_time_pays_the_schema_once(tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer("qwen3", tokenizer)
    computed = count_computed(write.model)
    asked = chats(QUESTIONS)
    for number, chat in enumerate(asked):
        computed.clear()
        same(write([chat], max_new_tokens=8)[0][0], reference("qwen3", tokenizer, chat, 8))
        length = len(write.codec.prompt_ids(chat))
        assert sum(computed) >= length if number == 0 else sum(computed) < length // 3
    assert len(write.store) == 1


def test_remembered_prefixes_are_bounded(tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer("qwen3", tokenizer)
    for at in range(20):
        write(chats(QUESTIONS[:1], f"-- database {at}\n{SCHEMA}"), max_new_tokens=1)
    assert len(write.store) == write.store.entries
    used = sum(prefix.bytes for prefix in write.store._kept)
    small = PrefixStore(used // 3)
    for prefix in write.store._kept:
        small.keep(prefix)
    assert 0 < sum(prefix.bytes for prefix in small._kept) <= used // 3


def test_the_longest_remembered_prefix_is_found_and_stays() -> None:
    def prefix(*tokens: int) -> Prefix:
        values = torch.tensor(tokens, dtype=torch.float32)[None, None, :, None]
        return Prefix(tokens, ((values, values),))

    store = PrefixStore(1 << 20, entries=2)
    store.keep(prefix(1, 2, 3, 4))
    store.keep(prefix(1, 2, 9))
    assert store.longest([1, 2, 3, 5]).tokens == (1, 2, 3)
    assert store.longest([1, 2, 3, 5]).layers[0][0].flatten().tolist() == [1, 2, 3]
    store.keep(prefix(7, 7))
    assert store.longest([1, 2, 9]).tokens == (1, 2), "the least recently used one must go"
    assert store.longest([8]).tokens == ()
    store.keep(prefix(7, 7, 7))
    assert len(store) == 2, "a prefix replaces its own beginning"


def test_a_window_as_long_as_the_prompt_is_shared(tokenizer: PreTrainedTokenizerFast) -> None:
    asked = chats(QUESTIONS[:4], "CREATE TABLE t (id INTEGER);")
    write = writer("gemma2", tokenizer, sliding_window=128)
    computed = count_computed(write.model)
    found = write(asked, max_new_tokens=8)
    assert max(computed) > 1
    assert len(computed) < 4 * 8, "short prompts must be decoded together"
    for chat, (one,) in zip(asked, found, strict=True):
        same(one, reference("gemma2", tokenizer, chat, 8, sliding_window=128))
    longer = chats(QUESTIONS[:2])
    for chat, (one,) in zip(longer, write(longer, max_new_tokens=8), strict=True):
        same(one, reference("gemma2", tokenizer, chat, 8, sliding_window=128))


def test_wrong_questions_are_refused_in_one_line(tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer("qwen3", tokenizer, max_position_embeddings=128)
    assert write([]) == []
    with pytest.raises(BackendError, match=r"chat 1 has \d+ tokens, and this model reads and writes 128"):
        write([*chats(["x"], ""), *chats(["x"])])
    with pytest.raises(BackendError, match="set a temperature above 0"):
        write(chats(["x"], ""), samples=2)
    with pytest.raises(BackendError, match="max_new_tokens must be at least 1"):
        write(chats(["x"], ""), max_new_tokens=0)
    long = chats(["x" * 60], "")
    (one,) = write(long, max_new_tokens=500)[0]
    assert one.finished or len(one.logprobs) == 128 - len(write.codec.prompt_ids(long[0]))


def saved(kind: str, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    random_model(kind, len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    template.save(template.codec(tokenizer).contract, folder)
    write_card(Card(base="random", origin="scratch"), folder)
    return folder


@pytest.mark.parametrize("kind", ["qwen3", "gemma2"])
def test_loads_a_folder(kind: str, tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    write = load_generate(saved(kind, tokenizer, tmp_path / "model"))
    asked = chats(QUESTIONS[:2])
    for chat, (one,) in zip(asked, write(asked, max_new_tokens=8), strict=True):
        same(one, reference(kind, tokenizer, chat, 8))


def test_loads_an_adapter_with_its_base(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    base = saved("qwen3", tokenizer, tmp_path / "run" / "base")
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    torch.manual_seed(1)
    tuned = get_peft_model(random_model("qwen3", len(tokenizer)), config)
    folder = tmp_path / "run" / "model"
    tuned.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    template.save(template.codec(tokenizer).contract, folder)
    write_card(Card(base="random", origin="chat", adapter_of="base"), folder)
    asked = chats(QUESTIONS[:3])
    found = load_generate(folder)(asked, max_new_tokens=8)
    wanted = Writer(tuned.merge_and_unload(), template.codec(tokenizer), 1 << 30)(asked, max_new_tokens=8)
    plain = load_generate(base)(asked, max_new_tokens=8)
    for (one,), (two,) in zip(found, wanted, strict=True):
        same(one, two)
    assert [one.text for (one,) in found] != [one.text for (one,) in plain]
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(BackendError, match="has no adapter_model"):
        load_generate(folder)


def test_refuses_pickles_and_another_template(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    folder = saved("llama", tokenizer, tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BackendError, match="safetensors"):
        load_generate(folder)
    (folder / "pytorch_model.bin").rename(folder / "model.safetensors")
    (folder / "chat_template.jinja").write_text(CHATML.replace("assistant", "helper"), encoding="utf-8")
    with pytest.raises(BackendError, match="template"):
        load_generate(folder)
    with pytest.raises(BackendError, match="missing"):
        load_generate(tmp_path / "missing")


@pytest.mark.parametrize("kind", ["qwen3", "gemma2", "glm4"])
def test_choices_weigh_what_rows_of_training_would(kind: str, tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer(kind, tokenizer)
    asked = chats(QUESTIONS[:3])
    offered = [["SELECT name FROM t1;", "none", "SELECT name"], ["none"], ["值", "SELECT 1", "值1", ""]]
    found = write(asked, choices=offered)
    assert [[one.text for one in some] for some in found] == offered
    model = random_model(kind, len(tokenizer))
    for chat, some in zip(asked, found, strict=True):
        for one in some:
            row = write.codec.encode(chat, one.text)
            logits = model(torch.tensor([row.input_ids])).logits[0].float().log_softmax(-1)
            wanted = [float(logits[at - 1, token].detach()) for at, token in enumerate(row.labels) if token != NO_LOSS]
            assert one.logprobs == pytest.approx(wanted, abs=1e-4)


def test_a_finished_text_weighs_as_a_choice_what_it_weighed_when_written(tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer("qwen3", tokenizer)
    asked = chats(QUESTIONS)
    told = write(asked, choices=[["id"]] * len(asked))
    written = write(asked, max_new_tokens=40)
    for chat, (one,), before in zip(asked, written, told, strict=True):
        assert write([chat], choices=[["id"]])[0] == [
            Completion("id", pytest.approx(before[0].logprobs, abs=1e-4), True)  # type: ignore[arg-type]
        ]
        ids = write.codec.encode(chat, one.text).labels
        if one.finished and len([label for label in ids if label != NO_LOSS]) == len(one.logprobs):
            (again,) = write([chat], choices=[[one.text]])[0]
            assert again.logprobs == pytest.approx(one.logprobs, abs=1e-4)


def test_choices_that_fit_no_chat_are_one_clear_line(tokenizer: PreTrainedTokenizerFast) -> None:
    write = writer("qwen3", tokenizer)
    with pytest.raises(BackendError, match="2 chats need as many lists of choices"):
        write(chats(QUESTIONS[:2]), choices=[["a"]])
    with pytest.raises(BackendError, match="at least one choice in each"):
        write(chats(QUESTIONS[:2]), choices=[["a"], []])
    with pytest.raises(BackendError, match=r"chat 0 has .* tokens with its longest choice"):
        write(chats(QUESTIONS[:1]), choices=[["a" * 9000]])
