"""Where the loss is computed: logits only at positions that carry it, and sums by source for the log.

All but the size of the head's tiles are forward hooks: the trainer stays as it is. trl's fused head scores every
position where Triton is missing; on a CPU, with a prompt of 800 tokens and an answer of 30, that is most of the head's
work for nothing. So is what the last layer does behind its attention: nobody looks at it but the head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from dsol.sizing import tile_tokens

WORTH = 2  # tokens for each that carries loss, from where on leaving the others out pays


def keep_only_labelled(model: Any) -> None:
    """Let the last layer's MLP and the head see only the positions whose next token carries loss."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    backbone = base.base_model
    backbone.register_forward_hook(_select, with_kwargs=True)
    mlp = getattr(next(reversed(getattr(backbone, "layers", ())), None), "mlp", None)
    if mlp is not None and _by_token(mlp):
        _Sparse(backbone, mlp)


def keep_tiles_small(vocabulary: int) -> None:
    """Let trl's head, on a CPU, take so few tokens at once that their logits stay in the processor's cache.

    Its tiles suit a GPU, where one kernel goes over them. The dozen operations that take that kernel's place on a CPU
    each went over 100 MB: small tiles train documents a tenth faster, and need less memory.
    """
    try:
        from trl.kernels import chunked_logprob
    except ImportError:  # a trl from before this head
        return
    chunked_logprob.TOKEN_CHUNK_SIZE = tile_tokens(vocabulary, "cpu")


def _select(module: torch.nn.Module, positional: Any, named: Mapping[str, Any], output: Any) -> Any:
    if "layout" in named:
        output["last_hidden_state"] = output["last_hidden_state"][:, named["layout"].kept]
    return output


def _by_token(mlp: torch.nn.Module) -> bool:
    """Tell whether a module does to each token the same, whatever the others are: linear layers and activations.

    A mixture of experts balances its load over the tokens, so it must see all of them.
    """
    inside = [one for one in mlp.modules() if next(one.parameters(recurse=False), None) is not None]
    return bool(inside) and all(isinstance(one, torch.nn.Linear) for one in inside)


class _Sparse:
    """Let a module see only the kept positions of a layout; at the others it gives zeros, which nobody reads."""

    def __init__(self, backbone: torch.nn.Module, module: torch.nn.Module) -> None:
        self._kept: torch.Tensor | None = None
        self._shape = torch.Size()
        backbone.register_forward_pre_hook(self._begin, with_kwargs=True)
        module.register_forward_pre_hook(self._narrow)
        module.register_forward_hook(self._widen)

    def _begin(self, module: torch.nn.Module, positional: Any, named: Mapping[str, Any]) -> None:
        # Kept until the next step: where activations are computed twice, the second time is in the backward pass.
        self._kept = None
        if "layout" in named:
            kept = torch.unique(named["layout"].kept)  # branches share the last position of their prefix
            self._kept = kept if WORTH * len(kept) < named["input_ids"].numel() else None

    def _narrow(self, module: torch.nn.Module, positional: Any) -> Any:
        (states,) = positional
        self._shape = states.shape
        return positional if self._kept is None else (states[:, self._kept],)

    def _widen(self, module: torch.nn.Module, positional: Any, output: torch.Tensor) -> torch.Tensor:
        if self._kept is None:
            return output
        return output.new_zeros(self._shape).index_copy(1, self._kept, output)


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
