"""The mix: shares in tokens, the same bytes for the same seed, prefixes kept together."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsol import RecipeError
from dsol.mix import Source, draw, pays, write_mix
from dsol.recipe import Stage
from dsol.rows import SCHEMA, _write


def source(lengths, groups=None, prefixes=None):
    n = len(lengths)
    return Source(
        np.array(lengths, dtype=np.int64),
        np.array(groups if groups is not None else [-1] * n, dtype=np.int64),
        np.array(prefixes if prefixes is not None else [0] * n, dtype=np.int64),
    )


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(1)
    made = {}
    for name, count in (("a", 50), ("b", 200), ("c", 500)):
        lengths = random.integers(5, 40, count)
        table = pa.table(
            {
                "input_ids": [list(range(n)) for n in lengths],
                "labels": [[-100] * (n - 1) + [1] for n in lengths],
                "prefix": pa.array([-1] * count, pa.int32()),
                "prefix_length": pa.array([0] * count, pa.int32()),
            },
            schema=SCHEMA,
        )
        made[name] = tmp_path / f"{name}.arrow"
        _write(made[name], table)
    return made


def test_token_shares_are_within_one_percent_of_the_plan(files, tmp_path):
    stage = Stage(sources={"a": 1, "b": 2, "c": 1}, tokens=40_000, batch_tokens=512)
    mix = write_mix(stage, files, 3, tmp_path)
    for facts in mix["sources"].values():
        assert abs(facts["achieved_share"] - facts["planned_share"]) < 0.01
    assert json.loads((tmp_path / "mix.json").read_text()) == mix


def test_same_seed_same_bytes_other_seed_other_order(files, tmp_path):
    stage = Stage(epochs=2, batch_tokens=512)
    for folder, seed in (("one", 5), ("two", 5), ("three", 6)):
        write_mix(stage, files, seed, tmp_path / folder)
    one, two, three = ((tmp_path / name / "mix.npy").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_an_epoch_holds_every_row_once(files, tmp_path):
    write_mix(Stage(batch_tokens=300), files, 0, tmp_path)
    order = np.load(tmp_path / "mix.npy")
    assert len({(s, r) for _, _, s, r in order.tolist()}) == len(order) == 750


def test_unknown_source_is_named_with_what_exists(files, tmp_path):
    with pytest.raises(RecipeError, match=r"no source named 'x'.*there is: a, b, c"):
        write_mix(Stage(sources={"x": 1}), files, 0, tmp_path)


@settings(max_examples=50)
@given(st.data())
def test_sequences_share_one_prefix_and_steps_keep_the_budget(data):
    sources = []
    for _ in range(data.draw(st.integers(1, 3))):
        rows = data.draw(st.lists(st.tuples(st.integers(1, 30), st.integers(-1, 2)), min_size=1, max_size=30))
        prefixes = [0 if group < 0 else 10 * (group + 1) for _, group in rows]
        lengths = [own + prefix for (own, _), prefix in zip(rows, prefixes, strict=True)]
        sources.append(source(lengths, [group for _, group in rows], prefixes))
    passes = data.draw(st.sampled_from([0.5, 1, 2.5]))
    wanted = [passes * int(one.own.sum()) for one in sources]
    order, drawn = draw(wanted, sources, 100, data.draw(st.integers(0, 3)))
    assert sum(drawn.rows) == len(order)
    for step in np.unique(order[:, 0]):
        members = order[order[:, 0] == step]
        tokens = 0
        for sequence in np.unique(members[:, 1]):
            rows = members[members[:, 1] == sequence]
            groups = {int(sources[s].groups[r]) for _, _, s, r in rows.tolist()}
            assert len(groups) == 1
            assert groups != {-1} or len(rows) == 1
            tokens += sum(int(sources[s].own[r]) for _, _, s, r in rows.tolist())
            tokens += int(sources[rows[0, 2]].prefixes[rows[0, 3]])
        assert tokens <= 100


def test_sharing_pays_with_a_long_prefix_and_not_with_a_short_one():
    assert pays([source([900] * 20, [0] * 20, [800] * 20)], 4096)
    assert not pays([source([900] * 20, [0] * 20, [20] * 20)], 4096)
    assert not pays([source([900] * 20)], 4096)


def computed(order, sources):
    """Count the tokens of an order anew: each sequence's prefix once, and what its rows have beyond it."""
    total = 0
    for sequence in np.unique(order[:, 1]):
        rows = order[order[:, 1] == sequence]
        total += int(sources[rows[0, 2]].prefixes[rows[0, 3]])
        total += sum(int(sources[s].own[r]) for _, _, s, r in rows.tolist())
    return total


def test_a_part_of_a_pass_takes_rows_of_a_prefix_together_and_shows_most_prefixes_once():
    many = source([150] * 6000, [at // 20 for at in range(6000)], [100] * 6000)  # 300 prefixes with 20 rows each
    order, drawn = draw([0.2 * 50 * 6000], [many], 4096, 0)
    assert drawn.computed == computed(order, [many]) <= 1.55 * drawn.tokens[0], "single rows would cost three times"
    assert drawn.tokens[0] == pytest.approx(60_000, abs=50)
    met = {int(many.groups[row]) for row in order[:, 3].tolist()}
    assert len(met) > 150, "whole prefixes would be 60 of 300"
    half = order[: len(order) // 2, 3] // 20
    assert 100 < half.mean() < 200, "what comes first is no part of its own"


def test_a_small_source_that_is_repeated_leaves_others_their_prefixes_and_is_spread_over_the_stage():
    many = source([150] * 3000, [at // 10 for at in range(3000)], [100] * 3000)
    few = source([40] * 50)
    order, drawn = draw([50 * 3000, 8 * 40 * 50], [many, few], 1024, 0)
    assert drawn.rows == [3000, 400]
    assert drawn.computed == computed(order, [many, few]) == 50 * 3000 + 300 * 100 + 8 * 40 * 50
    pass_ = (int(order[-1, 0]) + 1) / 8  # steps
    for row in range(50):
        met = order[(order[:, 2] == 1) & (order[:, 3] == row), 0]
        assert len(met) == 8
        assert all(pass_ * at - 20 < step < pass_ * (at + 1) + 20 for at, step in enumerate(met.tolist()))
