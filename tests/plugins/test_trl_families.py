"""A chat model of each family, with random weights, from a local folder through training to serving."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Glm4Config,
    LlamaConfig,
    MistralConfig,
    Phi3Config,
    PreTrainedConfig,
    Qwen2Config,
    Qwen3Config,
)

from dsol import FitJob
from dsol.backend import Chat
from dsol.mix import write_mix
from dsol.recipe import Recipe, Stage
from dsol.rows import read, tokenise
from dsol_trl import checkpoint
from dsol_trl.backend import TrlBackend
from dsol_trl.model import load_model, load_tokenizer, read_card
from dsol_trl.template import check

from .test_trl_template import FAMILIES, make_tokenizer
from .trl_job import PROMPT, samples

SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
# Baichuan's own code is not part of transformers; its 7B model has Llama's shape.
ARCHITECTURES: dict[str, type[PreTrainedConfig]] = {
    "qwen2.5": Qwen2Config,
    "qwen3": Qwen3Config,
    "llama 3": LlamaConfig,
    "mistral": MistralConfig,
    "glm-4": Glm4Config,
    "gemma": Gemma2Config,
    "phi": Phi3Config,
    "baichuan": LlamaConfig,
}


def make_base(family: str, folder: Path) -> str:
    tokenizer = make_tokenizer(FAMILIES[family])
    head: dict[str, Any] = {} if family in ("qwen2.5", "phi") else {"head_dim": 8}
    config = ARCHITECTURES[family](
        **SHAPE,
        **head,
        vocab_size=len(tokenizer),
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_a_family_trains_and_serves_by_its_own_template(family: str, tmp_path: Path) -> None:
    stage = Stage(epochs=1, batch_tokens=1500)
    recipe = Recipe(solutions={"test": {}}, base=make_base(family, tmp_path / "source"), stages={"sft": stage})
    codec = TrlBackend().prepare(recipe, tmp_path / "base", lambda: iter(()))
    rows = tokenise({"one": samples(12)}, {"one": PROMPT}, codec, 4096, tmp_path / "rows")
    (tmp_path / "stage").mkdir()
    write_mix(stage, rows, 0, tmp_path / "stage")
    job = FitJob(tmp_path / "base", rows, tmp_path / "stage" / "mix.npy", tmp_path / "stage", stage, 0)
    TrlBackend().fit(job, lambda progress: None)
    folder = checkpoint.found(job.folder)[-1][1]
    assert read_card(folder).origin == "chat"
    assert (folder / "adapter_model.safetensors").exists()  # all of a chat model is never tuned unasked
    served = check(load_tokenizer(folder), folder)
    assert served.template == codec.template
    first = samples(1)[0]
    chat: Chat = PROMPT.chat(first.input or {})
    prompt = served.prompt_ids(chat)
    table = read(rows["one"])
    assert table["input_ids"][0].as_py()[: len(prompt)] == prompt
    assert table["labels"][0].as_py()[-1] == served.contract.stop_id
    written = TrlBackend().load(folder)([chat], max_new_tokens=3)
    assert len(written[0]) == 1


def test_a_second_stage_may_tune_what_the_first_left(tmp_path: Path) -> None:
    stage = Stage(epochs=1, batch_tokens=1500, tune="full", force="full")
    recipe = Recipe(solutions={"test": {}}, base=make_base("qwen3", tmp_path / "source"), stages={"sft": stage})
    codec = TrlBackend().prepare(recipe, tmp_path / "base", lambda: iter(()))
    rows = tokenise({"one": samples(12)}, {"one": PROMPT}, codec, 4096, tmp_path / "rows")
    (tmp_path / "stage").mkdir()
    write_mix(stage, rows, 0, tmp_path / "stage")
    lora = stage.model_copy(update={"tune": "lora"})
    job = FitJob(tmp_path / "base", rows, tmp_path / "stage" / "mix.npy", tmp_path / "stages" / "first", lora, 0)
    TrlBackend().fit(job, lambda progress: None)
    adapter = checkpoint.found(job.folder)[-1][1]
    second = replace(job, start=adapter, folder=tmp_path / "stages" / "second", stage=stage)
    TrlBackend().fit(second, lambda progress: None)
    whole = checkpoint.found(second.folder)[-1][1]
    assert read_card(whole).adapter_of == ""
    assert (whole / "model.safetensors").exists()
    third = replace(job, start=whole, folder=tmp_path / "stages" / "third")
    TrlBackend().fit(third, lambda progress: None)
    last = checkpoint.found(third.folder)[-1][1]
    assert read_card(last).adapter_of == whole.relative_to(tmp_path).as_posix()
    load_model(last)
