"""D2SPO: a document becomes subject-predicate-object triples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsol import hookimpl

if TYPE_CHECKING:
    import typer

    from dsol import Solution


@hookimpl
def dsol_solutions() -> Sequence[Solution]:
    """Bring the solution; its parts are imported here, so that a command line's help doesn't wait for them."""
    from dsol_d2spo.solution import D2SPO

    return [D2SPO]


@hookimpl
def dsol_commands(app: typer.Typer) -> None:
    """Add `dsol d2spo`."""
    from dsol_d2spo.commands import commands

    app.add_typer(commands(), name="d2spo")
