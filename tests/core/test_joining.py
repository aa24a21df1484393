"""One model for several solutions: their recipes laid together, what each keeps, and where they differ."""

import dataclasses
import json
import math
import sys
from importlib.metadata import EntryPoint, entry_points

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsol
from dsol import RecipeError, hookimpl, line
from dsol.cli import application
from dsol.files import read_json
from dsol.joining import join
from dsol.plugins import load_plugins
from dsol.progress import Quiet
from dsol.reading import read_parts
from dsol.recipe import Recipe, Stage
from dsol.shares import Supply, plan

LARGE = {
    "base": "seed",
    "solutions": {"large": {"x": 1}},
    "stages": {
        "sft": {
            "tokens": 600,
            "batch_tokens": 64,
            "context": 100,
            "checkpoints": 1,
            "backend": {"learning_rate": 1e-3, "optim": "muon"},
        }
    },
}
SMALL = {
    "base": "scratch:tiny",
    "solutions": {"small": {"y": 2}},
    "release": {"floor": 0, "level": 0.99},
    "selection": {"metric": "f1", "limit": 500},
    "trust_remote_code": True,
    "stages": {
        "sft": {
            "tokens": 300,
            "batch_tokens": 32,
            "context": 200,
            "repeats": 9,
            "tune": "full",
            "backend": {"learning_rate": 3e-3, "warmup_steps": 5},
        }
    },
}


def joined(*recipes, user=()):
    names = ["large", "small", "third"]
    merged, differences = join(dict(zip(names, recipes, strict=False)), user)
    return merged, {one.setting: one for one in differences}


@pytest.mark.parametrize("order", [("large", "small"), ("small", "large")])
def test_lengths_add_up_and_how_a_stage_trains_is_one_recipes(order):
    recipes = {"large": LARGE, "small": SMALL}
    merged, _ = join({name: recipes[name] for name in order}, ())
    stage = merged["stages"]["sft"]
    assert stage["tasks"] == {"large": {"tokens": 600}, "small": {"tokens": 300}}
    assert Stage.model_validate(stage).length == 900
    # A learning rate belongs to its optimizer and batch: none of the other's is mixed in.
    assert (stage["batch_tokens"], stage["backend"]) == (64, {"learning_rate": 1e-3, "optim": "muon"})
    assert "tune" not in stage or stage["tune"] == "auto"
    assert (stage["context"], stage["repeats"], stage["checkpoints"]) == (200, 9, 1)
    assert merged["release"] == {"floors": {"large": 0.1, "small": 0}, "level": 0.99}
    assert merged["selection"] == {"metrics": {"large": "", "small": "f1"}, "limit": 500}
    assert merged["base"] == {"large": "seed", "small": "scratch:tiny"}[order[0]]
    assert merged["trust_remote_code"] is False
    recipe = Recipe.model_validate({**merged, "solutions": {"large": {}, "small": {}}})
    assert (recipe.release.floor_of("large"), recipe.release.floor_of("small")) == (0.1, 0)
    assert recipe.selection.metric_of("small") == "f1"


def test_every_difference_is_said_with_what_is_taken_and_why():
    _, differences = joined(LARGE, SMALL)
    assert differences["stages.sft.tokens"].taken == "900 tokens"
    assert differences["stages.sft.backend.learning_rate"].said == {"large": 1e-3, "small": 3e-3}
    assert differences["stages.sft.backend.learning_rate"].taken == 1e-3
    assert differences["stages.sft.backend.warmup_steps"].said == {"large": "unsaid", "small": 5}
    assert "large" in differences["stages.sft.batch_tokens"].because
    assert differences["stages.sft.repeats"].said == {"large": 4.0, "small": 9}  # what isn't said is the default
    assert differences["release.floor"].taken == "its own"
    assert "900 tokens" in differences["stages.sft.tokens"].worded
    same = {"base": "seed", "stages": {"sft": {"epochs": 3, "context": 4096}}}
    assert joined(same, same) == ({**same, "solutions": {}}, {})


