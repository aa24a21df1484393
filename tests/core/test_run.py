"""A run that isn't finished: being worked on, or left, and then how to go on."""

import os

import pytest

from dsol import RunError
from dsol.files import write_json
from dsol.run import Run, find_run, locked


@pytest.fixture
def begun(tmp_path):
    (tmp_path / "recipe.yaml").write_text("seed: 0\n")
    return Run(tmp_path)


def test_a_run_that_a_process_works_in_is_said_to_be_busy(begun):
    with locked(begun), pytest.raises(RunError, match="another process is at work in it"):
        find_run(str(begun.folder))


def test_a_run_that_was_left_names_a_command_that_goes_on(begun):
    with locked(begun):
        pass
    with pytest.raises(RunError, match=r"is not finished; .*`dsol train .*recipe\.yaml --run "):
        find_run(str(begun.folder))


def test_a_released_run_answers_before_a_newer_one_that_is_not(tmp_path):
    for age, (name, released) in enumerate((("best", True), ("small", False), ("other", False))):
        run = Run(tmp_path / name)
        run.folder.mkdir()
        (run / "recipe.yaml").write_text("seed: 0\n")
        several = ["echo"] if name != "best" else ["echo", "more"]
        write_json(run / "manifest.json", {"solutions": several, "complete": True})
        os.utime(run / "manifest.json", (1e9 + age, 1e9 + age))
        home = run / "echo" if name == "best" else run.folder
        home.mkdir(exist_ok=True)
        write_json(home / "report.json", {"verdict": {"released": released}})
    assert find_run("", "echo", tmp_path).name == "best"
    write_json(tmp_path / "best" / "echo" / "report.json", {"verdict": {"released": False}})
    assert find_run("", "echo", tmp_path).name == "other"


def test_only_finished_runs_are_offered_in_place_of_one_that_is_not_there(tmp_path):
    for name, manifest in (("a", '{"complete": true}'), ("b", '{"steps": {"build": {}}}'), ("c", "[]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "recipe.yaml").write_text("seed: 0\n")
        (tmp_path / name / "manifest.json").write_text(manifest)
    with pytest.raises(RunError, match=r"^d is not a run .*; finished runs under .*/: a$"):
        find_run("d", root=tmp_path)
