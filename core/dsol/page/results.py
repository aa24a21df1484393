"""The top of the page: verdict, who scored what, and what the confidence is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsol.comparison import in_words
from dsol.page.markup import Markup, element, join
from dsol.page.plots import Series, interval, percent, shares
from dsol.page.words import MEANINGS, between, label, metric, points, share, shown

CURVE = 300  # points of a risk-coverage curve that are drawn


def summary(report: Mapping[str, Any]) -> Markup:
    """Put the verdict and the four numbers that matter on top; a model without a solution has a headline only."""
    if not report["slices"]:
        return _headline(report, ())
    verdict, whole = report["verdict"], report["slices"][0]
    name = shown(report)
    kind = "released" if verdict["released"] else "held"
    head = _headline(report, (f"{report['samples']} held-out samples",))
    banner = element(
        "div",
        element("h2", "Released" if verdict["released"] else "Not released"),
        *(element("p", reason) for reason in verdict["reasons"]),
        *(element("p", "Mind: ", note, class_="note") for note in verdict["notes"]),
        class_=f"verdict {kind}",
    )
    tiles = [
        _tile(share(whole["scores"][name]["value"]), f"{label(name)}, {metric(report)}", between(whole["scores"][name]))
    ]
    if "baseline" in whole["scores"]:
        old = whole["scores"]["baseline"]
        tiles.append(_tile(share(old["value"]), f"{label('baseline')}, {metric(report)}", between(old)))
    test = next((one for one in whole["tests"] if (one["a"], one["b"]) == (name, "baseline")), None)
    if test:
        low, high = points(test["difference"]["low"]), points(test["difference"]["high"])
        tiles.append(_tile(points(test["difference"]["value"]), f"points, p {in_words(test['p'])}", f"{low} to {high}"))
    tiles.append(
        _tile(share(whole["scores"][name]["answered"], 0), "of the samples get an answer", _error(report, name))
    )
    return join((head, banner, element("div", *tiles, class_="tiles")))


def _headline(report: Mapping[str, Any], more: Sequence[str]) -> Markup:
    when = report["manifest"].get("finished") or report["manifest"].get("started")
    facts = [report["base"], *more, when]
    return element(
        "header",
        element("p", "dsol report", class_="kicker"),
        element("h1", report["solution"] or "Run", element("span", report["run"])),
        element("p", " · ".join(str(one) for one in facts if one), class_="facts"),
    )


def scores(report: Mapping[str, Any]) -> Markup | None:
    """Show every contestant on every set and language, and the paired tests."""
    if not report["slices"]:
        return None
    cuts = report["slices"]
    crossed = [cut for cut in cuts if cut["set"] and cut["language"]]
    parts = [_table(report, [cut for cut in cuts if cut not in crossed])]
    parts.append(element("p", f"Mean score with its {report['level']:.0%} interval.", class_="small"))
    if report.get("items"):
        parts += [element("h3", "Items of the answers"), scrolled(_items(report["items"]))]
    if crossed:
        parts += [element("h3", "By set and language"), _table(report, crossed)]
    tests = [(cuts[0], one) for one in cuts[0]["tests"]]
    tests += [
        (cut, one) for cut in cuts[1:] for one in cut["tests"] if (one["a"], one["b"]) == ("combined", "baseline")
    ]
    if tests:
        parts += [element("h3", "Paired tests"), scrolled(_tests(tests, bool(len(cuts) > 1)))]
    sources = report["sources"].get(shown(report), [])
    if sources:
        parts += [element("h3", "Who answered"), scrolled(_sources(sources))]
    return join(parts)


def confidence(report: Mapping[str, Any]) -> Markup | None:
    """Draw coverage against risk and the reliability diagram."""
    found = report.get("confidence")
    if not found:
        return None
    curves = [
        Series(label(name), [(p["coverage"], p["risk"]) for p in _thinned(one["curve"])], f"c-{name}")
        for name, one in found.items()
    ]
    highest = max(y for one in curves for _, y in one.points)
    ceiling = min(1.0, max(0.1, -(-highest // 0.1) * 0.1))
    risk = shares(curves, "coverage (surest first)", "risk (wrong among answered)", ceiling)
    figures = [figure("Risk against coverage", risk, "Lower is better: answering only the surest should be safer.")]
    name = shown(report) if shown(report) in found else next(iter(found))
    bins = found[name]["bins"]
    what = "items" if name in report.get("items", {}) else "answers"
    dots = Series(
        label(name),
        [(one["confidence"], one["right"]) for one in bins],
        f"c-{name}",
        dots=True,
        hints=[
            f"{one['samples']} {what}, {share(one['confidence'], 0)} sure, {share(one['right'], 0)} right"
            for one in bins
        ],
        spread=[(one["low"], one["high"]) for one in bins],
    )
    reliability = shares([dots], "confidence", "right", diagonal=True)
    caption = f"{label(name).capitalize()}. On the diagonal a confidence means what it says; {_error(report, name)}."
    figures.append(figure("Reliability", reliability, caption))
    return join((element("div", *figures, class_="figures"), scrolled(_selective(found))))


def figure(title: str, drawing: Markup, caption: str = "") -> Markup:
    """Frame a plot with its title and a sentence about it."""
    return element("figure", element("h3", title), drawing, element("figcaption", caption) if caption else None)


def scrolled(table: Markup) -> Markup:
    """Let a wide table scroll by itself on a narrow screen."""
    return element("div", table, class_="scroll")


def _tile(value: str, what: str, more: str) -> Markup:
    return element("div", element("b", value), element("span", what), element("small", more), class_="tile")


def _error(report: Mapping[str, Any], name: str) -> str:
    one = report["confidence"].get(name)
    return f"calibration error {one['error'] * 100:.1f} points" if one else ""


def _heading(cut: Mapping[str, Any]) -> Markup:
    return element("th", cut["name"], element("small", f"{cut['samples']} samples"))


def _table(report: Mapping[str, Any], cuts: Sequence[Mapping[str, Any]]) -> Markup:
    head = element("tr", element("th", metric(report)), *(_heading(cut) for cut in cuts))
    body = [
        element("tr", _who(name), *(_cell(cut["scores"][name], name) for cut in cuts)) for name in report["contestants"]
    ]
    return scrolled(element("table", element("thead", head), element("tbody", *body), class_="main"))


def _who(name: str) -> Markup:
    return element(
        "th",
        element("i", class_=f"swatch c-{name}"),
        label(name),
        element("small", MEANINGS.get(name, "")),
        scope="row",
    )


def _cell(score: Mapping[str, Any], name: str) -> Markup:
    return element(
        "td",
        element("b", share(score["value"])),
        element("small", between(score)),
        interval(score["value"], score["low"], score["high"], f"c-{name}"),
    )


def _tests(tests: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], several: bool) -> Markup:
    heads = ["", *(["on"] if several else []), "difference in points", "won", "lost", "alike", "p", "test"]
    rows = []
    for cut, one in tests:
        low, high = points(one["difference"]["low"]), points(one["difference"]["high"])
        rows.append(
            element(
                "tr",
                element("th", f"{label(one['a'])} against {label(one['b'])}", scope="row"),
                element("td", cut["name"]) if several else None,
                element("td", element("b", points(one["difference"]["value"])), f" ({low} to {high})", class_="number"),
                *(element("td", one[key], class_="number") for key in ("wins", "losses", "ties")),
                element(
                    "td", in_words(one["p"]).removeprefix("= "), class_=f"number {'sure' if one['better'] else ''}"
                ),
                element("td", one["test"]),
            )
        )
    head = [element("th", text, class_="number" if text in heads[-6:-1] else None) for text in heads]
    return element("table", element("thead", element("tr", *head)), element("tbody", *rows))


def _sources(sources: Sequence[Mapping[str, Any]]) -> Markup:
    total = sum(one["samples"] for one in sources)
    rows = [
        element(
            "tr",
            element("th", "nobody" if one["source"] == "none" else one["source"], scope="row"),
            element("td", share(one["samples"] / total), class_="number"),
            element(
                "td", "–" if one["source"] == "none" else f"{share(one['value'])} ({between(one)})", class_="number"
            ),
            element("td", ", ".join(f"{reason} {n}" for reason, n in one["reasons"].items())),
        )
        for one in sources
    ]
    heads = [("answered by", None), ("share", "number"), ("right", "number"), ("reason codes", None)]
    head = element("tr", *(element("th", text, class_=kind) for text, kind in heads))
    return element("table", element("thead", head), element("tbody", *rows))


def _items(items: Mapping[str, Mapping[str, Any]]) -> Markup:
    """Show precision and recall over the items, who found them, and why others don't count."""
    finders = ("model", "both", "baseline")
    heads = ["", "given", "right", "wanted", "precision", "recall", *(f"found by {who}" for who in finders), "left out"]
    rows = []
    for name, one in items.items():
        found = [one["sources"].get(who) for who in finders]
        cells = [
            *(str(one[key]) for key in ("given", "right", "wanted")),
            *(f"{share(one[key]['value'])} ({between(one[key])})" for key in ("precision", "recall")),
            *(f"{who['items']}, {share(who['value'], 0)} right" if who else "–" for who in found),
        ]
        left = ", ".join(f"{reason} {n}" for reason, n in one["reasons"].items()) or "–"
        numbers = [element("td", cell, class_="number") for cell in cells]
        rows.append(element("tr", element("th", label(name), scope="row"), *numbers, element("td", left)))
    head = [element("th", text, class_="number" if text in heads[1:-1] else None) for text in heads]
    return element("table", element("thead", element("tr", *head)), element("tbody", *rows))


