"""Find out, by its numbers, whether a model can decode behind a shared prefix."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers import AttentionInterface, DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from dsol import BackendError
from dsol_trl.cache import Prefix, keeping, new_cache
from dsol_trl.prefix_attention import NAME, additive, attend


@dataclass(frozen=True)
class Sharing:
    """What a model can share: sequences of up to `reach` tokens (0: none), at `token_bytes` of cache per token.

    `own` is the name of the attention that the model came with.
    """

    own: str
    reach: int = 0
    token_bytes: int = 0


@torch.inference_mode()
def sharing(model: PreTrainedModel) -> Sharing:
    """Find out whether a model can decode with `attend`; a model that can is switched to it.

    Decided by what the model does: its cache must have attention layers only, and its logits behind a prefix must
    equal those of its own attention. A sliding window is its reach: within it, attention is the plain one.
    """
    own = Sharing(model.config._attn_implementation)
    layers = DynamicCache(config=model.config).layers
    if not layers or any(type(layer) not in (DynamicLayer, DynamicSlidingWindowLayer) for layer in layers):
        return own
    reach = min(getattr(layer, "sliding_window", 1 << 40) for layer in layers)
    ids = torch.arange(12, device=model.device)[None] % model.config.get_text_config().vocab_size
    if reach < ids.shape[1] or not model._supports_attention_backend:
        return own
    wanted = model(input_ids=ids).logits[:, -1].float()
    AttentionInterface.register(NAME, attend)
    model.set_attn_implementation(NAME)
    try:
        prefix = run(model, Prefix(), ids[:, :5])
        found = _behind(model, prefix, ids[:, 5:]).float()
    except (BackendError, TypeError):  # keys that `attend` can't use, or a forward that doesn't take a prefix
        model.set_attn_implementation(own.own)
        return own
    tolerance = 1e-3 if model.dtype == torch.float32 else 0.1
    if bool((found - wanted).abs().max() <= tolerance * wanted.abs().max().clamp_min(1)):
        return Sharing(own.own, reach, prefix.bytes // len(prefix.tokens))
    model.set_attn_implementation(own.own)
    return own


def _behind(model: PreTrainedModel, prefix: Prefix, ids: torch.Tensor) -> torch.Tensor:
    """Compute the last logits of two equal sequences behind a prefix, as decoding does."""
    column = torch.arange(ids.shape[1], device=ids.device)
    mask = additive((column[None, :] <= column[:, None])[None].expand(2, -1, -1), model.dtype)
    logits: torch.Tensor = model(
        input_ids=ids.expand(2, -1),
        position_ids=(column + len(prefix.tokens))[None].expand(2, -1),
        attention_mask=mask[:, None],
        **keeping(model, new_cache()),
        use_cache=True,
        shared_prefix=prefix,
    ).logits
    return logits[:, -1]


@torch.inference_mode()
def run(model: PreTrainedModel, prefix: Prefix, ids: torch.Tensor) -> Prefix:
    """Run more tokens, shape (1, tokens), through a model that was switched to `attend`; return the longer prefix."""
    cache = new_cache()
    positions = torch.arange(ids.shape[1], device=ids.device)[None] + len(prefix.tokens)
    model(
        input_ids=ids,
        position_ids=positions,
        **keeping(model, cache),
        use_cache=True,
        logits_to_keep=1,
        shared_prefix=prefix,
    )
    own = tuple((layer.keys, layer.values) for layer in cache.layers)
    if prefix.layers:
        pairs = zip(prefix.layers, own, strict=True)
        own = tuple((torch.cat([old[0], new[0]], 2), torch.cat([old[1], new[1]], 2)) for old, new in pairs)
    return Prefix(prefix.tokens + tuple(ids[0].tolist()), own)
