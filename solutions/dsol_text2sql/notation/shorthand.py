"""Write many queries of one database with pointers; those that differ only in what they point to are written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dsol_text2sql.notation.pointers import Pointers
from dsol_text2sql.notation.shortening import shorten
from dsol_text2sql.question.slots import pieces
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.canonical import canonical

KEPT = 4096  # queries that are remembered


class Shorthand:
    """How a database's queries are written with pointers; `pointers` are those of its tables and columns."""

    def __init__(self, schema: Schema, pointers: Pointers) -> None:
        self.pointers = pointers
        self._schema = schema
        self._shortened: dict[str, str] = {}

    def canonical(self, sql: str) -> str:
        """Write a query in the style that `shorten` takes; raises Refused."""
        return canonical(sql, self._schema.dialect, self._schema)

    def shorten(self, query: str, values: Sequence[str | int]) -> str:
        """Write a canonical query with pointers, v1, v2, ... to these values; raises Refused."""
        key = outline(query, values)
        if key not in self._shortened:
            if len(self._shortened) == KEPT:
                self._shortened.clear()
            self._shortened[key] = shorten(query, self._schema, replace(self.pointers, values=tuple(values)))
        return self._shortened[key]


def outline(target: str, values: Sequence[str | int]) -> str:
    """Put for each string of a canonical query which value it is, so that equal outlines get equal pointers.

    What stays is what `shorten` may write out again: strings that are no value as they are written, and numbers.
    """
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    for number, value in enumerate(values):
        written = str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
        exact.setdefault(written, number)
        loose.setdefault(written.lower(), number)
    cut = pieces(target)
    for place, piece in enumerate(cut):
        front = back = ""
        text = piece
        if place > 1 and cut[place - 2].upper() in ("LIKE", "ILIKE"):
            front, back = "%" * piece.startswith("'%"), "%" * piece.endswith("%'")
            inside = piece[1:-1].removeprefix(front).removesuffix(back)
            text = f"'{inside}'" if front or back else ""
        if text[:1] == "'" and text in exact and not {"%", "\\"} & set(text):
            cut[place] = f"\x00{front}{exact[text]}{back}"
        elif text.lower() in loose:
            cut[place] = f"\x00{piece}\x00{loose[text.lower()]}"
    return "".join(cut)
