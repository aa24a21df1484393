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

EVERY = 20.0  # seconds between two lines of a step where no one watches
SPARSER = 0.05  # of the time that a step has taken: hours of training fill no log


class Watch:
    """Show the steps of a run: each is a bar in a terminal; elsewhere lines when it begins, goes on and ends."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console or Console(stderr=True)
        self.clock = clock

    @contextmanager
    def step(self, title: str) -> Iterator[Advance]:
        """Open a bar; call what this yields as advance(done, total, note="") as work goes on."""
        if not self.console.is_terminal:
            with self._lines(title) as advance:
                yield advance
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

    @contextmanager
    def _lines(self, title: str) -> Iterator[Advance]:
        started = last = self.clock()
        first, before = (started, 0), (0, 0)  # when and where counting began; what was said last, of how many
        self.say(f"{title} ...")

        def advance(done: int, total: int, note: str = "") -> None:
            nonlocal last, first, before
            now = self.clock()
            if total != before[1] or done < before[0]:
                first = (now, done)  # a step that goes on after a break, or begins to count another thing
            before = (done, total)
            if now - last < max(EVERY, SPARSER * (now - started)) or done >= total:
                return
            last = now
            told = [f"{title}: {done:,} of {total:,}", _spell(now - started)]
            if done > first[1]:
                told.append(f"about {_spell((now - first[0]) / (done - first[1]) * (total - done))} left")
            self.say(", ".join([*told, note] if note else told))

        yield advance
        self.say(f"{title}: done in {self.clock() - started:.0f} s")

    def say(self, text: str) -> None:
        """Print one line beside the bars."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


class Quiet(Watch):
    """Show nothing."""

    @contextmanager
    def step(self, title: str) -> Iterator[Advance]:
        yield lambda done, total, note="": None

    def say(self, text: str) -> None:
        pass


def took(seconds: float) -> str:
    """Word a whole duration as 45 s, 3 min 20 s or 2 h 3 min."""
    hours, minutes, rest = _parts(seconds)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _spell(seconds: float) -> str:
    """Write a duration as 45 s, 3:20 or 2:03:20."""
    hours, minutes, rest = _parts(seconds)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"


def _parts(seconds: float) -> tuple[int, int, int]:
    """Part a duration into hours, minutes and whole seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return *divmod(minutes, 60), rest
