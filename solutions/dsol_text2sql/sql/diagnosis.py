"""Say how hard a query is, and what is wrong with one that gave the wrong rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from sqlglot import exp

from dsol_text2sql.query import Refused
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.constants import constant
from dsol_text2sql.sql.reading import parse

Hardness = Literal["easy", "medium", "hard", "extra"]

# Codes of Refused and QueryError that say more than "refused"; "other" is what the database itself found wrong with
# the statement, such as an aggregate in WHERE.
FAILURES = {
    "parse": "syntax",
    "syntax": "syntax",
    "other": "syntax",
    "unknown_table": "unknown_name",
    "unknown_column": "unknown_name",
    "no_such_table": "unknown_name",
    "no_such_column": "unknown_name",
    "timeout": "timeout",
    "locked": "timeout",
}


def hardness(sql: str, dialect: str = "sqlite") -> Hardness:
    """Class a query by how many parts it has, after Spider's `eval_hardness` (Yu et al. 2018).

    First the clauses (WHERE, GROUP BY, ORDER BY, LIMIT, each JOIN, OR, LIKE), second what is nested (subqueries in
    conditions, UNION, INTERSECT, EXCEPT), third whether there is more than one aggregate, selected expression,
    condition and grouping. Of a set operation the first query is counted, as there. A query that can't be parsed is
    "extra".
    """
    tree = _tree(sql, dialect)
    if tree is None:
        return "extra"
    nested = 0
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        nested = max(nested, int(isinstance(tree, exp.SetOperation)))
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return "extra"
    where, having = _leaves(tree.args.get("where")), _leaves(tree.args.get("having"))
    joins = tree.args.get("joins") or []
    on = [leaf for join in joins for leaf in _leaves(join.args.get("on"))]
    leaves = [*where, *having, *on]
    group, order = tree.args.get("group"), tree.args.get("order")
    nested += sum(1 for leaf in leaves for inner in leaf.find_all(exp.Select) if _select(inner) is tree)
    clauses = len(joins) + sum(1 for leaf in leaves if isinstance(_bare(leaf), exp.Like))
    clauses += sum(1 for part in tree.find_all(exp.Or) if _select(part) is tree)
    clauses += sum(1 for key in ("where", "group", "order", "limit") if tree.args.get(key))
    # Spider's count of aggregates takes in negated conditions, and the ANDs and ORs of HAVING; so does this one.
    aggregates = sum(1 for item in tree.expressions if isinstance(item.unalias(), exp.AggFunc))
    aggregates += len(list(order.find_all(exp.AggFunc))) if order else 0
    aggregates += sum(1 for leaf in (*where, *having) if _negated(leaf)) + max(0, len(having) - 1)
    others = (aggregates > 1) + (len(tree.expressions) > 1) + (len(where) > 1)
    others += group is not None and len(group.expressions) > 1
    return _level(clauses, nested, others)


def error_class(gold: str, predicted: str, schema: Schema, error: str = "") -> str:
    """Name the first thing in which a wrong query differs from the gold query.

    `error`: the reason code of Refused or QueryError, empty if it ran. Classes, in the order in which they are looked
    for: no_answer, syntax, unknown_name, timeout, refused; then the shape (set_operation, nesting), what is read
    (tables, joins), and the clauses (select_columns, aggregate, where_columns, comparison, where_values, group_by,
    having, order_by, limit, distinct); other.
    """
    if not predicted.strip():
        return "no_answer"
    if error:
        return FAILURES.get(error, "refused")
    ours, theirs = _tree(gold, schema.dialect), _tree(predicted, schema.dialect)
    if theirs is None:
        return "syntax"
    if ours is None:
        return "other"
    _name_tables(ours, schema)
    _name_tables(theirs, schema)
    pairs = zip(_parts(ours), _parts(theirs), strict=True)
    return next((name for (name, one), (_, other) in pairs if one != other), "other")


def _level(clauses: int, nested: int, others: int) -> Hardness:
    if clauses <= 1 and others == 0:
        return "easy" if nested == 0 else "hard" if nested == 1 else "extra"
    if nested == 0 and ((others <= 2 and clauses <= 1) or (clauses <= 2 and others < 2)):
        return "medium"
    if nested == 0 and ((others > 2 and clauses <= 2) or (2 < clauses <= 3 and others <= 2)):
        return "hard"
    return "extra"


def _tree(sql: str, dialect: str) -> exp.Expression | None:
    try:
        return parse(sql, dialect)
    except Refused:
        return None


def _leaves(node: exp.Expression | None) -> list[exp.Expression]:
    """Take a clause or condition apart at its ANDs and ORs."""
    if node is None:
        return []
    if isinstance(node, exp.Where | exp.Having | exp.Paren):
        return _leaves(node.this)
    if isinstance(node, exp.And | exp.Or):
        return [*_leaves(node.this), *_leaves(node.expression)]
    return [node]


def _select(node: exp.Expression) -> exp.Expression | None:
    """Find the SELECT that a node belongs to, past the set operation it may be part of."""
    return node.find_ancestor(exp.Select)


def _negated(leaf: exp.Expression) -> bool:
    return (isinstance(leaf, exp.Not) and not isinstance(leaf.this, exp.Is)) or bool(leaf.args.get("negate"))


def _bare(leaf: exp.Expression) -> exp.Expression:
    return _bare(leaf.this) if isinstance(leaf, exp.Not | exp.Paren) else leaf


def _name_tables(tree: exp.Expression, schema: Schema) -> None:
    """Write every column with its table's own name, in lower case, and names that stand for a text as that text."""
    for column in list(tree.find_all(exp.Column)):
        value = constant(column, schema)
        if value is not None:
            column.replace(exp.Literal.string(value))
            continue
        select = _select(column)
        aliased = {item.alias.lower(): item.this for item in select.expressions if item.alias} if select else {}
        if not column.table and column.name.lower() in aliased and not column.find_ancestor(exp.Alias):
            column.replace(aliased[column.name.lower()].copy())
            continue
        column.set("table", exp.to_identifier(_owner(column, schema)))
        if isinstance(column.this, exp.Identifier):
            column.set("this", exp.to_identifier(column.name.lower()))


