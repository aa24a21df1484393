"""A product's own feature as a baseline: what it gives is checked, for it is written by hand."""

from __future__ import annotations

from typing import Any

from dsol.errors import RecipeError
from dsol.solution import Baseline


def checked(baseline: Baseline, kind: type[Any]) -> Baseline:
    """Make a baseline whose answers are (`kind` or None, number); another one is a RecipeError that shows it."""

    def answer(asked: Any) -> tuple[Any, float]:
        given = baseline(asked)
        if (
            isinstance(given, tuple)
            and len(given) == 2
            and (given[0] is None or isinstance(given[0], kind))
            and isinstance(given[1], int | float)
        ):
            return given
        name = getattr(baseline, "__qualname__", repr(baseline))
        wanted = f"({kind.__name__} or None, confidence from 0 to 1)"
        raise RecipeError(
            "baseline", [f"{name} is to return {wanted} of {kind.__module__}, it returned {given!r:.200}"]
        )

    return answer
