"""What the libraries said is kept by their versions: a later process doesn't import them to hear it again."""

import json
import os
import subprocess
import sys

import pytest

from dsol_trl import kept, options

CHECK = """
import json, sys
from dsol_trl.backend import TrlBackend
print(json.dumps([TrlBackend().check(json.loads(options)) for options in sys.argv[1:]]))
print([one for one in ("trl", "peft", "transformers", "torch") if one in sys.modules])
"""


def check(cache, *several):
    run = subprocess.run(
        [sys.executable, "-c", CHECK, *map(json.dumps, several)],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    said, imported = run.stdout.splitlines()
    return json.loads(said), imported


def test_options_are_checked_without_the_libraries_the_second_time_and_as_strictly(tmp_path):
    right = {"learning_rate": 1e-3, "optim": "muon", "peft": {"r": 8}}
    wrong = ({"learnin_rate": 1e-3}, {"max_steps": 3}, {"peft": {"lora_alfa": 8}}, {"peft": 3})
    first, imported = check(tmp_path, right, *wrong)
    assert "trl" in imported
    assert first[0] == []
    assert all(first[1:])
    assert check(tmp_path, right, *wrong) == (first, "[]")


def test_values_that_are_wrong_or_name_a_file_are_looked_at_each_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "zero.json").write_text("{}")
    asked = []
    real = options._wrong
    monkeypatch.setattr(options, "_wrong", lambda given: asked.append(given) or real(given))
    wrong = ({"lr_scheduler_type": "no such"}, {"warmup_steps": -1}, {"peft": {"target_parameters": "one"}})
    for given in (*wrong, {"run_name": str(tmp_path / "zero.json")}):
        first = options.problems(given)
        assert options.problems(given) == first
        assert bool(first) == (given in wrong)
        assert asked == [given] * 2
        asked.clear()
    for _ in range(2):
        assert options.problems({"learning_rate": 2e-3}) == []
    assert len(asked) == 1


def test_a_cache_that_cannot_be_used_costs_time_only(tmp_path, monkeypatch):
    (tmp_path / "dsol").write_text("a file, no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert [kept.recall("x", "y", lambda: [1]) for _ in range(2)] == [[1], [1]]


def test_a_fact_holds_for_the_versions_that_told_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told = iter(["old", "new"])
    assert [kept.recall("x", "y", lambda: next(told)) for _ in range(3)] == ["old"] * 3
    monkeypatch.setattr(kept.importlib.metadata, "version", lambda name: "99")
    assert kept.recall("x", "y", lambda: next(told)) == "new"
    with pytest.raises(StopIteration):
        kept.recall("x", "z", lambda: next(told))
