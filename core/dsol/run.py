"""A run is a folder; every arrow of the straight line is a file in it that a person can open."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsol.errors import RunError
from dsol.files import alone, read_json, write_json, write_text
from dsol.layers import read_layer
from dsol.recipe import Recipe, dump


@dataclass(frozen=True)
class Run:
    """Name the files of one run. A step's result counts only once its marker in `manifest.json` is written."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def __truediv__(self, part: str) -> Path:
        return self.folder / part

    def manifest(self) -> dict[str, Any]:
        """Read `manifest.json`; empty for a new run."""
        path = self / "manifest.json"
        found = read_json(path) if path.exists() else {}
        if not isinstance(found, dict) or not isinstance(found.get("steps", {}), dict):
            raise RunError(f"{path} is damaged: it isn't a run's manifest; start the run over with --restart")
        return found

    def note(self, **entries: Any) -> None:
        """Add entries to the manifest."""
        write_json(self / "manifest.json", {**self.manifest(), **entries})

    def done(self, step: str) -> bool:
        """Say whether a step has finished in this or an earlier process."""
        return step in self.manifest().get("steps", {})

    def finish(self, step: str, **facts: Any) -> None:
        """Mark a step as finished, with facts about it."""
        manifest = self.manifest()
        manifest.setdefault("steps", {})[step] = facts
        write_json(self / "manifest.json", manifest)

    @property
    def complete(self) -> bool:
        return bool(self.manifest().get("complete"))


def open_run(folder: Path, recipe: Recipe) -> Run:
    """Start a run, or go on with the one that is there; another recipe in the same folder is a RunError."""
    run = Run(folder)
    path = run / "recipe.yaml"
    if path.exists():
        before = read_layer(path)
        now = recipe.model_dump(mode="json")
        changed = sorted(_differences(before, now))
        if changed and not run.done("build"):
            with locked(run):  # nothing was made of the old recipe yet, such as after a mistake in it
                run.note(steps={})
                write_text(path, dump(recipe))
            return run
        if changed:
            raise RunError(
                f"{folder} was started with another recipe (differs in: {', '.join(changed)}); "
                "name another folder with --run, or start this one over with --restart"
            )
        return run
    if folder.exists() and any(entry.name != ".lock" for entry in folder.iterdir()):
        raise RunError(f"{folder} exists, is not empty and is not a run; name another folder with --run")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, dump(recipe))
    return run


def find_run(name: str, solution: str = "", root: Path = Path("runs")) -> Run:
    """Find a finished run by folder, or a solution's newest released one, else its newest finished one.

    A RunError says what there is.
    """
    if name:
        run = Run(Path(name) if Path(name).exists() else root / name)
        if not (run / "recipe.yaml").exists():
            raise RunError(f"{name} is not a run (no recipe.yaml in it); {_known(root)}")
        if not run.complete:
            if busy(run):
                raise RunError(
                    f"{run.folder} is not finished: another process is at work in it; ask again when it's done"
                )
            again = f"dsol train {run / 'recipe.yaml'} --run {run.folder}"
            raise RunError(f"{run.folder} is not finished; the command that started it, or `{again}`, goes on with it")
        return run
    runs = [Run(path.parent) for path in root.glob("*/recipe.yaml")]
    finished = [run for run in runs if run.complete and solution in run.manifest().get("solutions", ())]
    if not finished:
        raise RunError(f"no finished run of {solution} under {root}/; train one with `dsol train {solution}`")
    released = [run for run in finished if _released(run, solution)]
    return max(released or finished, key=lambda run: (run / "manifest.json").stat().st_mtime)


def _released(run: Run, solution: str) -> bool:
    alone = len(run.manifest()["solutions"]) == 1
    report = run / "report.json" if alone else run / solution / "report.json"
    return report.exists() and bool(read_json(report).get("verdict", {}).get("released"))


def _known(root: Path) -> str:
    names = sorted(path.parent.name for path in root.glob("*/recipe.yaml") if _whole(Run(path.parent)))
    return f"finished runs under {root}/: {', '.join(names) or 'none'}"


def _whole(run: Run) -> bool:
    try:
        return run.complete
    except RunError:  # a damaged one is none that could be named instead
        return False


def folder_name(text: str) -> str:
    """Spell a text, such as a base's path or a setting, as a folder's name."""
    return "".join(sign if sign.isalnum() or sign in "-._" else "-" for sign in text)


@contextmanager
def locked(run: Run) -> Iterator[None]:
    """Keep a second process from training in the same folder."""
    with alone(run.folder, f"another process is training in {run.folder}; wait for it or name another --run"):
        yield


def busy(run: Run) -> bool:
    """Tell whether a process holds the run's lock."""
    if not (run / ".lock").exists():
        return False
    with open(run / ".lock", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def restart(folder: Path) -> None:
    """Remove a run, so that it starts over; only a folder that is one is touched."""
    if folder.exists() and not (folder / "recipe.yaml").exists() and any(e.name != ".lock" for e in folder.iterdir()):
        raise RunError(f"{folder} is not a run, so it isn't removed; name another folder with --run")
    shutil.rmtree(folder, ignore_errors=True)


def _differences(before: Any, now: Any, path: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in before.keys() | now.keys():
            yield from _differences(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif before != now:
        yield path
