"""Plan how many tokens of each source a stage takes: by shares that the recipe names, or by the rules of the mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from dsol.errors import RecipeError, unknown
from dsol.knowhow.ratios import KIND_WEIGHTS, MIP_SHARE, general_ratio
from dsol.recipe import Stage

TASK, CHAT, GENERAL = "task", "chat", "general"


@dataclass(frozen=True)
class Supply:
    """What a source has: its kind (a document's, "chat" or "task"), and its tokens without shared prefixes."""

    kind: str
    tokens: int


@dataclass(frozen=True)
class Plan:
    """Tokens to draw from each source, and what had to give way.

    `asked`: shares before the cap on repeats. `short`: sources that were cut to so many passes, by name. `notes`: what
    a person should know about the mix.
    """

    tokens: dict[str, float]
    asked: dict[str, float]
    short: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def shares(self) -> dict[str, float]:
        """The planned share of each source, of all planned tokens."""
        total = sum(self.tokens.values())
        return {name: count / total if total else 0.0 for name, count in self.tokens.items()}


def plan(stage: Stage, supplies: Mapping[str, Supply]) -> Plan:
    """Plan a stage over the sources there are; a share that can't be met is a RecipeError.

    Without `stage.sources`, a stage of tasks takes all task and chat rows in proportion to their size, or each
    solution's for as long as `stage.tasks` says. A stage of
    documents weighs domain documents by kind, adds `general` general tokens for each domain token, and gives the share
    `mip` of all tokens to task rows. No source is passed over more than `stage.repeats` times: what that cuts goes to
    the others where `stage.tokens` fixes the length, else the stage becomes shorter.
    """
    notes: list[str] = []
    weights = _named(stage.sources, supplies) if stage.sources else _by_rule(stage, supplies, notes)
    total = sum(weights.values())
    if total <= 0:
        raise RecipeError("recipe", ["sources: no source has a share above 0"])
    asked = {name: weight / total for name, weight in weights.items()}
    domain = sum(share for name, share in asked.items() if _domain(supplies[name]))
    if stage.data == "documents" and domain and not stage.sources:
        basis = sum(one.tokens for name, one in supplies.items() if _domain(one) and asked[name]) / domain
    else:
        basis = sum(one.tokens for name, one in supplies.items() if asked[name])
    length = stage.epochs * basis
    if stage.data == "tasks" and stage.tasks:
        length = sum(_lengths(stage, supplies).values())
    tokens, short = _capped(stage, supplies, asked, stage.tokens or length)
    if stage.length and short and sum(tokens.values()) < 0.99 * stage.length:
        notes.append(
            f"{stage.length:,} tokens were asked for, {round(sum(tokens.values())):,} are there within "
            f"{stage.repeats:g} passes over each source; give more text, or raise `repeats`"
        )
    return Plan(tokens, asked, short, tuple(notes))


def _named(shares: Mapping[str, float], supplies: Mapping[str, Supply]) -> dict[str, float]:
    """Resolve the recipe's own shares; a pattern's share is parted in proportion to the sizes of what it fits."""
    weights = dict.fromkeys(supplies, 0.0)
    for key, share in shares.items():
        fitting = [name for name in supplies if fnmatchcase(name, key)]
        if not fitting:
            raise RecipeError("recipe", [f"sources.{key}: {unknown('source', key, supplies)}"])
        size = sum(supplies[name].tokens for name in fitting)
        if share and not size:
            raise RecipeError("recipe", [f"sources.{key}: has a share but no rows; remove it or give it data"])
        for name in fitting if size else ():
            weights[name] += share * supplies[name].tokens / size
    return weights


def _lengths(stage: Stage, supplies: Mapping[str, Supply]) -> dict[str, float]:
    """Say how many tokens of each task and chat source a stage of tasks is to take."""
    every = {name: one for name, one in supplies.items() if one.kind in (TASK, CHAT)}
    if not stage.tasks:
        return {name: stage.epochs * one.tokens for name, one in every.items()}
    found = {name: stage.epochs * one.tokens if one.kind == CHAT else 0.0 for name, one in every.items()}
    for solution, length in stage.tasks.items():
        mine = {
            name.removeprefix(f"{solution}/"): one
            for name, one in every.items()
            if one.kind == TASK and name.startswith(f"{solution}/")
        }
        weights = _named(length.sources or {"*": 1.0}, mine) if mine else {}
        total = length.tokens or length.epochs * sum(one.tokens for one in mine.values())
        whole = sum(weights.values())
        found |= {f"{solution}/{name}": total * weight / whole for name, weight in weights.items() if whole}
    return found


def _by_rule(stage: Stage, supplies: Mapping[str, Supply], notes: list[str]) -> dict[str, float]:
    weights = dict.fromkeys(supplies, 0.0)
    tasks = _lengths(stage, supplies)
    if stage.data == "tasks":
        if not sum(tasks.values()):
            raise RecipeError("recipe", ["a stage of tasks has no task rows; name a solution or a source of kind chat"])
        return {**weights, **tasks}
    kinds: dict[str, float] = {**KIND_WEIGHTS, **{str(kind): weight for kind, weight in stage.kinds.items()}}
    domain = {name: kinds[one.kind] * one.tokens for name, one in supplies.items() if _domain(one)}
    general = {name: float(one.tokens) for name, one in supplies.items() if one.kind == GENERAL}
    if not sum(domain.values()) and not sum(general.values()):
        raise RecipeError("recipe", ["a stage of documents has no documents; name `sources` with a kind of document"])
    mip = MIP_SHARE if stage.mip == "auto" else stage.mip
    # Conversations teach how to answer, which the stages of tasks are for; MIP mixes the tasks' own rows in.
    rows = {name: count for name, count in tasks.items() if supplies[name].kind == TASK} or tasks
    if not sum(rows.values()):
        if mip and stage.mip != "auto":
            raise RecipeError("recipe", [f"mip: {mip:g} of the tokens are to be task rows, and there are none"])
        mip = 0.0
    own = sum(supplies[name].tokens for name in domain)
    ratio = general_ratio(own, mip) if stage.general == "auto" else stage.general
    if not sum(general.values()):
        if ratio and stage.general != "auto":
            raise RecipeError("recipe", [f"general: {ratio:g} tokens a domain token, but no source is of kind general"])
        if own:
            notes.append("no source of kind general: nothing in this stage guards against forgetting")
        ratio = 0.0
    if not sum(domain.values()):
        ratio = 1.0
    share = {"domain": (1 - mip) / (1 + ratio) if sum(domain.values()) else 0.0, "mip": mip}
    share["general"] = 1 - mip - share["domain"]
    for group, members in (("domain", domain), ("general", general), ("mip", rows)):
        size = sum(members.values())
        weights |= {name: share[group] * count / size for name, count in members.items() if size}
    return weights


def _capped(
    stage: Stage, supplies: Mapping[str, Supply], asked: Mapping[str, float], budget: float
) -> tuple[dict[str, float], dict[str, float]]:
    most = {name: stage.repeats * one.tokens for name, one in supplies.items()}
    full: set[str] = set()
    while True:
        left = budget - sum(most[name] for name in full) if stage.tokens else budget
        open_share = sum(share for name, share in asked.items() if name not in full) if stage.tokens else 1.0
        tokens = {
            name: most[name] if name in full else (left * share / open_share if share else 0.0)
            for name, share in asked.items()
        }
        # Rows are whole: a pass more by rounding is no repeat.
        over = {name for name, count in tokens.items() if name not in full and count > most[name] * (1 + 1e-9)}
        if not over:
            return tokens, dict.fromkeys(sorted(full), stage.repeats)
        full |= over


def _domain(supply: Supply) -> bool:
    return supply.kind not in (TASK, CHAT, GENERAL)
