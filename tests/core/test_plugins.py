"""The seam: real outside distributions are found, broken ones are reported, collisions name both sides."""

import json
import sys
from importlib.metadata import EntryPoint

import pytest

from dsol import PluginError, hookimpl
from dsol.plugins import load_plugins


def test_an_outside_solution_is_listed_and_a_broken_plugin_harms_nothing(dsol):
    listed = dsol("list", "--json")
    assert listed.returncode == 0
    assert {"echo", "text2sql"} <= {row["solution"] for row in json.loads(listed.stdout)}
    assert "plugin broken (dsol-broken 0.1.0) is broken: ModuleNotFoundError" in listed.stderr


def test_plugins_shows_what_each_brings_and_what_failed(dsol):
    rows = {row["plugin"]: row for row in json.loads(dsol("plugins", "--json").stdout)}
    assert rows["echo"]["brings"] == "echo"
    assert rows["trl"]["brings"] == "backend trl"
    assert "a_module_that_nobody_has" in rows["broken"]["state"]


def test_an_unknown_solution_names_what_exists_and_what_is_broken(dsol):
    asked = dsol("train", "ecoh")
    assert asked.returncode == 2
    assert asked.stderr.count("\n") == 1
    assert "no solution named 'ecoh', did you mean 'echo'?" in asked.stderr
    assert "plugin broken (dsol-broken 0.1.0) is broken" in asked.stderr


def test_a_plugin_adds_a_command(dsol):
    assert dsol("echo", "hello").stdout == "hello\n"


def test_skip_leaves_a_plugin_out(dsol):
    listed = dsol("list", "--json", DSOL_SKIP="broken,echo")
    assert "echo" not in listed.stdout
    assert listed.stderr == ""


def module(monkeypatch, name, **members):
    import types

    made = types.ModuleType(name)
    for key, value in members.items():
        setattr(made, key, value)
    monkeypatch.setitem(sys.modules, name, made)
    return EntryPoint(name, name, "dsol")


class Named:
    def __init__(self, name):
        self.name = name


def test_a_taken_name_is_an_error_that_names_both_sides(monkeypatch):
    def bring():
        return [Named("same")]

    points = [module(monkeypatch, f"plug_{one}", dsol_solutions=hookimpl(lambda: bring())) for one in "ab"]
    with pytest.raises(PluginError, match=r"'same' is brought by both plugin plug_a .* and plugin plug_b"):
        load_plugins(points).solutions  # noqa: B018


def test_an_unknown_hook_is_an_error_with_the_closest_name(monkeypatch):
    point = module(monkeypatch, "plug_typo", dsol_solution=hookimpl(lambda: []))
    with pytest.raises(PluginError, match="no hook named 'dsol_solution', did you mean 'dsol_solutions'"):
        load_plugins([point])


def test_two_plugins_of_one_name_are_an_error(monkeypatch):
    one = module(monkeypatch, "plug_x")
    other = EntryPoint("plug_x", "json", "dsol")
    with pytest.raises(PluginError, match=r"two plugins are named 'plug_x': plug_x of .* and json of"):
        load_plugins([one, other])


def test_a_hook_that_raises_takes_nothing_else_down(monkeypatch):
    def fail():
        raise RuntimeError("boom")

    bad = module(monkeypatch, "plug_bad", dsol_solutions=hookimpl(lambda: fail()))
    good = module(monkeypatch, "plug_good", dsol_solutions=hookimpl(lambda: [Named("fine")]))
    plugins = load_plugins([bad, good])
    assert list(plugins.solutions) == ["fine"]
    assert plugins.found["plug_bad"].error == "dsol_solutions raised RuntimeError: boom"
