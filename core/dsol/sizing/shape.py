"""What a model's settings say about its size; no weights are needed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Origin = Literal["", "chat", "base", "scratch"]


@dataclass(frozen=True)
class Shape:
    """The shape of a decoder; 0 and "" stand for what isn't known.

    `origin`: a chat model, a base model, or random weights. `matrices`: parameters in linear layers without the output
    head (what LoRA adapts and 4 bits compress). `adapter`: LoRA parameters for each unit of rank. `head`: size of one
    attention head. `query_norm`: queries and keys are normalised. `disk`: bytes of its weights here. `counted`: how
    the parameters were counted.
    """

    name: str = ""
    origin: Origin = ""
    parameters: int = 0
    matrices: int = 0
    adapter: int = 0
    layers: int = 0
    hidden: int = 0
    heads: int = 0
    key_heads: int = 0
    head: int = 0
    feed_forward: int = 0
    vocabulary: int = 0
    context: int = 0
    tied: bool = False
    query_norm: bool = False
    disk: int = 0
    counted: str = ""

    @property
    def embedding(self) -> int:
        """Parameters of the token embeddings."""
        return self.vocabulary * self.hidden

    @property
    def cache(self) -> int:
        """Numbers in the key/value cache for each token."""
        return 2 * self.layers * self.key_heads * self.head


def decoder(
    name: str,
    *,
    layers: int,
    hidden: int,
    heads: int,
    key_heads: int,
    feed_forward: int,
    vocabulary: int,
    head: int = 0,
    context: int = 0,
    tied: bool = False,
    query_norm: bool = False,
    query_bias: bool = False,
    origin: Origin = "",
) -> Shape:
    """Count a decoder of the Llama kind (gated feed-forward, RMSNorm, rotary positions) from its settings."""
    head = head or hidden // heads
    queries, keys = heads * head, key_heads * head
    norms = 2 * hidden + (2 * head if query_norm else 0)
    biases = queries + 2 * keys if query_bias else 0
    matrices = layers * (2 * hidden * queries + 2 * hidden * keys + 3 * hidden * feed_forward)
    ends = 2 * (hidden + queries) + 2 * (hidden + keys) + 3 * (hidden + feed_forward)
    return Shape(
        name=name,
        origin=origin,
        parameters=matrices + layers * (norms + biases) + hidden + (1 if tied else 2) * vocabulary * hidden,
        matrices=matrices,
        adapter=layers * ends,
        layers=layers,
        hidden=hidden,
        heads=heads,
        key_heads=key_heads,
        head=head,
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        context=context,
        tied=tied,
        query_norm=query_norm,
        counted="counted from its settings",
    )


def _qwen3(size: str, layers: int, hidden: int, heads: int, feed_forward: int, tied: bool = False) -> Shape:
    return decoder(
        f"Qwen3-{size}",
        layers=layers,
        hidden=hidden,
        heads=heads,
        key_heads=8,
        head=128,
        feed_forward=feed_forward,
        vocabulary=151936,
        context=40960,
        tied=tied,
        query_norm=True,
    )


# Published settings (config.json of each model's repository), so that a plan can be made without its files.
KNOWN = {
    shape.name.lower(): shape
    for shape in (
        _qwen3("0.6B", layers=28, hidden=1024, heads=16, feed_forward=3072, tied=True),
        _qwen3("1.7B", layers=28, hidden=2048, heads=16, feed_forward=6144, tied=True),
        _qwen3("4B", layers=36, hidden=2560, heads=32, feed_forward=9728, tied=True),
        _qwen3("8B", layers=36, hidden=4096, heads=32, feed_forward=12288),
        _qwen3("14B", layers=40, hidden=5120, heads=40, feed_forward=17408),
        decoder(
            "Qwen2.5-7B",
            layers=28,
            hidden=3584,
            heads=28,
            key_heads=4,
            feed_forward=18944,
            vocabulary=152064,
            context=32768,
            query_bias=True,
        ),
        decoder(
            "Llama-3.1-8B",
            layers=32,
            hidden=4096,
            heads=32,
            key_heads=8,
            feed_forward=14336,
            vocabulary=128256,
            context=131072,
        ),
        decoder(
            "Llama-2-13B",
            layers=40,
            hidden=5120,
            heads=40,
            key_heads=40,
            feed_forward=13824,
            vocabulary=32000,
            context=4096,
        ),
    )
}


def smaller(limit: int) -> Shape:
    """Name the largest known shape of at most `limit` parameters (the smallest one there is, if none)."""
    fitting = [shape for shape in KNOWN.values() if shape.parameters <= limit]
    if not fitting:
        return min(KNOWN.values(), key=lambda shape: shape.parameters)
    return max(fitting, key=lambda shape: shape.parameters)
