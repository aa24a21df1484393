"""Any JSON value as tables a person can read, and the section that holds a run's own facts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dsol.page.markup import Markup, element, join
from dsol.page.results import scrolled
from dsol.page.words import count

LONGEST = 30  # rows of a list
WIDEST = 400  # characters of a value


def outline(value: Mapping[str, Any]) -> Markup:
    """Show a mapping: plain values as one table, mappings and lists of mappings under their own headings."""
    flat = {key: one for key, one in value.items() if not _nested(one)}
    parts: list[Markup] = []
    if flat:
        rows = [
            element("tr", element("th", _title(key), scope="row"), element("td", brief(one), class_=_kind(one)))
            for key, one in flat.items()
        ]
        parts.append(element("div", scrolled(element("table", element("tbody", *rows), class_="facts"))))
    for key, one in value.items():
        if _nested(one):
            body = _grid(one) or (outline(one) if isinstance(one, Mapping) else _listed(one))
            parts.append(element("div", element("h4", _title(key)), body))
    return element("div", *parts, class_="outline")


def details(report: Mapping[str, Any]) -> Markup:
    """Show what the run was told, what was advised, and what it ran on."""
    parts: list[Markup] = []
    if report["advice"]:
        rows = [
            element(
                "tr",
                element("th", one["rule"], scope="row"),
                element("td", element("code", one["setting"])),
                element("td", brief(one["value"]), class_=None if one["value"] == one["used"] else "other"),
                element("td", brief(one["used"])),
                element("td", one["because"], *_evidence(one)),
            )
            for one in report["advice"]
        ]
        head = element("tr", *(element("th", text) for text in ("rule", "setting", "proposed", "used", "because")))
        parts += [element("h3", "Advice"), scrolled(element("table", element("thead", head), element("tbody", *rows)))]
    if report.get("calibration"):
        parts.append(_folded("Calibration", outline(report["calibration"])))
    reduced = {name: one for name, one in report.get("reduced", {}).items() if isinstance(one, Mapping)}
    if any(len(one) > 1 for one in reduced.values()):
        parts.append(_folded("All numbers of the metric", outline(reduced)))
    if report["recipe"]:
        parts.append(_folded("Recipe", element("pre", report["recipe"])))
    if report["manifest"]:
        parts.append(_folded("Manifest", outline(report["manifest"])))
    return join(parts)


def _evidence(advice: Mapping[str, Any]) -> list[Markup]:
    """Say what speaks for a rule, and what against it: both belong to an advice."""
    told = [element("small", f"+ {advice['evidence']}")] if advice["evidence"] else []
    against = advice.get("against")  # runs of earlier versions have none
    return [*told, element("small", f"− {against}")] if against else told


def brief(value: Any) -> str:
    """Word one value in a line, cut where it is long."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return count(value)
    if isinstance(value, str):
        text = value
    elif isinstance(value, Sequence) and all(isinstance(one, str | int | float) for one in value):
        text = ", ".join(str(one) for one in value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]} …"


def _grid(value: Any) -> Markup | None:
    """Make one table of many mappings with the same few plain keys."""
    rows = dict(value) if isinstance(value, Mapping) else {str(at): one for at, one in enumerate(value[:LONGEST], 1)}
    if not rows or not all(isinstance(one, Mapping) and not any(map(_nested, one.values())) for one in rows.values()):
        return None
    columns = list(dict.fromkeys(key for one in rows.values() for key in one))
    if not columns or len(columns) > 8:
        return None
    named = isinstance(value, Mapping)
    body = [
        element(
            "tr",
            element("th", _title(name), scope="row") if named else None,
            *(element("td", brief(one.get(key)), class_=_kind(one.get(key))) for key in columns),
        )
        for name, one in rows.items()
    ]
    head = [
        element("th", "") if named else None,
        *(element("th", _title(key), class_=_kind(_first(rows, key))) for key in columns),
    ]
    table = scrolled(element("table", element("thead", element("tr", *head)), element("tbody", *body)))
    more = len(value) - len(rows)
    return join((table, element("p", f"and {more} more", class_="small") if more > 0 else None))


def _listed(values: Sequence[Any]) -> Markup:
    items = [element("li", brief(one)) for one in values[:LONGEST]]
    more = len(values) - len(items)
    return element("ul", *items, element("li", f"and {more} more") if more > 0 else None)


def _folded(title: str, body: Markup) -> Markup:
    return element("details", element("summary", title), body)


def _nested(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return any(isinstance(one, Mapping) for one in value) or sum(len(str(one)) for one in value) > WIDEST


def _title(key: object) -> str:
    return str(key).replace("_", " ")


def _kind(value: Any) -> str | None:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else None


def _first(rows: Mapping[str, Mapping[str, Any]], key: str) -> Any:
    return next((one[key] for one in rows.values() if one.get(key) is not None), None)
