"""The names that are in sight at a place of a query: what a FROM brings in, and where a column was found."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from dsol_text2sql.schema import Table


@dataclass(frozen=True)
class Shape:
    """What a query offers to whoever selects from it: column names in lower case, and how much it expands to."""

    names: frozenset[str]
    weight: int


@dataclass(frozen=True)
class Common:
    """A common table expression: the name that it was given, as written, and what it offers."""

    identifier: exp.Identifier
    shape: Shape


@dataclass(frozen=True, eq=False)
class Source:
    """One entry of a FROM: a table of the schema, or the columns of a subquery or CTE; `identifier` is its name."""

    node: exp.Expr
    identifier: exp.Identifier
    names: frozenset[str]
    table: Table | None = None


@dataclass(eq=False)
class Frame:
    """The names that one SELECT brings into sight; `outer` is the frame of the query around it."""

    sources: dict[str, Source] = field(default_factory=dict)
    aliases: frozenset[str] = frozenset()
    outer: Frame | None = None
    weight: int = 1


@dataclass(frozen=True)
class Reference:
    """A column name in the query: the frame in which it stands, and the frame and source that it was found in.

    `aliases` are the names of the SELECT list that were in sight there.
    """

    node: exp.Column
    frame: Frame
    owner: Frame
    source: Source
    aliases: frozenset[str]


def named(node: exp.Expression) -> exp.Identifier:
    """Return the name that an entry of a FROM goes by."""
    alias = node.args.get("alias")
    if alias is not None and isinstance(alias.this, exp.Identifier):
        return alias.this
    if isinstance(node, exp.Table):
        assert isinstance(node.this, exp.Identifier)
        return node.this
    return exp.to_identifier("", quoted=False) or exp.Identifier(this="")
