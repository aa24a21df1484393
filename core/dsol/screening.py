"""Look a model over: multiple-choice sets, held-out losses, and each solution's metric on its development set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dsol import building, data
from dsol.evaluation import score_model
from dsol.files import read_json, write_json
from dsol.metric import Metric
from dsol.parts import Parts, Task
from dsol.run import Run
from dsol.shares import GENERAL
from dsol.significance import estimate

if TYPE_CHECKING:
    from dsol.mcq import Question

Advance = Callable[[int, int], None]
SETS = ("domain", "general")


@dataclass(frozen=True)
class Screen:
    """What models of one run are looked over with: questions by set name, held-out rows by source."""

    questions: Mapping[str, Sequence[Question]]
    rows: Mapping[str, Path]
    kinds: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.questions or self.rows)


def make_screen(parts: Parts, run: Run) -> Screen:
    """Collect a run's screening sets: the recipe's questions, and the held-out rows."""
    rows = building.heldout_rows(run)
    questions = {name: exam.questions for name, exam in parts.exams.items()}
    return Screen(questions, rows, building.kinds(parts, rows))


def look_over(parts: Parts, screen: Screen, model: Path) -> dict[str, Any]:
    """Score a model on the screen: {"domain": an Estimate's fields, "general": the same, "losses": {source: nats}}.

    Losses are means per label token. "general_loss" and "domain_loss" are token-weighted over the sources of documents.
    """
    from dsol import mcq

    found: dict[str, Any] = {}
    if screen.questions:
        likelihood = parts.backend.load_likelihood(model)
        options = mcq.Options(parts.recipe.evaluation.shots, limit=parts.recipe.evaluation.limit)
        for name, questions in screen.questions.items():
            found[name] = asdict(mcq.score(likelihood, questions, options).accuracy)
    if screen.rows:
        losses = parts.backend.measure(model, screen.rows)
        found["losses"] = {name: one.mean for name, one in losses.items()}
        for group in SETS:
            inside = [one for name, one in losses.items() if _group(screen.kinds[name]) == group]
            tokens = sum(one.tokens for one in inside)
            if tokens:
                found[f"{group}_loss"] = sum(one.mean * one.tokens for one in inside) / tokens
    return found


def score_tasks(parts: Parts, run: Run, model: Path, advance: Advance) -> dict[str, dict[str, Any]]:
    """Score the bare model on every solution's development set: the reduced metric by solution."""
    generate = parts.backend.load(model)
    found = {}
    for at, task in enumerate(parts.tasks):
        samples = data.read_samples(parts.home(run, task) / "data" / "development.jsonl")
        samples = samples[: parts.recipe.selection.limit]
        files = data.read_files(parts.home(run, task) / "data")
        metric = headline(parts, task, files)

        def show(done: int, total: int, at: int = at) -> None:
            advance(at * total + done, len(parts.tasks) * total)

        scores = score_model(task.solution, task.settings, generate, samples, metric, files, show)
        values, weights = [one.value for one in scores], [one.weight for one in scores]
        mean = asdict(estimate(values, parts.recipe.release.level, weights=weights))
        found[task.name] = {**mean, **metric.reduce(scores)}
    return found


def headline(parts: Parts, task: Task, files: Mapping[str, Any] = MappingProxyType({})) -> Metric:
    """Find the metric that checkpoints are chosen by: the recipe's, else the solution's first."""
    metrics = {metric.name: metric for metric in task.solution.metrics(task.settings, files)}
    named = parts.recipe.selection.metric_of(task.name)
    return metrics[named] if named else next(iter(metrics.values()))


def remember(run: Run, at: str, found: Mapping[str, Any]) -> None:
    """Add a point to the forgetting curve, `forgetting.json`: how a model did at the start or after a stage."""
    path = run / "forgetting.json"
    points = [one for one in (read_json(path) if path.exists() else []) if one["at"] != at]
    write_json(path, [*points, {"at": at, **found}])


def remembered(run: Run) -> list[dict[str, Any]]:
    """Read the forgetting curve; empty where nothing was looked over."""
    path = run / "forgetting.json"
    found: list[dict[str, Any]] = read_json(path) if path.exists() else []
    return found


def _group(kind: str) -> str:
    if kind in ("task", "chat"):
        return ""
    return "general" if kind == GENERAL else "domain"
