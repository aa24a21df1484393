"""Train and load models with torch, transformers, peft and trl; nothing heavy is imported before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dsol import hookimpl
from dsol_trl.backend import TrlBackend

if TYPE_CHECKING:
    import typer

    from dsol import Backend


@hookimpl
def dsol_backends() -> Mapping[str, Backend]:
    return {"trl": TrlBackend()}


@hookimpl
def dsol_commands(app: typer.Typer) -> None:
    """Bring `dsol vocab`."""
    from dsol_trl.vocabulary.command import vocab

    app.command("vocab", short_help="Show what more tokens for your text would buy.")(vocab)
