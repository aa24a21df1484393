"""What goes wrong: classes of errors as bars, scores by hardness, and examples to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsol.page.markup import Markup, element, join
from dsol.page.outline import brief
from dsol.page.plots import bars
from dsol.page.results import figure, scrolled
from dsol.page.words import label, share

SHADES = 6
LONGEST = 1200  # characters of a text in an example


def errors(report: Mapping[str, Any]) -> Markup | None:
    """Show the error classes of the answers that users meet, and examples of each."""
    found = report.get("errors")
    if not found or (not found["classes"] and not found["hardness"]):
        return None
    figures = []
    if found["classes"]:
        levels = list(found["hardness"]) or [""]
        unknown = "" if levels == [""] else "unknown"
        known = {one["name"]: _segments(one["by_hardness"], levels, unknown) for one in found["classes"]}
        styles = {level: f"shade-{min(at, SHADES - 1)}" for at, level in enumerate(levels)}
        if any(unknown in row for row in known.values()):
            styles.setdefault(unknown, "shade-none")
        total = sum(one["samples"] for one in found["classes"])
        caption = f"{total} of {report['samples']} {label(found['contestant'])} answers" + (
            "; the easier the question, the lighter the shade." if unknown else "."
        )
        figures.append(figure("Wrong answers by class", bars(known, styles), caption))
    if found["hardness"]:
        figures.append(figure("Score by hardness", scrolled(_hardness(found["hardness"], report["contestants"]))))
    parts: list[Markup] = [element("div", *figures, class_="figures wide")]
    if found["classes"]:
        parts.append(element("h3", "Examples, the surest mistakes first"))
    for at, one in enumerate(found["classes"]):
        others = ", ".join(
            f"{label(name)} {n}" for name, n in one["by_contestant"].items() if name != found["contestant"]
        )
        head = element(
            "summary", one["name"], element("small", f"{one['samples']}×" + (f" · {others}" if others else ""))
        )
        cards = [_example(example) for example in one["examples"]]
        parts.append(element("details", head, *cards, open="open" if at == 0 else None))
    return join(parts)


def _segments(counts: Mapping[str, int], levels: Sequence[str], unknown: str) -> dict[str, int]:
    known = {level: counts[level] for level in levels if counts.get(level)}
    rest = sum(counts.values()) - sum(known.values())
    return {**known, unknown: rest} if rest else known


def _hardness(levels: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> Markup:
    head = element(
        "tr",
        element("th", ""),
        element("th", "samples", class_="number"),
        *(element("th", label(n), class_="number") for n in names),
    )
    rows = []
    for level, scores in levels.items():
        cells = [element("td", share(scores[name]["value"], 0), class_="number") for name in names]
        samples = element("td", scores[names[0]]["samples"], class_="number")
        rows.append(element("tr", element("th", level, scope="row"), samples, *cells))
    return element("table", element("thead", head), element("tbody", *rows))


def _example(one: Mapping[str, Any]) -> Markup:
    who = "nobody answered" if one["source"] == "none" else f"answered by {one['source']}"
    chips = [one["id"], one["set"], one["language"], one["hardness"], who, f"{share(one['confidence'], 0)} sure"]
    if one["reason"] not in ("", "ok"):
        chips.append(one["reason"])
    marks = [
        element("span", _mark(score), label(name), class_="hit" if score >= 1 else "miss" if score <= 0 else None)
        for name, score in one["scores"].items()
    ]
    question = one["input"].get("question") if isinstance(one["input"].get("question"), str) else None
    rest = {key: value for key, value in one["input"].items() if key != "question" or question is None}
    return element(
        "article",
        element("p", *(element("span", chip) for chip in chips if chip), class_="chips"),
        element("p", question, class_="question") if question else None,
        _values({key: value for key, value in rest.items() if value not in (None, "", [], {})}) if rest else None,
        element("div", _side("expected", one["target"]), _side("answered", one["output"]), class_="sides"),
        element("p", "Asks back: ", one["ask"], class_="small") if one["ask"] else None,
        element("p", *marks, class_="marks"),
    )


def _mark(score: float) -> str:
    """Say whether an answer is right, wrong, or how far it is right."""
    return "✓ " if score >= 1 else "✗ " if score <= 0 else f"{share(score, 0)} "


def _side(title: str, value: Any) -> Markup:
    if isinstance(value, Mapping):
        body = _values({key: one for key, one in value.items() if one not in (None, "", [], {})})
    elif value is None or value == "":
        body = element("p", "nothing", class_="small")
    else:
        body = element("pre", _cut(value if isinstance(value, str) else brief(value)))
    return element("div", element("h5", title), body)


def _values(values: Mapping[str, Any]) -> Markup:
    pairs = [
        join(
            (
                element("dt", str(key).replace("_", " ")),
                element("dd", element("pre", _cut(v if isinstance(v, str) else brief(v)))),
            )
        )
        for key, v in values.items()
    ]
    return element("dl", *pairs)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
