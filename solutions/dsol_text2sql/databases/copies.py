"""Draw altered copies of a database: other rows and values, same keys, so that a query right by luck is caught.

After the idea of Zhong et al. 2020 (a query is right if it gives the gold query's rows on every one of several
databases), but drawn for each gold query from the real rows instead of made up and distilled.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from dsol_text2sql.databases.original import Original, Part, pick, place
from dsol_text2sql.databases.sqlite_source import quoted
from dsol_text2sql.sql.constants import LARGEST, Constant, Value

Rows = list[list[Any]]

SHARES = (0.6, 0.8, 0.9, 1.0)  # of a table's rows stay
MOVED = 0.4  # of the links go to another row
REPEATED = (0.0, 0.2, 0.5, 1.0)  # rows added for each row, where the key allows it


def draw_copy(original: Original, constants: Sequence[Constant], target: Path, *, seed: int) -> None:
    """Write one altered copy to a new file; the same seed gives the same copy."""
    write_copy(original, altered(original, constants, seed=seed), target)


def altered(original: Original, constants: Sequence[Constant], *, seed: int) -> dict[str, Rows]:
    """Draw the rows of one copy, by table; the same seed gives the same rows.

    Rows are left out and repeated; links are moved to other existing rows; values are exchanged within their column;
    values on both sides of each constant are put in. No link is left that points to nothing.
    """
    chance = random.Random(seed)
    near = {part.name: [one for one in constants if one.table.lower() == part.name.lower()] for part in original.parts}
    tables = _thinned(original, constants, chance)
    share = chance.choice(REPEATED)
    for part in original.parts:
        _repeat(part, tables[part.name], share, chance)
    # Rows that will hold values near the constants: the same for all constants, so that conditions meet.
    chosen = {
        part.name: chance.sample(rows, min(len(rows), max(4, len(rows) // 4), 40)) if near[part.name] else []
        for part in original.parts
        for rows in [tables[part.name]]
    }
    for part in original.parts:
        _move_links(part, tables, chosen, chance)
        _exchange(part, tables[part.name], chance)
        _put_near(part, tables, chosen[part.name], near[part.name], chance)
        chance.shuffle(tables[part.name])
    return tables


def write_copy(original: Original, tables: Mapping[str, Rows], target: Path) -> None:
    """Write the rows of a copy to a new file."""
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for statement in original.statements:
            connection.execute(statement)
        for part in original.parts:
            names, marks = ", ".join(map(quoted, part.columns)), ", ".join("?" * len(part.columns))
            # A row that breaks a constraint after it was altered is left out.
            insert = f"INSERT OR IGNORE INTO {quoted(part.name)} ({names}) VALUES ({marks})"
            connection.executemany(insert, tables[part.name])
        connection.execute("COMMIT")


def _thinned(original: Original, constants: Sequence[Constant], chance: random.Random) -> dict[str, Rows]:
    """Leave rows out, with the rows that point to them; what holds a constant stays, and a row of every table."""
    forced = original.holding(constants)
    for part in original.parts:
        forced[part.name][chance.sample(range(len(part.rows)), min(1, len(part.rows)))] = True
    _add_ancestors(original, forced)
    kept = {}
    for part in original.parts:
        share = chance.choice(SHARES)
        drawn = np.array([chance.random() < share for _ in part.rows], dtype=bool)
        kept[part.name] = drawn | forced[part.name]
    gone = True
    while gone:
        gone = False
        for tie in original.ties:
            present = kept[tie.other]
            left_out = np.setdiff1d(tie.there[~present], tie.there[present])
            orphans = kept[tie.part] & np.isin(tie.here, left_out) & ~forced[tie.part]
            kept[tie.part] &= ~orphans
            gone = gone or bool(orphans.any())
    return {
        part.name: [list(part.rows[at]) for at in np.flatnonzero(kept[part.name]).tolist()] for part in original.parts
    }


def _add_ancestors(original: Original, chosen: dict[str, np.ndarray]) -> None:
    """Add the rows that chosen rows point to, and what these point to."""
    more = True
    while more:
        more = False
        for tie in original.ties:
            parents = tie.parent[chosen[tie.part]]
            parents = parents[parents >= 0]
            more = more or not chosen[tie.other][parents].all()
            chosen[tie.other][parents] = True


def _move_links(part: Part, tables: dict[str, Rows], chosen: dict[str, Rows], chance: random.Random) -> None:
    """Point rows to other existing ones, every other time to one that a constant will be put into."""
    for link in part.links:
        # A key that is nothing but a link ties a row to its other half (a subtype): moving it has no meaning.
        if set(link.here) & part.pointed or set(part.primary) == set(link.here):
            continue
        keys = [pick(row, link.there) for row in tables[link.table]]
        wanted = [pick(row, link.there) for row in chosen[link.table]] or keys
        for row in tables[part.name]:
            if keys and chance.random() < MOVED and None not in pick(row, link.here):
                for at, value in zip(link.here, chance.choice(chance.choice((keys, wanted))), strict=True):
                    row[at] = value


def _exchange(part: Part, rows: Rows, chance: random.Random) -> None:
    linked = {at for link in part.links for at in link.here}
    for at in range(len(part.columns)):
        if at in part.unique | part.pointed | linked or len(rows) < 2:
            continue
        values = [row[at] for row in rows]
        told_apart = len(set(values)) == len(values)
        dice = chance.random()
        if dice < 0.2:
            continue
        if told_apart or dice < 0.6:  # no ties where there were none
            chance.shuffle(values)
        else:
            values = chance.choices(values, k=len(values))
        if not told_apart and len(set(values)) > 2 and chance.random() < 0.5:
            values = [_nudged(value, chance) for value in values]
        for row, value in zip(rows, values, strict=True):
            row[at] = value


def _nudged(value: Any, chance: random.Random) -> Any:
    moves = isinstance(value, int | float) and abs(value) < LARGEST and chance.random() < 0.3
    return value + chance.choice((-1, 1)) if moves else value


def _put_near(
    part: Part, tables: dict[str, Rows], chosen: Rows, constants: Sequence[Constant], chance: random.Random
) -> None:
    """Give the chosen rows values at and around the constants."""
    rows = tables[part.name]
    grouped: dict[int, list[Constant]] = {}
    for one in constants:
        grouped.setdefault(place(part, one.column), []).append(one)
    for at, those in grouped.items():
        if at in part.pointed:
            continue
        linked = [(link, link.here.index(at)) for link in part.links if at in link.here]
        allowed = {row[link.there[number]] for link, number in linked for row in tables[link.table]}
        taken = {row[at] for row in rows}
        texts = any(isinstance(value, str) for value in taken) or not any(value is not None for value in taken)
        wanted = [value for one in those for value in around(one.value, pattern=one.pattern)]
        wanted += [one.value for one in those if not one.pattern] * 2
        chance.shuffle(wanted)
        for row, near in zip(chosen, cycle(wanted), strict=False):
            value = _typed(near, texts)
            if (linked and value not in allowed) or (at in part.unique and not linked and value in taken):
                continue
            taken.add(value)
            row[at] = value


def around(value: Value, *, pattern: bool = False) -> list[Value]:
    """Give values just beside a constant: a number or last number of a text one off, a text with something around it.

    Letters in another case are not among them: whether these are equal is no question of meaning.
    """
    if not isinstance(value, str):
        return [value - 1, value + 1]
    if pattern:
        core = value.replace("%", "").replace("_", "a")
        return [core, f"x{core}", f"{core}x", f"x{core}x"]
    digits = re.search(r"\d+(?=\D*$)", value)
    if digits and len(digits[0]) < 16:
        number = int(digits[0])
        return [
            f"{value[: digits.start()]}{other:0{len(digits[0])}d}{value[digits.end() :]}"
            for other in (max(0, number - 1), number + 1)
        ]
    return [f"x{value}", f"{value}x"]


def _typed(value: Value, texts: bool) -> Value:
    """Write a constant as the column's other values are: as a text, or as a number where it is one."""
    if texts or not isinstance(value, str):
        return str(value) if texts else value
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        return value


def _repeat(part: Part, rows: Rows, share: float, chance: random.Random) -> None:
    """Add rows like those that are there, under new numbers where the key is one; other keys allow none."""
    linked = {at for link in part.links for at in link.here}
    numbered = part.unique == set(part.primary) and len(part.primary) == 1 and not part.unique & linked
    if part.unique and not (numbered and all(isinstance(row[part.primary[0]], int) for row in rows)):
        return
    again = [list(row) for row in chance.choices(rows, k=round(share * len(rows)))] if rows else []
    if part.unique:
        top = max((row[part.primary[0]] for row in rows), default=0)
        for number, row in enumerate(again, top + 1):
            row[part.primary[0]] = number
    rows.extend(again)
