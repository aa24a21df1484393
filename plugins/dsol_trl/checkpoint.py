"""Checkpoint folders: complete only with their marker, which is written last and atomically.

`checkpoint-<step>` is kept and scored; `resume-<step>` is only there to go on from after a stop, one at a time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

MARKER = "complete"
NAME = re.compile(r"checkpoint-(\d+)")
POINT = re.compile(r"resume-(\d+)")


def steps(count: int, checkpoints: int) -> set[int]:
    """Choose the optimizer steps, evenly spaced, after which a checkpoint is kept; the last step is one of them."""
    return {max(1, round(count * (at + 1) / checkpoints)) for at in range(checkpoints)} if count else set()


def found(folder: Path) -> list[tuple[int, Path]]:
    """List the complete checkpoints of a stage by step."""
    return _complete(folder, NAME)


def newest(folder: Path) -> tuple[int, Path] | None:
    """Find what a stage goes on from: its newest complete checkpoint or resume point, with its step."""
    return max([*_complete(folder, NAME), *_complete(folder, POINT)], default=None)


def sweep(folder: Path) -> None:
    """Remove what a killed process left: folders without a marker, and resume points that something newer replaces."""
    last = newest(folder)
    kept = {path for _, path in [*found(folder), *([last] if last else [])]}
    for entry in folder.iterdir():
        if entry not in kept and (NAME.fullmatch(entry.name) or POINT.fullmatch(entry.name)):
            shutil.rmtree(entry)


def finish(folder: Path, step: int) -> None:
    """Mark a checkpoint as complete, once all its bytes are on the disk."""
    for entry in folder.iterdir():
        _flush(entry)
    partial = folder / f"{MARKER}.partial"
    partial.write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
    _flush(partial)
    os.replace(partial, folder / MARKER)


def set_aside(folder: Path, step: int) -> Path:
    """Name a folder that isn't complete yet as a resume point, so that it is never taken for a checkpoint."""
    return folder.rename(folder.with_name(f"resume-{step}"))


def _complete(folder: Path, name: re.Pattern[str]) -> list[tuple[int, Path]]:
    entries = ((name.fullmatch(entry.name), entry) for entry in (folder.iterdir() if folder.is_dir() else ()))
    return sorted((int(match[1]), entry) for match, entry in entries if match and (entry / MARKER).exists())


def _flush(path: Path) -> None:
    if path.is_file():
        with open(path, "rb") as handle:
            os.fsync(handle.fileno())
