"""Put only chosen positions through a model's head: with a large vocabulary the head is most of the work."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel


class Head:
    """Give a model's logits at chosen positions; a context, in which a hook sits behind the model's backbone.

    What the model does to its logits (a scale, a soft cap) is kept, since its own forward pass is run.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self._wanted: torch.Tensor | None = None

    def __enter__(self) -> Head:
        backbone = self.model.base_model
        self._hook = None if backbone is self.model else backbone.register_forward_hook(self._select)
        return self

    def __exit__(self, *error: object) -> None:
        if self._hook is not None:
            self._hook.remove()

    def logits(self, wanted: torch.Tensor, **inputs: Any) -> torch.Tensor:
        """Run the model; `wanted` is boolean (sequences, tokens); returns (positions wanted, vocabulary)."""
        self._wanted = wanted
        logits: torch.Tensor = self.model(**inputs).logits
        if self._wanted is None:
            return logits[0]
        self._wanted = None
        return logits[wanted]  # the backbone puts out something else than its last hidden state

    def _select(self, module: torch.nn.Module, positional: Any, output: Any) -> Any:
        if self._wanted is not None and getattr(output, "last_hidden_state", None) is not None:
            output["last_hidden_state"] = output["last_hidden_state"][self._wanted][None]
            self._wanted = None
        return output
