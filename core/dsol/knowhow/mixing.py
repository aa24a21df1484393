"""Rules about what is in a stage of documents: kinds, general text, repeats, task rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsol.errors import RecipeError
from dsol.knowhow.facts import Facts
from dsol.knowhow.ratios import KIND_WEIGHTS, MIP_SHARE, REPEATS, general_ratio
from dsol.knowhow.rule import Proposal, Rule
from dsol.knowhow.words import count
from dsol.recipe import Recipe, Stage


def document_stages(recipe: Recipe) -> Iterator[tuple[str, Stage]]:
    """Go through the stages that train on documents (continued pre-training)."""
    yield from ((name, stage) for name, stage in recipe.stages.items() if stage.data == "documents")


def mip_share(recipe: Recipe, stage: Stage, facts: Facts) -> float:
    """Give the share of task rows that a stage uses: what the recipe says, else the rule's where there are rows."""
    if stage.mip != "auto":
        return float(stage.mip)
    return MIP_SHARE if recipe.solutions else 0.0


def _kinds(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    sizes = {name: source for name, source in facts.sources.items() if source.kind in KIND_WEIGHTS}
    kinds = sorted(
        {source.kind for source in recipe.sources.values()} & set(KIND_WEIGHTS), key=list(KIND_WEIGHTS).index
    )
    for name, _ in document_stages(recipe):
        if not kinds:
            yield f"stages.{name}.kinds", dict(KIND_WEIGHTS), "the recipe names no domain source yet"
            continue
        weighed = {kind: KIND_WEIGHTS[kind] * facts.tokens(kind) for kind in kinds}
        total = sum(weighed.values())
        if total:
            because = "share of the domain tokens: " + ", ".join(
                f"{kind} {weighed[kind] / total:.0%} ({count(facts.tokens(kind))} tokens)" for kind in kinds
            )
        else:
            because = f"{len(sizes)} domain sources; their tokens aren't known before the files are read"
        yield f"stages.{name}.kinds", {kind: KIND_WEIGHTS[kind] for kind in kinds}, because


def _general(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    for name, stage in document_stages(recipe):
        mip = mip_share(recipe, stage, facts)
        domain = facts.domain_tokens
        ratio = round(general_ratio(domain, mip), 2)
        if not domain:
            yield (
                f"stages.{name}.general",
                "auto",
                f"the domain's tokens aren't known yet; up to 10 M of them it is {ratio:g} general tokens for each",
            )
            continue
        because = f"{count(domain)} domain tokens: {general_ratio(domain):.3g} general tokens for each"
        because += f", {ratio:g} with {mip:.0%} of task rows in the mix" if mip else ""
        there = facts.general_tokens
        wanted = ratio * domain
        if not there and ratio:
            because += "; the recipe has no general source, so nothing holds the model's general ability"
        elif wanted > there * stage.repeats:
            because += (
                f"; the {count(there)} general tokens would be read {wanted / there:.1f} times, which is too often"
            )
        yield f"stages.{name}.general", ratio, because


def _repeats(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    for name, stage in document_stages(recipe):
        short = [
            f"{source} ({epochs:.1f} times)"
            for source, epochs in planned_epochs(stage, facts).items()
            if epochs > REPEATS
        ]
        if not any(source.tokens for source in facts.sources.values()):
            because = "the sources' tokens aren't known yet"
        elif not stage.tokens:
            because = f"the stage reads its sources {stage.epochs:g} times over"
        elif short:
            because = (
                f"{count(stage.tokens)} tokens would read these too often, so their share falls: {', '.join(short)}"
            )
        else:
            because = f"no source is read more than {REPEATS:g} times for {count(stage.tokens)} tokens"
        yield f"stages.{name}.repeats", REPEATS, because


def planned_epochs(stage: Stage, facts: Facts) -> dict[str, float]:
    """Say how often each source would be read for the stage's tokens if nothing were capped."""
    from dsol.shares import TASK, Supply, plan  # asks these rules for its numbers

    sized = {name: source for name, source in facts.sources.items() if source.tokens}
    if not stage.tokens or not sized or stage.sources:
        return {}
    supplies = {name: Supply(source.kind, source.tokens) for name, source in sized.items()}
    supplies["tasks"] = Supply(TASK, facts.task_tokens)
    try:
        asked = plan(stage.model_copy(update={"tasks": {}}), supplies).asked  # all task rows are one source here
    except RecipeError:
        return {}  # a share that can't be met is said where the mix is made
    return {name: asked[name] * stage.tokens / source.tokens for name, source in sized.items()}


def _mip(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    for name, stage in document_stages(recipe):
        rows = f"{count(facts.all_examples)} task rows" if facts.all_examples else "task rows, not counted yet,"
        if not recipe.solutions:
            yield f"stages.{name}.mip", 0.0, "the recipe names no solution, so there are no task rows to mix in"
            continue
        tokens = f" of {count(stage.tokens)}" if stage.tokens else ""
        yield f"stages.{name}.mip", MIP_SHARE, f"{rows} as {MIP_SHARE:.0%}{tokens} tokens, with the loss on the answer"


RULES = (
    Rule(
        "corpus-kind",
        "practitioners' reports: standards and books are dense, clean, of high coverage, and raise exam scores",
        _kinds,
        "RegMix (arXiv 2407.01492): web text went with downstream loss better than encyclopaedias; try it: dsol sweep",
    ),
    Rule(
        "general-ratio",
        "ChatHome (arXiv 2307.15290): 1:5 best without MIP; BloombergGPT (2303.17564): 51:49 from scratch; a 2026 "
        "study on Qwen3 0.6B to 14B: 9:1 keeps the gain and removes almost all forgetting",
        _general,
        "ChatHome's best run of all was MIP at 1:0; arXiv 2403.08763 matches full retraining with 5 % replay",
    ),
    Rule(
        "repeat-cap",
        "data-constrained scaling (arXiv 2305.16264): up to 4 passes are worth almost as much as new text",
        _repeats,
        "measured on pre-training from scratch; small domain corpora may bear other numbers",
    ),
    Rule(
        "mip",
        "ChatHome: MIP best on the domain set; T5, ExT5, GLM-130B; Instruction Pre-Training (arXiv 2406.14491): 8B on "
        "par with 70B in two domains",
        _mip,
        "a stage on the tasks alone still follows; measure both",
    ),
)
