"""Ask a model, by trying it, whether flat steps give it the same losses as separate rows."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from dsol import NO_LOSS, BackendError
from dsol_trl import attention
from dsol_trl.layout import Steps, flatten, pad

# Rows of the trial, and how far the two losses may part (relative): fp32 rounding stays far below, a model that mixes
# rows up, or has a state or attention that doesn't know of the layout, is far above.
TRIAL = 3
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 1e-2}


def suits(model: Any, steps: Steps) -> bool:
    """Compare the loss of a few rows laid out flat with that of the same rows apart; leaves the model as it was."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    if not getattr(base, "_supports_attention_backend", False):
        return False
    rows = steps.rows(0)[:TRIAL]
    before, training = base.config._attn_implementation, model.training
    model.eval()
    try:
        with torch.no_grad():
            batch = {name: part.to(model.device) for name, part in pad(rows, steps.fill).items()}
            labels = batch.pop("labels")
            apart = _loss(model(**batch, use_cache=False).logits[:, :-1], labels[:, 1:])
            model.set_attn_implementation(attention.NAME)
            laid = {name: part.to(model.device) for name, part in flatten(rows, steps.length, steps.fill).items()}
            logits = model(
                input_ids=laid["input_ids"], position_ids=laid["position_ids"], layout=laid["layout"], use_cache=False
            ).logits
            flat = _loss(logits, laid["labels"])
    except (BackendError, TypeError, ValueError):
        return False  # its forward or its attention doesn't take a layout
    finally:
        model.set_attn_implementation(before)
        model.train(training)
    return abs(apart - flat) <= TOLERANCE.get(model.dtype, 1e-2) * max(abs(apart), 1e-6)


def _loss(logits: torch.Tensor, labels: torch.Tensor) -> float:
    total = functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=NO_LOSS)
    return float(total)
