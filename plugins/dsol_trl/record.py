"""What training leaves while it runs: log lines, progress, and checkpoints that are complete or not there."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from dsol import Progress
from dsol_trl import checkpoint, template
from dsol_trl.loss import SourceLoss
from dsol_trl.model import Card, write_card

LOG = "log.jsonl"
EVERY = 600.0  # seconds of training that a kill may cost
WORTH = 20  # a resume point may take a twentieth of the training's time
MOMENTS = 8  # bytes of an optimizer's state for each weight that is trained: two numbers in fp32


class Record(TrainerCallback):  # type: ignore[misc]
    """Save at the chosen steps, complete each checkpoint, and write one log line and one progress report per log.

    `saves`: the steps after which a checkpoint is kept. Between them a resume point is left every ten minutes, where
    the disk has room for it.
    """

    def __init__(
        self,
        folder: Path,
        saves: set[int],
        card: Card,
        contract: template.Contract,
        losses: SourceLoss,
        progress: Callable[[Progress], None],
    ) -> None:
        self.folder = folder
        self.saves = saves
        self.card = card
        self.contract = contract
        self.losses = losses
        self.progress = progress
        self.clock = self.saved = time.perf_counter()
        self.asked = self.took = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Drop the log lines of steps that will be done again."""
        keep_until(self.folder / LOG, state.global_step)
        self.losses.clear()
        self.clock = self.saved = time.perf_counter()
        self.progress(Progress(state.global_step, state.max_steps))

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Ask for a checkpoint where one is due, or for a resume point when the last save is long ago."""
        self.asked = time.perf_counter()
        due = self.asked - self.saved > max(EVERY, WORTH * self.took)
        if state.global_step in self.saves or (due and self._room(state.global_step, more["model"])):
            control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **more: Any) -> None:
        """Write a log line."""
        if not logs or "loss" not in logs:
            return
        now = time.perf_counter()
        speed = self.losses.tokens / max(now - self.clock, 1e-9)
        line = {
            "step": state.global_step,
            "loss": logs["loss"],
            "learning_rate": logs.get("learning_rate"),
            "grad_norm": logs.get("grad_norm"),
            "token_accuracy": logs.get("mean_token_accuracy"),
            "tokens_per_second": round(speed, 1),
            "sources": self.losses.means(),
        }
        with open(self.folder / LOG, "a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")
        self.losses.clear()
        self.clock = now
        numbers = {"loss": float(logs["loss"]), "tokens_per_second": speed}
        self.progress(Progress(state.global_step, state.max_steps, numbers))

    def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Put the contract and the card beside the weights, take away what can run code, and mark the folder."""
        folder = self.folder / f"checkpoint-{state.global_step}"
        (folder / "training_args.bin").unlink(missing_ok=True)
        for place in (folder, self.folder):
            (place / "README.md").unlink(missing_ok=True)
        if state.global_step not in self.saves:
            folder = checkpoint.set_aside(folder, state.global_step)
        template.save(self.contract, folder)
        write_card(self.card, folder)
        checkpoint.finish(folder, state.global_step)
        checkpoint.sweep(self.folder)
        self.saved = time.perf_counter()
        self.took = self.saved - self.asked

    def _room(self, step: int, model: Any) -> bool:
        """Say whether the disk takes a resume point beside the checkpoints that are still to come."""
        size: int = sum(one.numel() * (one.element_size() + MOMENTS) for one in model.parameters() if one.requires_grad)
        still = sum(one > step for one in self.saves)
        return shutil.disk_usage(self.folder).free > (still + 2) * size  # the chosen model is written as well


def keep_until(path: Path, step: int) -> None:
    """Cut a log after a step; a line that a killed process left half-written goes too."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line + "\n")
        except ValueError:
            break
    partial = path.with_suffix(".partial")
    partial.write_text("".join(kept), encoding="utf-8")
    os.replace(partial, path)
