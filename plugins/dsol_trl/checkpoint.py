"""Checkpoint folders: complete only with their marker, which is written last and atomically."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

MARKER = "complete"
NAME = re.compile(r"checkpoint-(\d+)")


def steps(count: int, checkpoints: int) -> set[int]:
    """Choose the optimizer steps, evenly spaced, after which a checkpoint is kept; the last step is one of them."""
    return {max(1, round(count * (at + 1) / checkpoints)) for at in range(checkpoints)} if count else set()


def found(folder: Path) -> list[tuple[int, Path]]:
    """List the complete checkpoints of a stage by step."""
    entries = ((NAME.fullmatch(entry.name), entry) for entry in (folder.iterdir() if folder.is_dir() else ()))
    return sorted((int(match[1]), entry) for match, entry in entries if match and (entry / MARKER).exists())


def sweep(folder: Path) -> None:
    """Remove what a killed process left: checkpoint folders without a marker."""
    for entry in folder.iterdir():
        if NAME.fullmatch(entry.name) and not (entry / MARKER).exists():
            shutil.rmtree(entry)


def finish(folder: Path, step: int) -> None:
    """Mark a checkpoint as complete, once all its bytes are on the disk."""
    for entry in folder.iterdir():
        _flush(entry)
    partial = folder / f"{MARKER}.partial"
    partial.write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
    _flush(partial)
    os.replace(partial, folder / MARKER)


def _flush(path: Path) -> None:
    if path.is_file():
        with open(path, "rb") as handle:
            os.fsync(handle.fileno())
