"""Write a query with pointers as SQL: pointers become names, and foreign keys join the tables that it speaks of."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from sqlglot import exp

from dsol_text2sql.notation.pointers import POINTER, Pointers
from dsol_text2sql.query import Refused
from dsol_text2sql.sql.reading import needs_quotes, parse, write

_VALUE = re.compile(r"v([1-9]\d{0,3})")
# MySQL reads || as OR; the notation is the same for all dialects.
_PIPED = re.compile(r"\b(v\d+) \|\| '%'(?!')|(?<!')'%' \|\| (v\d+)\b")


def expand(text: str, pointers: Pointers) -> str:
    """Write a query with pointers as SQL; what isn't a pointer stays as it is. Raises Refused if it can't be read.

    A name in quotes is no pointer.
    """
    if pointers.dialect == "mysql":
        text = _PIPED.sub(lambda found: f"CONCAT({found[1]}, '%')" if found[1] else f"CONCAT('%', {found[2]})", text)
    try:
        tree = parse(text, pointers.dialect)
        for column in list(tree.find_all(exp.Column)):
            _expand_value(column, pointers)
        own = homes(tree)
        for select in list(tree.find_all(exp.Select)):
            _expand_select(select, own.pop(id(select)), pointers)
        for column in own[0]:
            _expand_column(column, pointers)
        for table in tree.find_all(exp.Table):
            if _points(table.this, pointers.tables):
                table.set("this", _identifier(pointers.tables[table.name], pointers))
        sql = write(tree, pointers.dialect, copy=False)
        parse(sql, pointers.dialect, copy=False)  # what a broken query was taken for may not be a query
        return sql
    except RecursionError as error:
        raise Refused("too_deep", "the statement is nested too deeply") from error


def homes(tree: exp.Expression) -> dict[int, list[exp.Column]]:
    """Give the columns of each SELECT by its id; under 0 those outside any: ORDER BY of a UNION."""
    nodes = list(tree.find_all(exp.Select, exp.Column))
    own: dict[int, list[exp.Column]] = {0: [], **{id(node): [] for node in nodes if isinstance(node, exp.Select)}}
    for column in nodes:
        if not isinstance(column, exp.Column):
            continue
        around = column.find_ancestor(exp.Select, exp.SetOperation, exp.Subquery)
        while isinstance(around, exp.Subquery) and not isinstance(around.this, exp.Query):  # (a JOIN b ON ...)
            around = around.find_ancestor(exp.Select, exp.SetOperation, exp.Subquery)
        own[id(around) if isinstance(around, exp.Select) else 0].append(column)
    return own


def used_tables(columns: Iterable[exp.Column], pointers: Pointers) -> list[str]:
    """List the tables that columns without a table, and stars with one, speak of: the first first, stars last."""
    listed = list(columns)
    used = [pointers.columns[c.name][0] for c in listed if not c.table and _points(c.this, pointers.columns)]
    used += [c.table for c in listed if isinstance(c.this, exp.Star) and _points(c.args.get("table"), pointers.tables)]
    return list(dict.fromkeys(used))


def is_plain(select: exp.Select) -> bool:
    """Tell whether the FROM of a SELECT does no more than list tables, so that keys join them."""
    joins = select.args.get("joins") or []
    start = select.args.get("from_")
    entries = [join.this for join in joins] + ([start.this] if start else [])
    parts = ("on", "side", "using", "method")
    return all(
        isinstance(entry, exp.Table) and not any(value for part, value in entry.args.items() if part != "this")
        for entry in entries
    ) and not any(join.args.get(part) for join in joins for part in parts)


def _expand_value(column: exp.Column, pointers: Pointers) -> None:
    found = _VALUE.fullmatch(column.name)
    quoted = isinstance(column.this, exp.Identifier) and column.this.args.get("quoted")
    if not found or quoted or column.table or int(found[1]) > len(pointers.values):
        return
    value = pointers.values[int(found[1]) - 1]
    around = column.parent
    if isinstance(value, int):
        column.replace(exp.Literal.number(value))
        return
    if _is_pattern(column):
        column.replace(exp.Literal.string(f"%{value}%"))
    elif isinstance(around, exp.DPipe | exp.Concat) and _is_pattern(around):
        parts = around.expressions if isinstance(around, exp.Concat) else [around.this, around.expression]
        front, back = (len(parts) == 2 and part.is_string and part.name == "%" for part in (parts[0], parts[-1]))
        if front or back:
            around.replace(exp.Literal.string(f"%{value}" if front else f"{value}%"))
        else:
            column.replace(exp.Literal.string(value))
    else:
        column.replace(exp.Literal.string(value))


def _is_pattern(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Like | exp.ILike) and node.arg_key == "expression"


def _expand_select(select: exp.Select, columns: Sequence[exp.Column], pointers: Pointers) -> None:
    """Give one SELECT its tables and joins, and its columns their names."""
    joins = select.args.get("joins") or []
    start = select.args.get("from_")
    entries = ([start.this] if start else []) + [join.this for join in joins]
    plain = is_plain(select) and all(_points(entry.this, pointers.tables) for entry in entries)
    wanted = list(dict.fromkeys([*used_tables(columns, pointers), *(e.name for e in entries)])) if plain else []
    joined = pointers.join(wanted) if wanted else None
    if wanted and joined is None:
        names = ", ".join(pointers.tables[table] for table in wanted)
        raise Refused("unlinked", f"no foreign keys link the tables {names}")
    aliases: dict[str, str] = {}
    for entry in [] if joined else entries:
        for table in entry.find_all(exp.Table):
            if table.find_ancestor(exp.Select) is select and _points(table.this, pointers.tables):
                aliases.setdefault(table.name, table.alias)
    if joined:
        select.set("from_", exp.From(this=_table(joined[0][0], pointers)))
        select.set("joins", [_join(table, key, pointers) for table, key in joined[1:] if key])
    single = len(joined or entries) == 1
    nested = select.find_ancestor(exp.Select) is not None
    shown = {item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias)}
    for column in columns:
        if not column.table and _points(column.this, pointers.columns):
            table, name = pointers.columns[column.name]
            # Qualified, the name of the SELECT list would become the column's.
            if not single or (nested and name.lower() not in shown):
                column.set("table", _identifier(aliases.get(table) or pointers.tables[table], pointers))
        _expand_column(column, pointers)


def _expand_column(column: exp.Column, pointers: Pointers) -> None:
    if _points(column.args.get("table"), pointers.tables):
        column.set("table", _identifier(pointers.tables[column.table], pointers))
    if _points(column.this, pointers.columns):
        column.set("this", _identifier(pointers.columns[column.name][1], pointers))


def _points(identifier: object, known: Container[str]) -> bool:
    """Tell whether a name is a pointer; what stands in quotes is none."""
    return (
        isinstance(identifier, exp.Identifier) and not identifier.args.get("quoted") and str(identifier.name) in known
    )


def _identifier(name: str, pointers: Pointers) -> exp.Identifier:
    """Write a name; one that only reads as a pointer is quoted, so that it isn't taken for one."""
    quoted = needs_quotes(name, pointers.dialect) or POINTER.fullmatch(name) is not None
    return exp.Identifier(this=name, quoted=quoted)


def _table(pointer: str, pointers: Pointers) -> exp.Table:
    return exp.Table(this=_identifier(pointers.tables[pointer], pointers))


def _join(table: str, key: tuple[str, str], pointers: Pointers) -> exp.Join:
    ends = []
    for column in key:
        owner, name = pointers.columns[column]
        names = {"this": _identifier(name, pointers), "table": _identifier(pointers.tables[owner], pointers)}
        ends.append(exp.Column(**names))
    return exp.Join(this=_table(table, pointers), on=exp.EQ(this=ends[0], expression=ends[1]))
