"""Pointers of a notation for queries that a small model writes well: t0 for a table, c5 for a column, v1 for a value.

`SELECT Album.Title FROM Album JOIN Artist ON Album.ArtistId = Artist.ArtistId WHERE Artist.Name = 'AC/DC'` becomes
`SELECT c1 WHERE c8 = v1`. What a query selects and compares says which tables it needs, and foreign keys say how they
are joined; only what can't be said so is written out. After the intermediate representations of IRNet (Guo et al. 2019,
arXiv 1905.08205) and NatSQL (Gan et al. 2021, arXiv 2109.05153), in SQL's own grammar. See `shortening`, `expanding`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dsol_text2sql.schema import Schema

POINTER = re.compile(r"[ctv]\d+")
SPARE = 1.25  # shuffled numbers are drawn from a range this much larger than the schema, so that all get used
LEAST = 96


@dataclass(frozen=True)
class Pointers:
    """What the pointers of one prompt stand for.

    `tables`: t<n> -> name. `columns`: c<n> -> (table's pointer, name). `links`: pairs of column pointers that foreign
    keys join. `values`: what v1, v2, ... stand for.
    """

    dialect: str
    tables: Mapping[str, str]
    columns: Mapping[str, tuple[str, str]]
    links: tuple[tuple[str, str], ...]
    values: tuple[str | int, ...] = ()

    @classmethod
    def of(cls, schema: Schema, known: Sequence[tuple[str, str]] = ()) -> Pointers:
        """Number a schema's tables and columns in their order.

        `known` is the order of an earlier schema, as `numbering` gives it: what is new gets numbers of its own behind.
        """
        order = list(dict.fromkeys([*known, *numbering(schema)]))
        tables = [table for table, column in order if not column]
        columns = [place for place in order if place[1]]
        there = set(numbering(schema))
        named = {name: f"t{number}" for number, name in enumerate(tables) if (name, "") in there}
        numbered = {place: f"c{number}" for number, place in enumerate(columns) if place in there}
        links = tuple(
            (numbered[key.table, key.column], numbered[key.other, key.other_column])
            for key in schema.foreign_keys
            if (key.table, key.column) in numbered and (key.other, key.other_column) in numbered
        )
        return cls(
            schema.dialect,
            {pointer: name for name, pointer in named.items()},
            {pointer: (named[table], name) for (table, name), pointer in numbered.items()},
            links,
        )

    def shuffled(self, seed: int) -> tuple[Pointers, dict[str, str]]:
        """Number at random; returns the new pointers, and which old one became which."""
        draw = random.Random(seed)
        new: dict[str, str] = {}
        for sign, known, least in (("t", self.tables, LEAST // 4), ("c", self.columns, LEAST)):
            numbers = draw.sample(range(max(least, int(len(known) * SPARE))), len(known))
            new |= {pointer: f"{sign}{number}" for pointer, number in zip(known, numbers, strict=True)}
        other = Pointers(
            self.dialect,
            {new[pointer]: name for pointer, name in self.tables.items()},
            {new[pointer]: (new[table], name) for pointer, (table, name) in self.columns.items()},
            tuple((new[one], new[two]) for one, two in self.links),
            self.values,
        )
        return other, new

    def to_json(self) -> str:
        """Write everything as one line of JSON; `from_json` reads it back."""
        parts = [self.dialect, self.tables, self.columns, self.links, self.values]
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Pointers:
        """Read what `to_json` wrote."""
        dialect, tables, columns, links, values = json.loads(text)
        places = {pointer: (table, name) for pointer, (table, name) in columns.items()}
        return cls(dialect, tables, places, tuple((one, two) for one, two in links), tuple(values))

    @cached_property
    def table_of(self) -> dict[str, str]:
        """Find a table's pointer by its name in lower case."""
        return {name.lower(): pointer for pointer, name in list(self.tables.items())[::-1]}

    @cached_property
    def column_of(self) -> dict[tuple[str, str], str]:
        """Find a column's pointer by its table's and its own name in lower case."""
        # Where names differ only in case, the first is meant, as in `Schema.table`.
        listed = list(self.columns.items())[::-1]
        return {(self.tables[table].lower(), name.lower()): pointer for pointer, (table, name) in listed}

    def join(self, tables: Sequence[str]) -> list[tuple[str, tuple[str, str] | None]] | None:
        """Connect tables by the fewest keys, each to those before it; None if unlinked.

        Returns each table with the key that joins it, a column before it first.
        """
        if not tables:
            return None
        joined: list[tuple[str, tuple[str, str] | None]] = [(tables[0], None)]
        for goal in tables[1:]:
            chain = self._chain([table for table, _ in joined], goal)
            if chain is None:
                return None
            joined += chain
        return joined

    def _chain(self, known: list[str], goal: str) -> list[tuple[str, tuple[str, str] | None]] | None:
        """Find the shortest chain of keys from any known table to another."""
        came: dict[str, tuple[str, tuple[str, str]] | None] = dict.fromkeys(known)
        waiting = list(known)
        while waiting and goal not in came:
            here = waiting.pop(0)
            for one, two in self.links:
                for near, far in ((one, two), (two, one)):
                    there = self.columns[far][0]
                    if self.columns[near][0] == here and there not in came:
                        came[there] = (here, (near, far))
                        waiting.append(there)
        if goal not in came:
            return None
        chain: list[tuple[str, tuple[str, str] | None]] = []
        step = came[goal]
        while step is not None:
            chain.append((goal, step[1]))
            goal = step[0]
            step = came[goal]
        return chain[::-1]


def numbering(schema: Schema) -> list[tuple[str, str]]:
    """List tables (with column "") and columns in the order of their numbers."""
    return [
        place for table in schema.tables for place in ((table.name, ""), *((table.name, c.name) for c in table.columns))
    ]
