"""Vocabulary: what is added, that text survives it, that everything else stays, and that the base still works."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from dsol import BackendError, DataError
from dsol.corpus import duplicates
from dsol.progress import Quiet
from dsol.recipe import Recipe, Stage
from dsol_trl import template
from dsol_trl.backend import TrlBackend
from dsol_trl.model import load_tokenizer
from dsol_trl.vocabulary import apply, extension, gain, measure, report, rows, spelling, target, texts
from dsol_trl.vocabulary.report import Found

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
SPECIAL = ["<unk>", "<|im_start|>", "<|im_end|>"]
GENERAL = [
    "the cat sat on the mat and the dog ran",
    "a man saw a hat there",
    "1 2 3 4 ( ) = . ,",
    "abcdefghijklmnopqrstuvwxyz",
] * 20
WORDS = ["authentication", "verifier", "subscriber", "神经网络", "随机梯度", "credential", "模型参数", "assurance"]
KINDS = ["byte-level", "byte-fallback"]


def domain(count: int) -> list[str]:
    """Make documents that use a domain's words in ever other orders, none nearly like another."""
    draw = random.Random(0)
    latin, han = [word for word in WORDS if word.isascii()], [word for word in WORDS if not word.isascii()]
    common = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "dog", "ran", "there", "man", "hat"]

    def sentence() -> str:
        return " ".join(draw.choice(common if at % 3 else latin) for at in range(9))

    return [
        f"Document {at}: {sentence()} .\n{draw.choice(han)}：{draw.choice(han)}，结果是{at}。 {sentence()}.\n"
        for at in range(count)
    ]


def make_tokenizer(kind: str) -> Any:
    if kind == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="<unk>"))
        made.pre_tokenizer = pre_tokenizers.Whitespace()
        made.train_from_iterator(GENERAL, trainers.WordPieceTrainer(vocab_size=120, special_tokens=SPECIAL))
    elif kind == "byte-level":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        made.train_from_iterator(
            GENERAL, trainers.BpeTrainer(vocab_size=300, special_tokens=SPECIAL, initial_alphabet=alphabet)
        )
    else:  # as Llama 2's: no pre-tokenizer, a mark for spaces, bytes for characters without a token
        learnt = Tokenizer(models.BPE())
        learnt.normalizer = normalizers.Replace(" ", "▁")
        learnt.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
        learnt.train_from_iterator(GENERAL, trainers.BpeTrainer(vocab_size=80, special_tokens=SPECIAL))
        model = json.loads(learnt.to_str())["model"]
        vocabulary = {one: at for at, one in enumerate([*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))])}
        for token in sorted(model["vocab"], key=model["vocab"].get):
            vocabulary.setdefault(token, len(vocabulary))
        merges = [tuple(pair) for pair in model["merges"]]
        made = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        made.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|im_end|>", unk_token="<unk>", clean_up_tokenization_spaces=False
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    # Beyond the model's own vocabulary, as Qwen's control tokens are: their ids must not move.
    tokenizer.add_tokens(["<|tool|>"], special_tokens=True)
    tokenizer.chat_template = CHATML
    return tokenizer


def make_base(kind: str, folder: Path, tied: bool = False, spare: int = 0) -> Path:
    tokenizer = make_tokenizer(kind)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer) + spare,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        tie_word_embeddings=tied,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "generation_config.json").write_text('{"eos_token_id": 2, "temperature": 0.6, "do_sample": true}\n')
    return folder


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    for at, document in enumerate(domain(150)):
        (folder / f"{at}.md").write_text(document, encoding="utf-8")
    return folder


@pytest.fixture(params=KINDS, scope="module")
def made(
    request: pytest.FixtureRequest, text: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Found]:
    """A base, the base with more tokens (not trained), and what was found."""
    folder = tmp_path_factory.mktemp(request.param)
    base = make_base(request.param, folder / "base")
    found = report.look(str(base), str(base), [text], 200, Quiet())
    apply.write_base(base, folder / "new", found.candidates)
    return base, folder / "new", found


def test_whole_words_of_both_languages_are_found_and_save_what_is_said(made: tuple[Path, Path, Found]) -> None:
    base, new, found = made
    tokens = {one["token"].lstrip("␣") for one in found.report["candidates"]}
    assert tokens >= {"verifier", "authentication", "神经网络", "模型参数"}
    assert not any(sign.isdigit() or sign in "，。.(" for token in tokens if "<" not in token for sign in token)
    before, _ = measure.count(load_tokenizer(base).backend_tokenizer, found.heldout)
    after, _ = measure.count(load_tokenizer(new).backend_tokenizer, found.heldout)
    assert found.report["per_token"] == measure.compared(before, after)
    assert after["all"].tokens < 0.8 * before["all"].tokens


