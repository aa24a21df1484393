"""Several accepted queries in one field: parted by semicolons, with `{a, b}` for any choice of columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

MOST_COLUMNS = 6  # in one pair of braces; of more, only single ones and all together are accepted
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|[;{}]|[^'\"`;{}]+|.", re.DOTALL)


def accepted_queries(text: str) -> tuple[str, ...]:
    """List the queries that a field accepts, in its order.

    `SELECT {a, b} FROM t GROUP BY {}` stands for every non-empty choice of the columns, as in defog's sql-eval;
    empty braces repeat what was chosen. Semicolons and braces inside quotes are text.
    """
    found: dict[str, None] = {}
    for query in _parted(text):
        for chosen in _chosen(query):
            found[chosen] = None
    return tuple(found)


def _parted(text: str) -> Iterator[list[str]]:
    """Cut at semicolons into queries, each as its pieces."""
    query: list[str] = []
    for piece in [*_PIECE.findall(text), ";"]:
        if piece != ";":
            query.append(piece)
            continue
        if "".join(query).strip():
            yield query
        query = []


def _chosen(pieces: Sequence[str]) -> Iterator[str]:
    """Write out a query once for every choice of columns in its braces."""
    opened = [place for place, piece in enumerate(pieces) if piece == "{"]
    closed = [place for place, piece in enumerate(pieces) if piece == "}"]
    inside = ["".join(pieces[a + 1 : b]).strip() for a, b in zip(opened, closed, strict=False) if a < b]
    named = [(place, text) for place, text in enumerate(inside) if text]
    if len(opened) != len(closed) or len(inside) != len(opened) or len(named) != 1:
        yield "".join(pieces).strip()
        return
    columns = _columns(named[0][1])
    sizes = range(1, len(columns) + 1) if len(columns) <= MOST_COLUMNS else (1, len(columns))
    for size in sizes:
        for choice in combinations(columns, size):
            text, last = "", 0
            for start, end in zip(opened, closed, strict=True):
                text += "".join(pieces[last:start]) + ", ".join(choice)
                last = end + 1
            yield (text + "".join(pieces[last:])).strip()


def _columns(text: str) -> list[str]:
    """Cut at commas that are not inside parentheses."""
    columns, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            columns.append("")
        else:
            columns[-1] += letter
    return [column.strip() for column in columns if column.strip()]
