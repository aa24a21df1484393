"""One spelling for queries that say the same: the style of training targets, and the templates that splits go by."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.frames import Frame, Source
from dsol_text2sql.sql.guard import plain_joins
from dsol_text2sql.sql.names import Resolver
from dsol_text2sql.sql.reading import needs_quotes, parse, write


@lru_cache(maxsize=4096)
def canonical(sql: str, dialect: str, schema: Schema | None = None) -> str:
    """Write a query in the one style of training targets; the meaning stays.

    Keywords in capitals, one space, quotes only where needed, no comments. With the schema also: names spelled as it
    spells them, aliases replaced by table names (t1, t2, ... where a table meets itself), columns qualified only where
    there are several tables, strings in single quotes. Raises Refused if the query can't be read.
    """
    try:
        tree = parse(sql, dialect)
        if schema is not None:
            resolver = Resolver(schema, sql)
            resolver.query(tree, {}, None)
            _rename(resolver)
        for join in tree.find_all(exp.Join):
            if join.args.get("kind") in ("INNER", "OUTER"):
                join.set("kind", None)
        if dialect == "sqlite":
            plain_joins(tree)
        for identifier in tree.find_all(exp.Identifier):
            if identifier.args.get("quoted") and not needs_quotes(identifier.name, dialect):
                identifier.set("quoted", False)
        return write(tree, dialect, copy=False)
    except RecursionError as error:
        raise Refused("too_deep", "the statement is nested too deeply") from error


def template(sql: str, dialect: str, schema: Schema | None = None) -> str:
    """Write the query in canonical style with every literal, and every list of literals, replaced by `?`."""
    tree = parse(canonical(sql, dialect, schema), dialect)
    for literal in list(tree.find_all(exp.Literal)):
        whole = literal.parent if isinstance(literal.parent, exp.Neg) else literal
        whole.replace(exp.Placeholder())
    for choice in tree.find_all(exp.In):
        if choice.expressions and all(isinstance(item, exp.Placeholder) for item in choice.expressions):
            choice.set("expressions", [exp.Placeholder()])
    return write(tree, dialect, copy=False)


def _rename(resolver: Resolver) -> None:
    """Give every source its shortest name that is still clear, and every column the qualifier that it needs."""
    names = _source_names(resolver)
    for frame in resolver.frames:
        for source in frame.sources.values():
            _name(source, names[source])
    for reference in resolver.references:
        node = reference.node
        if reference.frame not in resolver.frames:  # the ORDER BY of a UNION
            needed = bool(node.table)
        elif isinstance(node.this, exp.Star):
            needed = len(reference.owner.sources) > 1
        elif reference.frame is reference.owner:
            alone = len(reference.owner.sources) == 1
            needed = not alone or (bool(node.table) and node.name.lower() in reference.aliases)
        else:  # a column of the query around: unqualified it must not be found further inside
            needed = True
        if not node.table and _shared(node.name, reference.owner):
            needed = False  # a column named in USING belongs to both sides
        node.set("table", names[reference.source].copy() if needed else None)
        node.set("db", None)
        if isinstance(node.this, exp.Star) and not needed:
            node.replace(exp.Star())


def _shared(name: str, frame: Frame) -> bool:
    return sum(name.lower() in source.names for source in frame.sources.values()) > 1


def _source_names(resolver: Resolver) -> dict[Source, exp.Identifier]:
    """Choose the name of each source: its table's where nothing else in sight goes by it, else t1, t2, ..."""
    sources = [source for frame in resolver.frames for source in frame.sources.values()]
    own = {source: source.node.this.name for source in sources if isinstance(source.node, exp.Table)}
    aliased = {source for source in sources if source not in own}
    for frame in resolver.frames:
        seen: dict[str, list[Source]] = {}
        for source in frame.sources.values():
            if source in own:
                seen.setdefault(own[source].lower(), []).append(source)
        aliased |= {source for same in seen.values() if len(same) > 1 for source in same}
    for reference in resolver.references:
        between = _chain(reference.frame, reference.owner)
        name = own.get(reference.source, "").lower()
        for frame in between:
            # The inner one gives way: its own name would hide the outer one's.
            aliased |= {source for source in frame.sources.values() if own.get(source, "").lower() == name}
    taken = {item.lower() for item in own.values()}
    numbers = (f"t{number}" for number in range(1, 10_000))
    free = (name for name in numbers if name not in taken)
    return {
        source: exp.to_identifier(next(free)) if source in aliased else source.node.this.copy() for source in sources
    }


def _chain(inner: Frame, outer: Frame) -> Iterable[Frame]:
    """List the frames from `inner` outwards up to, but without, `outer`."""
    here: Frame | None = inner
    while here is not None and here is not outer:
        yield here
        here = here.outer


def _name(source: Source, name: exp.Identifier) -> None:
    node = source.node
    if isinstance(node, exp.Table):
        node.set("db", None)
        if name.name == node.name:
            node.set("alias", None)
            return
    alias = node.args.get("alias")
    if alias is None:
        node.set("alias", exp.TableAlias(this=name.copy()))
    else:
        alias.set("this", name.copy())
