"""The folder that a new base is written to."""

from __future__ import annotations

from pathlib import Path

from dsol import BackendError


def check(target: Path) -> None:
    """Refuse a place that is taken, before any work is done."""
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists() or target.is_symlink():
        raise BackendError(f"{target} exists already; give another folder to --apply, or remove it")
