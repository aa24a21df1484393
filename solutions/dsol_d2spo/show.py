"""Render an answer for a terminal."""

from __future__ import annotations

from io import StringIO
from shutil import get_terminal_size

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dsol import Answer
from dsol_d2spo.triple import Found, Output

SHOWN = 30  # triples
NARROW = 80  # columns: from here on there is room for the sentences
WHO = {"model": "the model", "baseline": "the rule-based baseline", "both": "model and baseline", "none": "nobody"}


def show(answer: Answer[Output]) -> str:
    """Write the triples, best first, each with the sentence that proves it, and who answered how surely."""
    width = min(get_terminal_size((120, 24)).columns, 160)
    out = StringIO()
    console = Console(file=out, highlight=False, markup=False, emoji=False, width=width)
    if answer.value is not None:
        quotes = tuple(answer.evidence.get("quotes", ()))
        console.print(table(answer.value, quotes if width > NARROW else ()))
        if answer.value.dropped:
            console.print(f"{len(answer.value.dropped)} lines of the model's answer were dropped")
    console.print(f"confidence {answer.confidence:.2f}, answered by {WHO[answer.source]} ({answer.reason})")
    if answer.ask:
        console.print(_plain(answer.ask))
    return out.getvalue().rstrip("\n")


def table(output: Output, quotes: tuple[str, ...] = ()) -> Table | str:
    """Make a table of triples; `quotes` are the sentences that prove them, in the same order."""
    if not output.triples:
        return "(no triples)"
    made = Table(show_edge=False)
    for column in ("subject", "predicate", "object"):
        made.add_column(column, overflow="fold", min_width=8)
    made.add_column("sure", justify="right", no_wrap=True)
    if quotes:
        made.add_column("because", overflow="fold", ratio=1)
    for at, one in enumerate(output.triples[:SHOWN]):
        proof = [Text(_plain(quotes[at]) if at < len(quotes) else "", style="dim")] if quotes else []
        made.add_row(*(Text(_plain(end)) for end in (one.subject, one.predicate, one.object)), Text(_sure(one)), *proof)
    more = len(output.triples) - SHOWN
    if more > 0:
        made.caption = f"{more} more"
    return made


def _sure(one: Found) -> str:
    return f"{one.confidence:.2f}" + (f" {one.flag.replace('_', ' ')}" if one.flag else "")


def _plain(text: str) -> str:
    """Write a text on one line, without characters that steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
