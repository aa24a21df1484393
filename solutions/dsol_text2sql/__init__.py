"""Text2SQL: a question in words becomes a query over the product's own database, run read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsol import hookimpl

if TYPE_CHECKING:
    from dsol import Solution


@hookimpl
def dsol_solutions() -> Sequence[Solution]:
    """Bring the solution; its parts are imported here, so that a command line's help doesn't wait for them."""
    from dsol_text2sql.solution import TEXT2SQL

    return [TEXT2SQL]
