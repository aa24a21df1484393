"""Keep what the libraries take seconds to tell, in the user's cache folder, by what it depends on.

Importing trl to ask it for its options' names takes longer than all else that `dsol plan` does. A name that is kept
holds for the installed versions of the libraries alone, and only what they say is kept: never a user's data.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "huggingface-hub")


def recall(name: str, on: str, find: Callable[[], Any], worth: Callable[[Any], bool] = lambda found: True) -> Any:
    """Give what `find` gave for `on` in an earlier process, else find it, and keep it where it is `worth` that.

    `find` gives JSON values. A folder that can't be read or written costs the time of finding, nothing else.
    """
    path = folder() / f"{name}-{_mark(on)}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = find()
    if worth(found):
        _keep(path, json.dumps(found))
    return found


def folder() -> Path:
    """Name dsol's folder among the user's caches."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dsol"


def _mark(on: str) -> str:
    digest = hashlib.sha256(on.encode())
    for name in LIBRARIES:
        try:
            digest.update(f" {name} {importlib.metadata.version(name)}".encode())
        except importlib.metadata.PackageNotFoundError:
            digest.update(f" {name} -".encode())
    return digest.hexdigest()[:32]


def _keep(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
            file.write(text)
        os.replace(file.name, path)
    except OSError:
        return  # no home, no room, read-only: found anew the next time
