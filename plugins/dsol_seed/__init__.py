"""A small bilingual chat model that ships with dsol, for machines without any other: the base `seed`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dsol import hookimpl


@hookimpl
def dsol_bases() -> Mapping[str, Path]:
    """Bring the base `seed`."""
    return {"seed": Path(__file__).parent / "model"}


@hookimpl
def dsol_recipes() -> Mapping[str, Path]:
    """Bring the recipe that makes it, as `dsol train seed`."""
    return {"seed": Path(__file__).parent / "recipe.yaml"}
