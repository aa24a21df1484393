"""What every solution returns to a product."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Value = TypeVar("Value")
Source = Literal["model", "baseline", "both", "none"]
OK = "ok"


class Item(BaseModel):
    """Say of one item of an answer that is a list how sure it is, who found it, and what is known of it.

    `reason` is "ok", or the code for which the item is shown but doesn't count as answered ("low_confidence", ...).
    `signals`: numbers by name that tell right items from wrong ones; `baseline`: how sure the baseline is of it, None
    where it hasn't found it. Calibration learns from both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["model", "baseline", "both"] = "model"
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    reason: str = OK
    signals: dict[str, float] = Field(default_factory=dict)
    baseline: float | None = None


class Answer(BaseModel, Generic[Value]):
    """Say what was found, how sure that is, who found it and why.

    `confidence` is a calibrated probability in [0, 1] that `value` is right. `source` is who answered; with "none"
    the solution abstains and `value` is None. `reason` is a short code that a product can switch on ("ok",
    "low_confidence", "ambiguous", ...). `ask` is a question back to the user, empty where there is none. `evidence`
    holds what supports the answer; its key "signals" (name -> number) is what calibration learns from. Where `value` is
    a list of things that are right or wrong one by one, `items` says so much of each, in the list's order; then
    `source` is "both" where model and baseline each found some.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    value: Value | None = None
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    source: Source = "none"
    reason: str = OK
    ask: str = ""
    evidence: dict[str, Any] = Field(default_factory=dict)
    items: tuple[Item, ...] = ()
