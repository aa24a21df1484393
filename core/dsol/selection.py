"""Score every checkpoint on the development set, and choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dsol import data
from dsol.evaluation import score_model
from dsol.metric import Metric
from dsol.run import Run, read_json, write_json

if TYPE_CHECKING:
    from dsol.line import Parts


def score_checkpoints(parts: Parts, run: Run, stage: str, advance: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """Score the stage's complete checkpoints, oldest first, into `scores.json`; those scored before are kept.

    Each entry: {"checkpoint": folder name, "step": n, "value": headline, ...the metric's other numbers}.
    """
    folder = run / "stages" / stage
    found = sorted(
        (path.parent for path in folder.glob("checkpoint-*/complete")), key=lambda path: int(path.name.split("-")[1])
    )
    development = data.read_samples(run / "data" / "development.jsonl")[: parts.recipe.selection.limit]
    metric = headline(parts)
    prompt = parts.solution.prompt(parts.settings)
    path = folder / "scores.json"
    scores: list[dict[str, Any]] = read_json(path) if path.exists() else []
    known = {one["checkpoint"] for one in scores}
    limit = parts.settings.max_new_tokens
    for at, checkpoint in enumerate(found):
        if checkpoint.name in known:
            continue
        generate = parts.backend.load(checkpoint)

        def show(done: int, total: int, at: int = at) -> None:
            advance(at * total + done, len(found) * total)

        reduced = metric.reduce(score_model(generate, prompt, development, metric, limit, show))
        scores.append({"checkpoint": checkpoint.name, "step": int(checkpoint.name.split("-")[1]), **reduced})
        write_json(path, scores)
    return scores


def headline(parts: Parts) -> Metric:
    """Find the metric that checkpoints are chosen by: the recipe's, else the solution's first."""
    metrics = {metric.name: metric for metric in parts.solution.metrics(parts.settings)}
    return metrics[parts.recipe.selection.metric] if parts.recipe.selection.metric else next(iter(metrics.values()))


def choose(scores: Sequence[dict[str, Any]], metric: Metric) -> dict[str, Any]:
    """Choose the best checkpoint; of equals the latest, which has seen the most."""
    sign = 1 if metric.higher_is_better else -1
    best = max(scores, key=lambda one: (sign * one["value"], one["step"]))
    return {
        "chosen": best["checkpoint"],
        "metric": metric.name,
        "because": f"best {metric.name} on the development set: {best['value']:.3f}",
        "scores": [{key: one[key] for key in ("checkpoint", "step", "value")} for one in scores],
    }
