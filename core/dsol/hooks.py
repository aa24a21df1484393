"""The seam: every hook that a plugin may implement, in the entry-point group `dsol`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import typer

    from dsol.backend import Backend
    from dsol.knowhow import Rule
    from dsol.recipe import Stage
    from dsol.run import Run
    from dsol.solution import Solution

hookspec = pluggy.HookspecMarker("dsol")
hookimpl = pluggy.HookimplMarker("dsol")


@hookspec
def dsol_solutions() -> Sequence[Solution]:  # type: ignore[empty-body]
    """Return the solutions that this plugin brings."""


@hookspec
def dsol_backends() -> Mapping[str, Backend]:  # type: ignore[empty-body]
    """Return training backends by name."""


@hookspec
def dsol_bases() -> Mapping[str, Path]:  # type: ignore[empty-body]
    """Return folders of models in transformers' format by the name under which a recipe takes one as its base."""


@hookspec
def dsol_recipes() -> Mapping[str, Path]:  # type: ignore[empty-body]
    """Return recipe files by the name under which `dsol train` takes them."""


@hookspec
def dsol_rules() -> Sequence[Rule]:  # type: ignore[empty-body]
    """Return know-how rules; each proposes settings for a recipe and says why."""


@hookspec
def dsol_commands(app: typer.Typer) -> None:
    """Add commands to the `dsol` command line."""


@hookspec
def dsol_before_stage(run: Run, stage: str, settings: Stage) -> None:
    """Act before a stage trains."""


@hookspec
def dsol_after_stage(run: Run, stage: str, scores: Mapping[str, Any]) -> None:
    """Act after a stage was trained and its checkpoints were scored."""
