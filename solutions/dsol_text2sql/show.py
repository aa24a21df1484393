"""Render an answer for a terminal."""

from __future__ import annotations

from io import StringIO
from shutil import get_terminal_size
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dsol import Answer
from dsol_text2sql.settings import Output

SHOWN = 20  # rows
WHO = {"model": "the model", "baseline": "the rule-based baseline", "none": "nobody"}
# In words, where nobody answered and nothing is asked back.
WHY = {
    "low_confidence": "neither the model nor the baseline is sure enough; try other words, or ask for less at once",
    "no_query": "no query could be made of the question; try the words that the database uses",
}


def show(answer: Answer[Output]) -> str:
    """Write the query, its rows, the confidence, who answered and why, and a question back where there is one."""
    out = StringIO()
    console = Console(file=out, highlight=False, markup=False, emoji=False, width=_width(), soft_wrap=False)
    if answer.value is not None:
        console.print("\n".join(map(_plain, answer.value.sql.splitlines())), soft_wrap=True)
        console.print(_rows(answer.value))
    console.print(f"confidence {answer.confidence:.2f}, answered by {WHO[answer.source]} ({answer.reason})")
    if answer.ask:
        console.print(_plain(answer.ask))
    elif answer.source == "none" and answer.reason in WHY:
        console.print(f"no answer: {WHY[answer.reason]}")
    return out.getvalue().rstrip("\n")


def _width() -> int:
    return max(40, min(100, get_terminal_size((100, 24)).columns))


def _rows(output: Output) -> Any:
    if not output.columns:
        return "(not run)"
    table = Table(show_edge=False)
    for column in output.columns:
        table.add_column(Text(_plain(column)))
    for row in output.rows[:SHOWN]:
        table.add_row(*(Text(_plain(cell)) for cell in row))
    more = len(output.rows) - SHOWN
    if more > 0:
        table.caption = f"{more} more rows" + (", and more in the database" if output.truncated else "")
    return table if output.rows else f"(no rows; columns: {', '.join(map(_plain, output.columns))})"


def _plain(cell: Any) -> str:
    """Write a cell on one line, without characters that steer a terminal."""
    text = "NULL" if cell is None else str(cell)
    return "".join(letter if letter.isprintable() else " " for letter in text)
