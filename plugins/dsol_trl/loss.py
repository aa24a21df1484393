"""Where the loss is computed: logits only at positions that carry it, and sums by source for the log.

Both are forward hooks, so that the trainer stays as it is. trl's fused head scores every position where Triton is
missing; on a CPU, with a prompt of 800 tokens and an answer of 30, that is most of the head's work for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch


def keep_only_labelled(model: Any) -> None:
    """Let the model's backbone hand only the positions whose next token carries loss to the head."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    base.base_model.register_forward_hook(_select, with_kwargs=True)


def _select(module: torch.nn.Module, positional: Any, named: Mapping[str, Any], output: Any) -> Any:
    if "layout" in named:
        output["last_hidden_state"] = output["last_hidden_state"][:, named["layout"].kept]
    return output


class SourceLoss:
    """Sum loss and label tokens by source, from the outputs of the trainer's own forward pass."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.clear()

    def clear(self) -> None:
        """Begin to count anew."""
        self.sums = torch.zeros(len(self.names), dtype=torch.float64)
        self.counts = torch.zeros(len(self.names), dtype=torch.int64)
        self.tokens = 0

    def listen(self, model: torch.nn.Module) -> None:
        """Count what the model puts out in training."""
        model.register_forward_hook(self._count, with_kwargs=True)

    def means(self) -> dict[str, float]:
        """Give the mean loss per label token of every source that occurred."""
        return {
            name: round(float(total / count), 6)
            for name, total, count in zip(self.names, self.sums, self.counts, strict=True)
            if count
        }

    def _count(self, module: torch.nn.Module, positional: Any, named: Mapping[str, Any], output: Any) -> None:
        if not module.training or "input_ids" not in named:
            return
        self.tokens += int(named["input_ids"].numel())
        layout = named.get("layout")
        if layout is None or getattr(output, "log_probs", None) is None:
            return
        mask = output.label_mask[0].cpu()
        source = layout.source.cpu()[mask]
        self.sums.index_add_(0, source, -output.log_probs.detach()[0].cpu().double()[mask])
        self.counts.index_add_(0, source, torch.ones_like(source))
