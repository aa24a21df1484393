"""Bases: what is taken, what is refused and how, and small models made from the data."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub.errors import DryRunError, LocalEntryNotFoundError
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol import BackendError, Chat
from dsol.recipe import Recipe, Stage
from dsol_trl import scratch
from dsol_trl.backend import TrlBackend
from dsol_trl.model import load_model, load_tokenizer, read_card

PAIRS: list[tuple[Chat | None, str]] = [
    ([{"role": "system", "content": "tables: artist, album"}, {"role": "user", "content": f"which {word} 1234?"}], word)
    for word in ("artist", "album", "track", "你好", "genre") * 9
]


def recipe(name: str, **more: Any) -> Recipe:
    return Recipe(solutions={"test": {}}, base=name, stages={"sft": Stage()}, **more)


def texts() -> Iterator[tuple[Chat | None, str]]:
    return iter(PAIRS)


def digests(folder: Path) -> dict[str, str]:
    return {entry.name: hashlib.sha256(entry.read_bytes()).hexdigest() for entry in folder.iterdir()}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "base"
    TrlBackend().prepare(recipe("scratch:tiny"), folder, texts)
    return folder


def test_the_same_data_and_seed_make_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    TrlBackend().prepare(recipe("scratch:tiny"), tmp_path / "again", texts)
    assert digests(tmp_path / "again") == digests(tiny)
    TrlBackend().prepare(recipe("scratch:tiny", seed=1), tmp_path / "other", texts)
    assert digests(tmp_path / "other")["model.safetensors"] != digests(tiny)["model.safetensors"]


def test_a_prepared_base_is_kept(tiny: Path) -> None:
    before = digests(tiny)
    codec = TrlBackend().prepare(recipe("scratch:tiny"), tiny, lambda: iter(()))
    assert digests(tiny) == before
    assert codec.template.stop == "<|im_end|>"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_the_made_tokenizer_loses_no_text(text: str) -> None:
    if not TOKENIZER:
        TOKENIZER.append(scratch.make_tokenizer(texts(), 400))
    ids = TOKENIZER[0](text, add_special_tokens=False)["input_ids"]
    assert TOKENIZER[0].decode(ids) == text


TOKENIZER: list[Any] = []


def test_digits_stand_one_by_one(tiny: Path) -> None:
    tokenizer = load_tokenizer(tiny)
    assert [tokenizer.decode([one]) for one in tokenizer("1234", add_special_tokens=False)["input_ids"]] == list("1234")


@pytest.mark.parametrize(("size", "millions"), [("tiny", 0.127), ("small", 1.70), ("medium", 8.3), ("large", 26.8)])
def test_sizes_are_as_described(size: str, millions: float) -> None:
    tokenizer = scratch.make_tokenizer(texts(), 400)
    shape = scratch.SIZES[size]
    model = scratch.make_model(shape, tokenizer, 0)
    count = sum(one.numel() for one in model.parameters()) + (shape.vocabulary - len(tokenizer)) * shape.hidden
    assert count / 1e6 == pytest.approx(millions, rel=0.05)


def test_a_local_folder_becomes_the_base_without_pickles_or_code(tiny: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for entry in tiny.iterdir():
        if entry.name not in ("dsol.json", "template.json"):
            (source / entry.name).write_bytes(entry.read_bytes())
    (source / "modeling_own.py").write_text("raise SystemExit")
    (source / "extra.bin").write_bytes(b"pickle")
    codec = TrlBackend().prepare(recipe(str(source)), tmp_path / "base", texts)
    names = {entry.name for entry in (tmp_path / "base").iterdir()}
    assert not names & {"modeling_own.py", "extra.bin"}
    assert codec.template.hash == TrlBackend().prepare(recipe("scratch:tiny"), tiny, texts).template.hash
    assert read_card(tmp_path / "base").origin == "chat"
    load_model(tmp_path / "base")


def test_a_base_without_a_chat_template_gets_plain_turns(tiny: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (source / name).write_bytes((tiny / name).read_bytes())
    codec = TrlBackend().prepare(recipe(str(source)), tmp_path / "base", texts)
    assert read_card(tmp_path / "base").origin == "base"
    row = codec.encode([{"role": "user", "content": "which?"}], "artist")
    tokenizer = load_tokenizer(tmp_path / "base")
    assert tokenizer.decode(row.input_ids) == "### user\nwhich?\n### assistant\nartist<|im_end|>"


def make_folder(folder: Path, names: list[str]) -> str:
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}")
    return str(folder)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no config.json"),
        (["config.json", "tokenizer.json"], "no weights"),
        (["config.json", "tokenizer.json", "pytorch_model.bin"], "pickled weights"),
        (["config.json", "model.safetensors"], "no tokenizer"),
    ],
)
def test_a_folder_that_lacks_something_is_refused(tmp_path: Path, names: list[str], message: str) -> None:
    name = make_folder(tmp_path / "source", names)
    assert_refused(name, tmp_path, message)


def assert_refused(name: str, folder: Path, message: str, **more: Any) -> None:
    """Check that a base is refused in one line, before any work and by `prepare`, and that neither leaves anything."""
    before = sorted(folder.iterdir())
    with pytest.raises(BackendError, match=message) as early:
        TrlBackend().check_base(recipe(name, **more))
    with pytest.raises(BackendError, match=message) as late:
        TrlBackend().prepare(recipe(name, **more), folder / "base", texts)
    for caught in (early, late):
        assert "\n" not in str(caught.value)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("./nowhere/at/all", "no folder"),
        ("scratch:huge", "tiny"),
        ("scratch:smal", "did you mean 'small'"),
    ],
)
def test_a_base_that_does_not_exist_is_refused(tmp_path: Path, name: str, message: str) -> None:
    assert_refused(name, tmp_path, message)


def test_an_unreachable_hub_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*arguments: Any, **options: Any) -> str:
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    assert_refused("someone/something", tmp_path, "offline")


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def edit(path: Path, **more: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **more}))


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "header cut": (lambda folder: cut(folder / "model.safetensors", 1000), "model.safetensors are cut, damaged"),
    "last byte cut": (
        lambda folder: cut(folder / "model.safetensors", (folder / "model.safetensors").stat().st_size - 1),
        "model.safetensors are cut, damaged",
    ),
    "pointer": (
        lambda folder: (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n"),
        "Git LFS pointer",
    ),
    "part missing": (
        lambda folder: (
            (folder / "model.safetensors").rename(folder / "model-1-of-2.safetensors"),
            (folder / "model.safetensors.index.json").write_text(
                json.dumps({"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}})
            ),
        ),
        "lacks weights that model.safetensors.index.json lists: model-2-of-2.safetensors",
    ),
    "index damaged": (
        lambda folder: (
            (folder / "model.safetensors").unlink(),
            (folder / "model.safetensors.index.json").write_text('{"weight_map'),
        ),
        "index.json is damaged",
    ),
    "unknown type": (lambda folder: edit(folder / "config.json", model_type="qwen99"), "no model_type 'qwen99'"),
    "no type": (lambda folder: edit(folder / "config.json", model_type=None), "`model_type` is missing"),
    "wrong size": (lambda folder: edit(folder / "config.json", hidden_size="wide"), "hidden_size"),
    "pictures": (lambda folder: (folder / "config.json").write_text('{"model_type": "vit"}'), "doesn't write text"),
    "config cut": (lambda folder: cut(folder / "config.json", 9), "config.json can't be read"),
    "config a list": (lambda folder: (folder / "config.json").write_text("[1]"), "holds a list"),
    "own code": (
        lambda folder: (
            edit(folder / "config.json", model_type="own", auto_map={"AutoConfig": "own.Own"}),
            (folder / "own.py").write_text("raise SystemExit"),
        ),
        "trust_remote_code: true",
    ),
}


@pytest.fixture
def source(tiny: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    shutil.copytree(tiny, folder, ignore=shutil.ignore_patterns("dsol.json", "template.json"))
    return folder


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_base_is_found_before_any_work(source: Path, tmp_path: Path, case: str) -> None:
    TrlBackend().check_base(recipe(str(source)))
    damage, message = DAMAGES[case]
    damage(source)
    assert_refused(str(source), tmp_path, message)


def test_looking_a_base_over_loads_no_weights(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", None)
    monkeypatch.setattr("safetensors.torch.load_file", None)
    TrlBackend().check_base(recipe(str(source)))


def test_a_hub_model_is_looked_over_by_its_papers_and_the_list_of_its_files(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = (source / "model.safetensors").rename(tmp_path / "kept.safetensors")
    listed = ["model.safetensors"]
    asked: list[str] = []

    def hub(base: str, allow_patterns: list[str], dry_run: bool = False) -> Any:
        if dry_run:
            return [SimpleNamespace(filename=name) for name in listed]
        asked.extend(allow_patterns)
        return str(source)

    monkeypatch.setattr("huggingface_hub.snapshot_download", hub)
    TrlBackend().check_base(recipe("someone/something"))
    assert "*.json" in asked
    assert not [pattern for pattern in asked if "safetensors" in pattern or pattern == "*.py"]
    listed[:] = ["pytorch_model.bin"]
    with pytest.raises(BackendError, match=r"only pickled weights \(pytorch_model\.bin\)"):
        TrlBackend().check_base(recipe("someone/something"))

    def cached(base: str, allow_patterns: list[str], dry_run: bool = False) -> str:
        if dry_run:
            raise DryRunError("no connection")
        return str(source)

    monkeypatch.setattr("huggingface_hub.snapshot_download", cached)
    with pytest.raises(BackendError, match="has no weights"):
        TrlBackend().check_base(recipe("someone/something"))
    weights.rename(source / "model.safetensors")
    TrlBackend().check_base(recipe("someone/something"))


def test_a_broken_tokenizer_is_one_clear_error(tiny: Path, tmp_path: Path) -> None:
    name = make_folder(tmp_path / "source", ["config.json", "tokenizer_config.json", "tokenizer.json"])
    for part in ("model.safetensors", "config.json"):
        (Path(name) / part).write_bytes((tiny / part).read_bytes())
    assert_refused(name, tmp_path, "tokenizer can't be loaded")
