"""Train the same recipe on several bases, each in a process of its own, and put what came out side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from dsol.errors import RunError
from dsol.files import read_json, write_json
from dsol.run import Run, folder_name

if TYPE_CHECKING:
    from rich.console import RenderableType


def compare(bases: Sequence[str], solutions: Sequence[str], words: Sequence[str], folder: Path) -> dict[str, Any]:
    """Run `dsol train` for every base below `folder`, and gather `bases.json`: {"bases": [...], "left_out": {...}}.

    A base that can't be trained is left out and its error kept; when none can, that is a RunError. Memory is the peak
    of the training process as the system counts it (the processor's; a card's is in the log where it is used). A
    comparison that was stopped goes on.
    """
    rows: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    for base in bases:
        run = Run(folder / folder_name(base.strip("/.")))
        command = [sys.executable, "-m", "dsol", "train", *solutions, *words, f"--base={base}", f"--run={run.folder}"]
        print(f"{base}:", file=sys.stderr)
        process = subprocess.Popen([*command, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        errors = []
        for line in process.stderr or ():
            errors.append(line)
            sys.stderr.write(line)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            left_out[base] = _last(errors) or f"exit code {process.returncode}"
            continue
        peak = run / "memory.json"
        if not peak.exists():  # a run that was finished before was measured then
            write_json(peak, {"peak_bytes": used.ru_maxrss * 1024})
        rows.append(_row(base, run, int(read_json(peak)["peak_bytes"])))
    if not rows:
        raise RunError("; ".join(f"{base}: {error}" for base, error in left_out.items()))
    found = {"solutions": list(solutions), "bases": rows, "left_out": left_out}
    write_json(folder / "bases.json", found)
    return found


def _last(lines: Sequence[str]) -> str:
    """Give the error that a process ended with, in one line."""
    begun = max((at for at, line in enumerate(lines) if line.startswith("error: ")), default=-1)
    return " ".join(line.strip() for line in lines[begun:])


def tables(found: Mapping[str, Any], width: int = 80) -> list[RenderableType]:
    """Make the table of a comparison of bases."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(title="The same recipe on several bases", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.padding = (0, 2, 0, 0)
    table.add_column("base", overflow="fold")
    names = list(dict.fromkeys(name for row in found["bases"] for name in row["scores"]))
    heads = [head for name in names for head in (name, "model\nalone")]
    general = ["general"] if any(row["general"] for row in found["bases"]) else []
    for name in (*heads, *general, "training\ntokens/s", "answers\n/s", "memory\nGB", "template"):
        table.add_column(Text(name, justify="right"), justify="right", overflow="fold")
    for row in found["bases"]:
        cells: list[RenderableType] = [row["base"]]
        for one in (row[key].get(name) for name in names for key in ("scores", "alone")):
            low_high = f"{one['low'] * 100:.1f}–{one['high'] * 100:.1f}" if one else ""
            cells.append(Group(f"{one['value']:.1%}", Text(low_high, "dim")) if one else "–")
        if general:
            cells.append(f"{row['general']['value']:.1%}" if row["general"] else "–")
        cells.append(f"{row['tokens_per_second']:,.0f}" if row["tokens_per_second"] else "–")
        cells.append(f"{row['answers_per_second']:.1f}" if row["answers_per_second"] else "–")
        cells += [f"{row['peak_bytes'] / 1e9:.2f}", row["template"]]
        table.add_row(*cells)
    notes = [Text(f"left out: {base}: {error}") for base, error in found["left_out"].items()]
    return [table, *notes]


def _row(base: str, run: Run, peak: int) -> dict[str, Any]:
    manifest = run.manifest()
    solutions = manifest.get("solutions", [])
    homes = {name: run if len(solutions) == 1 else Run(run / name) for name in solutions}
    reports = {name: read_json(home / "report.json") for name, home in homes.items()}
    steps = manifest["steps"]
    forgetting = read_json(run / "forgetting.json") if (run / "forgetting.json").exists() else []
    answered = sum(one["samples"] for one in reports.values())
    seconds = sum(facts["seconds"] for step, facts in steps.items() if step.rpartition("/")[2] == "predict")
    scores = {name: one["slices"][0]["scores"] for name, one in reports.items()}
    return {
        "base": base,
        "scores": {name: one["combined"] for name, one in scores.items()},
        "alone": {name: one["model"] for name, one in scores.items()},  # what a baseline hides where the model is weak
        "general": forgetting[-1].get("general") if forgetting else None,
        "tokens_per_second": _speed(run),
        "answers_per_second": answered / seconds if seconds else None,
        "peak_bytes": peak,
        "template": f"{manifest['template'].get('family', '')} {manifest['template']['hash'][:8]}",
        "run": str(run.folder),
    }


def _speed(run: Run) -> float | None:
    speeds = [
        json.loads(line)["tokens_per_second"]
        for path in sorted(run.folder.glob("stages/*/log.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return median(speeds) if speeds else None
