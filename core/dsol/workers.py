"""Spread units of work over processes; results come back in order, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from dsol.errors import DataError

Result = TypeVar("Result")
Run = Callable[..., Iterator[Result]]
AHEAD = 2  # units for each worker that may be finished before they are taken
_LENT: ContextVar[Any] = ContextVar("lent", default=None)


@contextmanager
def workers(count: int, lending: object = None) -> Iterator[ProcessPoolExecutor | None]:
    """Open processes; one worker is this process itself. They start anew: a fork would copy what others locked.

    `lending` is sent to each once, for what all jobs need; they find it as `borrowed()`.
    """
    if count <= 1:
        before = _LENT.set(lending)
        try:
            yield None
        finally:
            _LENT.reset(before)
        return
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, (lending,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def ordered(
    pool: ProcessPoolExecutor | None,
    function: Callable[..., Result],
    jobs: Sequence[tuple[object, ...]],
    name: Callable[[int], str],
    count: int,
) -> Iterator[Result]:
    """Call a function with each job's arguments; yield the results in the jobs' order, few held at a time.

    A worker that dies (out of memory, a library that crashes) is a DataError; `name(job)` says what it worked on. So is
    a program that, imported by the workers as spawned processes do, begins the work anew.
    """
    if pool is None:
        for job in jobs:
            yield function(*job)
        return
    waiting: deque[Future[Result]] = deque()
    started: set[BaseProcess] = set()
    taken = 0
    try:
        for job in jobs:
            waiting.append(pool.submit(function, *job))
            started.update(multiprocessing.active_children())
            if len(waiting) >= AHEAD * count:
                yield waiting.popleft().result()
                taken += 1
        while waiting:
            yield waiting.popleft().result()
            taken += 1
    except BrokenProcessPool as error:
        pool.shutdown()  # until then the exit codes aren't known
        if (program := _unguarded()) and any(one.exitcode == 1 for one in started):
            guard = 'if __name__ == "__main__":'
            raise DataError(
                [f"{program} is imported by every worker process and begins anew there; put its work below `{guard}`"]
            ) from error
        names = "; ".join(name(at) for at in range(taken, min(taken + count, len(jobs))))
        raise DataError(
            [f"a worker process died (out of memory?) at one of: {names}; take the file out, or free memory"]
        ) from error


def borrowed() -> Any:
    """Give what `workers` lent to the jobs of this process."""
    return _LENT.get()


def _unguarded() -> str:
    """Name this process's own program where importing it runs it; "" where it doesn't, or isn't imported."""
    main = sys.modules["__main__"]
    named = getattr(main, "__spec__", None)
    if named is not None and named.name.endswith("__main__"):  # `python -m dsol`, which isn't imported
        return ""
    path = Path(getattr(main, "__file__", None) or "")
    return str(path) if path.is_file() and b"__name__" not in path.read_bytes() else ""


def available() -> int:
    """Count the processors that this process may use, at most 16."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 16)


def _begin(lending: object) -> None:
    """Begin a worker: it is for one processor, so libraries that part their work into threads get one."""
    os.environ.update(dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    _LENT.set(lending)
    _end_with_parent()


def _end_with_parent() -> None:
    """Leave when the parent is gone, also when it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()
