"""Collect the facts of a run within a moment: from its folder where there is one, else from the files it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dsol.corpus.source import check
from dsol.files import read_json
from dsol.knowhow.facts import Facts, SourceFacts
from dsol.knowhow.words import count
from dsol.parts import Parts, Task
from dsol.planning.counting import Counted, count_files
from dsol.recipe import Stage
from dsol.run import Run
from dsol.shares import TASK, Supply, plan
from dsol.sizing import Machine, Shape

EXAMPLES = "examples"  # the setting of a solution that names files of training examples
MADE = "synthesis"  # the one that says how many more are made


def gather(parts: Parts, run: Run, shape: Shape, machine: Machine) -> Facts:
    """Count sources and examples: exactly where the run has built them, else from files, without reading all of them.

    A source's file that isn't there is a DataError.
    """
    sources = {}
    listed = check(parts.recipe.sources)
    for name, source in parts.recipe.sources.items():
        found = _tokenised(run, name) or count_files(listed[name][0])
        sources[name] = SourceFacts(source.kind, found.rows, found.tokens, found.how)
    counted = {task.name: _examples(parts, run, task) for task in parts.tasks}
    examples = {name: one.rows for name, one in counted.items() if one.rows}
    tokens = _task_tokens(parts, run)
    return Facts(sources, examples, "; ".join(one.how for one in counted.values()), tokens, shape, machine)


def stage_tokens(stage: Stage, facts: Facts) -> tuple[int, str]:
    """Say how many tokens a stage trains on (0: not known before the data are built), and how that is known."""
    if stage.tokens:
        return stage.tokens, "as the recipe says"
    if stage.length:
        parted = ", ".join(f"{name} {count(one.tokens)}" for name, one in stage.tasks.items())
        return stage.length, f"as the solutions' recipes say: {parted}"
    supplies = {name: Supply(source.kind, source.tokens) for name, source in facts.sources.items()}
    supplies["tasks"] = Supply(TASK, facts.task_tokens)
    wanted = {one.tokens for one in supplies.values() if (one.kind in (TASK, "chat")) == (stage.data == "tasks")}
    if stage.tasks:
        return 0, "as long as each solution's recipe says"
    if stage.sources or not any(wanted):
        return 0, f"{stage.epochs:g} times its rows"
    return round(sum(plan(stage, supplies).tokens.values())), f"{stage.epochs:g} times its rows, by the mix's rules"


def _examples(parts: Parts, run: Run, task: Task) -> Counted:
    report = parts.home(run, task) / "data" / "report.json"
    if report.exists():
        return Counted(sum(read_json(report)["sources"].values()), 0, f"counted in {run.folder}")
    settings = parts.recipe.solutions[task.name]
    rows, made = count_files(_paths(settings.get(EXAMPLES))).rows, settings.get(MADE, 0)
    made = made if isinstance(made, int) else 0
    return Counted(rows + made, 0, f"{count(rows)} in files" + (f", {count(made)} to be made" if made else ""))


def _tokenised(run: Run, source: str) -> Counted | None:
    path = run / "rows" / f"{source}.arrow"
    if not path.exists():
        return None
    from dsol.rows import sizes

    lengths = sizes(path)[0]
    return Counted(len(lengths), int(lengths.sum()), "counted in the run")


def _task_tokens(parts: Parts, run: Run) -> int:
    """Count the tokens of task rows that the run has, shared prefixes left out."""
    from dsol.rows import sizes

    total = 0
    for path in sorted((run / "rows").rglob("*.arrow")):
        name = str(path.relative_to(run / "rows").with_suffix(""))
        if name not in parts.recipe.sources and not name.startswith(("heldout/", "heldout-whole/")):
            lengths, _, prefixes = sizes(path)
            total += int(lengths.sum() - prefixes.sum())
    return total


def _paths(value: Any) -> list[Path]:
    """Find the files and folders that a setting names."""
    if isinstance(value, str | Path):
        path = Path(value).expanduser()
        return [path] if path.exists() else []
    if isinstance(value, Mapping) or not isinstance(value, Iterable):
        return []
    return [path for one in value for path in _paths(one)]
