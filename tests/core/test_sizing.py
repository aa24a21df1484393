"""Sizes against published numbers, and what is said where nothing fits."""

import dataclasses

import pytest

from dsol.errors import RecipeError
from dsol.sizing import KNOWN, Machine, Work, hours, looked_up, operations, options, parse, serving, too_large, training
from dsol.sizing.fitting import what_would
from dsol.sizing.memory import cache, four_bits

# Parameters in billions as each model's card states them.
PUBLISHED = {
    "qwen3-0.6b": 0.596,
    "qwen3-1.7b": 1.72,
    "qwen3-4b": 4.02,
    "qwen3-8b": 8.19,
    "qwen3-14b": 14.77,
    "qwen2.5-7b": 7.62,
    "llama-3.1-8b": 8.03,
    "llama-2-13b": 13.02,
}
CARD = Machine("card", "cuda", 1, 24 * 10**9)


@pytest.mark.parametrize("name", KNOWN)
def test_counted_parameters_are_the_published_ones(name):
    assert KNOWN[name].parameters / 1e9 == pytest.approx(PUBLISHED[name], rel=0.005)


def test_the_cache_of_a_known_model():
    # Llama 3.1 8B: 32 layers x 8 key heads x 128 x 2 x 2 bytes = 128 KiB for each token
    assert KNOWN["llama-3.1-8b"].cache * 2 == 128 * 1024
    assert cache(KNOWN["llama-3.1-8b"], 8192, 4) == 4 * 2**30


def test_full_tuning_with_adam_takes_the_known_bytes_for_each_parameter():
    shape = KNOWN["qwen3-4b"]
    found = training(shape, Work("full", 4096, 4096), Machine(device="cpu"))
    states = found.weights + found.gradients + found.optimizer
    assert states == shape.parameters * 16  # fp32 weight, gradient, two moments (arXiv 1910.02054)


def test_ways_come_in_the_order_of_their_memory():
    sized = {one.way: one for one in options(KNOWN["llama-3.1-8b"], Work("full", 4096, 4096), CARD)}
    assert sized["full"].again.peak > sized["lora"].again.peak > sized["4-bit"].again.peak
    assert all(one.again.peak < one.kept.peak or one.way == "full" for one in sized.values())
    assert not sized["full"].fits
    assert sized["4-bit"].fits


def test_qlora_weights_of_a_7b_model_are_as_small_as_reported():
    # QLoRA (arXiv 2305.14314), figure 6: LLaMA 7B's weights take about 5 GB with 16-bit embeddings left out of account
    assert 4e9 < four_bits(KNOWN["qwen2.5-7b"]) < 6.5e9


def test_several_cards_share_the_states_of_full_tuning():
    one = options(KNOWN["qwen3-8b"], Work("full", 4096, 4096), Machine("card", "cuda", 1, 80 * 10**9))[0]
    four = options(KNOWN["qwen3-8b"], Work("full", 4096, 4096), Machine("card", "cuda", 4, 80 * 10**9))[0]
    assert four.kept.optimizer == one.kept.optimizer / 4
    assert four.kept.activations == one.kept.activations


def test_what_would_fit_is_said():
    work = Work("lora", 8192, 8192)
    shape = KNOWN["qwen3-14b"]
    small = Machine("card", "cuda", 1, 8 * 10**9)
    ways = options(shape, work, small)
    assert not any(one.fits for one in ways)
    said = what_would(shape, work, small, ways)
    assert any("smaller base (Qwen3-" in one for one in said)
    assert any("a machine with" in one for one in said)
    roomy = dataclasses.replace(small, memory=10**12)
    assert all(one.fits for one in options(shape, work, roomy))


def test_the_ceiling_lets_13b_models_through():
    assert not too_large(KNOWN["llama-2-13b"])
    assert too_large(KNOWN["qwen3-14b"])


@pytest.mark.parametrize(
    ("text", "count", "gigabytes"),
    [("1x24GB", 1, 24), ("2x80GB", 2, 80), ("24gb", 1, 24), ("H100", 1, 85), ("4xA100", 4, 85), ("rtx 4090", 1, 25)],
)
def test_cards_are_read(text, count, gigabytes):
    found = parse(text)
    assert (found.count, round(found.memory / 1e9), found.device) == (count, gigabytes, "cuda")


@pytest.mark.parametrize("text", ["", "much", "0x24GB", "H1000", "x80GB", "24"])
def test_a_card_that_is_not_known_is_one_line(text):
    with pytest.raises(RecipeError) as caught:
        parse(text)
    assert "--gpu" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_time_follows_from_operations():
    shape, machine = KNOWN["llama-3.1-8b"], parse("H100")
    each = operations(shape, "full", 0)
    assert each == pytest.approx(6 * (shape.matrices + shape.embedding))  # 6 N (arXiv 2001.08361)
    took = hours(1e9, each, looked_up(machine))
    assert took == pytest.approx(1e9 * each / (989e12 * 0.35) / 3600)
    assert operations(shape, "lora", 0) == pytest.approx(each * 2 / 3)
    assert hours(1e9, each, looked_up(parse("1x24GB"))) == 0


def test_serving_counts_weights_and_cache():
    found = serving(KNOWN["qwen3-8b"], CARD, 4096, 8)
    assert found.weights == KNOWN["qwen3-8b"].parameters * 2
    assert found.peak > found.weights + found.cache
    assert serving(KNOWN["qwen3-8b"], CARD, 4096, 8, four_bit=True).weights < found.weights / 2
