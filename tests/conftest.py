"""Outside distributions, really installed, and the command line run in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

THIRD_PARTY = Path(__file__).parent / "third_party"
# Tests run beside each other on few cores: processes that train get one thread each, unless it is said otherwise.
THREADS = {"OMP_NUM_THREADS": os.environ.setdefault("OMP_NUM_THREADS", "1")}


@pytest.fixture(scope="session")
def outside(tmp_path_factory):
    """Install the outside distributions into a folder of their own."""
    folder = tmp_path_factory.mktemp("site")
    sources = [str(THIRD_PARTY / name) for name in ("dsol_echo", "dsol_broken")]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(folder),
    ]
    subprocess.run([*command, *sources], check=True)
    return folder


@pytest.fixture(scope="session")
def start(outside):
    """Start `dsol` in a process that sees the outside distributions; give its Popen object."""

    own = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]

    def begin(*words, cwd=None, **more):
        environment = {
            # What the tests were started with stays in front, also where it is relative and the command runs elsewhere:
            # they may run beside the checkout that is installed.
            "PYTHONPATH": os.pathsep.join([*own, str(outside)]),
            "PATH": "/usr/bin:/bin",
            "COLUMNS": "200",
            "HOME": str(outside),
            **THREADS,
            **more,
        }
        command = [sys.executable, "-m", "dsol", *map(str, words)]
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of a shell's background jobs; children inherit it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return subprocess.Popen(
            command, env=environment, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    return begin


@pytest.fixture(scope="session")
def dsol(start):
    """Run `dsol` to its end; give exit code, standard output and standard error."""

    def run(*words, cwd=None, **more):
        process = start(*words, cwd=cwd, **more)
        out, err = process.communicate(timeout=600)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    return run
