"""Render an answer for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from shutil import get_terminal_size

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dsol import Answer
from dsol_d2spo.triple import Found, Output

SHOWN = 30  # triples
DOUBTFUL = 5  # flagged ones, shown where there are no others
NARROW = 80  # columns: from here on there is room for the sentences
WHO = {"model": "the model", "baseline": "the rule-based baseline", "both": "model and baseline", "none": "nobody"}


def show(answer: Answer[Output]) -> str:
    """Write the triples, best first, each with the sentence that proves it, and who answered how surely."""
    width = min(get_terminal_size((120, 24)).columns, 160)
    out = StringIO()
    console = Console(file=out, highlight=False, markup=False, emoji=False, width=width)
    if answer.value is not None:
        quotes = answer.evidence.get("quotes") or [""] * len(answer.value.triples)
        proved = list(zip(answer.value.triples, quotes, strict=True))
        sure = [pair for pair in proved if not pair[0].flag]
        console.print(table(sure or proved[:DOUBTFUL], width > NARROW))
        console.print(*_left(proved, sure), sep="", end="")
        if answer.value.dropped:
            console.print(f"{len(answer.value.dropped)} lines of the model's answer were dropped")
    console.print(f"confidence {answer.confidence:.2f}, answered by {WHO[answer.source]} ({answer.reason})")
    if answer.ask:
        console.print(_plain(answer.ask))
    return out.getvalue().rstrip("\n")


def table(proved: Sequence[tuple[Found, str]], proofs: bool) -> Table | str:
    """Make a table of triples, with the sentences that prove them where there is room for `proofs`."""
    if not proved:
        return "(no triples)"
    made = Table(show_edge=False)
    for column in ("subject", "predicate", "object"):
        made.add_column(column, overflow="fold", min_width=8)
    made.add_column("sure", justify="right", no_wrap=True)
    if proofs:
        made.add_column("because", overflow="fold", ratio=1)
    for one, quote in proved[:SHOWN]:
        proof = [Text(_plain(quote), style="dim")] if proofs else []
        made.add_row(*(Text(_plain(end)) for end in (one.subject, one.predicate, one.object)), Text(_sure(one)), *proof)
    return made


def _left(proved: Sequence[tuple[Found, str]], sure: Sequence[tuple[Found, str]]) -> list[str]:
    """Say how many triples the table leaves out, and why."""
    lines = [f"{len(sure) - SHOWN} more\n"] if len(sure) > SHOWN else []
    flags = Counter(one.flag.replace("_", " ") for one, _ in proved if one.flag)
    why = ", ".join(f"{count} {flag}" for flag, count in flags.most_common())
    return [*lines, f"flagged{' and left out here' if sure else ''}: {why}\n"] if flags else lines


def _sure(one: Found) -> str:
    return f"{one.confidence:.2f}" + (f" {one.flag.replace('_', ' ')}" if one.flag else "")


def _plain(text: str) -> str:
    """Write a text on one line, without characters that steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
