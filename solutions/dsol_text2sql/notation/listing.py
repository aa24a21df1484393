"""List a schema for a small model: every table and column in plain words, its pointer behind them.

`artist t0: artist id c0, name c1` and `album t1: album id c2, title c3, artist id c4 = c0`.

What no word of a question names can still be found here; that all questions of a database share it makes it cheap. The
pointer stands behind the words, as in an annotated question, so that it has read them when a model looks back at it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Set

from dsol_text2sql.databases.schema_text import harmless
from dsol_text2sql.notation.pointers import Pointers
from dsol_text2sql.question.text import CJK, name_words
from dsol_text2sql.schema import Column, Schema, Table

_BETWEEN = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
SHORT = 24  # characters: a longer description is none that a question would use


def listing(schema: Schema, pointers: Pointers, kept: Mapping[str, Set[str]] | None = None) -> str:
    """Write one line a table; `#` marks quantities, `=` the column that a foreign key leads to.

    `kept` names the tables and columns to write (None: all).
    """
    links: dict[str, list[str]] = defaultdict(list)
    for one, other in pointers.links:
        links[one].append(other)
    keys = {(key.table, key.column) for key in schema.foreign_keys}
    lines = []
    for table in schema.tables:
        pointer = pointers.table_of.get(table.name.lower())
        if pointer is None or (kept is not None and table.name not in kept):
            continue
        columns = []
        for column in table.columns:
            sign = pointers.column_of.get((table.name.lower(), column.name.lower()))
            if sign is None or (kept is not None and column.name not in kept[table.name]):
                continue
            number = column.kind in ("integer", "number") and not column.primary
            mark = "#" if number and (table.name, column.name) not in keys else ""
            columns.append(_said(column) + f" {sign}{mark}" + "".join(f" = {other}" for other in links[sign]))
        lines.append(f"{_said(table)} {pointer}: {', '.join(columns)}")
    return "\n".join(lines)


def _said(named: Table | Column) -> str:
    """Write a table's or column's name in words, with its description where that is as short as a name."""
    name, about = named.name, named.description
    words = name_words(name)
    plain = harmless(_BETWEEN.sub("", " ".join(words)) or name)
    return f"{plain} ({harmless(about)})" if about and len(about) <= SHORT and about.lower() != plain else plain
