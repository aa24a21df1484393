"""The straight line end to end, on a small outside solution with the real backend: run, resume, reuse, refuse."""

import json
import random
import re
import shutil
import subprocess
import time

import pytest

from dsol.files import read_json
from dsol.run import find_run


def scores(run):
    rows = [json.loads(line) for line in (run / "answers.jsonl").read_text().splitlines()]
    return [(row["id"], {who: answer["score"] for who, answer in row["answers"].items()}) for row in rows]


@pytest.fixture(scope="module")
def finished(dsol, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    began = time.monotonic()
    trained = dsol("train", "echo", cwd=folder)
    (folder / "took.json").write_text(str(time.monotonic() - began))
    assert trained.returncode == 0, trained.stderr
    assert "released" in trained.stdout
    assert re.fullmatch(r"took (\d+ min )?\d+ s", trained.stdout.splitlines()[-1])
    return folder


def test_every_arrow_of_the_line_is_a_file(finished):
    run = finished / "runs" / "echo"
    for name in (
        "recipe.yaml",
        "advice.json",
        "manifest.json",
        "data/words.jsonl",
        "data/report.json",
        "rows/words.arrow",
        "stages/sft/mix.npy",
        "stages/sft/mix.json",
        "stages/sft/log.jsonl",
        "stages/sft/scores.json",
        "selection.json",
        "model/model.safetensors",
        "thresholds.json",
        "answers.jsonl",
        "report.json",
        "report.html",
    ):
        assert (run / name).stat().st_size > 0, name
    manifest = read_json(run / "manifest.json")
    assert manifest["complete"]
    assert len(manifest["template"]["hash"]) == 64
    assert find_run("", "echo", finished / "runs").folder == run


def test_a_finished_run_answers_and_is_scored_again(finished, dsol):
    asked = dsol("ask", "echo", "bal", cwd=finished)
    assert asked.returncode == 0, asked.stderr
    for words in (["--run", "runs/echo", "bal"], ["echo", "bal", "--run", "echo"], ["--run=echo", "bal", "--count=9"]):
        again = dsol("ask", *words, cwd=finished)
        assert again.returncode == 0, again.stderr
        assert asked.stdout == f"{again.stdout}run: runs/echo\n"
    assert json.loads(dsol("ask", "echo", "bal", "--json", cwd=finished).stdout)["run"] == "runs/echo"
    assert "runs/none is not a run" in dsol("ask", "--run", "runs/none", "echo", "bal", cwd=finished).stderr
    assert again.stdout.rstrip().endswith(("model)", "baseline)", "none)"))
    again = dsol("eval", "runs/echo", "--json", cwd=finished)
    assert again.returncode == 0, again.stderr
    assert scores(finished / "runs/echo/eval/heldout") == scores(finished / "runs/echo")
    told = json.loads(again.stdout)
    assert (told["run"], told["solution"]) == ("echo", "echo")
    assert told["base"] == read_json(finished / "runs/echo/report.json")["base"]
    assert read_json(finished / "runs/echo/eval/heldout/report.json") == told
    swapped = dsol("compare", "baseline", "runs/echo", cwd=finished)
    assert swapped.stderr == "error: the run comes first: dsol compare runs/echo baseline\n"
    compared = dsol("compare", "runs/echo", "baseline", cwd=finished)
    assert compared.returncode == 0, compared.stderr


def test_killed_at_any_moment_it_ends_with_the_same_weights_and_scores(finished, start, tmp_path):
    """SIGKILL five times, at random moments of a whole run's time, then to the end."""
    moments = random.Random(0)
    took = read_json(finished / "took.json")
    for _ in range(5):
        process = start("train", "echo", cwd=tmp_path)
        try:
            process.communicate(timeout=moments.uniform(0.1, 0.9) * took)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    last = start("train", "echo", cwd=tmp_path)
    _, errors = last.communicate(timeout=600)
    assert last.returncode == 0, errors
    one, two = finished / "runs" / "echo", tmp_path / "runs" / "echo"
    assert (one / "model" / "model.safetensors").read_bytes() == (two / "model" / "model.safetensors").read_bytes()
    assert scores(one) == scores(two)
    assert (one / "thresholds.json").read_bytes() == (two / "thresholds.json").read_bytes()


def test_the_metric_that_the_recipe_names_chooses_the_checkpoint(dsol, tmp_path):
    quick = ("--count", "50", "--set", "stages.sft.epochs=0.5")
    done = dsol("train", "echo", *quick, "--set", "selection.metric=wrong_words", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    chosen = read_json(tmp_path / "runs" / "echo" / "selection.json")
    assert chosen["metric"] == "wrong_words"
    values = {one["checkpoint"]: one["value"] for one in chosen["scores"]}
    assert values[chosen["chosen"]] == min(values.values())


def test_a_metric_that_the_solution_lacks_is_named_before_anything_is_built(dsol, tmp_path):
    refused = dsol("train", "echo", "--set", "selection.metric=f1", "--set", "sed=1", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "selection.metric: no metric named 'f1' (there is: same_word, wrong_words)" in refused.stderr
    assert "sed: no key named 'sed'" in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_another_recipe_in_the_same_folder_is_refused_and_named(finished, dsol):
    refused = dsol("train", "echo", "--set", "seed=5", "--count", "100", cwd=finished)
    assert refused.returncode == 2
    assert "differs in: seed, solutions.echo.count" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_an_unfinished_run_is_not_taken_for_a_finished_one(dsol, tmp_path):
    assert dsol("data", "echo", cwd=tmp_path).returncode == 0
    asked = dsol("ask", "echo", "bal", cwd=tmp_path)
    assert asked.returncode == 2
    assert "no finished run of echo" in asked.stderr
    named = dsol("eval", "runs/echo", cwd=tmp_path)
    assert named.returncode == 2
    assert "is not finished" in named.stderr


def test_samples_of_another_recipe_are_built_where_the_first_ones_are_removed(dsol, tmp_path):
    assert dsol("data", "echo", cwd=tmp_path).returncode == 0
    refused = dsol("data", "echo", "--count", "100", cwd=tmp_path)
    assert refused.returncode == 2
    assert "start this one over with --restart" in refused.stderr
    again = dsol("data", "echo", "--count", "100", "--restart", "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["echo"]["sources"] == {"words": 70}


def test_a_folder_that_is_no_run_is_left_alone(dsol, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    for words in (("--restart",), ()):
        refused = dsol("train", "echo", "--run", "mine", *words, cwd=tmp_path)
        assert refused.returncode == 2
        assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_a_run_of_another_layout_of_prompts_is_refused_in_one_line(finished, dsol, tmp_path):
    """The model was taught prompts that the installed solution doesn't write: it would find nothing, without a word."""
    old = tmp_path / "old"
    shutil.copytree(finished / "runs" / "echo", old)
    manifest = read_json(old / "manifest.json")
    assert manifest["layouts"] == {"echo": 1}
    (old / "manifest.json").write_text(json.dumps({**manifest, "layouts": {"echo": 3}}))
    for words in (("ask", old, "bal"), ("eval", old), ("train", "echo", "--run", old)):
        refused = dsol(*words, cwd=tmp_path)
        if words[0] == "train":  # it is finished: nothing is asked of it
            assert refused.returncode == 0
            continue
        assert refused.returncode == 2
        assert refused.stderr.count("\n") == 1
        assert "in layout 3, and the installed echo has layout 1" in refused.stderr
        assert "dsol train" in refused.stderr
    (old / "manifest.json").write_text(json.dumps({**manifest, "layouts": {"echo": 3}, "complete": False}))
    refused = dsol("train", "echo", "--run", old, cwd=tmp_path)
    assert refused.returncode == 2
    assert "in layout 3" in refused.stderr
