"""A run that isn't finished: being worked on, or left, and then how to go on."""

import pytest

from dsol import RunError
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
