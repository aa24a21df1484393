"""Recipes: layers, overrides, and all mistakes at once, each with its path and what is allowed."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsol
from dsol import RecipeError
from dsol.cli import application
from dsol.layers import for_base, merge, named, parse_override, parse_yaml, read_layer, spelled
from dsol.options import read_options
from dsol.plugins import load_plugins
from dsol.reading import read_parts
from dsol.recipe import check, dump

GOOD = {"solutions": {"x": {}}, "stages": {"sft": {}}}


class Settings(dsol.Settings):
    database: str = "demo"
    limit: int = 5
    files: tuple[str, ...] = ()


def test_all_mistakes_are_reported_together_with_paths_and_allowed_values():
    layer = merge(
        GOOD,
        {"sed": 1, "stages": {"sft": {"epoch": 3, "tune": "loar", "context": "long"}}},
        {"solutions": {"x": {"limt": 3, "limit": "many"}}},
    )
    with pytest.raises(RecipeError) as caught:
        check("r.yaml", layer, {"x": Settings}, ["stages.sft.backend.x: wrong"])
    problems = caught.value.problems
    assert len(problems) == 7
    text = str(caught.value)
    assert "stages.sft.tune: 'loar' is not one of 'auto', 'lora' or 'full'" in text
    assert "stages.sft.epoch: no key named 'epoch', did you mean 'epochs'?" in text
    assert "solutions.x.limt: no key named 'limt', did you mean 'limit'?" in text
    assert "(got 'long')" in text
    assert "\n" not in text


def test_an_unknown_metric_is_a_mistake_like_the_others():
    def metrics(settings):
        return ["accuracy", f"at_{settings.limit}"]

    for good in ({}, {"selection": {"metric": ""}}, {"selection": {"metric": "at_5"}}):
        check("r.yaml", merge(GOOD, good), {"x": Settings}, metrics={"x": metrics})
    with pytest.raises(RecipeError) as caught:
        check(
            "r.yaml",
            merge(GOOD, {"sed": 1, "selection": {"metric": "acuracy"}}),
            {"x": Settings},
            metrics={"x": metrics},
        )
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["sed", "selection.metric"]
    assert "no metric named 'acuracy', did you mean 'accuracy'? (there is: accuracy, at_5)" in str(caught.value)
    with pytest.raises(RecipeError, match=r"selection\.metric: input should be a valid string"):
        check("r.yaml", merge(GOOD, {"selection": {"metric": 3}}), {"x": Settings}, metrics={"x": metrics})


def test_overrides_win_and_a_null_removes():
    layers = [GOOD, {"stages": {"cpt": {"epochs": 2}}}, parse_override("stages.sft.backend.learning_rate=1e-4")]
    recipe = check("r", merge(*layers, parse_override("stages.cpt=null")), {"x": Settings})
    assert list(recipe.stages) == ["sft"]
    assert recipe.stages["sft"].backend == {"learning_rate": 1e-4}


def test_settings_are_filled_and_survive_the_file():
    recipe = check("r", merge(GOOD, {"solutions": {"x": {"limit": 7}}}), {"x": Settings})
    assert recipe.solutions["x"] == {"max_new_tokens": 256, "database": "demo", "limit": 7, "files": []}
    assert parse_yaml(dump(recipe), "again") == recipe.model_dump(mode="json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "line 1, column"),
        ("- 1\n- 2", "holds a list"),
        ("a: !!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)
def test_malformed_files_say_where(tmp_path, text, message):
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        read_layer(path)


def test_missing_and_unreadable_files_are_named(tmp_path):
    with pytest.raises(RecipeError, match=r"none\.yaml: can't read the recipe: No such file"):
        read_layer(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="not UTF-8"):
        read_layer(tmp_path / "latin.yaml")


@pytest.mark.parametrize("text", ["learning_rate", "=3", "a..b=1", ""])
def test_an_override_without_a_path_is_refused(text):
    with pytest.raises(RecipeError, match=r"path\.to\.key=value"):
        parse_override(text)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.dictionaries(st.text(max_size=5), st.integers())))
def test_merging_onto_nothing_changes_nothing(layer):
    assert merge({}, layer) == layer
    assert merge(layer, {}) == layer


def test_every_setting_is_an_option():
    words = ["--database", "x.db", "--files", "a", "--files=b", "--limit", "9"]
    assert read_options(words, {"x": Settings}) == {"x": {"database": "x.db", "files": ["a", "b"], "limit": 9}}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--databse", "x"], "did you mean '--database'"),
        (["--limit"], "--limit needs a value"),
        (["stray"], "no option named 'stray'"),
        (["--limit", "1", "--limit", "2"], "given twice"),
    ],
)
def test_wrong_options_are_named(words, message):
    with pytest.raises(RecipeError, match=message):
        read_options(words, {"x": Settings})


def test_what_a_recipe_says_for_a_base_is_laid_over_the_rest():
    layer = {
        "solutions": {"x": {}},
        "stages": {"sft": {"epochs": 2, "backend": {"learning_rate": 1e-4}}},
        "bases": {
            "scratch:*": {"stages": {"sft": {"backend": {"learning_rate": 2e-3}}}},
            "*": {"stages": {"sft": {"epochs": 3}}},
        },
    }
    random = for_base(layer, "scratch:tiny")
    assert random == {"solutions": {"x": {}}, "stages": {"sft": {"epochs": 2, "backend": {"learning_rate": 2e-3}}}}
    assert for_base(layer, "/models/any")["stages"]["sft"] == {"epochs": 3, "backend": {"learning_rate": 1e-4}}
    assert for_base(GOOD, "any") == GOOD


@pytest.mark.parametrize("bases", [3, ["seed"], {"seed": None}, {"seed": "small"}])
def test_what_is_said_for_bases_must_be_mappings(bases):
    with pytest.raises(RecipeError, match="bases: maps patterns of base names"):
        for_base({"bases": bases}, "seed")


def test_a_recipe_of_the_solution_is_found_by_its_name(tmp_path):
    solution = SimpleNamespace(name="x", recipe=tmp_path / "recipe.yaml")
    (tmp_path / "recipe-long.yaml").touch()
    assert named(Path("long"), solution) == tmp_path / "recipe-long.yaml"
    with pytest.raises(RecipeError, match=r"x has no recipe named 'short' \(there is: long\)"):
        named(Path("short"), solution)


@pytest.mark.parametrize("targets", [["text2sql"], ["text2sql", "d2spo"]])
@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (
            "lon",
            r"^--recipe: text2sql has no recipe named 'lon', did you mean 'long'\? \(there is: long\); or name a file",
        ),
        ("long.v2", r"^long\.v2: can't read the recipe: No such file"),
        ("mine/long", "^mine/long: can't read the recipe: No such file"),
    ],
)
def test_a_recipe_that_isnt_there_is_told_alike_for_one_solution_and_several(targets, recipe, message):
    with pytest.raises(RecipeError, match=message):
        read_parts(load_plugins(), targets, recipe=Path(recipe))


def test_one_solution_may_be_written_in_short():
    short = {"solution": "x", "settings": {"limit": 3}, "bases": {"seed": {"settings": {"limit": 4}}}}
    long = {"solutions": {"x": {"limit": 3}}, "bases": {"seed": {"solutions": {"x": {"limit": 4}}}}}
    assert spelled(short) == long
    assert spelled(long) == long
    assert spelled({"settings": {"limit": 3}}, "x") == {"solutions": {"x": {"limit": 3}}}
    with pytest.raises(RecipeError, match="of which solution"):
        spelled({"settings": {"limit": 3}})


class Other(dsol.Settings):
    limit: int = 1
    colour: str = ""


def test_an_option_goes_to_the_solution_that_has_it():
    both = {"x": Settings, "y": Other}
    assert read_options(["--colour", "red", "--x.limit", "3"], both) == {"y": {"colour": "red"}, "x": {"limit": 3}}
    with pytest.raises(RecipeError, match=r"--limit is a setting of several solutions; write --x\.limit or --y\.limit"):
        read_options(["--limit", "3"], both)


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"general": "some"}, r"stages\.a\.general: 'some' is not one of 'auto'"),
        ({"mip": 1.5}, r"stages\.a\.mip: 1\.5 is not a number from 0 to below 1, or auto"),
        ({"sources": {"q": -1}}, r"stages\.a\.sources: the share of 'q' is -1\.0"),
        ({"kinds": {"boo": 1}}, r"stages\.a\.kinds\.boo: 'boo' is not one of 'standard', 'book'"),
        ({"data": "documents"}, "has a stage of documents but no `sources`"),
    ],
)
def test_shares_out_of_range_and_documents_without_sources_are_mistakes(stage, message):
    with pytest.raises(RecipeError, match=message):
        check("r", {"solutions": {"x": {}}, "stages": {"a": stage}}, {"x": Settings})


def test_a_recipe_without_data_is_a_mistake():
    with pytest.raises(RecipeError, match="names neither `solutions` nor `sources`"):
        check("r", {"stages": {"a": {}}}, {})


@pytest.mark.parametrize("targets", [["seed"], ["text2sql", "seed"], ["mine.yaml"], ["seed", "mine.yaml"]])
def test_a_whole_recipe_is_named_alone(targets):
    """A plugin's recipe like a file: nothing is laid over it that would be left out without a word."""
    recipe = Path("long") if len(targets) == 1 else None
    with pytest.raises(RecipeError, match="is a recipe already; name it alone, without --recipe"):
        read_parts(load_plugins(), targets, recipe=recipe)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "text2sql", "--run-dir", "x"], "'--run-dir', did you mean '--run'? (there is: --run, "),
        (["plan", "text2sql", "--gpus", "1x24GB"], "did you mean '--gpu'? (there is: --gpu, "),
        (["train", "text2sql", "--databse", "x"], "did you mean '--database'? (there is: --database, "),
        (["train", "text2sql", "--bse=x"], "did you mean '--base'? (there is: --base, "),
    ],
)
def test_an_unknown_option_is_set_beside_the_commands_own_and_the_solutions(words, said):
    with pytest.raises(RecipeError) as caught:
        application(load_plugins())(words, standalone_mode=False)
    message = str(caught.value)
    assert said in message
    assert "--examples" in message
    assert "--recipe" in message


def test_a_plan_for_a_shape_is_that_of_a_base_of_this_shape(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def planned(*words):
        application(load_plugins())(["plan", "text2sql", *words, "--gpu", "1x80GB", "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    shape, base = planned("--shape", "Qwen3-8B"), planned("--base", "Qwen3-8B")
    assert shape["stages"] == base["stages"]
    assert shape["stages"][0]["tokens_from"].startswith("3 times its rows")
    assert planned("--shape", "scratch:small")["stages"][0]["tokens"] == 1_500_000
