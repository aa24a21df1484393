"""What went wrong: wrong answers by class and by hardness, with examples to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dsol.comparison import Row, scores, weights
from dsol.significance import mean

EXAMPLES = 4  # of each class of errors


def errors(
    rows: Sequence[Row], names: Sequence[str], reduced: Mapping[str, Any], higher_is_better: bool = True
) -> dict[str, Any]:
    """Count wrong answers by `detail.error_class` and by hardness, with the surest of each class as examples.

    Examples are of the contestant that a user meets: combined, else the last one there is. The levels of hardness come
    in the order in which a table of the metric's `reduce` has them, else the easiest first.
    """
    shown = "combined" if "combined" in names else names[-1]
    counts = {name: Counter(filter(None, (_error(row, name, higher_is_better) for row in rows))) for name in names}
    classes: dict[str, list[Row]] = {}
    for row in rows:
        found = _error(row, shown, higher_is_better)
        if found:
            classes.setdefault(found, []).append(row)
    ordered = sorted(classes, key=lambda name: (-len(classes[name]), name))
    hardness: dict[str, list[Row]] = {}
    for row in rows:
        hardness.setdefault(_hardness(row), []).append(row)
    sign = -1 if higher_is_better else 1
    middle = {
        level: [mean(scores(some, name), weights(some, name)) for name in names] for level, some in hardness.items()
    }
    levels = sorted(filter(None, hardness), key=lambda level: sign * sum(middle[level]))
    for table in reduced[shown].values():
        if isinstance(table, Mapping) and set(levels) <= set(table):
            levels = [level for level in table if level in levels]
            break
    return {
        "contestant": shown,
        "classes": [
            {
                "name": name,
                "samples": len(classes[name]),
                "by_hardness": dict(Counter(_hardness(row) for row in classes[name])),
                "by_contestant": {who: counts[who][name] for who in names},
                "examples": [_example(row, shown, names) for row in _surest(classes[name], shown)],
            }
            for name in ordered
        ],
        "hardness": {
            level: {
                name: {"value": value, "samples": len(hardness[level])}
                for name, value in zip(names, middle[level], strict=True)
            }
            for level in levels
        },
    }


def _error(row: Row, name: str, higher_is_better: bool) -> str:
    answer = row["answers"][name]
    score = float(answer["score"]) if higher_is_better else 1 - float(answer["score"])
    named = answer["detail"].get("error_class")
    if score >= 1 or (score >= 0.5 and not named):
        return ""
    if named:
        return str(named)
    return "no answer" if answer["output"] is None else "wrong"


def _hardness(row: Row) -> str:
    details = [answer["detail"] for answer in row["answers"].values()]
    return str(
        next((d["hardness"] for d in details if d.get("hardness")), row.get("meta", {}).get("hardness", "")) or ""
    )


def _surest(rows: Sequence[Row], name: str) -> list[Row]:
    return sorted(rows, key=lambda row: (-row["answers"][name]["confidence"], str(row["id"])))[:EXAMPLES]


def _example(row: Row, shown: str, names: Sequence[str]) -> dict[str, Any]:
    answer = row["answers"][shown]
    detail = answer["detail"]
    return {
        "id": row["id"],
        "set": row["set"],
        "language": row.get("meta", {}).get("language", ""),
        "hardness": _hardness(row),
        "input": row.get("input") or {},
        "target": "\n".join(detail["expected"]) if "expected" in detail else row.get("target", ""),
        "output": "\n".join(detail["answered"]) if "answered" in detail else answer["output"],
        "source": answer["source"],
        "reason": answer["reason"],
        "ask": answer.get("ask", ""),
        "confidence": answer["confidence"],
        "scores": {name: row["answers"][name]["score"] for name in names},
    }
