"""A report in a terminal: one table of who scored what, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dsol.comparison import in_words
from dsol.page.words import between, label, metric, points, share

NAMES, MORE = 14, 11 + 12  # characters that the contestants take in a terminal, and "answered" and "p"
GAP = 3  # characters between columns
NARROW, BROAD = 9, 14  # characters of a set's column: as wide as its intervals, and no wider for a long name


def tables(report: Mapping[str, Any], width: int = 80) -> list[RenderableType]:
    """Make the tables that `dsol train` ends with: who scored what and the verdict, what was learned and forgotten.

    Sets too many for `width` go to further tables.
    """
    found = report.get("forgetting") or []
    # The loss on a solution's own development samples alone says nothing that the scores don't.
    told = any(key in one for one in found for key in ("domain", "general", "domain_loss", "general_loss"))
    more: list[RenderableType] = [ability(found)] if told or (not report["slices"] and found) else []
    if not report["slices"]:
        return more or [Text("The model is trained; there was nothing to score it on.")]
    cuts = [cut for cut in report["slices"] if not (cut["set"] and cut["language"])]
    groups: list[list[Mapping[str, Any]]] = [[]]
    used = NAMES + MORE
    for cut in cuts:
        needed = GAP + _width(cut)
        if groups[-1] and used + needed > width:
            groups.append([])
            used = NAMES
        groups[-1].append(cut)
        used += needed
    listed = [_items(report), _numbers(report)] if report.get("items") else []
    return [*(_scores(report, group, at == 0) for at, group in enumerate(groups)), *listed, *more, _verdict(report)]


def ability(found: Sequence[Mapping[str, Any]]) -> Table:
    """Make the table of the forgetting curve: questions and held-out losses, at the start and after every stage.

    A row for each measure: the sources are often too many for columns, the stages hardly ever.
    """
    table = _plain("Domain and general ability")
    for one in found:
        table.add_column(Text(str(one["at"]), justify="right"), justify="right", no_wrap=True)
    for key in ("domain", "general"):
        scores = [one.get(key) for one in found]
        if count := next((score["samples"] for score in scores if score), 0):
            cells = [
                Group(share(one["value"]), Text(between(one), "dim", justify="right")) if one else "–" for one in scores
            ]
            table.add_row(f"{key}, n = {count}", *cells)
    for name in dict.fromkeys(name for one in found for name in one.get("losses", {})):
        values = [one.get("losses", {}).get(name) for one in found]
        table.add_row(f"loss {name}", *("–" if value is None else f"{value:.3f}" for value in values))
    return table


def comparison_tables(found: Mapping[str, Mapping[str, Any]], a: str, b: str) -> list[RenderableType]:
    """Make the table of comparisons by slice, as `dsol.report.compare_run` gives them, and word the outcome."""
    table = _plain(f"{a} (A) against {b} (B)")
    for name in ("samples", "A", "B", "A - B in points", "won/lost", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, one in found.items():
        difference = one["difference"]
        low, high = points(difference["low"]), points(difference["high"])
        gain = Text(points(difference["value"]), "bold" if one["better"] else "", justify="right")
        table.add_row(
            name,
            str(difference["samples"]),
            share(one["a_score"]["value"]),
            share(one["b_score"]["value"]),
            Group(gain, Text(f"{low} to {high}", "dim", justify="right")),
            f"{one['wins']}/{one['losses']}",
            in_words(one["p"]).removeprefix("= "),
        )
    whole = next(iter(found.values()))
    outcome = {
        "a": f"{a} is significantly better than {b}",
        "b": f"{b} is significantly better than {a}",
        "": f"{a} and {b} don't differ significantly",
    }[whole["better"]]
    return [table, Text(f"{outcome} ({whole['test']}, p {in_words(whole['p'])}, level {whole['level']:g}).")]


def _scores(report: Mapping[str, Any], cuts: Sequence[Mapping[str, Any]], first: bool) -> Table:
    whole = report["slices"][0]
    table = _plain(
        f"{metric(report).capitalize()} on held-out samples, {report['level']:.0%} intervals" if first else ""
    )
    for cut in cuts:
        heading = Text(f"{cut['name']}\nn = {cut['samples']}", justify="right", overflow="fold")
        table.add_column(heading, justify="right", width=_width(cut), overflow="fold")
    against = {one["a"]: one for one in whole["tests"] if one["b"] == "baseline"}
    if first:
        table.add_column("answered", justify="right", no_wrap=True)
        if against:
            table.add_column("p against\nbaseline", justify="right", no_wrap=True)
    for name in report["contestants"]:
        cells: list[RenderableType] = [Text(label(name), "bold" if name == "combined" else "", no_wrap=True)]
        for cut in cuts:
            score = cut["scores"][name]
            value = Text(share(score["value"]), "bold" if name == "combined" else "", justify="right", no_wrap=True)
            cells.append(Group(value, Text(between(score), "dim", justify="right", no_wrap=True)))
        if first:
            cells.append(share(whole["scores"][name]["answered"], 0))
            if against:
                cells.append(in_words(against[name]["p"]).removeprefix("= ") if name in against else "")
        table.add_row(*cells)
    return table


def _items(report: Mapping[str, Any]) -> Table:
    """Show precision, recall and who found what, for answers that are lists."""
    table = _plain("Items of the answers")
    for heading in ("given", "precision", "recall", "right, by who\nfound them"):
        table.add_column(Text(heading, justify="right"), justify="right", no_wrap=True)
    for name, one in report["items"].items():
        bold = "bold" if name == "combined" else ""
        shares = [
            Group(Text(share(part["value"]), bold, justify="right"), Text(between(part), "dim", justify="right"))
            for part in (one["precision"], one["recall"])
        ]
        by = one["sources"].items()
        found = [Text(f"{who} {some['right']}/{some['items']}", justify="right") for who, some in by]
        table.add_row(Text(label(name), bold, no_wrap=True), str(one["given"]), *shares, Group(*found))
    return table


def _numbers(report: Mapping[str, Any]) -> Table:
    """Show the single numbers that the metric sums up to beside the headline, one row each."""
    table = _plain("Further numbers")
    for name in report["contestants"]:
        table.add_column(Text(label(name), justify="right"), justify="right", no_wrap=True)
    reduced = report["reduced"]
    keys = [key for key in dict.fromkeys(key for one in reduced.values() for key in one) if key != "value"]
    for key in keys:
        values = [reduced[name].get(key) for name in report["contestants"]]
        if all(value is None or isinstance(value, int | float) for value in values):
            outside = any(value is not None and not 0 <= value <= 1 for value in values)
            rate = outside or "_per_" in key  # no share of a whole, also where all are below one
            cells = ["–" if value is None else f"{value:.1f}" if rate else share(value) for value in values]
            table.add_row(key.replace("_", " "), *cells)
    return table


def _width(cut: Mapping[str, Any]) -> int:
    intervals = [cell_len(between(score)) for score in cut["scores"].values()]
    return min(BROAD, max(NARROW, cell_len(cut["name"]), *intervals))


def _plain(title: str) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", overflow="fold")
    return table


def _verdict(report: Mapping[str, Any]) -> Text:
    verdict = report["verdict"]
    text = Text()
    text.append(
        "Released. " if verdict["released"] else "Not released. ",
        "bold green" if verdict["released"] else "bold yellow",
    )
    text.append(" ".join(verdict["reasons"]))
    for note in verdict["notes"]:
        text.append(f"\nMind: {note}", "dim")
    return text
