"""Progress bars for long work, on standard error, and plain lines where no one is watching."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Advance = Callable[..., None]


class Watch:
    """Show the steps of a run; each step is one bar in a terminal, one line when it ends elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Advance]:
        """Open a bar; call what this yields as advance(done, total, note="") as work goes on."""
        started = time.monotonic()
        if not self.console.is_terminal:
            yield lambda done, total, note="": None
            self.console.print(f"{title}: done in {time.monotonic() - started:.0f} s", highlight=False)
            return
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[note]}"),
        )
        with Progress(*columns, console=self.console) as bars:
            bar = bars.add_task(title, total=None, note="")
            last = {"done": 0, "total": 1}

            def advance(done: int, total: int, note: str = "") -> None:
                last.update(done=done, total=total)
                bars.update(bar, completed=done, total=total, note=note)

            yield advance
            bars.update(bar, completed=last["total"], total=last["total"])

    def say(self, text: str) -> None:
        """Print one line beside the bars."""
        self.console.print(text, highlight=False)


class Quiet(Watch):
    """Show nothing."""

    @contextmanager
    def step(self, title: str) -> Iterator[Advance]:
        yield lambda done, total, note="": None

    def say(self, text: str) -> None:
        pass
