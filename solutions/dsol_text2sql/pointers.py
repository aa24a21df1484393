"""Queries in a notation that a small model writes well: pointers into the prompt for names, joins left to the keys.

`SELECT Album.Title FROM Album JOIN Artist ON Album.ArtistId = Artist.ArtistId WHERE Artist.Name = 'AC/DC'` becomes
`SELECT c1 WHERE c8 = v1`. What a query selects and compares says which tables it needs, and foreign keys say how they
are joined; only what can't be said so is written out. After the intermediate representations of IRNet (Guo et al. 2019,
arXiv 1905.08205) and NatSQL (Gan et al. 2021, arXiv 2109.05153), in SQL's own grammar.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from dsol_text2sql.frames import Frame
from dsol_text2sql.names import Resolver
from dsol_text2sql.query import Refused
from dsol_text2sql.reading import needs_quotes, parse, write
from dsol_text2sql.schema import Schema

_POINTER = re.compile(r"[ctv]\d+")
_TIGHT = re.compile(r"('(?:[^']|'')*')|(?<=[(.])(?=[ctv]\d+\b)")
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
    values: tuple[str, ...] = ()

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
        return {name.lower(): pointer for pointer, name in self.tables.items()}

    @cached_property
    def column_of(self) -> dict[tuple[str, str], str]:
        """Find a column's pointer by its table's and its own name in lower case."""
        return {
            (self.tables[table].lower(), name.lower()): pointer for pointer, (table, name) in self.columns.items()
        }

    def join(self, tables: Sequence[str]) -> list[tuple[str, tuple[str, str] | None]] | None:
        """Connect tables by the fewest keys, each to those before it: (table, the key that joins it); None if unlinked."""
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
        came: dict[str, tuple[str, tuple[str, str]] | None] = {table: None for table in known}
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


def shorten(sql: str, schema: Schema, pointers: Pointers) -> str:
    """Write a canonical query (see `canonical`) with pointers; names that have none stay. Raises Refused."""
    tree = parse(sql, schema.dialect)
    _rename_aliases(tree)
    resolver = Resolver(schema, sql)
    resolver.query(tree, {}, None)
    for frame in resolver.frames:
        _shorten_from(frame, resolver, pointers)
    for reference in resolver.references:
        node, table = reference.node, reference.source.table
        if table is None:
            continue
        near = reference.frame is reference.owner or reference.frame not in resolver.frames
        if node.table.lower() == table.name.lower() or (not node.table and not near):
            kept = not near or isinstance(node.this, exp.Star)
            pointed = pointers.table_of.get(table.name.lower())
            node.set("table", exp.to_identifier(pointed) if kept and pointed else None)
        pointer = pointers.column_of.get((table.name.lower(), node.name.lower()))
        if pointer:
            node.set("this", exp.to_identifier(pointer))
    for table_node in list(tree.find_all(exp.Table)):
        pointer = pointers.table_of.get(table_node.name.lower())
        if pointer and any(table_node is s.node for f in resolver.frames for s in f.sources.values() if s.table):
            table_node.set("this", exp.to_identifier(pointer))
    for literal in list(tree.find_all(exp.Literal)):
        _shorten_value(literal, pointers.values)
    return _TIGHT.sub(lambda found: found.group(1) or " ", write(tree, schema.dialect))


def _rename_aliases(tree: exp.Expression) -> None:
    """Call tables that meet themselves a, b, ...: canonical's t1, t2, ... would read as pointers."""
    for node in tree.find_all(exp.Identifier):
        alias = node.arg_key == "table" or isinstance(node.parent, exp.TableAlias)
        if alias and (found := re.fullmatch(r"t(\d{1,2})", node.name)) and 0 < int(found.group(1)) <= 26:
            node.set("this", chr(ord("a") + int(found.group(1)) - 1))


