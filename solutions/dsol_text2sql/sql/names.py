"""Resolve every name of a query against the schema, as the database will: CTEs, aliases, subqueries, correlation."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from dsol import unknown
from dsol_text2sql.query import Refused
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.frames import Common, Frame, Reference, Shape, Source, named
from dsol_text2sql.sql.grammar import HERE
from dsol_text2sql.sql.reading import needs_quotes

LARGEST = 400  # SELECTs after every use of a CTE is written out; SQLite compiles them all, before any timeout counts
ROWIDS = frozenset({"rowid", "oid", "_rowid_"})


@dataclass
class Resolver:
    """Walk one parsed statement, correcting it in place, and remember the tables and columns of the schema it reads.

    In place: strings that SQLite would take from double quotes become single-quoted, names are spelled (and where
    needed quoted) as the schema spells them.
    """

    schema: Schema
    source: str  # the statement's text
    tables: dict[str, None] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    def query(self, node: exp.Expression, ctes: dict[str, Common], outer: Frame | None) -> tuple[Shape, Frame]:
        """Resolve a SELECT, a set operation, or one of them in parentheses."""
        ctes = self._with(node.args.get("with_"), ctes, outer)
        if isinstance(node, exp.Subquery):
            shape, frame = self.query(node.this, ctes, outer)
        elif isinstance(node, exp.SetOperation):
            left, frame = self.query(node.this, ctes, outer)
            right, _ = self.query(node.expression, ctes, outer)
            shape = Shape(left.names | right.names, left.weight + right.weight)
            frame = Frame(frame.sources, shape.names, outer)
        elif isinstance(node, exp.Select):
            return self._select(node, ctes, outer)
        else:
            raise Refused("not_a_query", f"{node.key.upper()} stands where only a SELECT may")
        for part in ("order", "limit", "offset"):
            self._visit(node.args.get(part), ctes, frame)
        return shape, frame

    def _with(self, clause: exp.Expression | None, ctes: dict[str, Common], outer: Frame | None) -> dict[str, Common]:
        if clause is None:
            return ctes
        known = dict(ctes)
        for cte in clause.expressions:
            identifier = cte.args["alias"].this
            name = identifier.name.lower()
            declared = frozenset(item.name.lower() for item in cte.args["alias"].args.get("columns") or ())
            body = cte.this
            inside = dict(known)
            if clause.args.get("recursive") and isinstance(body, exp.SetOperation):
                # The first branch, which can't refer to the table itself, says what columns there are.
                first, _ = Resolver(self.schema, self.source).query(body.this.copy(), known, outer)
                inside[name] = Common(identifier, Shape(declared or first.names, first.weight))
            shape, _ = self.query(body, inside, outer)
            known[name] = Common(identifier, Shape(declared or shape.names, shape.weight))
        return known

    def _select(self, node: exp.Select, ctes: dict[str, Common], outer: Frame | None) -> tuple[Shape, Frame]:
        frame = Frame(outer=outer)
        self.frames.append(frame)
        start = node.args.get("from_")
        if start is not None:
            self._source(start.this, ctes, frame)
        for join in node.args.get("joins") or ():
            self._source(join.this, ctes, frame)
        for join in node.args.get("joins") or ():
            self._visit(join.args.get("on"), ctes, frame)
            for column in join.args.get("using") or ():
                self._used(column, frame)
        names: set[str] = set()
        for item in node.expressions:
            names |= self._projected(item, frame)
            self._visit(item, ctes, frame)
        # SQLite sees the names that the SELECT list gives everywhere but there; servers only after WHERE.
        aliases = frozenset(item.alias.lower() for item in node.expressions if isinstance(item, exp.Alias))
        frame.aliases = aliases if self.schema.dialect == "sqlite" else frozenset()
        self._visit(node.args.get("where"), ctes, frame)
        frame.aliases = aliases
        for part, value in node.args.items():
            if part not in ("with_", "from_", "joins", "expressions", "where"):
                for child in value if isinstance(value, list) else [value]:
                    self._visit(child, ctes, frame)
        if frame.weight > LARGEST:
            raise Refused("too_large", f"the query expands to more than {LARGEST} SELECTs")
        return Shape(frozenset(names), frame.weight), frame

    def _used(self, column: exp.Expression, frame: Frame) -> None:
        """Resolve a name in USING; it belongs to both sides."""
        name = column.name.lower()
        found = [source for source in frame.sources.values() if name in source.names]
        if not found:
            known = {name for source in frame.sources.values() for name in self._shown(source)}
            raise Refused("unknown_column", unknown("column", column.name, known))
        for source in found:
            self._read(column, source)

    def _source(self, node: exp.Expression, ctes: dict[str, Common], frame: Frame) -> None:
        """Bring one entry of a FROM into the frame."""
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):  # (a JOIN b)
            self._source(node.this, ctes, frame)
            self._joined(node, ctes, frame)
            return
        if isinstance(node, exp.Subquery):
            shape, _ = self.query(node, ctes, frame.outer)
            frame.weight += shape.weight
            alias = node.args.get("alias")
            declared = frozenset(item.name.lower() for item in alias.args.get("columns") or ()) if alias else None
            self._add(frame, Source(node, named(node), declared or shape.names))
            self._joined(node, ctes, frame)
            return
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise Refused("unknown_table", f"{_short(node)} is no table of the database {self.schema.name!r}")
        self._table(node, ctes, frame)
        self._joined(node, ctes, frame)

    def _joined(self, node: exp.Expression, ctes: dict[str, Common], frame: Frame) -> None:
        for join in node.args.get("joins") or ():
            self._source(join.this, ctes, frame)
        for join in node.args.get("joins") or ():
            self._visit(join.args.get("on"), ctes, frame)

    def _table(self, node: exp.Table, ctes: dict[str, Common], frame: Frame) -> None:
        name = node.name
        place = node.args.get("db")
        alias = node.args.get("alias")
        if place is None and name.lower() in ctes:
            common = ctes[name.lower()]
            shape = common.shape
            frame.weight += shape.weight
            # Spelled alike, or a server that minds the case would take the name for a table that nobody may read.
            node.set("this", common.identifier.copy())
            self._add(frame, Source(node, named(node), shape.names))
            return
        if node.args.get("catalog") or (place is not None and place.name.lower() not in self._here()):
            raise Refused("unknown_table", f"{_short(node)} lies outside the database {self.schema.name!r}")
        table = self.schema.table(name)
        if table is None:
            raise Refused("unknown_table", unknown("table", name, [item.name for item in self.schema.tables]))
        self.tables[table.name] = None
        node.set("this", self._spelled(node.this, table.name))
        names = frozenset(column.name.lower() for column in table.columns)
        if alias is not None and alias.args.get("columns"):
            raise Refused("forbidden", "the columns of a table can't be renamed in FROM")
        self._add(frame, Source(node, named(node), names, table))

    def _here(self) -> frozenset[str]:
        return HERE[self.schema.dialect] | ({self.schema.name.lower()} if self.schema.dialect == "mysql" else set())

    def _add(self, frame: Frame, source: Source) -> None:
        # Nameless subqueries are told apart by their place; two tables of one name are the database's to refuse.
        frame.sources[source.identifier.name.lower() or f" {len(frame.sources)}"] = source

    def _projected(self, item: exp.Expression, frame: Frame) -> set[str]:
        """Name what one entry of the SELECT list offers; a star offers everything, and reads it."""
        if isinstance(item, exp.Alias):
            return {item.alias.lower()}
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            wanted = item.table.lower() if isinstance(item, exp.Column) else ""
            found = [source for name, source in frame.sources.items() if not wanted or name == wanted]
            for source in found:
                for column in source.table.columns if source.table else ():
                    self.columns[f"{source.table.name}.{column.name}" if source.table else column.name] = None
            return {name for source in found for name in source.names}
        if isinstance(item, exp.Column):
            return {item.name.lower()}
        # What a database calls a column without a name: SQLite its text, PostgreSQL the function.
        return {item.sql(dialect=self.schema.dialect).lower(), item.key}

    def _visit(self, node: object, ctes: dict[str, Common], frame: Frame) -> None:
        """Resolve the names in an expression or clause."""
        if not isinstance(node, exp.Expression):
            return
        if isinstance(node, exp.Select | exp.SetOperation | exp.Subquery):
            shape, _ = self.query(node, ctes, frame)
            frame.weight += shape.weight
            return
        if isinstance(node, exp.Column):
            self._column(node, frame)
            return
        for child in node.iter_expressions():
            self._visit(child, ctes, frame)

    def _column(self, node: exp.Column, frame: Frame) -> None:
        if isinstance(node.this, exp.Star):
            self._qualified(node, frame)
            return
        name = node.name.lower()
        if _orders_by_alias(node):
            return
        if node.table:
            source = self._qualified(node, frame)
            if name not in source.names and not self._rowid(name, source):
                message = unknown("column", node.name, self._shown(source))
                raise Refused("unknown_column", f"{node.table}: {message}")
            self._read(node, source)
            return
        here: Frame | None = frame
        while here is not None:
            found = [source for source in here.sources.values() if name in source.names]
            if found:
                self.references.append(Reference(node, frame, here, found[0], frame.aliases))
                self._read(node, found[0])
                return
            if name in here.aliases or any(self._rowid(name, source) for source in here.sources.values()):
                return
            here = here.outer
        if self.schema.dialect == "sqlite" and self._double_quoted(node.this):
            node.replace(exp.Literal.string(node.name))
            return
        known = {name for source in frame.sources.values() for name in self._shown(source)}
        raise Refused("unknown_column", unknown("column", node.name, known))

    def _qualified(self, node: exp.Column, frame: Frame) -> Source:
        here: Frame | None = frame
        if (place := node.args.get("db")) is not None and place.name.lower() not in self._here():
            raise Refused("unknown_table", f"{_short(node)} lies outside the database {self.schema.name!r}")
        while here is not None:
            if source := here.sources.get(node.table.lower()):
                if self.schema.dialect != "sqlite":  # servers mind the case
                    node.set("table", source.identifier.copy())
                self.references.append(Reference(node, frame, here, source, frame.aliases))
                return source
            here = here.outer
        raise Refused("unknown_table", f"{node.table}.{node.name}: {unknown('table here', node.table, frame.sources)}")

    def _read(self, node: exp.Expression, source: Source) -> None:
        column = source.table.column(node.name) if source.table else None
        if source.table is None or column is None:
            return
        self.columns[f"{source.table.name}.{column.name}"] = None
        if isinstance(node, exp.Identifier):
            node.replace(self._spelled(node, column.name))
        else:
            node.set("this", self._spelled(node.this, column.name))

    def _spelled(self, identifier: exp.Identifier, name: str) -> exp.Identifier:
        quoted = bool(identifier.args.get("quoted")) or needs_quotes(name, self.schema.dialect)
        return exp.Identifier(this=name, quoted=quoted)

    def _rowid(self, name: str, source: Source) -> bool:
        return self.schema.dialect == "sqlite" and name in ROWIDS and source.table is not None

    def _shown(self, source: Source) -> list[str]:
        return [column.name for column in source.table.columns] if source.table else sorted(source.names)

    def _double_quoted(self, identifier: exp.Expression) -> bool:
        start = identifier.meta.get("start")
        return bool(identifier.args.get("quoted")) and (start is None or self.source[start : start + 1] == '"')


def _orders_by_alias(node: exp.Column) -> bool:
    """Tell whether ORDER BY names what the SELECT list computed: there an alias comes before a column of its name."""
    order = node.parent.parent if isinstance(node.parent, exp.Ordered) else None
    select = order.parent if isinstance(order, exp.Order) else None
    if node.table or not isinstance(select, exp.Select):
        return False
    named = [item.this for item in select.expressions if item.alias.lower() == node.name.lower()]
    return any(not isinstance(this, exp.Column) or this.name.lower() != node.name.lower() for this in named)


def _short(node: exp.Expression) -> str:
    text = node.sql()
    return text if len(text) <= 60 else text[:57] + "..."
