"""Comparisons that say something else than the question: a bound that is or isn't included, NOT IN beside a NULL."""

from __future__ import annotations

from sqlglot import exp

from dsol_text2sql.mending.mended import mended
from dsol_text2sql.mending.values import compared, holders, tables_of
from dsol_text2sql.question.units import scaled
from dsol_text2sql.rules.pieces import Knowledge, Question

BOUNDS: dict[str, type[exp.Binary]] = {">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE}
SIDES = {exp.GT: ">", exp.GTE: ">", exp.LT: "<", exp.LTE: "<"}


def mend_meaning(sql: str, knowledge: Knowledge, question: Question) -> str:
    """Include or exclude a bound as the question says, and leave NULLs out of a list that rows must not be in.

    "At least 3" includes 3. One NULL in the list makes NOT IN true of no row at all (SQL's three-valued logic), which
    nobody means. The side that a bound is on is the query's own.
    """

    def change(tree: exp.Expression) -> bool:
        bounds = _bounds(tree, question)
        return _nulls(tree, knowledge) or bounds

    return mended(sql, knowledge.schema.dialect, change)


def _bounds(tree: exp.Expression, asked: Question) -> bool:
    said: dict[float, list[tuple[str, int]]] = {}
    for number in asked.pieces:
        if number.kind == "number" and isinstance(number.value, int | float):
            cue = asked.before(number, "compare", within=3) or asked.after(number, "compare", within=3)
            if cue is not None and cue.cue is not None and cue.cue.value in BOUNDS:
                said.setdefault(number.value, []).append((cue.cue.value, number.end))
    changed = False
    for column, constant in compared(tree):
        node = constant.parent
        if constant.is_string or not isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE) or node.this is constant:
            continue
        inner = column if isinstance(column, exp.Column) else column.find(exp.Column)
        for value, cues in said.items():
            sign, end = cues[0]
            meant = scaled(value, asked.lower, end, inner.name) if inner is not None else value
            # Two bounds at one number, or a bound on the other side, may be another comparison.
            if len(cues) == 1 and float(constant.name) in (value, meant) and sign[0] == SIDES[type(node)]:
                if type(node) is not BOUNDS[sign]:
                    node.replace(BOUNDS[sign](this=node.this.copy(), expression=node.expression.copy()))
                    changed = True
                break
    return changed


def _nulls(tree: exp.Expression, knowledge: Knowledge) -> bool:
    changed = False
    for node in list(tree.find_all(exp.In)):
        inside = node.args.get("query")
        query = inside.this if isinstance(inside, exp.Subquery) else inside
        negated = isinstance(node.parent, exp.Not) or isinstance(getattr(node.parent, "parent", None), exp.Not)
        if not negated or not isinstance(query, exp.Select) or len(query.expressions) != 1:
            continue
        shown = query.expressions[0].unalias()
        if not isinstance(shown, exp.Column) or any(query.args.get(part) for part in ("limit", "group", "having")):
            continue
        columns = [
            table.column(name)
            for place, name in holders(shown, tables_of(query), knowledge.schema)
            if (table := knowledge.schema.table(place))
        ]
        if any(column is not None and column.nullable and not column.primary for column in columns) and not any(
            isinstance(one.this, exp.Column) and one.this.name.lower() == shown.name.lower()
            for one in query.find_all(exp.Is)
        ):
            query.where(exp.Not(this=exp.Is(this=shown.copy(), expression=exp.Null())), copy=False)
            changed = True
    return changed
