"""Work spread over processes: what a worker that dies is reported as."""

import os
import subprocess
import sys

import pytest

from dsol import DataError
from dsol.workers import ordered, workers

PROGRAM = """
from dsol.workers import ordered, workers

def work():
    with workers(2) as pool:
        print(list(ordered(pool, abs, [(-1,), (-2,), (-3,)], str, 2)))

"""


def run(path, program):
    path.write_text(program)
    return subprocess.run([sys.executable, path], capture_output=True, text=True)


def test_a_program_that_begins_anew_in_each_worker_is_told_to_have_a_guard(tmp_path):
    """The worker's own error, a RuntimeError of multiprocessing, is on standard error before."""
    done = run(tmp_path / "mine.py", PROGRAM + "work()\n")
    assert done.returncode == 1
    assert done.stdout == ""
    # multiprocessing may warn behind it of what the broken workers held
    said = f"{tmp_path / 'mine.py'} is imported by every worker process"
    last = next(line for line in done.stderr.splitlines() if said in line)
    assert last.endswith('put its work below `if __name__ == "__main__":`')
    done = run(tmp_path / "mine.py", PROGRAM + 'if __name__ == "__main__":\n    work()\n')
    assert (done.returncode, done.stdout) == (0, "[1, 2, 3]\n"), done.stderr


def test_a_worker_that_dies_at_its_work_names_the_work():
    with workers(2) as pool, pytest.raises(DataError, match=r"died \(out of memory\?\) at one of: job 0; job 1"):
        list(ordered(pool, os._exit, [(1,), (1,)], "job {}".format, 2))
