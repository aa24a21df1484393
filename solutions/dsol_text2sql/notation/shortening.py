"""Write a query with pointers: names become pointers, and joins that the foreign keys say already are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from dsol_text2sql.notation.expanding import homes, is_plain, used_tables
from dsol_text2sql.notation.pointers import POINTER, Pointers
from dsol_text2sql.query import Refused
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.frames import Frame, Reference
from dsol_text2sql.sql.names import Resolver
from dsol_text2sql.sql.reading import parse, write

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)

_TIGHT = re.compile(r"('(?:[^']|'')*')|(?<=[(.])(?=[ctv]\d+\b)")
_ALIAS = re.compile(r"t([1-9]\d?)")
# MySQL reads || as OR; the notation is the same for all dialects.
_CONCAT = re.compile(r"\bCONCAT\((?:(v\d+), '%'|'%', (v\d+))\)")


def shorten(sql: str, schema: Schema, pointers: Pointers) -> str:
    """Write a canonical query (see `canonical`) with pointers; names that have none stay. Raises Refused.

    A name that only reads as a pointer, such as `COUNT(*) AS c1`, is quoted.
    """
    try:
        tree = parse(sql, schema.dialect)
        _rename_aliases(tree, schema)
        resolver = Resolver(schema, sql)
        resolver.query(tree, {}, None)
        for identifier in tree.find_all(exp.Identifier):
            if POINTER.fullmatch(identifier.name):
                identifier.set("quoted", True)
        for reference in resolver.references:
            _shorten_reference(reference, resolver, pointers)
        own = homes(tree)
        for frame in resolver.frames:
            _shorten_from(frame, own, pointers)
        for frame in resolver.frames:
            for source in frame.sources.values():
                pointer = pointers.table_of.get(source.table.name.lower()) if source.table else None
                if pointer:
                    source.node.set("this", exp.to_identifier(pointer))
        for literal in list(tree.find_all(exp.Literal)):
            _shorten_value(literal, pointers.values)
        text = write(tree, schema.dialect, copy=False)
    except RecursionError as error:
        raise Refused("too_deep", "the statement is nested too deeply") from error
    if schema.dialect == "mysql":
        text = _CONCAT.sub(lambda found: f"{found[1]} || '%'" if found[1] else f"'%' || {found[2]}", text)
    return _TIGHT.sub(lambda found: found.group(1) or " ", text)


def _rename_aliases(tree: exp.Expression, schema: Schema) -> None:
    """Call tables that meet themselves a, b, ...: canonical's t1, t2, ... would read as pointers."""
    aliases = list(tree.find_all(exp.TableAlias))
    if not aliases:
        return
    taken = {table.name.lower() for table in schema.tables} | {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    renamed: dict[str, str] = {}
    for alias in aliases:
        found = _ALIAS.fullmatch(alias.name)
        letter = chr(ord("a") + int(found[1]) - 1) if found and int(found[1]) <= 26 else ""
        if letter and letter not in taken and isinstance(alias.parent, exp.Table | exp.Subquery):
            renamed[alias.name] = letter
            alias.set("this", exp.to_identifier(letter))
    for column in tree.find_all(exp.Column):
        if column.table in renamed:
            column.set("table", exp.to_identifier(renamed[column.table]))


def _shorten_reference(reference: Reference, resolver: Resolver, pointers: Pointers) -> None:
    """Point to a column, and leave out its table where the pointer says it."""
    node, table = reference.node, reference.source.table
    if table is None:
        return
    owner = pointers.table_of.get(table.name.lower())
    pointer = pointers.column_of.get((table.name.lower(), node.name.lower()))
    star = isinstance(node.this, exp.Star)
    if owner is None or (pointer is None and not star and not node.table):
        return
    near = reference.frame is reference.owner or reference.frame not in resolver.frames
    if not node.table and near and not star and _merged(node.name, reference.owner):
        return
    if node.table.lower() == table.name.lower() or (not node.table and not near):
        # Beside an alias of its own name a column is told apart by its table.
        told = len(reference.owner.sources) == 1 and node.name.lower() in reference.aliases
        kept = star or pointer is None or not near or told
        node.set("table", exp.to_identifier(owner) if kept else None)
    if pointer:
        node.set("this", exp.to_identifier(pointer))


def _merged(name: str, frame: Frame) -> bool:
    """Tell whether a name stands for the columns of two tables at once, where one of them may have no row."""
    for source in frame.sources.values():
        join = source.node.parent
        if isinstance(join, exp.Join) and join.side in ("RIGHT", "FULL"):
            merged = [column.name.lower() for column in join.args.get("using") or ()]
            if name.lower() in merged or join.method == "NATURAL":
                return True
    return False


def _shorten_from(frame: Frame, own: dict[int, list[exp.Column]], pointers: Pointers) -> None:
    """Leave out the tables and joins of one SELECT that its columns and the keys say already."""
    sources = [source for source in frame.sources.values() if source.table is not None]
    select = sources[0].node.find_ancestor(exp.Select) if sources else None
    if select is None or len(sources) < len(frame.sources):
        return
    entries = [select.args["from_"].this, *(join.this for join in select.args.get("joins") or ())]
    if {id(entry) for entry in entries} != {id(source.node) for source in sources} or select.args.get("laterals"):
        return
    tables = [pointers.table_of.get(source.table.name.lower(), "") for source in sources if source.table]
    if not all(tables) or any(part != "this" and value for entry in entries for part, value in entry.args.items()):
        return
    written = _written_joins(select, pointers)
    columns = [column for column in own[id(select)] if column.find_ancestor(exp.Join, exp.Select) is select]
    used = used_tables(columns, pointers)
    starred = any(isinstance(item, exp.Star) for item in select.expressions)
    listed: list[str] = []
    for extra in ["", *(table for table in tables if table not in used)] if written is not None else []:
        listed += [extra] if extra else []
        joined = pointers.join(list(dict.fromkeys([*used, *listed])))
        if joined is None:
            continue
        order = [table for table, _ in joined]
        same_tables = order == tables if starred else sorted(order) == sorted(tables)
        if same_tables and {frozenset(key) for _, key in joined if key} == written:
            select.set("from_", exp.From(this=exp.to_table(listed[0])) if listed else None)
            select.set("joins", [exp.Join(this=exp.to_table(table)) for table in listed[1:]])
            return
    if is_plain(select) and len(tables) > 1:
        # Every row with every row; without a condition it would read as tables that keys join.
        for join in select.args["joins"]:
            join.set("kind", None)
            join.set("on", exp.true())


def _written_joins(select: exp.Select, pointers: Pointers) -> set[frozenset[str]] | None:
    """Give the pairs of columns that a SELECT joins on; None where it joins in any other way."""
    pairs: set[frozenset[str]] = set()
    for join in select.args.get("joins") or ():
        on = join.args.get("on")
        if on is None or any(join.args.get(part) for part in ("side", "using", "method", "kind")):
            return None
        for part in on.flatten() if isinstance(on, exp.And) else [on]:
            ends = [part.this, part.expression] if isinstance(part, exp.EQ) else []
            names = [end.name for end in ends if isinstance(end, exp.Column) and end.name in pointers.columns]
            if len(names) != 2:
                return None
            pairs.add(frozenset(names))
    return pairs


def unsaid(sql: str, dialect: str, question: str, values: Sequence[str | int]) -> list[str | int]:
    """List what a query compares with that the question only says in other words, or says but nothing points to.

    Strings that are neither numbers nor dates and not among `values`; whole numbers of four and more digits that the
    question doesn't write, such as 900000 for 15 minutes. Raises Refused if the query can't be read.
    """
    known = {str(value).lower() for value in values}
    found: list[str | int] = []
    for literal in parse(sql, dialect, copy=False).find_all(exp.Literal):
        text = literal.name.strip("%") if literal.is_string else literal.name
        if not isinstance(literal.parent, (*COMPARISONS, exp.Like, exp.ILike, exp.In)) or text.lower() in known:
            continue
        if literal.is_string and text and not text[0].isdigit():
            found.append(text)
        elif not literal.is_string and re.fullmatch(r"\d{4,15}", text) and text not in question:
            found.append(int(text))
        known.add(text.lower())
    return found


def _shorten_value(literal: exp.Literal, values: Sequence[str | int]) -> None:
    """Point to a value of the prompt; a pattern with the value inside is `LIKE v1`."""
    if not literal.is_string:
        numbers = [number for number, value in enumerate(values, 1) if isinstance(value, int)]
        same = [number for number in numbers if str(values[number - 1]) == literal.name]
        if same and isinstance(literal.parent, COMPARISONS):
            literal.replace(exp.column(f"v{same[0]}"))
        return
    if not literal.name:
        return
    text = literal.name
    if isinstance(literal.parent, exp.Like | exp.ILike) and literal.arg_key == "expression":
        front, back = text.startswith("%"), text.endswith("%")
        inside = text.strip("%")
        pointer = _value(inside, values)
        if pointer is None or "%" in inside or not (front or back):
            return
        literal.replace(_pattern(pointer, front, back))
    elif (pointer := _value(text, values)) is not None:
        literal.replace(pointer)


def _pattern(pointer: exp.Column, front: bool, back: bool) -> exp.Expression:
    if front and back:
        return pointer
    percent = exp.Literal.string("%")
    return exp.DPipe(this=percent, expression=pointer) if front else exp.DPipe(this=pointer, expression=percent)


def _value(text: str, values: Sequence[str | int]) -> exp.Column | None:
    """Find a value as it is written, else in any case."""
    texts = [(number, value) for number, value in enumerate(values, 1) if isinstance(value, str)]
    numbers = [number for number, value in texts if value == text]
    numbers += [number for number, value in texts if value.lower() == text.lower()]
    return exp.column(f"v{numbers[0]}") if numbers else None
