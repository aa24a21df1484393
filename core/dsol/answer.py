"""What every solution returns to a product."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Value = TypeVar("Value")
Source = Literal["model", "baseline", "none"]


class Answer(BaseModel, Generic[Value]):
    """Say what was found, how sure that is, who found it and why.

    `confidence` is a calibrated probability in [0, 1] that `value` is right. `source` is who answered; with "none"
    the solution abstains and `value` is None. `reason` is a short code that a product can switch on ("ok",
    "low_confidence", "ambiguous", ...). `ask` is a question back to the user, empty where there is none. `evidence`
    holds what supports the answer; its key "signals" (name -> number) is what calibration learns from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    value: Value | None = None
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    source: Source = "none"
    reason: str = "ok"
    ask: str = ""
    evidence: dict[str, Any] = Field(default_factory=dict)
