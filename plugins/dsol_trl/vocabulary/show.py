"""The tables of `dsol vocab`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

SHOWN = 20  # candidates in the table; --json lists them all


def tables(report: Mapping[str, Any], width: int = 80) -> list[RenderableType]:
    """Make the tables of a report, and word the advice."""
    found: list[RenderableType] = [_per_token(report)]
    if report["curve"]:
        found += [_candidates(report), _curve(report)]
    if "applied" in report:
        found.append(_applied(report["applied"]))
    for at, line in enumerate(report["advice"]):
        found.append(Text(line, ("bold green" if report["worth"] else "bold yellow") if at == 0 else "dim"))
    return found


def _per_token(report: Mapping[str, Any]) -> Table:
    table = _table("Characters per token on held-out text", "text", "characters", "before", "after", "tokens saved")
    for name, row in report["per_token"].items():
        table.add_row(
            name, f"{row['characters']:,}", f"{row['before']:.2f}", f"{row['after']:.2f}", f"{row['saved']:.1f} %"
        )
    return table


def _candidates(report: Mapping[str, Any]) -> Table:
    table = _table("Tokens that save most in held-out text", "token", "pieces so far", "occurs", "tokens saved")
    for row in report["candidates"][:SHOWN]:
        table.add_row(Text(row["token"]), Text(" ".join(row["pieces"])), f"{row['uses']:,}", f"{row['saved']:,}")
    if len(report["candidates"]) > SHOWN:
        table.add_row(f"... and {len(report['candidates']) - SHOWN:,} more", "", "", "")
    return table


def _curve(report: Mapping[str, Any]) -> Table:
    table = _table("Predicted on held-out text", "new tokens", "tokens saved", "decoding gain, head paid for")
    for row in report["curve"]:
        table.add_row(f"{row['tokens']:,}", f"{row['saved']:.1f} %", f"{row['gain']:+.1f} %")
    return table


def _applied(applied: Mapping[str, Any]) -> Table:
    bits, before, after = applied["bits"], applied["before"], applied["after"]
    table = _table(f"Measured: {applied['folder']}", "held-out text", "base", "resized", "rows trained")
    table.add_row("bits per character", f"{bits['base']:.3f}", f"{bits['resized']:.3f}", f"{bits['trained']:.3f}")
    for name, words in (("same_text", "characters/s, same text"), ("written", "characters/s, own text")):
        gain = 100 * (after[name] / before[name] - 1) if before[name] else 0.0
        table.add_row(words, f"{before[name]:.1f}", "", f"{after[name]:.1f} ({gain:+.1f} %)")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for at, name in enumerate(columns):
        table.add_column(name, justify="left" if at == 0 or name == "pieces so far" else "right")
    return table
