"""The base that ships: small, whole, without pickles, a chat model that trains and answers as any other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from dsol.plugins import load_plugins
from dsol.recipe import Recipe, Stage
from dsol_seed import dsol_bases
from dsol_seed.shrink import LARGEST, PAPERS, shrink
from dsol_trl.backend import TrlBackend
from dsol_trl.model import read_card

FOLDER = dsol_bases()["seed"]


def test_it_is_small_and_holds_nothing_that_runs() -> None:
    names = {entry.name for entry in FOLDER.iterdir()}
    assert names == {"model.safetensors", "config.json", *PAPERS}
    assert (FOLDER / "model.safetensors").stat().st_size < LARGEST
    weights = load_file(FOLDER / "model.safetensors")
    assert {str(weight.dtype) for weight in weights.values()} == {"float16"}
    assert all(np.isfinite(weight).all() for weight in weights.values())


def test_its_licence_and_sources_lie_beside_it() -> None:
    text = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    for said in ("CC BY-SA 4.0", "Spider", "SeSQL", "MIT"):
        assert said in text


def test_a_recipe_takes_it_by_name() -> None:
    assert load_plugins().bases["seed"] == FOLDER


def test_it_is_a_chat_model_that_answers(tmp_path: Path) -> None:
    recipe = Recipe(solutions={"test": {}}, base=str(FOLDER), stages={"sft": Stage()})
    codec = TrlBackend().prepare(recipe, tmp_path / "base", lambda: iter(()))
    assert read_card(tmp_path / "base").origin == "chat"
    assert codec.template.stop == "<|im_end|>"
    chat = [
        {"role": "system", "content": "Write the query that answers the question, in SQLite with pointers."},
        {"role": "user", "content": "Question: How many singers { t3 c5 c9} are there?"},
    ]
    [[answer]] = TrlBackend().load(tmp_path / "base")([chat], max_new_tokens=20)
    assert answer.text == "SELECT COUNT(*) FROM t3"
    [[chinese]] = TrlBackend().load(tmp_path / "base")(
        [[chat[0], {"role": "user", "content": "Question: 一共有多少位歌手 { t3 c5 c9}？"}]], max_new_tokens=20
    )
    assert chinese.text == "SELECT COUNT(*) FROM t3"


def test_a_run_is_shrunk_to_what_is_shipped(tmp_path: Path) -> None:
    model = tmp_path / "run" / "model"
    model.mkdir(parents=True)
    save_file({"a": np.array([[0.5, -1.25]], dtype=np.float32)}, model / "model.safetensors")
    (model / "config.json").write_text('{"dtype": "float32", "model_type": "qwen3"}', encoding="utf-8")
    (model / "optimizer.pt").touch()
    for name in PAPERS:
        (model / name).write_text("{}", encoding="utf-8")
    shrink(tmp_path / "run", tmp_path / "shipped")
    assert {entry.name for entry in (tmp_path / "shipped").iterdir()} == {"model.safetensors", "config.json", *PAPERS}
    assert load_file(tmp_path / "shipped" / "model.safetensors")["a"].tolist() == [[0.5, -1.25]]
    assert json.loads((tmp_path / "shipped" / "config.json").read_text(encoding="utf-8"))["dtype"] == "float16"
    save_file({"a": np.zeros(LARGEST, dtype=np.float32)}, model / "model.safetensors")
    with pytest.raises(SystemExit, match=r"20\.0 MB"):
        shrink(tmp_path / "run", tmp_path / "large")
    assert not (tmp_path / "large").exists()
