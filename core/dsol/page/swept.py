"""A sweep as a table and a plot of every number that was scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import resources
from string import Template
from typing import Any

from rich.console import RenderableType

from dsol.page.markup import element, join
from dsol.page.plots import Series, lines, number, percent
from dsol.page.results import figure, scrolled


def names(found: Mapping[str, Any]) -> list[str]:
    """List what was scored, in order."""
    return list(dict.fromkeys(name for point in found["points"] for name in point["numbers"]))


def worded(name: str, one: Mapping[str, float] | None) -> tuple[str, str]:
    """Word a number and its interval: losses in nats, all else in percent."""
    if one is None:
        return "–", ""
    if "loss" in name:
        return f"{one['value']:.3f}", f"{one['low']:.3f}–{one['high']:.3f}" if "low" in one else ""
    return f"{one['value']:.1%}", f"{one['low'] * 100:.1f}–{one['high'] * 100:.1f}" if "low" in one else ""


def tables(found: Mapping[str, Any], width: int = 80) -> list[RenderableType]:
    """Make the sweep's table for a terminal; the best of each column is bold."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    seeds = f", mean of {found['seeds']} seeds" if found["seeds"] > 1 else ""
    table = Table(title=f"Sweep{seeds}, 95% intervals", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in names(found):
        table.add_column(Text(name, justify="right"), justify="right")
    best = {name: _best(found["points"], name) for name in names(found)}
    start = [{"name": "start", "numbers": found["start"]}] if found.get("start") else []
    for point in [*start, *found["points"]]:
        cells: list[RenderableType] = [point["name"]]
        for name in names(found):
            value, spread = worded(name, point["numbers"].get(name))
            style = "bold" if point is best[name] else ""
            cells.append(Group(Text(value, style, justify="right"), Text(spread, "dim", justify="right")))
        table.add_row(*cells)
    return [table]


def render(found: Mapping[str, Any]) -> str:
    """Write the sweep as one page: no script, no network."""
    points = found["points"]
    figures = []
    for name in names(found):
        values = [(float(at), point["numbers"][name]["value"]) for at, point in enumerate(points)]
        spread = [
            (point["numbers"][name].get("low", value), point["numbers"][name].get("high", value))
            for point, (_, value) in zip(points, values, strict=True)
        ]
        series = Series(name, values, "c-combined", dots=True, spread=spread, hints=[one["name"] for one in points])
        axis = number if "loss" in name else percent
        labels = [_short(point["overrides"]) for point in points]
        last = float(max(1, len(points) - 1))
        across = partial(_label, labels)
        drawn = lines([series], "variant", name, x_range=(0.0, last), x_format=across, y_format=axis)
        figures.append(figure(name.capitalize(), drawn))
    head = element("tr", *(element("th", text) for text in ("", *names(found))))
    start = [{"name": "start", "numbers": found["start"]}] if found.get("start") else []
    rows = [
        element(
            "tr",
            element("th", point["name"], scope="row"),
            *(
                element("td", value, element("small", f" {spread}"), class_="number")
                for value, spread in (worded(name, point["numbers"].get(name)) for name in names(found))
            ),
        )
        for point in [*start, *points]
    ]
    table = element("table", element("thead", head), element("tbody", *rows))
    title = element("header", element("p", "dsol sweep", class_="kicker"), element("h1", " × ".join(found["over"])))
    body = join(
        (title, element("section", scrolled(table)), element("section", element("div", *figures, class_="figures")))
    )
    template = Template(resources.files("dsol.page").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(title=join(["dsol sweep"]), page=body)


def _best(points: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    there = [point for point in points if name in point["numbers"]]
    pick = min if "loss" in name else max
    return pick(there, key=lambda point: point["numbers"][name]["value"]) if there else None


def _short(overrides: Sequence[str]) -> str:
    return " ".join(one.rpartition("=")[2] for one in overrides)


def _label(labels: Sequence[str], at: float) -> str:
    return labels[int(at)] if at == int(at) and 0 <= int(at) < len(labels) else ""