def test_savings_on_the_learnt_text_are_those_of_the_real_tokenizer(made: tuple[Path, Path, Found]) -> None:
    base, new, found = made
    before, _ = measure.count(load_tokenizer(base).backend_tokenizer, found.learnt)
    after, _ = measure.count(load_tokenizer(new).backend_tokenizer, found.learnt)
    assert before["all"].tokens - after["all"].tokens == sum(one.saved for one in found.candidates)


def undone(found: Found, tokens: list[str]) -> list[str]:
    pieces = {one.token: one.pieces for one in found.candidates}
    return [piece for token in tokens for piece in pieces.get(token, (token,))]


@settings(max_examples=150, deadline=None)
@given(words=st.lists(st.one_of(st.sampled_from([*WORDS, " ", "the ", "<|im_end|>", "\n"]), st.text(max_size=8))))
@pytest.mark.parametrize("kind", KINDS)
def test_any_text_survives_and_is_split_as_before_but_for_new_tokens(
    kind: str, words: list[str], pairs: dict[str, tuple[Any, Any, Found]]
) -> None:
    old, new, found = pairs[kind]
    whole = "".join(words)
    before, after = (one(whole, add_special_tokens=False)["input_ids"] for one in (old, new))
    assert new.decode(after) == old.decode(before)
    assert undone(found, new.convert_ids_to_tokens(after)) == old.convert_ids_to_tokens(before)


@pytest.fixture(scope="module")
def pairs(text: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any, Found]]:
    found = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(f"pair-{kind}")
        base = make_base(kind, folder / "base")
        looked = report.look(str(base), str(base), [text], 200, Quiet())
        apply.write_base(base, folder / "new", looked.candidates)
        found[kind] = (load_tokenizer(base), load_tokenizer(folder / "new"), looked)
    return found


