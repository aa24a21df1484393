"""What the model learned of its domain and what it forgot: questions and held-out losses, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsol.page.markup import Markup, element, join
from dsol.page.plots import Series, lines, number, percent
from dsol.page.results import figure, scrolled
from dsol.page.words import between, points, share

STYLES = {"domain": "c-combined", "general": "c-baseline"}
ASKED = {"domain": "domain questions", "general": "general questions"}


def ability(report: Mapping[str, Any]) -> Markup | None:
    """Draw the forgetting curve, and show every number of it in a table."""
    found: Sequence[Mapping[str, Any]] = report.get("forgetting") or []
    if not found:
        return None
    names = [str(one["at"]) for one in found]
    figures = [one for one in (_questions(found, names), _losses(found, names)) if one]
    chosen = [
        element("p", element("b", name), ": ", stage["selection"]["because"], class_="small")
        for name, stage in report["stages"].items()
        if stage.get("selection")
    ]
    return join(
        (element("div", *figures, class_="figures") if len(found) > 1 else None, scrolled(_table(found)), *chosen)
    )


def _questions(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup | None:
    series = [
        Series(
            ASKED[key],
            [(at, one[key]["value"]) for at, one in enumerate(found) if key in one],
            STYLES[key],
            dots=True,
            spread=[(one[key]["low"], one[key]["high"]) for one in found if key in one],
        )
        for key in ASKED
        if any(key in one for one in found)
    ]
    return figure("Questions answered right", _over(series, names, "accuracy", True)) if series else None


def _losses(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup | None:
    series = [
        Series(
            f"{key} documents",
            [(at, one[f"{key}_loss"]) for at, one in enumerate(found) if f"{key}_loss" in one],
            STYLES[key],
            dots=True,
        )
        for key in ASKED
        if any(f"{key}_loss" in one for one in found)
    ]
    return figure("Held-out loss", _over(series, names, "nats a token", False)) if series else None


def _over(series: Sequence[Series], names: Sequence[str], label: str, share_axis: bool) -> Markup:
    def name(at: float) -> str:
        return names[int(at)] if at == int(at) and 0 <= int(at) < len(names) else ""

    last = float(max(1, len(names) - 1))
    worded = percent if share_axis else number
    return lines(series, "after stage", label, x_range=(0.0, last), x_format=name, y_format=worded)


def _table(found: Sequence[Mapping[str, Any]]) -> Markup:
    """A row for each measure, since sources are many; changes are against the start."""
    start = found[0]
    rows = []
    for key, title in ASKED.items():
        if not any(key in one for one in found):
            continue
        cells = [element("th", title, scope="row")]
        for one in found:
            if key not in one:
                cells.append(element("td", "–"))
                continue
            change = points(one[key]["value"] - start[key]["value"]) if one is not start and key in start else ""
            said = element("small", f" {between(one[key])} {change}")
            cells.append(element("td", share(one[key]["value"]), said, class_="number"))
        rows.append(element("tr", *cells))
    for name in dict.fromkeys(name for one in found for name in one.get("losses", {})):
        values = [one.get("losses", {}).get(name) for one in found]
        told = [element("td", "–" if value is None else f"{value:.3f}", class_="number") for value in values]
        rows.append(element("tr", element("th", f"loss on {name}", scope="row"), *told))
    head = element("tr", *(element("th", text) for text in ("", *(str(one["at"]) for one in found))))
    return element("table", element("thead", head), element("tbody", *rows))