def _shorten_from(frame: Frame, resolver: Resolver, pointers: Pointers) -> None:
    """Leave out the tables and joins of one SELECT that its columns and the keys say already."""
    sources = list(frame.sources.values())
    if not sources or any(source.table is None or source.node.args.get("alias") for source in sources):
        return
    select = sources[0].node.find_ancestor(exp.Select)
    assert select is not None
    tables = [pointers.table_of.get(source.table.name.lower(), "") for source in sources if source.table]
    written = _written_joins(select, frame, resolver, pointers)
    if written is None or not all(tables):
        return
    used = []
    for reference in resolver.references:
        if reference.owner is frame and reference.frame is frame and reference.source.table is not None:
            if reference.node.find_ancestor(exp.Join, exp.Select) is select:
                used.append(pointers.table_of.get(reference.source.table.name.lower(), ""))
    used = list(dict.fromkeys(used))
    listed: list[str] = []
    for extra in [""] + [table for table in tables if table not in used]:
        listed += [extra] if extra else []
        joined = pointers.join([*used, *listed])
        if joined is not None and _equal(joined, tables, written):
            select.set("from_", None)
            select.set("joins", [])
            if listed:
                select.set("from_", exp.From(this=exp.to_table(listed[0])))
                select.set("joins", [exp.Join(this=exp.to_table(table)) for table in listed[1:]])
            return


def _equal(
    joined: list[tuple[str, tuple[str, str] | None]], tables: list[str], written: set[frozenset[str]]
) -> bool:
    return sorted(table for table, _ in joined) == sorted(tables) and {
        frozenset(key) for _, key in joined if key
    } == written


def _written_joins(
    select: exp.Select, frame: Frame, resolver: Resolver, pointers: Pointers
) -> set[frozenset[str]] | None:
    """Give the pairs of columns that a SELECT joins on; None where it joins in any other way."""
    owners = {id(r.node): r.source.table for r in resolver.references if r.owner is frame}
    pairs: set[frozenset[str]] = set()
    for join in select.args.get("joins") or ():
        on = join.args.get("on")
        if on is None or join.args.get("side") or join.args.get("using") or not isinstance(join.this, exp.Table):
            return None
        for part in on.flatten() if isinstance(on, exp.And) else [on]:
            if not isinstance(part, exp.EQ):
                return None
            ends = []
            for column in (part.this, part.expression):
                table = owners.get(id(column))
                ends.append(pointers.column_of.get((table.name.lower(), column.name.lower())) if table else None)
            if None in ends:
                return None
            pairs.add(frozenset(end for end in ends if end))
    return pairs


def _shorten_value(literal: exp.Literal, values: Sequence[str]) -> None:
    """Point to a value of the prompt; a pattern with the value inside is `LIKE v1`."""
    if not literal.is_string or not literal.name:
        return
    text = literal.name
    if isinstance(literal.parent, exp.Like) and literal.arg_key == "expression":
        front, back = text.startswith("%"), text.endswith("%")
        inside = text.strip("%")
        pointer = _value(inside, values)
        if pointer is None or "%" in inside or not (front or back):
            return
        literal.replace(_pattern(pointer, front, back))
    elif (pointer := _value(text, values)) is not None:
        literal.replace(pointer)


def _pattern(pointer: exp.Expression, front: bool, back: bool) -> exp.Expression:
    if front and back:
        return pointer
    percent = exp.Literal.string("%")
    return exp.DPipe(this=percent, expression=pointer) if front else exp.DPipe(this=pointer, expression=percent)


def _value(text: str, values: Sequence[str]) -> exp.Expression | None:
    lower = text.lower()
    for wanted in (lambda value: value == text, lambda value: value.lower() == lower):
        for number, value in enumerate(values, 1):
            if wanted(value):
                return exp.column(f"v{number}")
    return None


