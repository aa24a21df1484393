"""Help: a solution named before --help has its settings listed, the version is told, no summary is cut short."""

import pytest


@pytest.mark.parametrize("command", ["train", "data", "plan"])
def test_help_after_a_solution_lists_its_settings_with_their_defaults(dsol, command):
    shown = dsol(command, "text2sql", "--help", COLUMNS="80")
    assert shown.returncode == 0
    assert "Settings of text2sql:" in shown.stdout
    assert "Settings of echo:" not in shown.stdout
    for line in ("--database <text>", "--row-limit <int>", "--split <question|template>", "--examples <path,...>"):
        assert line in shown.stdout
    assert "[default: 1000]" in shown.stdout
    # What the recipe says counts, also where it says it for some bases only.
    assert "[default: demo]" in shown.stdout
    assert "for seed and scratch:*: pointers]" in " ".join(shown.stdout.split())
    assert "files that are only scored" in " ".join(shown.stdout.split())
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_help_without_a_solution_says_how_to_see_settings(dsol):
    shown = dsol("train", "--help")
    assert shown.returncode == 0
    assert "Settings of" not in shown.stdout
    assert "--help` lists" in shown.stdout


def test_no_summary_is_cut_short_at_80_columns(dsol):
    commands = dsol("--help", COLUMNS="80").stdout.partition("Commands:")[2]
    assert "train" in commands
    assert "..." not in commands


def test_the_version_is_told(dsol):
    from dsol import __version__

    assert dsol("--version").stdout == f"dsol {__version__}\n"


def test_a_missing_word_points_to_the_help_of_its_command(dsol):
    refused = dsol("eval")
    assert refused.returncode == 2
    assert refused.stderr == "error: Missing argument 'run'; see `dsol eval --help`\n"


def test_an_unknown_recipe_names_those_there_are(dsol, tmp_path):
    refused = dsol("train", "text2sql", "--recipe", "lnog", cwd=tmp_path)
    assert refused.returncode == 2
    assert "no recipe named 'lnog', did you mean 'long'?" in refused.stderr


def test_a_question_without_quotes_is_told_to_have_some(dsol):
    refused = dsol("ask", "echo", "how", "many", "tracks")
    assert refused.returncode == 2
    assert refused.stderr.endswith('in quotes: dsol ask echo "how many tracks"\n')
    refused = dsol("ask", "--run", "runs/mine", "how", "many", "tracks")
    assert refused.stderr.endswith('in quotes: dsol ask --run runs/mine "how many tracks"\n')


@pytest.mark.parametrize(
    ("words", "example"),
    [
        (["echo"], 'dsol ask echo "..."'),
        (["how many tracks?"], 'dsol ask runs/mine "..."'),
        (["--run", "runs/mine", "--count", "3"], 'dsol ask --run runs/mine "..."'),
    ],
)
def test_a_question_that_is_missing_is_asked_for(dsol, words, example):
    refused = dsol("ask", *words)
    assert refused.returncode == 2
    assert refused.stderr == f"error: command line: what is asked, and of which solution or run? write {example}\n"


def test_a_plan_of_a_large_base_is_whole_at_80_columns(dsol, tmp_path):
    full = ("--set", "stages.sft.tune=full", "--set", "stages.sft.force=full")
    shown = dsol("plan", "text2sql", "--shape", "Qwen3-8B", "--gpu", "1x80GB", *full, cwd=tmp_path, COLUMNS="80")
    assert shown.returncode == 0, shown.stderr
    assert "too large *" in shown.stdout
    assert "…" not in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
