"""One clear error for all the ways in which the libraries say that a file can't be written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from dsol import BackendError

# torch's zip writer raises a RuntimeError with these words; safetensors wraps the system's message in its own error.
TORCH = re.compile(r"PytorchStreamWriter|file write failed|unexpected pos")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a failure to write below `folder` into a BackendError that says so."""
    hint = "is the disk full? Free space and start again: it goes on from the last complete checkpoint"
    try:
        yield
    except OSError as error:
        raise BackendError(f"can't write to {error.filename or folder}: {error.strerror or error} ({hint})") from error
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        if isinstance(error, SafetensorError) and "I/O error" not in reason:
            raise
        if isinstance(error, RuntimeError) and not TORCH.search(str(error)):
            raise
        raise BackendError(f"can't write to {folder}: {reason} ({hint})") from error