def test_what_the_user_says_wins():
    user = [{"release": {"floor": 0.3}, "stages": {"sft": {"tokens": 90, "batch_tokens": 16}}}]
    merged, differences = joined(LARGE, SMALL, user=user)
    assert "floors" not in merged["release"]
    assert differences["stages.sft.batch_tokens"].taken == 16
    assert differences["stages.sft.tokens"].taken == "90 tokens"
    assert merged["stages"]["sft"]["tasks"] == {"large": {"tokens": 600}, "small": {"tokens": 300}}  # proportions
    shares = [{"stages": {"sft": {"sources": {"small/*": 1}, "tasks": {"small": {"tokens": 100}}}}}]
    told = joined(LARGE, SMALL, user=shares)[1]["stages.sft.tokens"]
    assert (told.taken, told.because) == ("700 tokens", "parted by the shares that you name")
    for none in (None, 0):
        passes = [{"stages": {"sft": {"tokens": none, "epochs": 2}}}]
        stage = joined(LARGE, SMALL, user=passes)[0]["stages"]["sft"]
        assert "tasks" not in stage
        assert stage["epochs"] == 2


def test_a_recipe_may_say_passes_or_lack_the_stage_and_shares_of_its_own_sources_stay():
    passes = {"stages": {"sft": {"epochs": 3, "sources": {"easy": 1, "hard": 3}}}}
    other = {"stages": {"more": {"tokens": 50}, "cpt": {"data": "documents", "tokens": 70}}}
    merged, differences = joined(LARGE, passes, other)
    tasks = merged["stages"]["sft"]["tasks"]
    assert tasks == {"large": {"tokens": 600}, "small": {"epochs": 3, "sources": {"easy": 1, "hard": 3}}}
    assert differences["stages.sft.tokens"].said["third"] == "none"
    assert differences["stages.sft.batch_tokens"].because == "as large, named first"  # passes can't be told apart
    assert merged["stages"]["more"]["tasks"] == {"third": {"tokens": 50}}
    assert merged["stages"]["cpt"] == {"data": "documents", "tokens": 70}
    supplies = {
        "large/a": Supply("task", 500),
        "small/easy": Supply("task", 100),
        "small/hard": Supply("task", 100),
        "third/b": Supply("task", 100),
        "talks": Supply("chat", 40),
    }
    found = plan(Stage.model_validate({**merged["stages"]["sft"], "repeats": 99}), supplies).tokens
    assert found == pytest.approx({"large/a": 600, "small/easy": 150, "small/hard": 450, "third/b": 0, "talks": 40})


@given(
    st.lists(st.integers(1, 10**6), min_size=2, max_size=4),
    st.lists(st.integers(1, 10**6), min_size=4, max_size=4),
    st.integers(0, 10**6),
)
def test_each_solution_gets_the_tokens_of_its_own_recipe_or_their_proportion(lengths, sizes, whole):
    stage = Stage(tasks={f"s{at}": {"tokens": one} for at, one in enumerate(lengths)}, repeats=10**9, tokens=whole)
    supplies = {f"s{at}/{part}": Supply("task", sizes[at]) for at in range(len(lengths)) for part in "ab"}
    found = plan(stage, supplies).tokens
    for at, length in enumerate(lengths):
        wanted = length * (whole / sum(lengths) if whole else 1)
        assert math.isclose(sum(found[f"s{at}/{part}"] for part in "ab"), wanted, rel_tol=1e-6)


def test_what_is_cut_of_one_solution_goes_to_no_other():
    stage = Stage(tasks={"a": {"tokens": 1000}, "b": {"tokens": 1000}})
    planned = plan(stage, {"a/x": Supply("task", 100), "b/x": Supply("task", 1000)})
    assert planned.tokens == pytest.approx({"a/x": 400, "b/x": 1000})
    assert "2,000 tokens were asked for, 1,400 are there" in planned.notes[0]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"stages": {"sft": {"tasks": {"smal": {"tokens": 1}}}}}, r"stages\.sft\.tasks: no solution named 'smal', did"),
        ({"release": {"floors": {"smal": 0}}}, r"release\.floors: no solution named 'smal', did you mean 'small'"),
        ({"selection": {"metrics": {"smal": "f1"}}}, r"selection\.metrics: no solution named 'smal'"),
    ],
)
def test_what_is_said_of_a_solution_that_the_run_lacks_is_a_mistake(more, message):
    with pytest.raises(ValueError, match=message):
        Recipe.model_validate({"solutions": {"small": {}}, "stages": {"sft": {}}, **more})


