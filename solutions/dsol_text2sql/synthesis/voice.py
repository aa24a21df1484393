"""What the voices of all languages share: drawing words, and calling one thing by one name throughout a question."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod

from dsol_text2sql.synthesis.meaning import Attribute, Entity, Relation
from dsol_text2sql.synthesis.wording import say

Named = Entity | Attribute | Relation


class Speaker(ABC):
    """Say one question's nouns and names; what is called one thing stays called so.

    `usual`: how often an entity goes by the first of its nouns.
    """

    usual: float

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.called: dict[object, str] = {}

    @abstractmethod
    def names(self, what: Named) -> tuple[str, ...]:
        """List what a thing is called in this language, the usual name first."""

    def say(self, text: str, **slots: object) -> str:
        """Draw one of the lines of `text` and fill it."""
        return say(self.random, text, **slots)

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def call(self, key: object, what: Named, usual: float) -> str:
        """Give the name of `what` that was drawn for this question; `usual`: how often it is the first."""
        if key not in self.called:
            names = self.names(what)
            other = len(names) > 1 and self.random.random() > usual
            self.called[key] = self.random.choice(names[1:]) if other else names[0]
        return self.called[key]

    def noun(self, entity: Entity) -> str:
        return self.call(entity.table, entity, self.usual)

    def name(self, attribute: Attribute) -> str:
        return self.call((attribute.table, attribute.column), attribute, 0.7)

    def owner(self, relation: Relation) -> str:
        """Name what a relation leads to by the relation itself."""
        return self.call(relation, relation, 0.7)

    def role(self, relation: Relation | None, entity: Entity) -> str:
        """Name what a relation leads to: its role where it has one of its own, else the entity's noun."""
        if relation and relation.own_role and relation.parent == entity.table:
            return self.call(relation, relation, 0.6)
        return self.noun(entity)