def test_papers_control_tokens_and_old_rows_stay(made: tuple[Path, Path, Found]) -> None:
    base, new, found = made
    for name in ("generation_config.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (new / name).read_bytes() == (base / name).read_bytes()
    old, extended = load_tokenizer(base), load_tokenizer(new)
    assert template.derive(old) == template.derive(extended)
    assert extended.added_tokens_decoder == old.added_tokens_decoder
    assert {**extended.get_vocab(), **old.get_vocab()} == extended.get_vocab()
    assert len(extended) == len(old) + len(found.candidates)
    chat = [{"role": "user", "content": "the cat 12"}]
    prompt = template.codec(extended).prompt_ids(chat)
    assert undone(found, extended.convert_ids_to_tokens(prompt)) == old.convert_ids_to_tokens(
        template.codec(old).prompt_ids(chat)
    )
    assert prompt[0] == old.convert_tokens_to_ids("<|im_start|>")
    assert not list(new.glob("*.bin"))
    before, after = load_file(base / "model.safetensors"), load_file(new / "model.safetensors")
    for name, weight in before.items():
        assert torch.equal(after[name][: len(weight)], weight), name


@pytest.mark.parametrize(("tied", "spare"), [(False, 0), (True, 0), (True, 500)])
def test_new_rows_are_the_mean_of_their_pieces(tied: bool, spare: int, text: Path, tmp_path: Path) -> None:
    base = make_base("byte-level", tmp_path / "base", tied, spare)
    found = report.look(str(base), str(base), [text], 40, Quiet())
    new = apply.write_base(base, tmp_path / "new", found.candidates)
    model = LlamaForCausalLM.from_pretrained(tmp_path / "new")
    known = load_tokenizer(base).get_vocab()
    size = gain.look(base).rows
    assert gain.look(tmp_path / "new").rows == max(size, new.stop)  # rows that the base has to spare come first
    assert found.report["curve"][-1]["rows"] == max(size, new.stop)
    for module, name in rows.places(model):
        weight = getattr(module, name)
        for number, one in zip(new, found.candidates, strict=True):
            mean = weight[[known[piece] for piece in one.pieces]].mean(0)
            torch.testing.assert_close(weight[number], mean)
    assert (model.lm_head.weight is model.model.embed_tokens.weight) == tied


@pytest.mark.parametrize("tied", [True, False])
def test_apply_trains_the_new_rows_alone_and_leaves_a_base_that_loads(tied: bool, text: Path, tmp_path: Path) -> None:
    base = make_base("byte-level", tmp_path / "base", tied)
    found = report.look(str(base), str(base), [text], 40, Quiet(), whole=True)
    outcome = apply.apply(found, tmp_path / "new", 6000, Quiet())
    assert outcome["bits"]["trained"] < outcome["bits"]["resized"]
    assert min(*outcome["before"].values(), *outcome["after"].values()) > 0
    assert {path.name for path in tmp_path.iterdir()} == {"base", "new"}
    before, after = load_file(base / "model.safetensors"), load_file(tmp_path / "new" / "model.safetensors")
    assert before.keys() == after.keys()
    grown = [name for name in before if len(after[name]) > len(before[name])]
    assert len(grown) == (1 if tied else 2)
    for name, weight in before.items():
        assert torch.equal(after[name][: len(weight)], weight), name
    apply.write_base(base, tmp_path / "untrained", found.candidates)
    untrained = load_file(tmp_path / "untrained" / "model.safetensors")
    for name in grown:
        moved = (after[name] - untrained[name])[len(before[name]) :].abs().amax(1) > 0
        if tied or name == "lm_head.weight":
            assert moved.float().mean() > 0.9
        else:  # what only leads to other tokens never is an input
            seen = {one for ids in load_tokenizer(tmp_path / "new")(found.learnt)["input_ids"] for one in ids}
            assert 0 < moved.sum() <= len(seen - set(range(len(before[name]))))
    recipe = Recipe(solutions={"test": {}}, base=str(tmp_path / "new"), stages={"sft": Stage()})
    TrlBackend().check_base(recipe)
    codec = TrlBackend().prepare(recipe, tmp_path / "run", lambda: iter(()))
    assert codec.template.stop == "<|im_end|>"
    written = TrlBackend().load(tmp_path / "run")([[{"role": "user", "content": WORDS[0]}]], max_new_tokens=4)
    assert written[0][0].logprobs


def test_the_gain_pays_for_the_head_and_the_advice_follows_it() -> None:
    shape = gain.Shape(body=900, rows=10, width=10, tied=True)
    assert gain.predict(shape, 200, 100, 10) == pytest.approx(100)
    assert gain.predict(shape, 200, 100, 110) == pytest.approx(0)
    assert gain.advise(14.9, 10)[0].startswith("Leave")
    assert gain.advise(15.1, 10)[0].startswith("Worth")
    assert gain.advise(0, 0) == gain.advise(99, 0)


def test_unsupported_tokenizers_say_so(text: Path, tmp_path: Path) -> None:
    base = make_base("wordpiece", tmp_path / "base")
    with pytest.raises(BackendError, match="WordPiece tokenizer, which has no merges"):
        report.look(str(base), str(base), [text], 10, Quiet())

    class Slow:
        is_fast = False

    with pytest.raises(BackendError, match=r"no tokenizer\.json"):
        spelling.spelling(Slow(), "b")


def test_bad_input_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text("small")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "rows.jsonl").write_text('{"text": "fine"}\n{broken\n{"other": 1}\n')
    (tmp_path / "image.png").write_bytes(b"")
    paths = [tmp_path / name for name in ("none", "bad.txt", "rows.jsonl", "image.png")]
    with pytest.raises(DataError) as error:
        texts.read(paths)
    said = str(error.value)
    for part in ("none does not exist", "bad.txt can't be read", "rows.jsonl, line 2", "line 3: has none", "image.png"):
        assert part in said
    with pytest.raises(DataError, match="5 characters; give at least 10,000"):
        texts.part(texts.read([tmp_path / "small.txt"]))
    with pytest.raises(DataError, match="single paragraph"):
        texts.part(["a" * 20_000])
    with pytest.raises(BackendError, match="exists already"):
        target.check(tmp_path)
    with pytest.raises(BackendError, match="no token to add"):
        apply.apply(Found("b", tmp_path, [], [], [], {}), tmp_path / "out", 1, Quiet())


def test_nothing_held_out_is_learnt_from_or_trained_on() -> None:
    documents = domain(150)
    learnt, heldout = texts.part(documents)
    assert sorted([*learnt, *heldout]) == sorted(documents)
    assert learnt
    assert heldout
    assert not set(texts.without(documents, heldout)) & set(heldout)
    learnt, heldout = texts.part(["".join(documents)])
    assert not set(learnt) & set(heldout)
    assert not set(texts.without(["".join(documents)], heldout)) & set(heldout)


def test_what_is_nearly_held_out_is_not_learnt_from_either() -> None:
    """Each text comes again with a few words changed, in both languages: one of the two counts."""
    once = domain(120)
    again = [text.replace("。", "！", 1) + " the end 完了" for text in once]
    learnt, heldout = texts.part([*once, *again])
    assert sorted([*learnt, *heldout]) == sorted(once)
    assert duplicates.distinct(learnt, heldout) == learnt
    assert not [text for text in texts.without(again, heldout) if text in set(heldout)]
    assert len(texts.without(again, heldout)) == len(again) - len(heldout)


def test_ids_follow_on_those_that_are_taken() -> None:
    facts = make_tokenizer("byte-level").backend_tokenizer.to_str()
    assert extension.first_id(facts) == json.loads(facts)["added_tokens"][-1]["id"] + 1
