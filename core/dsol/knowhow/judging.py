"""Rules about how a model is judged, chosen and landed; most point to the part of dsol that does it."""

from __future__ import annotations

from collections.abc import Iterable

from dsol.knowhow.facts import Facts
from dsol.knowhow.rule import Proposal, Rule
from dsol.recipe import Recipe

FLOOR = 2.0  # points of the general score that a checkpoint may lose


def _two_eval_sets(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    documents = any(stage.data == "documents" for stage in recipe.stages.values())
    for name in ("domain", "general"):
        files = [str(path) for path in getattr(recipe.evaluation, name)]
        if files:
            yield f"evaluation.{name}", files, f"{len(files)} file{'s' * (len(files) > 1)} screen the checkpoints"
        elif documents:
            yield f"evaluation.{name}", "multiple choice", f"a documents stage without a {name} set can't be judged"
        else:
            yield f"evaluation.{name}", "multiple choice", "not needed to train on tasks alone; shows what is forgotten"


def _general_floor(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    has = bool(recipe.evaluation.general)
    because = "the best domain score among checkpoints whose general score fell by at most so many points"
    yield "selection.floor", FLOOR, because + ("" if has else "; idle here: the recipe names no general set")


def _base_swap(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    yield "other bases", "dsol bases compare", f"the base is one line of the recipe (now {recipe.base}); try newer ones"


def _upgrade_first(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    level = recipe.release.level
    because = f"released only where model and fallback beat it in a paired test at {level:.0%}; --baseline names yours"
    yield "baseline", "the feature that you have", because


def _graceful(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    because = "below this calibrated confidence: fall back, ask back, or say so; every answer names who gave it and why"
    yield "release.floor", recipe.release.floor, because


RULES = (
    Rule(
        "two-eval-sets",
        "a domain needs its own evaluation: multiple choice for screening (dsol eval --mcq), and open questions whose "
        "answers people judge",
        _two_eval_sets,
        "multiple-choice score and answer quality can part: the round with people decides",
    ),
    Rule(
        "general-floor",
        "domain training forgets; the best domain checkpoint that kept general ability is the one to land",
        _general_floor,
        "a fall within the general score's own interval is no proof of forgetting",
    ),
    Rule("base-swap", "new bases come out all the time", _base_swap, "a comparison costs one run for each base"),
    Rule(
        "upgrade-first",
        "the cheapest landing there is: upgrade a feature that the product already has",
        _upgrade_first,
        "a new product has no feature to beat; the solution's own rules stand in",
    ),
    Rule(
        "graceful",
        "users must have a good experience even where the model is not able",
        _graceful,
        "a floor trades answers for safety; see the risk curve of the report",
    ),
)
