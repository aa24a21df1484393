"""A multiple-choice score in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from dsol.page.words import between, share

NAMES = {
    "letters": "letter, over all rotations",
    "letters_as_given": "letter, choices as given",
    "text": "text",
    "text_per_character": "text, per character",
    "text_per_byte": "text, per byte",
}


def tables(found: Mapping[str, Any]) -> Iterable[Table | Text]:
    """Make the tables of what `dsol.mcq.command` found: accuracy by metric, by subject, and what to mind."""
    scores, headline = found["scores"], found["metric"]
    asked = f"{found['shots']} shots, {'chat template' if found['chat'] else 'plain text'}"
    top = Table(
        title=f"Multiple choice, {found['accuracy']['samples']} questions, {asked}, {found['level']:.0%} intervals",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in ("choice picked by", "accuracy", "interval", "mean of subjects"):
        top.add_column(name, justify="left" if name == "choice picked by" else "right", no_wrap=True)
    for name, score in scores.items():
        style = "bold" if name == headline else ""
        one = score["accuracy"]
        top.add_row(NAMES[name], share(one["value"]), between(one), share(score["macro"]["value"]), style=style)
    top.add_row("guessing", share(found["chance"]), "", "", style="dim")
    yield top
    if len(scores[headline]["subjects"]) > 1:
        yield _subjects(scores, headline)
    yield _notes(found)


def _subjects(scores: Mapping[str, Any], headline: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("subject", overflow="fold")
    for name in ("questions", NAMES[headline], "interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for subject, one in scores[headline]["subjects"].items():
        table.add_row(subject or "–", str(one["samples"]), share(one["value"]), between(one))
    return table


def _notes(found: Mapping[str, Any]) -> Text:
    lines = []
    if found["accuracy"]["low"] <= found["chance"] <= found["accuracy"]["high"]:
        lines.append("Not distinguishable from guessing: the interval holds what guessing would score.")
    if places := found["positions"]:
        shares = ", ".join(f"{letter} {share(value, 0)}" for letter, value in places["shares"].items())
        lines.append(
            f"Letters picked over all rotations: {shares} (position bias {places['bias']:.2f}); "
            f"{share(places['consistent'], 0)} of the questions get the same choice in every rotation."
        )
    if found["cut"]:
        lines.append(
            f"{found['cut']} questions with their shots are longer than the model's context and were cut at the front; "
            "take fewer shots."
        )
    if found["left_out"]:
        lines.append(f"{len(found['left_out'])} rows of the files were left out, such as {found['left_out'][0]}")
    return Text("\n".join(lines), "dim")