def _owner(column: exp.Column, schema: Schema) -> str | None:
    select = _select(column)
    while select is not None:
        tables = [table for table in select.find_all(exp.Table) if _select(table) is select]
        for table in tables:
            known = schema.table(table.name)
            if column.table.lower() == table.alias_or_name.lower():
                return table.name.lower()
            if not column.table and known is not None and known.column(column.name) is not None:
                return table.name.lower()
        select = _select(select)
    return column.table.lower() or None


def _parts(tree: exp.Expression) -> Iterator[tuple[str, Any]]:
    """Yield what can differ between two queries, in the order in which a difference is named."""
    yield "set_operation", [type(node) for node in tree.find_all(exp.SetOperation)]
    yield "nesting", len(list(tree.find_all(exp.Select)))
    yield "tables", Counter(table.name.lower() for table in tree.find_all(exp.Table))
    conditions = [leaf for clause in tree.find_all(exp.Where) for leaf in _leaves(clause)]
    on = [leaf for join in tree.find_all(exp.Join) for leaf in _leaves(join.args.get("on"))]
    links = [leaf for leaf in (*conditions, *on) if _links(leaf)]
    conditions = [leaf for leaf in (*conditions, *on) if not _links(leaf)]
    sides = Counter(join.args.get("side") or "" for join in tree.find_all(exp.Join))
    yield "joins", (Counter(frozenset(_columns(leaf)) for leaf in links), sides["LEFT"], sides["RIGHT"], sides["FULL"])
    selected = [item.unalias() for select in tree.find_all(exp.Select) for item in select.expressions]
    yield "select_columns", (len(selected), Counter(name for item in selected for name in _columns(item)))
    yield "aggregate", Counter(_text(node) for item in selected for node in item.find_all(exp.AggFunc))
    yield "where_columns", Counter(name for leaf in conditions for name in _columns(leaf))
    compared = Counter((type(_bare(leaf)), _negated(leaf), frozenset(_columns(leaf))) for leaf in conditions)
    yield "comparison", (compared, len(list(tree.find_all(exp.Or))))
    yield (
        "where_values",
        Counter(
            literal.name
            for leaf in conditions
            for literal in leaf.find_all(exp.Literal)
            if _select(literal) is _select(leaf)
        ),
    )
    yield "group_by", Counter(_text(item) for group in tree.find_all(exp.Group) for item in group.expressions)
    yield "having", Counter(_text(leaf) for clause in tree.find_all(exp.Having) for leaf in _leaves(clause))
    yield "order_by", [(_text(item.this), bool(item.args.get("desc"))) for item in tree.find_all(exp.Ordered)]
    yield "limit", [_text(node) for node in tree.find_all(exp.Limit, exp.Offset)]
    yield "distinct", len(list(tree.find_all(exp.Distinct)))


def _links(leaf: exp.Expression) -> bool:
    return isinstance(leaf, exp.EQ) and isinstance(leaf.this, exp.Column) and isinstance(leaf.expression, exp.Column)


def _columns(node: exp.Expression) -> list[str]:
    """List a node's own columns, not those of a query inside it; what COUNT counts is the aggregate's affair."""
    return [
        _text(column)
        for column in node.find_all(exp.Column)
        if _select(column) is _select(node) and not isinstance(column.parent, exp.Count)
    ]


def _text(node: exp.Expression) -> str:
    return node.sql().lower() if not isinstance(node, exp.AggFunc) else node.sql().lower().replace("distinct ", "")
