"""Know-how rules: each proposes a setting for a recipe, says why, and can be overridden."""

from __future__ import annotations

from collections.abc import Mapping

from dsol.knowhow import judging, mixing, starting
from dsol.knowhow.facts import Facts, SourceFacts
from dsol.knowhow.ratios import KIND_WEIGHTS, MIP_SHARE, REPEATS, base_or_chat, general_ratio
from dsol.knowhow.rule import Advice, Rule, ask, described
from dsol.recipe import Recipe

BUILT_IN = {rule.id: rule for rule in (*mixing.RULES, *starting.RULES, *judging.RULES)}
NOTHING_KNOWN = Facts()


def advise(recipe: Recipe, rules: Mapping[str, Rule], facts: Facts = NOTHING_KNOWN) -> list[Advice]:
    """Ask the built-in rules and those of plugins what they propose, and set that beside what the recipe uses.

    A plugin's rule of a built-in one's id takes its place. `facts`: the numbers of this run (see planning.gather).
    """
    return ask(recipe, {**BUILT_IN, **rules}.values(), facts)


__all__ = [
    "BUILT_IN",
    "KIND_WEIGHTS",
    "MIP_SHARE",
    "REPEATS",
    "Advice",
    "Facts",
    "Rule",
    "SourceFacts",
    "advise",
    "base_or_chat",
    "described",
    "general_ratio",
]
