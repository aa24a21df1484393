"""What a run achieved, as numbers (`report.json`) and as one page for people (`report.html`)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dsol.comparison import (
    Row,
    Slice,
    compare,
    compare_slices,
    confidence,
    contestants,
    scores,
    slices,
    verdict,
    weights,
)
from dsol.errors import RunError, unknown
from dsol.evaluation import read_answers, reduce
from dsol.files import read_json, write_json, write_text
from dsol.history import gather_run, optional
from dsol.item_scores import measure
from dsol.metric import Metric
from dsol.mistakes import errors
from dsol.page import render
from dsol.run import Run
from dsol.significance import estimate
from dsol.tables import comparison_tables, tables

__all__ = [
    "compare_run",
    "compare_runs",
    "comparison_tables",
    "gather",
    "read_report",
    "tables",
    "write_overview",
    "write_report",
    "write_scores",
]

PAIRS = (
    ("combined", "baseline"),
    ("wrapped", "baseline"),
    ("model", "baseline"),
    ("wrapped", "model"),
    ("combined", "wrapped"),
)


def write_report(
    run: Run, metric: Metric, rows: Sequence[Row], level: float, home: Run | None = None
) -> dict[str, Any]:
    """Write `report.json` and `report.html` from a solution's answer rows; return what report.json says.

    `home`: where the solution's own files are, if not in the run's folder. Parts that aren't there (no log, no
    baseline) are left out. Without any answer: a RunError.
    """
    place = home or run
    report = gather(run, metric, rows, level, place)
    write_json(place / "report.json", report)
    write_text(place / "report.html", render(report))
    return report


def write_overview(run: Run) -> dict[str, Any]:
    """Write `report.json` and `report.html` of the model itself: how it was trained, what it learned and forgot."""
    report: dict[str, Any] = _plain({**gather_run(run), "contestants": [], "slices": [], "metric": "", "level": 0.95})
    write_json(run / "report.json", report)
    write_text(run / "report.html", render(report))
    return report


def write_scores(folder: Path, metric: Metric, rows: Sequence[Row], level: float) -> dict[str, Any]:
    """Write `report.json` and `report.html` of answers that aren't a run's own, such as those of `dsol eval`."""
    return write_report(Run(folder), metric, rows, level)


def compare_run(run: Run, rows: Sequence[Row], contestant: str) -> dict[str, Any]:
    """Compare what users get from a finished run with a contestant of other rows, over all and by set and language.

    The rows are another run's, or the run's own to compare with its baseline. Returns name of the slice -> the fields
    of a `dsol.comparison.Comparison`. Rows of other samples, or a contestant that isn't there, are a RunError.
    """
    if contestant not in contestants(rows):
        raise RunError(unknown("contestant", contestant, contestants(rows)))
    told = read_report(run)
    own = _answers(run)
    up = bool(told["higher_is_better"])
    found = compare_slices(own, "combined", rows, contestant, told["level"], higher_is_better=up)
    return {name: asdict(one) for name, one in found.items()}


def compare_runs(ones: Mapping[str, Run], twos: Mapping[str, Run] | None) -> dict[str, dict[str, Any]]:
    """Compare two runs by solution, as `compare_run` does, in each that both serve; None: with the run's own baseline.

    Runs are given by where the files of each of their solutions are. None in common is a RunError.
    """
    both = [name for name in ones if twos is None or name in twos]
    if not both:
        raise RunError(f"one run serves {', '.join(ones)}, the other {', '.join(twos or ())}: nothing to compare")
    if twos is None:
        return {name: compare_run(ones[name], _answers(ones[name]), "baseline") for name in both}
    return {name: compare_run(ones[name], _answers(twos[name]), "combined") for name in both}


def read_report(run: Run) -> dict[str, Any]:
    """Read `report.json` of a finished run."""
    found: dict[str, Any] = read_json(run / "report.json")
    return found


def gather(run: Run, metric: Metric, rows: Sequence[Row], level: float, home: Run | None = None) -> dict[str, Any]:
    """Collect everything that the report of a solution says, as plain JSON values."""
    place = home or run
    if not rows:
        raise RunError(f"{place.folder} has no answers to report on; score some held-out samples with `dsol eval`")
    names, up = contestants(rows), metric.higher_is_better
    reduced = {name: reduce(metric, rows, name) for name in names}
    sure = {name: confidence(rows, name, level, up) for name in names}
    items = {name: measure([row["answers"][name] for row in rows], level) for name in names}
    about = gather_run(run)
    report = {
        **about,
        "solution": about["solution"] if place == run else place.name,
        "metric": metric.name,
        "higher_is_better": up,
        "level": level,
        "samples": len(rows),
        "contestants": names,
        "verdict": asdict(verdict(rows, level, higher_is_better=up)),
        "slices": [_slice(cut, names, level, up) for cut in slices(rows)],
        "reduced": reduced,
        "confidence": {name: asdict(one) for name, one in sure.items() if one},
        "items": {name: asdict(one) for name, one in items.items() if one},
        "sources": {name: _sources(rows, name, level) for name in names if name != "model"},
        "errors": errors(rows, names, reduced, up),
        "data": optional(place / "data" / "report.json"),
        "calibration": optional(place / "thresholds.json"),
    }
    plain: dict[str, Any] = _plain(report)
    return plain


def _answers(run: Run) -> list[dict[str, Any]]:
    """Read a finished run's answers, all that its report tells of."""
    return read_answers(run / "answers.jsonl", read_report(run)["samples"])


def _slice(cut: Slice, names: Sequence[str], level: float, up: bool) -> dict[str, Any]:
    answered = {
        name: sum(row["answers"][name]["source"] != "none" for row in cut.rows) / len(cut.rows) for name in names
    }
    return {
        "name": cut.name,
        "set": cut.set,
        "language": cut.language,
        "samples": len(cut.rows),
        "scores": {
            name: {
                **asdict(estimate(scores(cut.rows, name), level, weights=weights(cut.rows, name))),
                "answered": answered[name],
            }
            for name in names
        },
        "tests": [
            asdict(compare(cut.rows, a, cut.rows, b, level, higher_is_better=up))
            for a, b in PAIRS
            if a in names and b in names
        ],
    }


def _sources(rows: Sequence[Row], name: str, level: float) -> list[dict[str, Any]]:
    """Say who answered how often, for which reasons, and how right that was."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["answers"][name]["source"], []).append(row["answers"][name])
    return [
        {
            "source": source,
            **asdict(
                estimate(
                    [float(one["score"]) for one in answers], level, weights=[one.get("weight", 1.0) for one in answers]
                )
            ),
            "reasons": dict(Counter(one["reason"] for one in answers).most_common()),
        }
        for source, answers in sorted(found.items(), key=lambda item: -len(item[1]))
    ]


def _plain(value: Any) -> Any:
    """Make JSON values: numbers that JSON doesn't know become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)
