"""Triples in the forms that other programs take; a file's ending names the form."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dsol import DsolError, unknown
from dsol_d2spo.extraction import Extraction

Write = Callable[[Sequence[Extraction], Path], None]

# The module and function of each, imported when used: rdflib and networkx are an extra.
FORMATS: Mapping[str, tuple[str, str]] = {
    ".jsonl": ("rows", "jsonl"),
    ".csv": ("rows", "csv_table"),
    ".ttl": ("rdf", "turtle"),
    ".jsonld": ("rdf", "json_ld"),
    ".cypher": ("cypher", "cypher"),
    ".graphml": ("graphml", "graphml"),
    ".html": ("html", "html"),
}


def writer(path: Path) -> Write:
    """Find what writes a file, and make its folder, before there is anything to write.

    A DsolError says what is missing.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        hint = f"end {path} with one of them"
        raise DsolError(unknown("format", suffix or path.name, FORMATS, hint))
    if path.is_dir():
        raise DsolError(f"{path} is a folder; name a file in it")
    module, function = FORMATS[suffix]
    try:
        write: Write = getattr(importlib.import_module(f"dsol_d2spo.export.{module}"), function)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("dsol"):
            raise
        raise DsolError(f"{suffix} needs {error.name}; install it with: pip install 'dsol[graph]'") from error
    with placing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    return write


@contextmanager
def placing(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write a file into a DsolError that names it; start again, and the work goes on."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise DsolError(
            f"--to {path}: can't be written: {why}; make room or name another file, then start again"
        ) from error
