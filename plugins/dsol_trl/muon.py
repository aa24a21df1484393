"""Muon for the matrices inside a model, AdamW for the rest: random weights learn from fewer tokens.

Muon: K. Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. torch's own Muon computes in bf16, which a CPU
without bf16 arithmetic does at a hundredth of the speed; this one keeps the gradient's type.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch

MOMENTUM = 0.95
STEP = 10.0  # how much larger the matrices' learning rate is than the recipe's, which AdamW uses as it is
ROUNDS = 5
# Coefficients of the quintic Newton-Schulz iteration, from the source above.
A, B, C = 3.4445, -4.7750, 2.0315


class MuonAdamW(torch.optim.Optimizer):
    """Step groups with `muon: True` by Muon and the others by AdamW; both decay weights decoupled from the step."""

    def __init__(self, groups: list[dict[str, Any]], lr: float, betas: tuple[float, float]) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0, "muon": False})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = closure() if closure else None
        for group in self.param_groups:
            parameters = [one for one in group["params"] if one.grad is not None]
            if group["muon"]:
                self._muon(parameters, group)
            else:
                self._adam(parameters, group)
        return loss

    def _muon(self, parameters: list[torch.Tensor], group: dict[str, Any]) -> None:
        shapes: dict[tuple[int, ...], list[torch.Tensor]] = defaultdict(list)
        for one in parameters:
            shapes[tuple(one.shape)].append(one)
        for shape, same in shapes.items():  # matrices of one shape are orthogonalised in one batch
            updates = []
            for one in same:
                assert one.grad is not None
                state = self.state[one]
                momentum = state.setdefault("momentum", torch.zeros_like(one))
                momentum.mul_(MOMENTUM).add_(one.grad)
                updates.append(one.grad.add(momentum, alpha=MOMENTUM))
            scale = STEP * max(1.0, shape[0] / shape[1]) ** 0.5
            for one, update in zip(same, orthogonal(torch.stack(updates)), strict=True):
                one.mul_(1 - group["lr"] * STEP * group["weight_decay"]).add_(update, alpha=-group["lr"] * scale)

    def _adam(self, parameters: list[torch.Tensor], group: dict[str, Any]) -> None:
        first_rate, second_rate = group["betas"]
        for one in parameters:
            assert one.grad is not None
            state = self.state[one]
            if not state:
                state["step"] = torch.zeros(())
                state["first"], state["second"] = torch.zeros_like(one), torch.zeros_like(one)
            state["step"] += 1
            count = int(state["step"])
            state["first"].lerp_(one.grad, 1 - first_rate)
            state["second"].mul_(second_rate).addcmul_(one.grad, one.grad, value=1 - second_rate)
            spread = state["second"].div(1 - second_rate**count).sqrt_().add_(1e-8)
            one.mul_(1 - group["lr"] * group["weight_decay"])
            one.addcdiv_(state["first"], spread, value=-group["lr"] / (1 - first_rate**count))


def orthogonal(updates: torch.Tensor) -> torch.Tensor:
    """Bring the singular values of each matrix (n, rows, columns) near 1, by Newton-Schulz iteration."""
    wide = updates.mT if updates.size(1) > updates.size(2) else updates
    wide = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(ROUNDS):
        gram = wide @ wide.mT
        wide = torch.baddbmm(wide, torch.baddbmm(gram, gram, gram, beta=B, alpha=C), wide, beta=A)
    result: torch.Tensor = wide.mT if updates.size(1) > updates.size(2) else wide
    return result


def for_model(model: torch.nn.Module, lr: float, weight_decay: float, betas: tuple[float, float]) -> MuonAdamW:
    """Make the optimizer of a model: Muon for the weights of its linear layers but the output head, AdamW without
    decay for embeddings, head, norms and biases.
    """
    head = getattr(model, "get_output_embeddings", lambda: None)()
    inside = {
        id(layer.weight)
        for layer in model.modules()
        if isinstance(layer, torch.nn.Linear) and layer is not head and layer.weight.requires_grad
    }
    matrices = [one for one in model.parameters() if id(one) in inside]
    others = [one for one in model.parameters() if one.requires_grad and id(one) not in inside]
    groups = [
        {"params": matrices, "muon": True, "weight_decay": weight_decay},
        {"params": others, "muon": False},
    ]
    return MuonAdamW([group for group in groups if group["params"]], lr, betas)
