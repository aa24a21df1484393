"""Load what `prepare` and `fit` leave: a folder with weights or an adapter, a tokenizer and a card."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from dsol import BackendError

CARD = "dsol.json"
Origin = Literal["scratch", "chat", "base"]


@dataclass(frozen=True)
class Card:
    """Facts about a model folder: which base, and what kind of start it was.

    `adapter_of`: for an adapter, the folder that it belongs to, relative to the run's folder; empty for whole weights.
    `trust_remote_code` is what the run's recipe said.
    """

    base: str
    origin: Origin
    seed: int = 0
    adapter_of: str = ""
    trust_remote_code: bool = False


def write_card(card: Card, folder: Path) -> None:
    """Write the card beside a model."""
    (folder / CARD).write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")


def read_card(folder: Path) -> Card:
    """Read a model folder's card; a folder without one was not made by dsol."""
    try:
        return Card(**json.loads((folder / CARD).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BackendError(f"{folder} holds no model of dsol ({CARD} is missing)") from error
    except (OSError, ValueError, TypeError) as error:
        raise BackendError(f"{folder / CARD} can't be read: {error}") from error


def load_tokenizer(folder: Path, trust_remote_code: bool = False) -> Any:
    """Load a folder's tokenizer; a BackendError where there is none that works."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError, ImportError, AttributeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BackendError(f"{folder}: the tokenizer can't be loaded: {reason}") from error


def load_model(folder: Path, dtype: Any = None, attention: str | None = None, trainable: bool = False) -> Any:
    """Load a checkpoint's or a prepared base's model, an adapter on top of the model it belongs to.

    `dtype`: a torch dtype (None: as saved). `attention`: None takes the fastest that the model supports. Weights
    are read from safetensors only.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    card = read_card(folder)
    whole = find_adapted(folder, card) if card.adapter_of else folder
    try:
        model = AutoModelForCausalLM.from_pretrained(
            whole,
            dtype=dtype or "auto",
            attn_implementation=attention,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=card.trust_remote_code,
        )
        if card.adapter_of:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, folder, is_trainable=trainable)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BackendError(f"{folder}: the model can't be loaded, is its folder whole? {reason}") from error
    return model


def find_adapted(folder: Path, card: Card) -> Path:
    """Find the model that an adapter belongs to, in the run that the adapter lies in, wherever that was moved."""
    for parent in folder.resolve().parents:
        if (parent / card.adapter_of / "config.json").exists():
            return parent / card.adapter_of
    raise BackendError(f"{folder} is an adapter for {card.adapter_of}, which isn't found in any folder above it")
