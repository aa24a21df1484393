"""A whole plan: facts from files, what is printed, and where it stops."""

import dataclasses
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from dsol import planning
from dsol.corpus.source import Source
from dsol.errors import RunError
from dsol.parts import Parts
from dsol.planning import disk
from dsol.planning.counting import count_files
from dsol.recipe import Recipe, Stage
from dsol.run import Run
from dsol.sizing import KNOWN, Speed, parse
from dsol.sizing.machine import look_at_cpu


class Described:
    """A backend that knows only shapes."""

    def __init__(self, shape):
        self.shape = shape

    def describe(self, recipe, shape=""):
        return self.shape


@pytest.fixture
def parts(tmp_path):
    (tmp_path / "norm.md").write_text("The valve shall close within two seconds. " * 2000, encoding="utf-8")
    (tmp_path / "general.txt").write_text("从前有一座山，山上有一座庙。" * 2000, encoding="utf-8")
    sources = {
        "norms": Source(paths=[tmp_path / "norm.md"], kind="standard"),
        "tales": Source(paths=[tmp_path / "general.txt"], kind="general"),
    }
    stages = {"cpt": Stage(data="documents", batch_tokens=4096)}
    recipe = Recipe(base="owner/model", sources=sources, stages=stages)
    return Parts(recipe, (), Described(dataclasses.replace(KNOWN["qwen3-8b"], origin="chat")))


def make(parts, tmp_path, gpu="1x24GB", shape="", speed=None, **asked):
    found = KNOWN[shape] if shape else planning.shape_of(parts)
    return planning.make(
        parts, Run(tmp_path / "run"), found, parse(gpu), planning.Ask(**asked), {}, speed or Speed(1e14, "told")
    )


def test_tokens_are_estimated_from_characters_by_language(parts, tmp_path):
    facts = planning.gather(parts, Run(tmp_path / "run"), planning.shape_of(parts), parse("H100"))
    assert facts.sources["norms"].tokens == pytest.approx(42 * 2000 / 4.2, rel=0.01)
    # 12 of 14 signs are Chinese, the others count as Latin ones
    assert facts.sources["tales"].tokens == pytest.approx(2000 * (12 / 1.5 + 2 / 4.2), rel=0.01)
    assert "estimated from characters" in facts.sources["norms"].counted
    assert not (tmp_path / "run").exists()


def test_rows_are_counted_without_reading_them_as_samples(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"question": "a"}\n\n{"question": "b"}\n')
    (tmp_path / "b.json").write_text(json.dumps([1, 2, 3]))
    (tmp_path / "c.csv").write_text("question,sql\nx,y\nz,w\n")
    (tmp_path / "d.pdf").write_bytes(b"%PDF-1.7")
    found = count_files([tmp_path])
    assert found.rows == 2 + 3 + 2 + 1
    assert "1 of 4 files are not text" in found.how


def test_a_plan_fits_the_terminal_and_says_it_all(parts, tmp_path):
    plan = make(parts, tmp_path)
    planning.check(plan)
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    for part in planning.tables(plan, 100):
        console.print(part)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 100
    for word in ("general-ratio", "8.19 B parameters", "key/value cache", "lora, recomputed", "4-bit", "told", "cpt"):
        assert word in text, word


def test_a_plan_is_json(parts, tmp_path):
    found = json.loads(json.dumps(planning.described(make(parts, tmp_path, concurrency=8))))
    assert {one["way"] for one in found["stages"][0]["ways"]} == {"full", "lora", "4-bit"}
    assert found["stages"][0]["tokens"] > 0
    assert found["stages"][0]["hours"] > 0
    assert found["serving"][0]["cache"] == KNOWN["qwen3-8b"].cache * 2 * 4096 * 8


def test_above_13b_it_stops_unless_forced(parts, tmp_path):
    with pytest.raises(planning.TooLarge, match=r"above the ceiling of 13 B.*--force") as caught:
        planning.check(make(parts, tmp_path, "H100", "qwen3-14b"))
    assert "\n" not in str(caught.value)
    planning.check(make(parts, tmp_path, "H100", "qwen3-14b", force=True))


def test_where_nothing_fits_it_says_what_would(parts, tmp_path):
    with pytest.raises(planning.TooLarge, match="no way to train Qwen3-8B fits 1 x 4GB card") as caught:
        planning.check(make(parts, tmp_path, "1x4GB"))
    assert "a smaller base (Qwen3-" in str(caught.value)
    assert "a machine with" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stage_whose_own_way_does_not_fit_is_pointed_out(parts, tmp_path):
    stages = {"cpt": Stage(data="documents", tune="full", force="full", batch_tokens=4096)}
    full = dataclasses.replace(parts, recipe=parts.recipe.model_copy(update={"stages": stages}))
    plan = make(full, tmp_path)
    planning.check(plan)
    assert any("tune=lora" in part for part in planning.tables(plan, 100) if isinstance(part, str))


def test_a_base_that_is_not_known_is_said(parts, tmp_path):
    unknown = Parts(parts.recipe, (), object())
    plan = make(unknown, tmp_path)
    planning.check(plan)
    assert any("isn't known" in part for part in planning.tables(plan, 100) if isinstance(part, str))
    assert planning.measured(unknown, planning.shape_of(unknown)) == Speed()


def test_this_machine_is_found():
    found = look_at_cpu()
    assert found.device == "cpu"
    assert found.memory > 0


def test_what_a_run_writes_is_set_against_what_is_free(parts, tmp_path, monkeypatch):
    run = Run(tmp_path / "runs" / "new")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda place: SimpleNamespace(free=10**11))
    stages = {"cpt": Stage(data="documents", tune="full", checkpoints=2), "more": Stage(data="documents", tune="lora")}
    full = parts.with_recipe(parts.recipe.model_copy(update={"stages": stages}))
    facts = planning.gather(full, run, planning.shape_of(full), parse("H100"))
    found = planning.estimate(full, run, facts)
    each = 12 * KNOWN["qwen3-8b"].parameters  # fp32 weights and two moments
    assert found.needs["2 checkpoints of cpt"] == pytest.approx(2 * each)
    assert found.needs["the chosen model"] == pytest.approx(each)
    assert found.needs["documents"] == 2 * sum(one.paths[0].stat().st_size for one in parts.recipe.sources.values())
    assert found.place == tmp_path
    with pytest.raises(
        RunError, match=r"new needs more room: about 3\d\d\.\d GB to write .*100\.0 GB free at"
    ) as caught:
        planning.check_disk(found, run)
    assert "checkpoints=1" in str(caught.value)
    plan = planning.make(full, run, facts.shape, parse("H100"), planning.Ask(), {}, Speed())
    assert any("Disk, too little room" in one for one in planning.tables(plan, 100) if isinstance(one, str))
    run.finish("stage cpt")
    run.finish("tokenise")
    run.finish("build")
    left = planning.estimate(full, run, facts)
    planning.check_disk(left, run)
    assert left.total < 10**10
