"""What a schema is about: entities, what is known of each, and how they belong together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Role = Literal["key", "label", "category", "place", "contact", "date", "measure", "flag", "text"]
Value = str | int | float


@dataclass(frozen=True)
class Attribute:
    """A column as people speak of it.

    `english` and `chinese` are its readable names, usual one first. `sense` tells measures ("price", "duration"),
    places ("city") and dates ("birth", "start") apart. `refers` is the entity whose label a natural foreign key holds.
    `values` are distinct real values.
    """

    table: str
    column: str
    role: Role
    sense: str
    english: tuple[str, ...]
    chinese: tuple[str, ...]
    values: tuple[Value, ...] = ()
    unique: bool = False
    nullable: bool = False
    refers: str = ""
    verb: str = ""
    iso: bool = False
    temporal: bool = False

    def __hash__(self) -> int:
        return hash((self.table, self.column))


@dataclass(frozen=True)
class Entity:
    """A table as people speak of it: its nouns, the columns that name a row, and the rest.

    `links`: the table only ties others together, nobody asks for its rows. `distinct`: its name is repeated in
    several rows of one thing. `extends`: it only adds facts to the rows of another table, whose nouns it takes.
    """

    table: str
    english: tuple[str, ...]
    chinese: tuple[str, ...]
    classifier: str
    person: bool
    key: str
    labels: tuple[Attribute, ...]
    attributes: tuple[Attribute, ...]
    rows: int
    links: bool = False
    distinct: bool = False
    extends: bool = False

    def having(self, *roles: str) -> list[Attribute]:
        """List the attributes with one of these roles."""
        return [attribute for attribute in self.attributes if attribute.role in roles]

    def __hash__(self) -> int:
        return hash(self.table)


@dataclass(frozen=True)
class Relation:
    """Rows of `child` point by `column` to one row of `parent`; `english` and `chinese` say what it is to them."""

    child: str
    column: str
    parent: str
    parent_column: str
    english: tuple[str, ...]
    chinese: tuple[str, ...]
    own_role: bool = False
    natural: bool = False


@dataclass(frozen=True)
class Step:
    """Go along a relation: `up` from child to parent, else down from parent to its children."""

    relation: Relation
    up: bool

    @property
    def start(self) -> str:
        return self.relation.child if self.up else self.relation.parent

    @property
    def end(self) -> str:
        return self.relation.parent if self.up else self.relation.child


@dataclass(frozen=True)
class World:
    """Everything that can be asked about one database."""

    dialect: str
    entities: dict[str, Entity]
    relations: tuple[Relation, ...]
    chinese_names: bool

    def asked_for(self) -> list[Entity]:
        """List the entities that people ask for: those with rows that aren't mere links."""
        return [entity for entity in self.entities.values() if entity.rows and not entity.links and entity.attributes]

    def steps(self, table: str) -> Iterator[Step]:
        """Yield every single step from a table, self-references aside."""
        for relation in self.relations:
            if relation.child == relation.parent:
                continue
            if relation.child == table:
                yield Step(relation, True)
            if relation.parent == table:
                yield Step(relation, False)

    def upward(self, table: str, longest: int = 3) -> list[tuple[Step, ...]]:
        """List the chains of many-to-one steps from a table, shortest first, no table twice."""
        found: list[tuple[Step, ...]] = []
        waiting: list[tuple[Step, ...]] = [(step,) for step in self.steps(table) if step.up]
        while waiting:
            chain = waiting.pop(0)
            found.append(chain)
            seen = {table, *(step.end for step in chain)}
            if len(chain) < longest:
                waiting += [(*chain, step) for step in self.steps(chain[-1].end) if step.up and step.end not in seen]
        return found

    def ties(self, table: str) -> bool:
        """Tell whether a table's rows mostly tie others together: no name, two keys or more."""
        keys = sum(relation.child == table for relation in self.relations)
        return self.entities[table].links or (keys >= 2 and not self.entities[table].labels)

    def beyond(self, table: str) -> list[tuple[Step, ...]]:
        """List the ways down to rows that tie, and up again to what they tie: what customers bought."""
        found: list[tuple[Step, ...]] = []
        waiting: list[tuple[Step, ...]] = [(step,) for step in self.steps(table) if not step.up]
        while waiting:
            chain = waiting.pop(0)
            here, seen = chain[-1].end, {table, *(step.end for step in chain)}
            if chain[-1].up and self.entities[here].labels:
                found.append(chain)
            for step in self.steps(here):
                turned = step.up and not chain[-1].up and self.ties(here)
                deep = not step.up and len(chain) >= 2
                if step.end not in seen and len(chain) < 4 and not deep and (turned or step.up is chain[-1].up):
                    waiting.append((*chain, step))
        return found

    def downward(self, table: str) -> list[tuple[Step, ...]]:
        """List the ways from a table to many others: its children, what a link table ties to it, grandchildren."""
        found: list[tuple[Step, ...]] = []
        for step in self.steps(table):
            if step.up:
                continue
            child = self.entities[step.end]
            if not child.links:
                found.append((step,))
            for further in self.steps(step.end):
                if further.relation is step.relation or further.end in (table, step.end):
                    continue
                if (further.up and self.ties(step.end)) or (not further.up and not self.entities[further.end].links):
                    found.append((step, further))
        return found
