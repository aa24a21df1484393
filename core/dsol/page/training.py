"""How the model was trained, and on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsol.page.markup import Markup, element, join
from dsol.page.outline import outline
from dsol.page.plots import Series, lines, percent
from dsol.page.results import figure, scrolled
from dsol.page.words import count, metric, share

SOURCES = 6  # losses by source that are drawn
ROUGH = 40  # log lines from which on a running mean is drawn over them


def stages(report: Mapping[str, Any]) -> Markup | None:
    """Draw the loss and the checkpoints' scores of each stage, with its mix of sources."""
    parts: list[Markup] = []
    for name, stage in report["stages"].items():
        figures = [one for one in (_loss(stage["log"]), _scores(stage, metric(report))) if one]
        if not figures and not stage["mix"]:
            continue
        if len(report["stages"]) > 1:
            parts.append(element("h3", f"Stage {name}"))
        parts.append(element("p", _facts(stage), class_="small"))
        parts.append(element("div", *figures, class_="figures"))
        if stage["mix"]:
            parts += [element("h3", "Mix"), scrolled(_mix(stage["mix"]))]
    return join(parts) if parts else None


def data(report: Mapping[str, Any]) -> Markup | None:
    """Show what was read, made, dropped, and what leaked."""
    parts = [outline(report["data"]) if report.get("data") else None]
    parts.append(outline({"sources": report["documents"]}) if report.get("documents") else None)
    return join(part for part in parts if part) if any(parts) else None


def _loss(log: Sequence[Mapping[str, float]]) -> Markup | None:
    total = _column(log, "loss")
    if len(total) < 2:
        return None
    keys = [key for key in dict.fromkeys(key for one in log for key in one) if key.startswith("loss/")][:SOURCES]
    curves = [
        Series(key.removeprefix("loss/"), _running(column), f"s-{at}")
        for at, key in enumerate(keys)
        if len(column := _column(log, key)) > 1
    ]
    if len(curves) == 1:
        curves = []  # the only source's loss is the loss
    smooth = Series("all sources" if curves else "loss", _running(total), "c-total")
    drawn = [*curves, smooth]
    behind = [] if curves or len(total) < ROUGH else [Series("each step", total, "faint")]
    caption = f"From {total[0][1]:.3g} to {_running(total)[-1][1]:.3g}."
    return figure("Loss", lines([*behind, *drawn], "step", "loss", y_range=None), caption)


def _scores(stage: Mapping[str, Any], name: str) -> Markup | None:
    found = [(one["step"], one["value"], one["checkpoint"]) for one in stage["scores"] if one.get("value") is not None]
    if len(found) < 2:
        return None
    dots = Series(
        "score", [(s, v) for s, v, _ in found], "c-total", dots=True, hints=[f"{c}: {v:.3f}" for _, v, c in found]
    )
    best = [(step, value) for step, value, checkpoint in found if checkpoint == stage["chosen"]]
    series = [dots, Series("chosen", best, "c-chosen", dots=True)] if best else [dots]
    inside = all(0 <= value <= 1 for _, value, _ in found)
    values = [value for _, value, _ in found]
    around = (max(0.0, min(values) - 0.05), min(1.0, max(values) + 0.05)) if inside else None
    plot = lines(
        series,
        "step",
        name,
        y_range=_rounded(around) if around else None,
        y_format=percent if inside else "{:g}".format,
    )
    return figure("Score of each checkpoint", plot, f"{name.capitalize()} on the development set.")


def _rounded(values: tuple[float, float]) -> tuple[float, float]:
    low, high = values
    return int(low * 10) / 10, min(1.0, -int(-high * 10 // 1) / 10)


def _facts(stage: Mapping[str, Any]) -> str:
    mix, log = stage["mix"] or {}, stage["log"]
    speeds = [speed for _, speed in _column(log, "tokens_per_second")]
    facts = [
        f"{count(mix['steps'])} steps over {count(mix['rows'])} rows" if mix.get("steps") else "",
        f"{count(mix['computed_tokens'])} tokens computed" if mix.get("computed_tokens") else "",
        "shared prefixes computed once" if mix.get("shared_prefix") else "",
        f"{count(round(sum(speeds) / len(speeds)))} tokens per second" if speeds else "",
        f"{count(round(stage['train_seconds']))} s of training" if stage["train_seconds"] else "",
        f"{stage['unreadable_lines']} unreadable lines in the log" if stage["unreadable_lines"] else "",
    ]
    scores = stage["scores"]
    if len(scores) == 1 and scores[0].get("value") is not None:
        facts.append(f"its one checkpoint scores {scores[0]['value']:.3f} on the development set")
    return " · ".join(fact for fact in facts if fact)


def _mix(mix: Mapping[str, Any]) -> Markup:
    heads = ("planned", "achieved", "tokens", "rows", "epochs")
    notes = [element("p", note, class_="small") for note in mix.get("notes", ())]
    head = element("tr", element("th", "source"), *(element("th", text, class_="number") for text in heads))
    rows = [
        element(
            "tr",
            element("th", name, scope="row"),
            element(
                "td",
                share(one["planned_share"]),
                element("small", f" of {share(one['asked_share'])}, cut") if "cut_to_epochs" in one else None,
                class_="number",
            ),
            element("td", share(one["achieved_share"]), class_="number"),
            *(element("td", count(one[key]), class_="number") for key in ("tokens", "rows", "epochs")),
        )
        for name, one in mix["sources"].items()
    ]
    return join((element("table", element("thead", head), element("tbody", *rows)), *notes))


def _column(log: Sequence[Mapping[str, float]], key: str) -> list[tuple[float, float]]:
    return [(one["step"], one[key]) for one in log if key in one]


def _running(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Smooth by a centred running mean over a 25th of the curve."""
    reach = len(points) // 50
    found = []
    for at, (x, _) in enumerate(points):
        around = points[max(0, at - reach) : at + reach + 1]
        found.append((x, sum(y for _, y in around) / len(around)))
    return found
