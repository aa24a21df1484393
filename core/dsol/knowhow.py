"""Know-how rules: each proposes a setting for a recipe, says why, and can be overridden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dsol.recipe import Recipe


@dataclass(frozen=True)
class Advice:
    """A rule's proposal: `setting` is a path in the recipe; `used` is what the recipe has there."""

    rule: str
    setting: str
    value: Any
    used: Any
    because: str
    evidence: str


@dataclass(frozen=True)
class Rule:
    """A tested default with a reason; `propose` gives (setting, value, because) triples for a recipe."""

    id: str
    evidence: str
    propose: Callable[[Recipe], Iterable[tuple[str, Any, str]]]


def advise(recipe: Recipe, rules: Mapping[str, Rule]) -> list[Advice]:
    """Ask the built-in rules and those of plugins what they propose, and set that beside what the recipe uses."""
    plain = recipe.model_dump(mode="json")
    return [
        Advice(rule.id, setting, value, _look_up(plain, setting), because, rule.evidence)
        for rule in {**BUILT_IN, **rules}.values()
        for setting, value, because in rule.propose(recipe)
    ]


def described(advice: Iterable[Advice]) -> list[dict[str, Any]]:
    """Turn advice into plain values for `advice.json`."""
    return [asdict(one) for one in advice]


def _look_up(plain: Mapping[str, Any], path: str) -> Any:
    here: Any = plain
    for key in path.split("."):
        here = here.get(key) if isinstance(here, Mapping) else None
    return here


def _peft_on_chat(recipe: Recipe) -> Iterable[tuple[str, Any, str]]:
    for name in recipe.stages:
        if recipe.base.startswith("scratch:"):
            yield f"stages.{name}.tune", "full", "a model from scratch has nothing to keep: all its weights are trained"
        else:
            yield (
                f"stages.{name}.tune",
                "auto",
                "a chat model gets LoRA on all linear layers, so that it keeps its skills",
            )


def _share_prefix(recipe: Recipe) -> Iterable[tuple[str, Any, str]]:
    for name in recipe.stages:
        yield f"stages.{name}.share_prefix", "auto", "rows with a common prompt prefix are trained as branches of it"


BUILT_IN = {
    rule.id: rule
    for rule in (
        Rule("peft-on-chat", "LoRA learns less and forgets less (arXiv 2405.09673)", _peft_on_chat),
        Rule("share-prefix", "equal loss and gradients at a fraction of the tokens (tests/benchmarks)", _share_prefix),
    )
}

KIND_WEIGHTS = {"standard": 3.0, "book": 3.0, "paper": 2.0, "site": 1.0, "news": 0.5}
MIP_SHARE = 0.1


def general_ratio(domain_tokens: int, mip: float) -> float:
    """Placeholder until the rules' branch lands."""
    import math

    steps = math.log10(min(max(domain_tokens, 1e7), 1e11))
    ratio = 10 - 5 * (steps - 7) / 2 if steps <= 9 else 5 - 4 * (steps - 9) / 2
    return ratio * (1 - mip)
