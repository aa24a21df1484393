"""What a run's folder says of itself whatever its model is asked: the training, the data, the advice."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dsol.files import read_json
from dsol.run import Run

POINTS = 400  # of a loss curve in the report; log.jsonl keeps them all


def gather_run(run: Run) -> dict[str, Any]:
    """Collect what a report says of a run whatever its model is asked: the training, the data, the advice."""
    manifest = run.manifest()
    recipe = run / "recipe.yaml"
    return {
        "run": run.name,
        "solution": "+".join(manifest.get("solutions", ())),
        "base": manifest.get("base", ""),
        "stages": {path.name: _stage(path, manifest) for path in _stages(run, manifest)},
        "forgetting": optional(run / "forgetting.json") or [],
        "documents": optional(run / "data" / "sources.json"),
        "advice": optional(run / "advice.json"),
        "recipe": recipe.read_text(encoding="utf-8") if recipe.exists() else "",
        "manifest": manifest,
    }


def optional(path: Path) -> Any:
    """Read a JSON file of a run; None where it has none."""
    return read_json(path) if path.exists() else None


def _stages(run: Run, manifest: Mapping[str, Any]) -> list[Path]:
    """List the stages' folders in the order in which they were trained."""
    trained = [step.removeprefix("stage ") for step in manifest.get("steps", {}) if step.startswith("stage ")]
    there = [path for path in (run / "stages").glob("*") if path.is_dir()]
    return sorted(
        there, key=lambda path: (trained.index(path.name) if path.name in trained else len(trained), path.name)
    )


def _stage(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    log, unreadable = _log(folder / "log.jsonl")
    facts = manifest.get("steps", {}).get(f"stage {folder.name}", {})
    return {
        "log": log,
        "unreadable_lines": unreadable,
        "scores": optional(folder / "scores.json") or [],
        "chosen": Path(facts.get("chosen", "")).name,
        "selection": optional(folder / "selection.json"),
        "train_seconds": facts.get("train_seconds"),
        "mix": optional(folder / "mix.json"),
    }


def _log(path: Path) -> tuple[list[dict[str, float]], int]:
    """Read a training log, thinned to so many points that a curve shows; each is the mean of the lines around it."""
    if not path.exists():
        return [], 0
    # A process that was killed may have left half a line, and the one that went on wrote some steps again.
    by_step: dict[float, dict[str, float]] = {}
    unreadable = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            one = json.loads(line)
            by_step[one["step"]] = {**one, **{f"loss/{name}": mean for name, mean in one.get("sources", {}).items()}}
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += 1
    ordered = [by_step[step] for step in sorted(by_step)]
    size = -(-len(ordered) // POINTS)
    parts = [ordered[start : start + size] for start in range(0, len(ordered), size)] if ordered else []
    return [_mean(part) for part in parts], unreadable


def _mean(part: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for key in dict.fromkeys(key for one in part for key in one):
        values = [v for one in part if isinstance(v := one.get(key), int | float) and math.isfinite(v)]
        if values:
            found[key] = values[-1] if key == "step" else sum(values) / len(values)
    return found
