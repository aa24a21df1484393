"""Score every checkpoint, and choose the best in the domain that has not lost general ability."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dsol.files import read_json, write_json
from dsol.parts import Parts
from dsol.progress import Watch
from dsol.run import Run
from dsol.screening import headline, look_over, make_screen, remember, remembered, score_tasks

START = "start"


def look_before(parts: Parts, run: Run, watch: Watch) -> None:
    """Look the base over before anything is trained: what the floor and the forgetting curve are measured from."""
    if run.done(START):
        return
    screen = make_screen(parts, run)
    if screen:
        with watch.step("look the base over"):
            remember(run, START, look_over(parts, screen, run / "base"))
    run.finish(START)


def score_checkpoints(parts: Parts, run: Run, stage: str, advance: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """Score the stage's complete checkpoints, oldest first, into `scores.json`; those scored before are kept.

    Each entry: {"checkpoint": folder name, "step": n, "value": what is compared, "by": what that is, "better": "higher"
    or "lower", "tasks": {solution: the metric's numbers}, and what `dsol.screening.look_over` found}.
    """
    folder = run / "stages" / stage
    found = sorted(
        (path.parent for path in folder.glob("checkpoint-*/complete")), key=lambda path: int(path.name.split("-")[1])
    )
    path = folder / "scores.json"
    scores: list[dict[str, Any]] = read_json(path) if path.exists() else []
    known = {one["checkpoint"] for one in scores}
    screen = make_screen(parts, run)
    for at, checkpoint in enumerate(found):
        if checkpoint.name in known:
            continue

        def show(done: int, total: int, at: int = at) -> None:
            advance(at * total + done, len(found) * total)

        entry: dict[str, Any] = {"checkpoint": checkpoint.name, "step": int(checkpoint.name.split("-")[1])}
        if parts.tasks:
            entry["tasks"] = score_tasks(parts, run, checkpoint, show)
        entry |= look_over(parts, screen, checkpoint) if screen else {}
        scores.append({**entry, **_compared(parts, stage, entry)})
        write_json(path, scores)
    return scores


def choose(parts: Parts, run: Run, stage: str, scores: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Choose a checkpoint, of equals the latest, which has seen the most; write why to `selection.json`.

    Only those count whose general score fell by at most `selection.floor` points since the run's start; where none
    does, the one that fell least is taken and that is said. What is chosen joins the forgetting curve.
    """
    before = next((point.get("general") for point in remembered(run) if point["at"] == START), None)
    floor = parts.recipe.selection.floor / 100
    sign = 1 if scores[0]["better"] == "higher" else -1
    entries = [
        {**{key: one[key] for key in ("checkpoint", "step", "value")}, **_fallen(one, before, floor)} for one in scores
    ]
    kept = [one for one in entries if one.get("keeps_general", True)]
    if kept:
        best = max(kept, key=lambda one: (sign * one["value"], one["step"]))
        because = f"best {scores[0]['by']}: {best['value']:.3f}"
        if before:
            change = f"fell by {best['fell'] * 100:.1f}" if best["fell"] > 0 else f"rose by {-best['fell'] * 100:.1f}"
            because += f"; the general score {change} points since the start"
    else:
        best = min(entries, key=lambda one: (one["fell"], -sign * one["value"]))
        because = (
            f"every checkpoint lost more than {parts.recipe.selection.floor:g} points of general ability; this one "
            f"lost least, {best['fell'] * 100:.1f} points: mix in more general text, or train less"
        )
    named = [headline(parts, task).name for task in parts.tasks]
    chosen = {
        "chosen": best["checkpoint"],
        "stage": stage,
        "metric": named[0] if named else scores[0]["by"],
        "because": because,
        "floor": {"points": parts.recipe.selection.floor, "general_at_start": before} if before else None,
        "scores": entries,
    }
    write_json(run / "stages" / stage / "selection.json", chosen)
    write_json(run / "selection.json", chosen)
    picked = next(one for one in scores if one["checkpoint"] == best["checkpoint"])
    shown = {
        key: picked[key] for key in picked if key in ("domain", "general", "losses", "domain_loss", "general_loss")
    }
    if shown:
        remember(run, stage, shown)
    return chosen


def _compared(parts: Parts, stage: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a checkpoint is compared by: in a stage of tasks their metric, in one of documents the domain's."""
    documents = parts.recipe.stages[stage].data == "documents"
    if parts.tasks and not (documents and ("domain" in entry or "domain_loss" in entry)):
        metrics = {task.name: headline(parts, task) for task in parts.tasks}
        values = [entry["tasks"][name]["value"] for name in metrics]
        upwards = {metric.higher_is_better for metric in metrics.values()}
        if len(upwards) > 1:  # a mean of both kinds would mean nothing: count what is lost
            values = [
                value if metrics[name].higher_is_better else 1 - value
                for name, value in zip(metrics, values, strict=True)
            ]
        names = " and ".join(sorted({metric.name for metric in metrics.values()}))
        by = f"{names} on the development set" + (", mean over the solutions" if len(metrics) > 1 else "")
        better = "lower" if upwards == {False} else "higher"
        return {"value": sum(values) / len(values), "by": by, "better": better}
    if "domain" in entry:
        return {"value": entry["domain"]["value"], "by": "accuracy on the domain's questions", "better": "higher"}
    for loss in ("domain_loss", "general_loss"):
        if loss in entry:
            return {"value": entry[loss], "by": f"held-out {loss.replace('_', ' ')} (nats a token)", "better": "lower"}
    losses = entry.get("losses", {})
    if losses:
        mean = sum(losses.values()) / len(losses)
        return {"value": mean, "by": "held-out loss (nats a token)", "better": "lower"}
    # Nothing was held out and nothing is asked: the last checkpoint has seen the most.
    return {"value": float(entry["step"]), "by": "step, as nothing was there to score on", "better": "higher"}


def _fallen(entry: Mapping[str, Any], before: Mapping[str, Any] | None, floor: float) -> dict[str, Any]:
    if not before or "general" not in entry:
        return {}
    fell = before["value"] - entry["general"]["value"]
    return {"general": entry["general"]["value"], "fell": fell, "keeps_general": fell <= floor + 1e-9}
