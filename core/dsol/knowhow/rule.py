"""What a rule is, and how rules are asked: each proposes a setting, says why, and can be overridden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dsol.knowhow.facts import Facts
from dsol.recipe import Recipe

# What a recipe has where it leaves the choice to the rule.
LEFT: tuple[Any, ...] = ("auto", "", None, {})

Proposal = tuple[str, Any, str]  # setting, value, because


@dataclass(frozen=True)
class Advice:
    """A rule's proposal: `setting` is a path in the recipe, or a command; `used` is what the recipe has there.

    `state`: "overridden" where the recipe says something else, "left to the rule" where it says nothing, "as
    proposed" where it says the same, "not given" for files that it doesn't name, and "" where the setting isn't one of
    the recipe's.
    """

    rule: str
    setting: str
    value: Any
    used: Any
    state: str
    because: str
    evidence: str
    against: str


@dataclass(frozen=True)
class Rule:
    """A tested default with a reason.

    `propose(recipe, facts)` gives (setting, value, because) triples; numbers of the run belong into `because`.
    `evidence` and `against` cite what speaks for the rule, and what against it or where it ends.
    """

    id: str
    evidence: str
    propose: Callable[[Recipe, Facts], Iterable[Proposal]]
    against: str = ""


def ask(recipe: Recipe, rules: Iterable[Rule], facts: Facts) -> list[Advice]:
    """Ask rules what they propose, and set that beside what the recipe uses."""
    plain = recipe.model_dump(mode="json")
    found = []
    for rule in rules:
        for setting, value, because in rule.propose(recipe, facts):
            there, used = _look_up(plain, setting)
            state = _state(value, used) if there else ""
            found.append(Advice(rule.id, setting, value, used, state, because, rule.evidence, rule.against))
    return found


def described(advice: Iterable[Advice]) -> list[dict[str, Any]]:
    """Turn advice into plain values for `advice.json`."""
    return [asdict(one) for one in advice]


def _state(value: Any, used: Any) -> str:
    if isinstance(used, list):
        return "as proposed" if used else "not given"
    if used in LEFT:
        return "left to the rule"
    same = abs(used - value) < 1e-9 if _number(used) and _number(value) else used == value
    return "as proposed" if same else "overridden"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _look_up(plain: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    here: Any = plain
    for key in path.split("."):
        if not isinstance(here, Mapping) or key not in here:
            return False, None
        here = here[key]
    return True, here