def test_the_two_solutions_that_ship_keep_what_each_needs():
    parts = read_parts(load_plugins(), ["text2sql", "d2spo"])
    single = {name: read_parts(load_plugins(), [name]).recipe for name in ("text2sql", "d2spo")}
    stage = parts.recipe.stages["sft"]
    for name, alone in single.items():
        assert stage.tasks[name].tokens == alone.stages["sft"].tokens > 0
        assert parts.recipe.release.floor_of(name) == alone.release.floor
        assert parts.recipe.solutions[name] == alone.solutions[name]
    assert stage.length == sum(one.stages["sft"].tokens for one in single.values())
    assert {"stages.sft.tokens", "release.floor"} <= {one.setting for one in parts.differences}
    assert not read_parts(load_plugins(), ["d2spo"]).differences


def test_a_further_recipe_by_name_is_taken_of_every_solution(tmp_path):
    from pathlib import Path

    parts = read_parts(load_plugins(), ["text2sql", "d2spo"], recipe=Path("long"))
    for name in ("text2sql", "d2spo"):
        alone = read_parts(load_plugins(), [name], recipe=Path("long")).recipe
        assert parts.recipe.stages["sft"].tasks[name].tokens == alone.stages["sft"].tokens
        assert parts.recipe.solutions[name] == alone.solutions[name]
    with pytest.raises(RecipeError, match="no recipe named 'lon', did you mean 'long'"):
        read_parts(load_plugins(), ["text2sql", "d2spo"], recipe=Path("lon"))
    with pytest.raises(RecipeError, match=r"none\.yaml: can't read the recipe"):
        read_parts(load_plugins(), ["text2sql", "d2spo"], recipe=tmp_path / "none.yaml")


class Second:
    """A plugin with a second solution: the outside one under another name, with a recipe of its own."""

    @staticmethod
    @hookimpl
    def dsol_solutions():
        import dsol_echo

        from_here = sys.modules[__name__].RECIPE
        return [dataclasses.replace(dsol_echo.SOLUTION, name="again", recipe=from_here)]


RECIPE = None


@pytest.fixture(scope="module")
def plugins(outside, tmp_path_factory):
    global RECIPE
    RECIPE = tmp_path_factory.mktemp("again") / "recipe.yaml"
    RECIPE.write_text(
        "solution: again\nbase: scratch:tiny\nrelease: {floor: 0}\nsettings: {count: 60}\n"
        "stages: {sft: {tokens: 500, batch_tokens: 256}}\n"
    )
    sys.path.insert(0, str(outside))
    points = [point for point in entry_points(group="dsol") if point.name not in ("echo", "broken", "again")]
    points += [EntryPoint("echo", "dsol_echo", "dsol"), EntryPoint("again", f"{__name__}:Second", "dsol")]
    yield load_plugins(points)
    sys.path.remove(str(outside))


def test_one_model_serves_both_and_is_set_beside_a_single_one(plugins, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = application(plugins)
    quick = ["--set", "stages.sft.tokens=3000", "--set", "stages.sft.checkpoints=1"]
    run(["train", "echo", "again", *quick], standalone_mode=False)
    shown = capsys.readouterr()
    assert "echo\n" in shown.out
    assert "again\n" in shown.out
    assert shown.out.count("Same word on held-out samples") == 2
    assert "stages.sft.tokens: 3,000 tokens (as you say, parted in proportion; echo 4 passes, again 500 tokens)" in (
        " ".join(shown.err.split())
    )
    joint = tmp_path / "runs" / "echo+again"
    assert {one["setting"] for one in read_json(joint / "manifest.json")["differences"]} >= {"release.floor"}
    mixed = read_json(joint / "stages" / "sft" / "mix.json")["sources"]
    assert mixed["again/words"]["planned_share"] < mixed["echo/words"]["planned_share"]
    line.train(
        read_parts(plugins, ["again"], changes=["stages.sft.tokens=300"]), tmp_path / "runs/one", plugins, Quiet()
    )
    run(["compare", "runs/echo+again", "runs/one", "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["all"]["difference"]["samples"] == 15
    run(["compare", "runs/echo+again", "baseline", "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out).keys() == {"echo", "again"}
    run(["compare", "runs/echo+again", "runs/one"], standalone_mode=False)
    assert "again (A)" in capsys.readouterr().out
    with pytest.raises(dsol.RunError, match="no solution named 'echo'"):
        run(["compare", "runs/echo+again", "runs/one", "--solution", "echo"], standalone_mode=False)
    run(["ask", "echo", "bal"], standalone_mode=False)  # the newest run that serves it is the joint one
    run(["ask", "runs/echo+again", "bal", "--solution", "again"], standalone_mode=False)
    assert capsys.readouterr().out.count(")") == 2
