"""A stage's `backend:` options: trl's SFTConfig and peft's LoraConfig, forwarded as they are, checked beforehand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from dsol import RecipeError, unknown
from dsol_trl import kept
from dsol_trl.hardware import Hardware

# Options that the recipe or the mix decides, and where to say it instead.
DECIDED = {
    "output_dir": "the run's folder is used",
    "seed": "set `seed` of the recipe",
    "data_seed": "the order of rows comes from the mix; set `seed` of the recipe",
    "per_device_train_batch_size": "set `batch_tokens` of the stage",
    "gradient_accumulation_steps": "set `batch_tokens` of the stage",
    "auto_find_batch_size": "set `batch_tokens` of the stage",
    "num_train_epochs": "set `epochs` of the stage",
    "max_steps": "set `epochs` or `tokens` of the stage",
    "max_length": "set `context` of the stage",
    "save_strategy": "set `checkpoints` of the stage",
    "save_steps": "set `checkpoints` of the stage",
    "save_total_limit": "set `checkpoints` of the stage",
    "save_only_model": "resuming needs the optimizer's state",
    "load_best_model_at_end": "the engine chooses the checkpoint; see `selection`",
    "resume_from_checkpoint": "a stage goes on by itself from its last complete checkpoint",
    "eval_strategy": "the engine scores the checkpoints",
    "train_sampling_strategy": "the order of rows comes from the mix",
    "shuffle_dataset": "the order of rows comes from the mix",
    "packing": "rows are laid out by the engine, see `share_prefix`",
    "padding_free": "rows are laid out by the engine, see `share_prefix`",
    "dataset_kwargs": "rows are ready before training",
    "remove_unused_columns": "rows are ready before training",
    "chat_template_path": "the base's own chat template is the only one used",
    "eos_token": "the stop token comes from the base's chat template",
    "model_init_kwargs": "set `base` of the recipe",
    "trust_remote_code": "set `trust_remote_code` of the recipe",
    "push_to_hub": "a run stays in its folder",
    "label_smoothing_factor": "trl computes it in a second pass over all logits, which laid-out rows don't have",
}
MUON = "muon"  # our own optimizer (see `muon`) beside those of SFTConfig
PEFT = "peft"  # the one key that isn't SFTConfig's: options for peft's LoraConfig
RENAMED = {
    "gradient_checkpointing": "activation_checkpointing",
    "gradient_checkpointing_kwargs": "activation_checkpointing_kwargs",
}
LEARNING_RATE = {"scratch": 2e-3, "full": 2e-5, "lora": 2e-4}


def problems(options: Mapping[str, Any]) -> list[str]:
    """List what is wrong with the options: unknown names with the closest known one, decided ones, bad values.

    The libraries are asked only what they haven't said before (see `kept`): importing them takes seconds.
    """
    known = kept.recall("options", "", _names)
    found = _unknown(options, {*known["trl"]} - DECIDED.keys() | {PEFT}, "backend")
    lora = options.get(PEFT, {})
    if not isinstance(lora, Mapping):
        return [*found, f"backend.{PEFT}: is a mapping of peft.LoraConfig's options"]
    found += _unknown(lora, {*known["peft"]}, f"backend.{PEFT}")
    if found:
        return found
    if _holds_file(options):  # what is in it may have changed
        return _wrong(options)
    said = json.dumps(options, sort_keys=True, default=repr)
    fine: list[str] = kept.recall("values", said, lambda: _wrong(options), worth=lambda wrong: not wrong)
    return fine


def _names() -> dict[str, list[str]]:
    """Ask the libraries for their options' names."""
    from peft import LoraConfig
    from trl import SFTConfig

    return {name: [one.name for one in fields(kind)] for name, kind in (("trl", SFTConfig), ("peft", LoraConfig))}


def _wrong(options: Mapping[str, Any]) -> list[str]:
    """List what the libraries say against the values of known options."""
    from peft import LoraConfig
    from trl import SFTConfig

    found = _try("backend", lambda: SFTConfig(**_arguments(options, Path("unused"), Hardware("cpu", False, 0))))
    return found + _try(f"backend.{PEFT}", lambda: LoraConfig(**options.get(PEFT, {})))


def _holds_file(value: Any) -> bool:
    """Say whether an option names a file, as deepspeed's does."""
    if isinstance(value, Mapping):
        return any(map(_holds_file, value.values()))
    return isinstance(value, str) and os.path.exists(value)


def settings(
    options: Mapping[str, Any],
    folder: Path,
    hardware: Hardware,
    *,
    seed: int,
    steps: int,
    kind: Literal["scratch", "full", "lora"],
    checkpointing: bool,
) -> Any:
    """Make the SFTConfig of a stage of `steps` optimizer steps: defaults, then what the recipe says."""
    from trl import SFTConfig

    wrong = problems(options) or _wrong(options)
    if wrong:
        raise RecipeError("recipe", wrong)
    defaults = {
        "learning_rate": LEARNING_RATE[kind],
        "lr_scheduler_type": "cosine",
        "warmup_steps": max(1, round(0.05 * steps)),
        "weight_decay": 0.1 if kind == "scratch" else 0.0,
        "adam_beta2": 0.98 if kind == "scratch" else 0.999,
        "gradient_checkpointing": checkpointing,
        "seed": seed,
        "max_steps": steps,
    }
    return SFTConfig(**_arguments({**defaults, **options}, folder, hardware))


def _arguments(options: Mapping[str, Any], folder: Path, hardware: Hardware) -> dict[str, Any]:
    from transformers import TrainingArguments

    # transformers 5 renamed these options while it was out; recipes may write either name.
    new = any(one.name == "activation_checkpointing" for one in fields(TrainingArguments))
    given = {RENAMED.get(name, name) if new else name: value for name, value in options.items() if name != PEFT}
    if given.get("optim") == MUON:
        del given["optim"]
    return {
        "bf16": hardware.bf16 and not given.get("fp16", False),
        "use_cpu": hardware.device == "cpu",
        "report_to": "none",
        "logging_steps": 1,
        "disable_tqdm": True,
        "log_level": "error",
        "dataloader_pin_memory": hardware.device != "cpu",
        "activation_checkpointing" if new else "gradient_checkpointing": False,
        **given,
        "output_dir": str(folder),
        "per_device_train_batch_size": 1,  # one example is one laid-out step
        "gradient_accumulation_steps": 1,
        "train_sampling_strategy": "sequential",
        "save_strategy": "no",  # a callback saves at the steps that the recipe asks for
        "max_length": None,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "remove_unused_columns": False,
    }


def _unknown(options: Iterable[str], known: set[str], path: str) -> list[str]:
    found = []
    for name in options:
        if name in DECIDED and path == "backend":
            found.append(f"{path}.{name}: is not for the recipe to set: {DECIDED[name]}")
        elif name not in known:
            close = unknown("option", name, known).split(" (there is")[0]
            found.append(
                f"{path}.{name}: {close}; see the options of trl.SFTConfig"
                if path == "backend"
                else f"{path}.{name}: {close}"
            )
    return found


def _try(path: str, make: Any) -> list[str]:
    try:
        make()
    except (TypeError, ValueError, AttributeError) as error:
        return [f"{path}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"]
    return []
