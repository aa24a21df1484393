"""A stage of a recipe: what is trained on, in which shares, how long and how."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dsol.corpus.source import Kind

Auto = Literal["auto"]


class Length(BaseModel):
    """How long a solution's rows are trained on: `tokens` where that is set, else `epochs` passes over them.

    `sources`: relative token shares of the solution's own sources in place of their sizes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: int = Field(default=0, ge=0)
    epochs: float = Field(default=1.0, gt=0)
    sources: dict[str, float] = Field(default_factory=dict)

    @field_validator("sources")
    @classmethod
    def _not_negative(cls, shares: dict[str, float]) -> dict[str, float]:
        return _shares(shares)


class Stage(BaseModel):
    """A weighted mix of sources and how to train on it.

    `data`: "tasks" trains on the solutions' samples and on conversations; "documents" on the corpora, with a share of
    task rows mixed in. Their token shares come from the rules of the mix (`dsol.shares`):

    - `kinds`: weight of a document's token by the kind of its source; kinds that aren't named keep the rule's.
    - `general`: general tokens for each domain token ("auto": by the amount of domain text).
    - `mip`: share of task rows' tokens in a stage of documents ("auto": the rule's where there are tasks).
    - `repeats`: no source is passed over more often; what that leaves short is said in the plan and in `mix.json`.
    - `tasks`: how long each solution's rows are trained on where several share the stage; one that isn't named has
      none there. Filled from the solutions' own recipes (`dsol.joining`); their sum is the stage's length, and
      conversations come on top with `epochs` passes. Where `tokens` is set, or in a stage of documents, they are
      proportions.
    - `sources`: relative token shares by source name in place of all these rules.

    `loss` of task rows: on the answer, or on "all" of the row. The length is `tokens` where that is set (shared
    prefixes not counted), else `epochs` passes over the tasks, or over the domain documents. `batch_tokens`: tokens
    computed in one optimizer step, a shared prefix counted once. `context`: longest row, in tokens. `checkpoints`: how
    many evenly spaced ones are kept and scored. `tune`: "auto" takes LoRA for chat models and full tuning else; a full
    tune of a chat model needs `force: full`. `backend`: the trainer's own options, forwarded as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Literal["tasks", "documents"] = "tasks"
    sources: dict[str, float] = Field(default_factory=dict)
    kinds: dict[Kind, float] = Field(default_factory=dict)
    general: Auto | float = "auto"
    mip: Auto | float = "auto"
    repeats: float = Field(default=4.0, gt=0)
    tasks: dict[str, Length] = Field(default_factory=dict)
    loss: Literal["answer", "all"] = "answer"
    tokens: int = Field(default=0, ge=0)
    epochs: float = Field(default=1.0, gt=0)
    batch_tokens: int = Field(default=8192, ge=16)
    context: int = Field(default=4096, ge=16)
    checkpoints: int = Field(default=1, ge=1)
    tune: Literal["auto", "lora", "full"] = "auto"
    force: Literal["", "full"] = ""
    share_prefix: Literal["auto", "always", "never"] = "auto"
    backend: dict[str, Any] = Field(default_factory=dict)

    @field_validator("sources", "kinds")
    @classmethod
    def _not_negative(cls, shares: dict[str, float]) -> dict[str, float]:
        return _shares(shares)

    @field_validator("general", "mip")
    @classmethod
    def _in_range(cls, value: Auto | float, info: Any) -> Auto | float:
        most = 1.0 if info.field_name == "mip" else float("inf")
        if value != "auto" and not 0 <= value < most:
            limit = "from 0 to below 1" if most == 1 else "from 0"
            raise ValueError(f"{value} is not a number {limit}, or auto")
        return value

    @property
    def length(self) -> int:
        """Tokens of the stage as far as the recipe says them; 0 where they depend on the data."""
        tokens = [one.tokens for one in self.tasks.values()]
        return self.tokens or (sum(tokens) if self.data == "tasks" and all(tokens) else 0)


def _shares(shares: dict[str, float]) -> dict[str, float]:
    below = [name for name, share in shares.items() if not 0 <= share < float("inf")]
    if below:
        raise ValueError(f"the share of {below[0]!r} is {shares[below[0]]}; shares are numbers from 0")
    return shares
