"""One thing to learn from or to score on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Sample(BaseModel):
    """Hold the prompt's values, the text that the loss is on, and what only the metric may see.

    `input` is None for a plain document: its whole `target` carries loss. `meta` is never shown to the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    input: dict[str, Any] | None = None
    target: str = ""
    meta: dict[str, Any] = Field(default_factory=dict)
