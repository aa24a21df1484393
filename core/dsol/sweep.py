"""Small proxy runs over a setting of the mix or the training, side by side: a rule tested on the user's own data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from dsol import building, line, selection
from dsol.errors import RecipeError
from dsol.files import read_json, write_json
from dsol.parts import Parts
from dsol.plugins import Plugins
from dsol.progress import Watch
from dsol.run import Run, folder_name, locked, open_run

SHARED = ("data", "base", "rows")
# Two-sided 95 % quantiles of Student's t by degrees of freedom: few seeds are the rule.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


@dataclass(frozen=True)
class Variant:
    """One point of a sweep: the overrides that make it, as `path=value` texts."""

    overrides: tuple[str, ...]

    @property
    def name(self) -> str:
        return ", ".join(one.removeprefix("stages.") for one in self.overrides)

    def folder(self, seed: int) -> str:
        plain = "_".join(one.removeprefix("stages.").replace("=", "-") for one in self.overrides)
        return f"{folder_name(plain)}_seed{seed}"


def variants(over: Sequence[str]) -> list[Variant]:
    """Turn `stages.cpt.general=0,1,5` texts, one for each setting, into all their combinations."""
    axes = []
    for text in over:
        path, equals, values = text.partition("=")
        given = [value.strip() for value in values.split(",") if value.strip()]
        if not equals or not path.strip() or not given:
            raise RecipeError("--over", [f"{text!r} is not of the form path.to.key=value,value,..."])
        if not path.startswith("stages."):
            raise RecipeError("--over", [f"{path}: a sweep changes stages; for several bases see `dsol bases compare`"])
        axes.append([f"{path.strip()}={value}" for value in given])
    return [Variant(one) for one in product(*axes)]


def sweep(
    read: Callable[[Sequence[str]], Parts],
    over: Sequence[str],
    seeds: int,
    folder: Path,
    plugins: Plugins,
    watch: Watch,
) -> dict[str, Any]:
    """Train every variant for every seed, and gather what each scored into `sweep.json`.

    `read(changes)` reads the recipe with overrides. Samples, base and rows are made once and shared: a variant only
    orders the rows anew. Started again, it goes on where it stopped. Returns {"over", "seeds", "points": [{"name",
    "overrides", "numbers": {what: {"value", "low", "high"}}}]}.
    """
    points = variants(over)
    checked = {one: read(one.overrides) for one in points}  # all mistakes before anything is trained
    shared = open_run(folder / "shared", read(()).recipe)
    parts = read(())
    with locked(shared):
        parts.backend.check_base(parts.grounded)
        building.build(parts, shared, watch)
        files = building.tokenise(parts, shared, watch)
        selection.look_before(parts, shared, watch)
    found = []
    for at, (one, own) in enumerate(checked.items(), 1):
        runs = []
        for seed in range(seeds):
            watch.say(f"{one.name}, seed {seed} ({at} of {len(points)})")
            seeded = own.with_recipe(own.recipe.model_copy(update={"seed": own.recipe.seed + seed}))
            runs.append(_proxy(seeded, folder / one.folder(seed), shared, files, plugins, watch))
        found.append({"name": one.name, "overrides": list(one.overrides), "numbers": _together(runs)})
    described = {"over": list(over), "seeds": seeds, "start": _start(shared), "points": found}
    write_json(folder / "sweep.json", described)
    return described


def _proxy(
    parts: Parts, place: Path, shared: Run, files: Mapping[str, Path], plugins: Plugins, watch: Watch
) -> dict[str, Any]:
    """Train one variant's stages beside the shared samples and rows; give what its last chosen checkpoint scored."""
    run = open_run(place, parts.recipe)
    with locked(run):
        for name in SHARED:
            if not (run / name).exists():
                os.symlink(os.path.relpath(shared / name, run.folder), run / name)
        if (shared / "forgetting.json").exists() and not (run / "forgetting.json").exists():
            shutil.copyfile(shared / "forgetting.json", run / "forgetting.json")
        for step in ("build", "tokenise", selection.START):
            if not run.done(step):
                run.finish(step, shared=str(shared.folder))
        model = run / "base"
        for name in parts.recipe.stages:
            model = line.train_stage(parts, run, name, model, files, plugins, watch)
    last = list(parts.recipe.stages)[-1]
    scores = read_json(run / "stages" / last / "scores.json")
    return dict(next(one for one in scores if one["checkpoint"] == model.name))


def _numbers(entry: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Name what a checkpoint scored: each with its interval where it has one."""
    found: dict[str, dict[str, float]] = {}
    for name, one in entry.get("tasks", {}).items():
        found[name] = {key: one[key] for key in ("value", "low", "high") if key in one}
    for name in ("domain", "general"):
        if name in entry:
            found[f"{name} questions"] = {key: entry[name][key] for key in ("value", "low", "high")}
        if f"{name}_loss" in entry:
            found[f"{name} loss"] = {"value": entry[f"{name}_loss"]}
    if not found:
        found = {f"loss {name}": {"value": loss} for name, loss in entry.get("losses", {}).items()}
    return found


def _together(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Average over seeds; with several, the interval is over them (Student's t)."""
    each = [_numbers(one) for one in runs]
    if len(each) == 1:
        return each[0]
    found = {}
    for name in each[0]:
        values = [one[name]["value"] for one in each]
        reach = STUDENT.get(len(values) - 1, 2.0) * stdev(values) / len(values) ** 0.5
        found[name] = {"value": mean(values), "low": mean(values) - reach, "high": mean(values) + reach}
    return found


def _start(shared: Run) -> dict[str, dict[str, float]]:
    from dsol.screening import remembered

    return _numbers(remembered(shared)[0]) if remembered(shared) else {}