def _selective(found: Mapping[str, Mapping[str, Any]]) -> Markup:
    first = next(iter(found.values()))
    coverages, risks = list(first["right_at"]), list(first["coverage_at"])
    groups = element(
        "tr",
        element("th", "", class_="group"),
        element("th", "right, when the surest … are answered", colspan=len(coverages), class_="group"),
        element("th", "answered, when at most … are wrong", colspan=len(risks), class_="group"),
        element("th", "area under the curve", colspan=2, class_="group"),
    )
    names = ["", *(percent(float(c)) for c in coverages), *(percent(float(r)) for r in risks), "this", "best possible"]
    rows = []
    for name, one in found.items():
        at_risk = [one["coverage_at"][key] for key in risks]
        cells = [
            *(share(one["right_at"][key]) for key in coverages),
            *("none" if point is None else share(point["coverage"], 0) for point in at_risk),
            f"{one['area']:.3f}",
            f"{one['best']:.3f}",
        ]
        rows.append(
            element("tr", element("th", label(name), scope="row"), *(element("td", c, class_="number") for c in cells))
        )
    heads = element("tr", *(element("th", text, class_="number") for text in names))
    return element("table", element("thead", groups, heads), element("tbody", *rows))


def _thinned(curve: Sequence[Mapping[str, float]]) -> Sequence[Mapping[str, float]]:
    step = -(-len(curve) // CURVE)
    return [*curve[:-1:step], curve[-1]]