def expand(text: str, pointers: Pointers) -> str:
    """Write a query with pointers as SQL; what isn't a pointer stays as it is. Raises Refused if it can't be read."""
    tree = parse(text, pointers.dialect)
    for column in list(tree.find_all(exp.Column)):
        _expand_value(column, pointers)
    selects = list(tree.find_all(exp.Select))
    own: dict[int, list[exp.Column]] = {id(select): [] for select in selects}
    outside: list[exp.Column] = []
    for column in tree.find_all(exp.Column):
        select = column.find_ancestor(exp.Select)
        (own[id(select)] if select is not None else outside).append(column)
    for select in selects:
        _expand_select(select, own[id(select)], pointers)
    for column in outside:
        if column.name in pointers.columns:
            column.set("this", _identifier(pointers.columns[column.name][1], pointers))
    return write(tree, pointers.dialect)


def _expand_value(column: exp.Column, pointers: Pointers) -> None:
    found = re.fullmatch(r"v(\d+)", column.name)
    if not found or column.table or not 0 < int(found.group(1)) <= len(pointers.values):
        return
    value = pointers.values[int(found.group(1)) - 1]
    around = column.parent
    if isinstance(around, exp.Like) and column.arg_key == "expression":
        column.replace(exp.Literal.string(f"%{value}%"))
    elif isinstance(around, exp.DPipe) and isinstance(around.parent, exp.Like):
        front = column.arg_key == "expression"
        around.replace(exp.Literal.string(f"%{value}" if front else f"{value}%"))
    else:
        column.replace(exp.Literal.string(value))


def _expand_select(select: exp.Select, columns: list[exp.Column], pointers: Pointers) -> None:
    """Give one SELECT its tables and joins, and its columns their names."""
    entries = [select.args["from_"].this] if select.args.get("from_") else []
    joins = select.args.get("joins") or []
    entries += [join.this for join in joins]
    plain = all(
        isinstance(entry, exp.Table) and entry.name in pointers.tables and not entry.args.get("alias")
        for entry in entries
    ) and not any(join.args.get("on") or join.args.get("side") or join.args.get("using") for join in joins)
    aliases: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, exp.Table) and entry.name in pointers.tables:
            aliases.setdefault(entry.name, []).append(entry.alias)
    used = [pointers.columns[c.name][0] for c in columns if not c.table and c.name in pointers.columns]
    used += [c.table for c in columns if isinstance(c.this, exp.Star) and c.table in pointers.tables]
    wanted = list(dict.fromkeys([*used, *(entry.name for entry in entries)])) if plain else []
    joined = pointers.join(wanted) if wanted else None
    if wanted and joined is None:
        names = ", ".join(pointers.tables[table] for table in wanted)
        raise Refused("unlinked", f"no foreign keys link the tables {names}")
    alone = len(joined or entries) == 1 and select.find_ancestor(exp.Select) is None
    if joined:
        select.set("from_", exp.From(this=_table(joined[0][0], pointers)))
        select.set("joins", [_join(table, key, pointers) for table, key in joined[1:] if key])
    else:
        for entry in entries:
            if isinstance(entry, exp.Table) and entry.name in pointers.tables:
                entry.set("this", _identifier(pointers.tables[entry.name], pointers))
    for column in columns:
        if column.table in pointers.tables and (column.name in pointers.columns or isinstance(column.this, exp.Star)):
            column.set("table", _identifier(pointers.tables[column.table], pointers))
        elif not column.table and column.name in pointers.columns and not alone:
            table = pointers.columns[column.name][0]
            known = aliases.get(table, [""])
            name = known[0] or pointers.tables[table]
            column.set("table", _identifier(name, pointers))
        if column.name in pointers.columns:
            column.set("this", _identifier(pointers.columns[column.name][1], pointers))


def _identifier(name: str, pointers: Pointers) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=needs_quotes(name, pointers.dialect))


def _table(pointer: str, pointers: Pointers) -> exp.Table:
    return exp.Table(this=_identifier(pointers.tables[pointer], pointers))


def _join(table: str, key: tuple[str, str], pointers: Pointers) -> exp.Join:
    ends = []
    for column in key:
        owner, name = pointers.columns[column]
        ends.append(
            exp.Column(this=_identifier(name, pointers), table=_identifier(pointers.tables[owner], pointers))
        )
    return exp.Join(this=_table(table, pointers), on=exp.EQ(this=ends[0], expression=ends[1]))
