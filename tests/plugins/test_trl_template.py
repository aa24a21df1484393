"""The chat contract, for families whose templates are written here after their documented formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from dsol import NO_LOSS, BackendError, Chat
from dsol_trl import template

TEXTS = [
    "which artist has the most albums ?",
    "SELECT name FROM artist WHERE id = 12",
    "answer with one query",
    "你好 请问",
]
TURN = "message['role']"
TEXT = "message['content']"


@dataclass(frozen=True)
class Family:
    """A template, its control tokens, and what must be found out about it."""

    jinja: str
    special: tuple[str, ...]
    eos: str
    stop: str
    bos: str = ""
    lead: str = ""
    close: str = ""
    fold: bool = False


def loop(body: str, end: str) -> str:
    return "{% for message in messages %}" + body + "{% endfor %}{% if add_generation_prompt %}" + end + "{% endif %}"


CHATML_BODY = "{{ '<|im_start|>' + " + TURN + " + '\\n' + " + TEXT + " + '<|im_end|>\\n' }}"
FAMILIES = {
    # A system turn of its own where the chat has none.
    "qwen2.5": Family(
        "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nBe helpful.<|im_end|>\\n' }}{% endif %}"
        + loop(CHATML_BODY, "{{ '<|im_start|>assistant\\n' }}"),
        ("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
        eos="<|im_end|>",
        stop="<|im_end|>",
    ),
    # The last answer stands behind an empty thinking block; older answers don't.
    "qwen3": Family(
        loop(
            "{% if message['role'] == 'assistant' and loop.last %}"
            "{{ '<|im_start|>assistant\\n<think>\\n\\n</think>\\n\\n' + " + TEXT + " + '<|im_end|>\\n' }}"
            "{% else %}" + CHATML_BODY + "{% endif %}",
            "{{ '<|im_start|>assistant\\n' }}{% if enable_thinking is defined and enable_thinking is false %}"
            "{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}",
        ),
        ("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
        eos="<|im_end|>",
        stop="<|im_end|>",
    ),
    # A thinking block that the served prompt can't be told to leave out: the model has to write it.
    "thinking without a switch": Family(
        loop(
            "{% if message['role'] == 'assistant' %}"
            "{{ '<|im_start|>assistant\\n<think></think>' + " + TEXT + " + '<|im_end|>\\n' }}"
            "{% else %}" + CHATML_BODY + "{% endif %}",
            "{{ '<|im_start|>assistant\\n' }}",
        ),
        ("<|im_start|>", "<|im_end|>"),
        eos="<|im_end|>",
        stop="<|im_end|>",
        lead="<think></think>",
    ),
    "llama 3": Family(
        "{{ bos_token }}"
        + loop(
            "{{ '<|start_header_id|>' + "
            + TURN
            + " + '<|end_header_id|>\\n\\n' + "
            + TEXT
            + " | trim + '<|eot_id|>' }}",
            "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}",
        ),
        ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        eos="<|end_of_text|>",
        stop="<|eot_id|>",
        bos="<|begin_of_text|>",
    ),
    # The system text goes into the first user turn; an answer is followed by the end-of-text token, after a space.
    "mistral": Family(
        "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
        "{{ '[INST] ' + " + TEXT + " + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
        "{{ ' ' + " + TEXT + " + eos_token }}{% else %}"
        "{{ raise_exception('only user and assistant roles are supported') }}{% endif %}{% endfor %}",
        ("<s>", "</s>", "[INST]", "[/INST]"),
        eos="</s>",
        stop="</s>",
        bos="<s>",
        lead=" ",
        fold=True,
    ),
    # No token ends an answer: the next turn's does.
    "glm-4": Family(
        "{{ '[gMASK]<sop>' }}" + loop("{{ '<|' + " + TURN + " + '|>\\n' + " + TEXT + " }}", "{{ '<|assistant|>' }}"),
        ("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|endoftext|>"),
        eos="<|endoftext|>",
        stop="<|user|>",
        lead="\n",
    ),
    "gemma": Family(
        "{{ bos_token }}"
        + loop(
            "{% if message['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
            "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\\n' + "
            + TEXT
            + " | trim + '<end_of_turn>\\n' }}",
            "{{ '<start_of_turn>model\\n' }}",
        ),
        ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),
        eos="<eos>",
        stop="<end_of_turn>",
        bos="<bos>",
        fold=True,
    ),
    # With a finished conversation, the end-of-text token follows the last turn.
    "phi": Family(
        "{% for message in messages %}{{ '<|' + " + TURN + " + '|>\\n' + " + TEXT + " + '<|end|>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}",
        ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"),
        eos="<|endoftext|>",
        stop="<|end|>",
    ),
    "baichuan": Family(
        loop(
            "{% if message['role'] == 'user' %}{{ '<reserved_106>' + " + TEXT + " }}"
            "{% elif message['role'] == 'assistant' %}{{ '<reserved_107>' + " + TEXT + " }}"
            "{% else %}{{ " + TEXT + " }}{% endif %}",
            "{{ '<reserved_107>' }}",
        ),
        ("<s>", "</s>", "<reserved_106>", "<reserved_107>"),
        eos="</s>",
        stop="<reserved_106>",
        bos="<s>",
    ),
}
CHATS: list[Chat] = [
    [{"role": "user", "content": "which artist has 12 albums ?"}],
    [{"role": "system", "content": "answer with one query"}, {"role": "user", "content": "你好 which artist ?"}],
    [
        {"role": "system", "content": "answer"},
        {"role": "user", "content": "which ?"},
        {"role": "assistant", "content": "SELECT name"},
        {"role": "user", "content": "and the most ?"},
    ],
]
TARGET = "SELECT name FROM artist WHERE id = 12"


def make_tokenizer(family: Family) -> Any:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(family.special), initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(TEXTS * 3, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=family.eos, bos_token=family.bos or None, clean_up_tokenization_spaces=False
    )
    tokenizer.chat_template = family.jinja
    return tokenizer


@pytest.fixture(params=FAMILIES, scope="module")
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def codec(family: Family) -> template.ChatCodec:
    return template.codec(make_tokenizer(family))


def test_the_template_tells_what_stands_around_an_answer(family: Family, codec: template.ChatCodec) -> None:
    found = codec.contract
    assert (found.stop, found.lead, found.close, found.fold) == (family.stop, family.lead, family.close, family.fold)
    assert codec.tokenizer.decode([found.stop_id]) == family.stop


@pytest.mark.parametrize("chat", CHATS, ids=["user", "system", "conversation"])
def test_a_training_row_is_the_served_prompt_and_the_answer(codec: template.ChatCodec, chat: Chat) -> None:
    row = codec.encode(chat, TARGET)
    served = codec.prompt_ids(chat)
    assert row.input_ids[: len(served)] == served
    assert row.labels == [NO_LOSS] * len(served) + row.input_ids[len(served) :]
    template.prove_stop(row, codec.contract)
    written = codec.tokenizer.decode(row.input_ids[len(served) : -1])
    assert codec.answer(written) == TARGET
    # Byte for byte what the template itself makes of the finished turn.
    turns = template._fold(chat) if codec.contract.fold else chat
    finished = [*turns, {"role": "assistant", "content": TARGET}]
    whole = template.render(codec.tokenizer, finished, False, codec.contract.options)
    text = codec.tokenizer.decode(row.input_ids)
    assert whole.startswith(text.removesuffix(codec.contract.stop))


@pytest.mark.parametrize("chat", CHATS[1:2])
def test_the_system_text_reaches_the_model(codec: template.ChatCodec, chat: Chat) -> None:
    assert "answer with one query" in codec.prompt(chat)


def test_a_row_without_its_stop_token_is_refused(codec: template.ChatCodec) -> None:
    row = codec.encode(CHATS[0], TARGET)
    cut = type(row)(row.input_ids[:-1], row.labels[:-1])
    masked = type(row)(row.input_ids, [*row.labels[:-1], NO_LOSS])
    for broken in (cut, masked):
        with pytest.raises(BackendError, match="never stops"):
            template.prove_stop(broken, codec.contract)


def test_control_tokens_in_data_stay_text(codec: template.ChatCodec) -> None:
    stop = codec.contract.stop
    hostile: Chat = [{"role": "user", "content": f"a{stop}b"}]
    plain: Chat = [{"role": "user", "content": "ab"}]
    count = codec.prompt_ids(plain).count(codec.contract.stop_id)
    assert codec.prompt_ids(hostile).count(codec.contract.stop_id) == count
    assert codec.encode(plain, f"x{stop}y").labels.count(codec.contract.stop_id) == 1


def test_a_changed_template_is_refused(codec: template.ChatCodec, tmp_path: Path) -> None:
    template.save(codec.contract, tmp_path)
    assert template.check(codec.tokenizer, tmp_path).contract == codec.contract
    changed = make_tokenizer(FAMILIES["gemma"])
    changed.chat_template = " " + changed.chat_template
    with pytest.raises(BackendError, match="not the one that the model was trained with"):
        template.check(changed, tmp_path)


def test_a_template_that_leaves_thinking_open_is_refused() -> None:
    open_block = Family(
        loop(CHATML_BODY, "{{ '<|im_start|>assistant\\n<think>\\n' }}"),
        ("<|im_start|>", "<|im_end|>"),
        eos="<|im_end|>",
        stop="<|im_end|>",
    )
    with pytest.raises(BackendError, match="thinking"):
        template.codec(make_tokenizer(open_block))


def test_a_tokenizer_without_a_template_is_refused() -> None:
    tokenizer = make_tokenizer(FAMILIES["phi"])
    tokenizer.chat_template = None
    with pytest.raises(BackendError, match="no chat template"):
        template.codec(tokenizer)


def test_a_document_carries_loss_everywhere_and_ends(codec: template.ChatCodec, family: Family) -> None:
    row = codec.encode(None, "SELECT name")
    assert row.labels == row.input_ids
    assert codec.tokenizer.decode(row.input_ids).endswith("SELECT name" + family.eos)


def spelled(family: Family, way: str) -> Any:
    """Make tokenizers that treat the beginnings of texts and of their parts in different ways."""
    bpe = Tokenizer(models.BPE(byte_fallback=False, unk_token="<unk>"))
    special: list[Any] = ["<unk>", *family.special]
    if way == "metaspace at the first":
        bpe.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
        bpe.decoder = decoders.Metaspace(prepend_scheme="first")
    elif way == "metaspace before each part":
        bpe.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        bpe.decoder = decoders.Metaspace(prepend_scheme="always")
    elif way == "no words, only a normaliser":
        bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        bpe.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    else:  # control tokens that take the spaces beside them along
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        bpe.decoder = decoders.ByteLevel()
        special = [AddedToken(name, lstrip=True, rstrip=True, special=True) for name in special]
    alphabet = sorted({*pre_tokenizers.ByteLevel.alphabet(), *"".join(TEXTS), "▁", "\n"})
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(TEXTS * 3, trainer)
    bpe.add_special_tokens(special)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=family.eos, bos_token=family.bos or None, clean_up_tokenization_spaces=False
    )
    tokenizer.chat_template = family.jinja
    return tokenizer


def by_the_book(codec: template.ChatCodec, chat: Chat, target: str) -> list[int]:
    """Tokenise the prompt, and the prompt with the answer, each as a whole; the prompt's tokens stay as served."""
    prompt = codec.prompt(chat)
    text = codec.contract.lead + template.neutralise(codec._control, target) + codec.contract.close
    before, whole, alone = (
        codec.tokenizer(one, add_special_tokens=False)["input_ids"] for one in (prompt, prompt + text, text)
    )
    return [*(whole if whole[: len(before)] == before else before + alone), codec.contract.stop_id]


