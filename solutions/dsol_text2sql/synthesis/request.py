"""What a question asks, before it is worded: the grammar makes requests, the languages say them."""

from __future__ import annotations

from dataclasses import dataclass

from dsol_text2sql.synthesis.meaning import Attribute, Entity, Relation, Step, Value

Path = tuple[Step, ...]


@dataclass(frozen=True)
class Asked:
    """A column that is asked for, of the subject itself or of what `via` leads to."""

    attribute: Attribute
    via: Path = ()


@dataclass(frozen=True)
class Condition:
    """What the asked rows must satisfy.

    `operator`: = != > < >= <= between in contains starts ends null "not null" year years after before. `name` are both
    columns of a person's name where `values` is a pair.
    """

    attribute: Attribute
    operator: str
    values: tuple[Value, ...] = ()
    via: Path = ()
    name: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Request:
    """One question's content.

    `form` chooses the wording; `subject` is what is asked about; `functions` are SQL aggregates over `measure`;
    `by` is what rows are grouped or ordered by, `other` what is counted for each, along `relation` if its role matters.
    """

    form: str
    subject: Entity
    sql: str
    asked: tuple[Asked, ...] = ()
    conditions: tuple[Condition, ...] = ()
    either: bool = False
    functions: tuple[str, ...] = ()
    measure: Attribute | None = None
    by: Asked | None = None
    other: Entity | None = None
    relation: Relation | None = None
    descending: bool = True
    number: int = 0
    comparison: str = ""
    value: tuple[Value, ...] = ()


def sold_one_by_one(request: Request) -> bool:
    """Tell whether the others are lines of sales, each of one subject: what has no line was never sold."""
    other, relation = request.other, request.relation
    if not other or not relation or relation.parent != request.subject.table or request.subject.person:
        return False
    said = set(other.english[0].split())
    return bool(said & {"line", "item", "detail"}) and bool(said & {"invoice", "order", "purchase", "sale", "sales"})


def spent(request: Request) -> bool:
    """Tell whether a request adds up what belongs to a buyer as money that the buyer spent."""
    measure, other, relation = request.measure, request.other, request.relation
    if not measure or not other or not relation or request.functions != ("SUM",):
        return False
    buyer = request.subject.english[0] in ("customer", "client", "buyer", "user", "member")
    bill = {"invoice", "order", "payment", "purchase", "bill", "sale"} & set(other.english[0].split())
    return bool(
        measure.sense == "money" and measure.column and buyer and bill and relation.parent == request.subject.table
    )
