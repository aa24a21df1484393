"""Rules about the base and how it is tuned."""

from __future__ import annotations

from collections.abc import Iterable

from dsol.knowhow.facts import Facts
from dsol.knowhow.ratios import FEW, MANY, base_or_chat
from dsol.knowhow.rule import Proposal, Rule
from dsol.knowhow.words import count, memory
from dsol.recipe import Recipe, Stage
from dsol.sizing.fitting import CEILING, Option, option, too_large
from dsol.sizing.memory import WAYS, Way, Work

RANK = 16


def step_work(stage: Stage, way: Way, shape_muon: bool = False) -> Work:
    """Say what one step of a stage does at most: a step holds batch_tokens, or one row of the whole context."""
    tokens = max(stage.batch_tokens, stage.context)
    peft = stage.backend.get("peft", {})
    rank = int(peft.get("r", RANK)) if isinstance(peft, dict) else RANK
    muon = stage.backend.get("optim", "muon" if shape_muon else "") == "muon"
    labelled = tokens if stage.data == "documents" or stage.loss == "all" else tokens // 2
    return Work(way, tokens, labelled, rank=rank, muon=muon)


def sized(stage: Stage, way: Way, facts: Facts) -> Option:
    """Size one way to train a stage on this run's base and machine."""
    return option(facts.shape, step_work(stage, way, facts.shape.origin == "scratch"), facts.machine)


def chosen_way(stage: Stage, facts: Facts) -> Way:
    """Say how a stage is tuned: as the recipe says, else by the rule."""
    if stage.tune != "auto":
        return stage.tune
    return proposed_way(stage, facts)


def proposed_way(stage: Stage, facts: Facts) -> Way:
    """LoRA for chat models; full for random weights, and for documents on a base model where it fits."""
    shape = facts.shape
    if shape.origin == "scratch":
        return "full"
    if shape.origin == "base" and shape.parameters and facts.machine.memory and sized(stage, "full", facts).fits:
        return "full"
    return "lora"


def _base_or_chat(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    examples, shape = facts.all_examples, facts.shape
    if shape.origin == "scratch":
        yield "base", recipe.base, "random weights, for a machine without any model: neither chat nor base"
        return
    stage = next(iter(recipe.stages.values()))
    known = bool(shape.parameters and facts.machine.memory)
    fits = known and sized(stage, "full", facts).fits
    counted = f" ({facts.counted})" if facts.counted else ""
    rows = f"{count(examples)} examples{counted}" if examples else "examples not counted yet"
    if examples > FEW:
        room = "fits" if fits else "does not fit" if known else "can't be sized for"
        rows += f"; full tuning {room} {facts.machine.title}" if facts.machine.name else "; no machine is known"
        rows += "" if examples < MANY else f" (many: from {count(MANY)} on)"
    else:
        rows += f": up to {count(FEW)} a chat model's own training is needed"
    wanted = base_or_chat(examples, fits)
    # What the base is can't be set beside the proposal where it isn't known.
    setting = "base" if shape.origin else "kind of base"
    yield setting, recipe.base if shape.origin == wanted else f"a {wanted} model", f"{rows}; {_kind(shape.origin)}"


def _kind(origin: str) -> str:
    return f"this is a {origin} model" if origin else "whether this is a chat or a base model isn't known"


def _chat_contract(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    origin = facts.shape.origin
    because = {
        "chat": "the base has a chat template: its hash goes with the model, and serving refuses another one",
        "base": "the base has no chat template: turns are named in plain words, hashed and kept in the same way",
        "scratch": "random weights get a template of their own (ChatML), hashed and kept in the same way",
    }.get(origin, "the base isn't here to be looked at")
    yield "chat template", "the tokenizer's own", because + "; the stop token is proved to be in the loss"


def _peft_on_chat(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    shape = facts.shape
    for name, stage in recipe.stages.items():
        way = proposed_way(stage, facts)
        if not shape.parameters:
            because = "the base's size isn't known"
        elif shape.origin == "scratch":
            because = f"random weights have nothing to keep: all {count(shape.parameters)} are trained"
        else:
            trained = RANK * shape.adapter
            because = (
                f"a {shape.origin or 'language'} model of {count(shape.parameters)} parameters: LoRA r {RANK} trains "
                f"{count(trained)} ({trained / shape.parameters:.1%})"
            )
            if facts.machine.name:
                need = [sized(stage, one, facts).again.peak for one in WAYS[:2]]
                because += f"; full needs {memory(need[0])}, LoRA {memory(need[1])} of {memory(facts.machine.memory)}"
        if stage.tune == "full" and stage.force == "full":
            because += "; the recipe forces a full tune"
        yield f"stages.{name}.tune", way, because


def _share_prefix(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    for name, stage in recipe.stages.items():
        if stage.data == "tasks":
            yield (
                f"stages.{name}.share_prefix",
                "auto",
                "rows with a common prompt prefix are trained as branches of it",
            )


def _vocabulary(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    size = facts.shape.vocabulary
    because = f"the base has {count(size)} tokens; " if size else ""
    yield (
        "vocabulary",
        "as it is",
        because + "`dsol vocab` measures what more would gain on your text; below 15 % it is not worth it",
    )


def _size_ceiling(recipe: Recipe, facts: Facts) -> Iterable[Proposal]:
    shape = facts.shape
    if not shape.parameters:
        yield "base", "at most 13 B parameters", "the base's size isn't known"
        return
    because = f"{count(shape.parameters)} parameters {shape.counted}; the ceiling is {count(CEILING)}"
    yield "base", "at most 13 B parameters" if too_large(shape) else recipe.base, because


RULES = (
    Rule(
        "base-or-chat",
        "you don't control the chat model's own fine-tuning data; with few examples you need it all the same",
        _base_or_chat,
        "a 2026 study: starting from chat beats base but does not cure forgetting",
    ),
    Rule(
        "chat-contract",
        "axolotl#3754, LlamaFactory#10596 and #5232: the loss looks fine, the deployed model is broken",
        _chat_contract,
    ),
    Rule(
        "peft-on-chat",
        "LoRA learns less and forgets less (arXiv 2405.09673)",
        _peft_on_chat,
        "real gains from continued pre-training need full or high-rank tuning, so on a base model full is the default "
        "where it fits",
    ),
    Rule(
        "share-prefix",
        "equal loss and gradients at a fraction of the tokens (tests/benchmarks/prefix_sharing.py)",
        _share_prefix,
        "below a fifth of saved tokens it costs more than it saves",
    ),
    Rule(
        "vocabulary",
        "Chinese-LLaMA (arXiv 2304.08177): 20 k more tokens, about twice the throughput",
        _vocabulary,
        "arXiv 2401.01055: quality often falls on small data",
    ),
    Rule(
        "size-ceiling",
        "enterprises deploy at most about 13B on their own hardware",
        _size_ceiling,
        "a convention of today's hardware, not a law: `dsol plan --force`",
    ),
)