WAYS = [
    "bytes",
    "metaspace at the first",
    "metaspace before each part",
    "no words, only a normaliser",
    "control tokens strip",
]


@pytest.mark.parametrize("way", WAYS)
def test_many_rows_at_once_are_the_rows_by_the_book(family: Family, way: str) -> None:
    tokenizer = make_tokenizer(family) if way == "bytes" else spelled(family, way)
    made = template.ChatCodec(tokenizer, template.derive(tokenizer))
    texts = ["", " ", "\n", "SELECT name", " SELECT  12 ", "\n\nid", "请问", "<", "a<|", f"x{family.stop}y", " ="]
    pairs = [(chat, text) for chat in CHATS for text in texts]
    expected = []
    for chat, text in pairs:
        try:
            made.encode(chat, text)
        except BackendError:  # a tokenizer that can't put this text behind a prompt says so
            continue
        expected.append((chat, text))
    assert len(expected) >= len(pairs) // 2
    rows = made.encode_chats(expected)
    assert [row.input_ids for row in rows] == [by_the_book(made, *one) for one in expected]
    assert rows == [made.encode(*one) for one in expected]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_target_comes_back(text: str) -> None:
    made = template.codec(make_tokenizer(FAMILIES["qwen3"])) if not _CODECS else _CODECS[0]
    _CODECS.append(made)
    row = made.encode(CHATS[0], text)
    start = len(made.prompt_ids(CHATS[0]))
    assert made.tokenizer.decode(row.input_ids[start:-1]) == template.neutralise(made._control, text)


_CODECS: list[template.ChatCodec] = []
