"""Import direction and weight: the core knows no plugin and no solution, and nothing light imports torch."""

import ast
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import dsol

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]


def packages(folder):
    return sorted(path.name for path in (ROOT / folder).iterdir() if (path / "__init__.py").exists())


def test_solutions_and_plugins_import_only_the_core_and_the_core_neither():
    own = {name: folder for folder in ("plugins", "solutions") for name in packages(folder)}
    for path in (ROOT / "core").rglob("*.py"):
        assert not set(imported(path)) & own.keys(), path
    for name, folder in own.items():
        for path in (ROOT / folder / name).rglob("*.py"):
            assert not set(imported(path)) & (own.keys() - {name}), path


def test_training_libraries_live_in_one_place():
    for folder in ("core", "solutions"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not set(imported(path)) & set(HEAVY), path


@pytest.mark.parametrize(
    "name", ["dsol", "dsol.cli", "dsol.commands", "dsol.line", "dsol_text2sql", "dsol_text2sql.solution", "dsol_trl"]
)
def test_importing_brings_no_training_library(name):
    code = f"import sys, {name}; print([one for one in {HEAVY} if one in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_module_of_the_core_is_a_few_pages_at_most():
    """One that passes 300 lines is to be split."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "core").rglob("*.py")}
    assert not {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > 300}


def test_every_public_name_is_found_where_it_lives():
    assert {name for names in dsol.HOMES.values() for name in names} | {"hookimpl"} == set(dsol.__all__)
    for name in dsol.__all__:
        assert getattr(dsol, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Anwser'"):
        dsol.Anwser  # noqa: B018


def test_help_needs_no_model_table_or_number():
    """What costs processor time on any machine, and which help has no use for."""
    needless = ("pydantic", "rich.console", "yaml", "numpy", "sqlalchemy", "langchain_core", "pyarrow")
    code = (
        "import sys, dsol.cli; from dsol.plugins import load_plugins; "
        "dsol.cli.application(load_plugins())(['--help'], standalone_mode=False); "
        f"print([one for one in {needless} if one in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Usage:" in found
    assert found.endswith("\n[]\n")


def test_help_is_quick():
    """The promise is 0.4 s; processor time is what a busy test machine leaves comparable, and the best of several."""

    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "dsol", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(5)) < 0.4


def test_listing_solutions_waits_for_no_server_driver():
    code = "import sys, dsol_text2sql.solution; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
