"""Read a model folder: safetensors only, an adapter together with its base, the chat contract checked."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from dsol import BackendError
from dsol_trl.template import ChatCodec, check

ADAPTER = "adapter_config.json"


def load_codec(folder: Path) -> ChatCodec:
    """Load a model folder's tokenizer, and check that its chat template is the one that was trained with."""
    if not folder.is_dir():
        raise BackendError(f"{folder} is not a folder; name a run's model/ or a checkpoint folder")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise BackendError(f"{folder} has no tokenizer that can be read: {_first_line(error)}") from error
    return check(tokenizer, folder)


def load_model(folder: Path) -> PreTrainedModel:
    """Load the weights in the precision that the hardware computes well; a LoRA adapter is merged into its base."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    adapter = folder / ADAPTER
    if not adapter.exists():
        return _weights(folder, device)
    from peft import PeftModel

    if not (folder / "adapter_model.safetensors").exists():
        raise BackendError(f"{folder} has no adapter_model.safetensors; weights in other formats are not loaded")
    name = json.loads(adapter.read_text(encoding="utf-8")).get("base_model_name_or_path") or ""
    base = next((path for path in (Path(name), folder / name) if name and path.is_dir()), None)
    if base is None:
        raise BackendError(f"{folder} is an adapter of {name or 'an unnamed base'}, which isn't there; restore the base")
    merged: PreTrainedModel = PeftModel.from_pretrained(_weights(base, device), str(folder)).merge_and_unload()
    return merged


def precision(device: torch.device) -> torch.dtype:
    """Choose bfloat16 where the GPU computes in it, half precision on older ones, single on a CPU."""
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def memory(device: torch.device) -> int:
    """Say how many bytes caches may take: half of what is free on a GPU, a quarter on a CPU."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] // 2)
    return int(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4)


def _weights(folder: Path, device: torch.device) -> PreTrainedModel:
    if not any(folder.glob("*.safetensors")):
        raise BackendError(f"{folder} has no *.safetensors; weights in other formats (pickles) are not loaded")
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder, dtype=precision(device), use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise BackendError(f"{folder} has no model that can be loaded: {_first_line(error)}") from error
    return model.to(device)  # type: ignore[arg-type]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
