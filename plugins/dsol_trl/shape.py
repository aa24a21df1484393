"""Read a base's shape from its settings alone; parameters are counted on the meta device, where they take no memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol import BackendError, unknown
from dsol.sizing import KNOWN, Shape, decoder
from dsol.sizing.shape import Origin
from dsol_trl import kept, scratch, source

if TYPE_CHECKING:
    from dsol.recipe import Recipe


def describe(recipe: Recipe) -> Shape:
    """Give the shape of a recipe's base: a folder, `scratch:<size>`, a hub id (its settings only) or a known name.

    A BackendError where nothing tells its shape.
    """
    kind, colon, size = recipe.base.partition(":")
    if kind == "scratch" and colon:
        return _scratch(size)
    if recipe.base.lower() in KNOWN and not Path(recipe.base).expanduser().is_dir():
        return KNOWN[recipe.base.lower()]
    try:
        folder = source.settings(recipe.base)
    except BackendError as error:
        owner, _, name = recipe.base.partition("/")
        if owner.strip(".~") and name.lower() in KNOWN:  # a hub id that can't be asked for, offline or behind a login
            return KNOWN[name.lower()]
        shapes = ", ".join(shape.name for shape in KNOWN.values())
        raise BackendError(f"{error}; or name a shape with --shape (a config.json, or {shapes})") from error
    return read(folder, recipe.base, recipe.trust_remote_code)


def named(name: str) -> Shape:
    """Give a shape by a known name, or by the path of a config.json or of a folder that holds one."""
    path = Path(name).expanduser()
    if path.is_file():
        return read(path.parent, name, config=path.name)
    if path.is_dir():
        return read(path, name)
    if name.lower() in KNOWN:
        return KNOWN[name.lower()]
    kind, colon, size = name.partition(":")
    if kind == "scratch" and colon:
        return _scratch(size)
    raise BackendError(unknown("shape", name, (one.name for one in KNOWN.values()), "or give a config.json"))


def read(folder: Path, base: str, trust_remote_code: bool = False, config: str = "config.json") -> Shape:
    """Read the shape of the model in a folder from its config.json; a BackendError says why it can't be used."""
    path = folder / config
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BackendError(f"base {base}: {path} doesn't tell a model's shape: {error}") from error

    def count() -> dict[str, Any]:
        return _count(path, base, trust_remote_code)

    # The repository's own code may say something else tomorrow.
    counted = count() if trust_remote_code else kept.recall("shape", text, count)
    return Shape(
        name=base,
        origin=_origin(folder),
        disk=sum(entry.stat().st_size for entry in folder.glob("*.safetensors")),
        counted="counted from config.json",
        **counted,
    )


def _count(path: Path, base: str, trust_remote_code: bool) -> dict[str, Any]:
    """Make the model without its weights, and count."""
    import torch
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig, AutoModelForCausalLM

    from dsol_trl.quiet import quiet

    try:
        with quiet(), torch.device("meta"):
            settings = AutoConfig.from_pretrained(
                path if path.name != "config.json" else path.parent,
                local_files_only=True,
                trust_remote_code=trust_remote_code,
            )
            model = AutoModelForCausalLM.from_config(settings, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, StrictDataclassError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BackendError(f"base {base}: {path} doesn't tell a model's shape: {reason}") from error
    text = model.config.get_text_config()
    head = model.get_output_embeddings()
    linear = [one for one in model.modules() if isinstance(one, torch.nn.Linear) and one is not head]
    heads = int(getattr(text, "num_attention_heads", None) or 0)  # a state-space model has none, and no cache
    each = int(getattr(text, "head_dim", None) or (text.hidden_size // heads if heads else 0))
    tied = head is not None and head.weight is model.get_input_embeddings().weight
    return {
        "parameters": sum(one.numel() for one in model.parameters()),
        "matrices": sum(one.weight.numel() for one in linear),
        "adapter": sum(one.in_features + one.out_features for one in linear),
        "layers": int(text.num_hidden_layers),
        "hidden": int(text.hidden_size),
        "heads": heads,
        "key_heads": int(getattr(text, "num_key_value_heads", None) or heads),
        "head": each,
        "feed_forward": int(getattr(text, "intermediate_size", 0) or 4 * text.hidden_size),
        "vocabulary": int(text.vocab_size),
        "context": int(getattr(text, "max_position_embeddings", 0) or 0),
        "tied": bool(tied),
        "query_norm": any(name.endswith("q_norm") for name, _ in model.named_modules()),
    }


def _origin(folder: Path) -> Origin:
    """Tell a chat model by its template, and a base model by a tokenizer without one."""
    if (folder / "chat_template.jinja").exists():
        return "chat"
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "base" if (folder / "tokenizer.json").exists() else ""
    return "chat" if isinstance(settings, dict) and settings.get("chat_template") else "base"


def _scratch(size: str) -> Shape:
    if size not in scratch.SIZES:
        raise BackendError(unknown("scratch size", size, scratch.SIZES, "write the base as scratch:<size>"))
    shape = scratch.SIZES[size]
    return decoder(
        f"scratch:{size}",
        layers=shape.layers,
        hidden=shape.hidden,
        heads=shape.heads,
        key_heads=shape.key_heads,
        feed_forward=shape.feed_forward,
        vocabulary=shape.vocabulary,
        head=shape.head,
        context=8192,
        tied=True,
        query_norm=True,
        origin="scratch",
    )
