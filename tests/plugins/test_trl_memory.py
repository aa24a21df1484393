"""Shapes read from settings against real models, and the estimated memory against a real run's peak."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

from dsol import BackendError
from dsol.recipe import Recipe, Stage
from dsol.sizing import KNOWN
from dsol_trl.backend import TrlBackend
from dsol_trl.shape import read

from .test_trl_families import ARCHITECTURES, make_base

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "memory.py"


def recipe(base):
    return Recipe(solutions={"test": {}}, base=str(base), stages={"sft": Stage()})


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_a_shape_counts_what_a_real_model_has(family, tmp_path):
    found = TrlBackend().describe(recipe(make_base(family, tmp_path)))
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert found.parameters == model.num_parameters()
    assert found.origin == "chat"
    assert found.disk > 0
    model(torch.tensor([[1, 2, 3]]), use_cache=True)
    cache = model(torch.tensor([[1, 2, 3]]), use_cache=True).past_key_values
    held = sum(layer.keys.numel() + layer.values.numel() for layer in cache.layers)
    assert found.cache * 3 == held
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM"))
    assert 4 * found.adapter == adapted.get_nb_trainable_parameters()[0]


def test_settings_alone_are_enough(tmp_path):
    make_base("qwen3", tmp_path)
    for entry in tmp_path.iterdir():
        if entry.name != "config.json":
            entry.unlink()
    found = read(tmp_path, "it")
    assert (found.origin, found.disk) == ("", 0)
    assert found.parameters > 0


@pytest.mark.parametrize("size", ["tiny", "small", "large"])
def test_a_scratch_shape_is_counted_as_its_model_would_be(size):
    found = TrlBackend().describe(recipe(f"scratch:{size}"))
    config = AutoConfig.for_model(
        "qwen3",
        vocab_size=found.vocabulary,
        hidden_size=found.hidden,
        intermediate_size=found.feed_forward,
        num_hidden_layers=found.layers,
        num_attention_heads=found.heads,
        num_key_value_heads=found.key_heads,
        head_dim=found.head,
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        assert AutoModelForCausalLM.from_config(config).num_parameters() == found.parameters


def test_a_base_that_is_nowhere_is_one_line_that_says_what_to_do(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(BackendError, match="--shape") as caught:
        TrlBackend().describe(recipe("nobody/nothing"))
    assert "\n" not in str(caught.value)
    assert TrlBackend().describe(recipe("Qwen/Qwen3-8B")) == KNOWN["qwen3-8b"]
    with pytest.raises(BackendError, match="did you mean 'Qwen3-8B'"):
        TrlBackend().describe(recipe("nobody/nothing"), "Qwen3-8")


def test_damaged_settings_are_one_line(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "nothing-known"}')
    with pytest.raises(BackendError, match="doesn't tell a model's shape") as caught:
        TrlBackend().describe(recipe(tmp_path))
    assert "\n" not in str(caught.value)


def test_the_probe_measures_a_speed():
    found = TrlBackend().probe(TrlBackend().describe(recipe("scratch:tiny")))
    assert found.flops > 0
    assert "measured here" in found.source


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc (Linux)")
def test_the_estimate_is_near_a_real_peak():
    spec = importlib.util.spec_from_file_location("memory_benchmark", BENCHMARK)
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = benchmark
    spec.loader.exec_module(benchmark)
    case = benchmark.Case("small", "full", "tasks", 4096)
    found = benchmark.measure(case)
    assert benchmark.estimate(case, found) == pytest.approx(found.peak, rel=0.15), json.dumps(found.__dict__)


def test_training_decides_as_the_plan_does(tmp_path):
    """The same sizes stand behind what `dsol plan` says of a base and what a stage does with it."""
    from dsol.knowhow.starting import step_work
    from dsol.recipe import Stage
    from dsol.sizing import Machine, option
    from dsol_trl.hardware import Hardware, fits, wants_checkpointing

    shape = KNOWN["qwen3-1.7b"]
    seen = set()
    for way in ("full", "lora"):
        for memory in (4, 8, 16, 24, 34, 40, 48, 80):
            work = step_work(Stage(batch_tokens=16384), way)
            planned = option(shape, work, Machine("card", "cuda", 1, memory * 10**9))
            here = Hardware("cuda", True, memory * 10**9)
            assert fits(shape, work, here) == planned.fits
            assert wants_checkpointing(shape, work, here) == (planned.kept.peak > planned.room)
            seen.add((fits(shape, work, here), wants_checkpointing(shape, work, here)))
    assert seen == {(True, True), (True, False), (False, True)}


def test_a_model_without_attention_has_a_shape(tmp_path):
    from transformers import MambaConfig

    MambaConfig(vocab_size=64, hidden_size=16, num_hidden_layers=2, state_size=4).save_pretrained(tmp_path)
    found = read(tmp_path, "mamba")
    assert (found.layers, found.heads, found.cache) == (2, 0, 0)
    assert found.parameters > 0
