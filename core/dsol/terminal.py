"""Print results for a person as tables, or for a program as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any


def print_rows(rows: Any, as_json: bool) -> None:
    """Print mappings of one shape as a table, or as JSON."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


def print_tables(numbers: Any, tables: Callable[[Any, int], Iterable[Any]], as_json: bool) -> None:
    """Print what `tables(numbers, width)` makes of numbers, or the numbers as JSON."""
    if as_json:
        print(json.dumps(numbers, ensure_ascii=False, indent=1, default=str))
        return
    from rich.console import Console

    console = Console()
    for table in tables(numbers, console.width):
        console.print(table)
