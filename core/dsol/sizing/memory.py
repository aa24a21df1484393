"""Where memory goes in training and in serving, in bytes, counted from a model's shape.

What a backward pass keeps is counted tensor by tensor for a decoder layer as transformers computes it (RMSNorm,
attention that never forms the score matrix, gated feed-forward); tests/benchmarks/memory.py sets the sums beside
measured peaks. Unlike the closed formula of arXiv 2205.05198 this follows grouped keys and any feed-forward width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dsol.sizing.machine import Machine
from dsol.sizing.shape import Shape

Way = Literal["full", "lora", "4-bit"]
WAYS: tuple[Way, ...] = ("full", "lora", "4-bit")

FP32, HALF = 4, 2
# QLoRA (arXiv 2305.14314): 4 bits a weight, and 0.127 bits for its doubly quantised constants.
FOUR_BITS = 4.127 / 8
# What the process takes beside tensors. CPU: measured on a model of 0.1 M parameters. GPU: the driver's context and
# libraries, about what an idle process of torch shows in nvidia-smi.
RUNTIME = {"cpu": 50 * 10**6, "cuda": 700 * 10**6, "": 0}
# The loss is computed in tiles of so many tokens and so many entries of the vocabulary (trl's fused output head). On a
# GPU one tile is alive at a time; the plain torch code for a CPU holds it with its products, in fp32.
TILE = (4096, 32768)
IN_CACHE = 2**19  # logits of a tile on a CPU: 2 MiB in fp32, so that its products stay in the processor's cache
FEWEST = 64  # tokens of a tile, below which the head's weights are read more often than they are used
TILES = {"cpu": 9, "cuda": 1, "": 1}
# The allocator keeps more than is alive. CPU: measured, glibc's heap holds a quarter more than the tensors that come
# and go within a step, more where LoRA's products leave holes between them; tensors from 32 MiB on are mapped one by
# one and go back whole (mallopt(3), M_MMAP_THRESHOLD). GPU: torch's own allocator, for whose share
# sizing.fitting.USABLE leaves room.
FRAGMENTS: dict[tuple[str, bool], float] = {("cpu", False): 1.25, ("cpu", True): 1.75}
MAPPED = 32 * 2**20
# Muon stacks the matrices of one shape: their gradients with momentum, the stack, and the iteration's products.
MUON_COPIES = 5


@dataclass(frozen=True)
class Work:
    """What one optimizer step is to do: train `way` on `tokens` tokens, `labelled` of which carry loss.

    `checkpointing`: each layer's activations are computed twice instead of kept. `rank`: of LoRA. `muon`: Muon for
    the matrices instead of AdamW (one moment instead of two).
    """

    way: Way
    tokens: int
    labelled: int
    checkpointing: bool = False
    rank: int = 16
    muon: bool = False


@dataclass(frozen=True)
class Memory:
    """Bytes by what they hold. `workspace`: alive only within the backward pass, `update`: only within the update."""

    weights: float
    gradients: float
    optimizer: float
    activations: float
    workspace: float
    update: float
    runtime: float

    @property
    def peak(self) -> float:
        """The most that is alive at one time: gradients grow while activations go, layer by layer."""
        return (
            self.weights
            + self.optimizer
            + self.runtime
            + max(self.activations + self.workspace, self.gradients + self.update)
        )


def training(shape: Shape, work: Work, machine: Machine) -> Memory:
    """Estimate the memory of training, on one card that holds everything.

    On a CPU all is fp32. On a GPU arithmetic is bf16: full tuning keeps weights and states in fp32 beside copies of
    the weights in bf16, LoRA keeps frozen weights in bf16 and its own in fp32.
    """
    half = machine.device == "cuda"
    trained = shape.parameters if work.way == "full" else work.rank * shape.adapter
    weights: float
    if work.way == "full":
        weights = shape.parameters * (FP32 + (HALF if half else 0))
    elif work.way == "lora":
        weights = shape.parameters * (HALF if half else FP32) + trained * FP32
    else:
        weights = four_bits(shape) + trained * FP32
    matrices = shape.matrices if work.muon and work.way == "full" else 0
    moments = FP32 * (matrices + 2 * (trained - matrices))
    kept, one_layer = activations(shape, work, half)
    held = _fragments(work, machine, work.tokens * shape.feed_forward * FP32)
    update = MUON_COPIES * FP32 * 2 * shape.layers * shape.hidden * shape.feed_forward if matrices else 0
    return Memory(
        weights=weights,
        gradients=FP32 * trained,
        optimizer=moments,
        activations=held * kept,
        workspace=_backward(shape, work, machine) + (held * one_layer if work.checkpointing else 0),
        update=held * update,
        runtime=RUNTIME[machine.device],
    )


def activations(shape: Shape, work: Work, half: bool) -> tuple[float, float]:
    """Count the bytes that all layers keep for the backward pass, and those of one layer without checkpointing."""
    hidden, queries, keys = shape.hidden, shape.heads * shape.head, shape.key_heads * shape.head
    frozen = work.way != "full"
    # Norms compute in fp32: their input, and the normalised input (twice where their weight is trained).
    norms = 2 * (2 * hidden) + (2 * (queries + keys) if shape.query_norm else 0)
    scaled = 2 * hidden
    if frozen:
        norms -= 2 * hidden + ((queries + keys) if shape.query_norm else 0)
    # Inputs of the linear layers; queries, keys, values and output of the attention; gate, its activation, up, product.
    narrow = scaled + (queries + keys) + keys + queries + 4 * shape.feed_forward
    narrow += 7 * work.rank if frozen else 0
    size = HALF if half else FP32
    layer = FP32 * norms + size * narrow
    ends = (FP32 if frozen else 2 * FP32) * hidden + size * hidden  # the last norm
    if work.checkpointing:
        return work.tokens * (shape.layers * FP32 * hidden + ends), work.tokens * layer
    return work.tokens * (shape.layers * layer + ends), work.tokens * layer


def _backward(shape: Shape, work: Work, machine: Machine) -> float:
    """Count what is alive only while gradients flow: the head's tiles or a layer's own gradients, and the head's."""
    half = machine.device == "cuda"
    size = HALF if half else FP32
    wide = TILE[1] if half else min(TILE[1], shape.vocabulary)  # on a CPU untouched memory isn't there
    tile = min(work.labelled, tile_tokens(shape.vocabulary, machine.device)) * wide * size
    head = TILES[machine.device] * tile * _fragments(work, machine, tile) + 2 * work.labelled * shape.hidden * FP32
    held = _fragments(work, machine, work.tokens * shape.feed_forward * FP32)
    layer = held * work.tokens * size * (3 * shape.feed_forward + 3 * shape.hidden)
    trained = FP32 * shape.embedding if work.way == "full" else 0
    return max(head, layer) + trained


def tile_tokens(vocabulary: int, device: str) -> int:
    """Say how many tokens' logits are computed at once for the loss."""
    return max(FEWEST, IN_CACHE // min(TILE[1], vocabulary)) if device == "cpu" else TILE[0]


def _fragments(work: Work, machine: Machine, tensor: float) -> float:
    """Say how much more the allocator holds than tensors of so many bytes."""
    return 1.0 if tensor >= MAPPED else FRAGMENTS.get((machine.device, work.way != "full"), 1.0)


def four_bits(shape: Shape) -> float:
    """Count the bytes of weights whose matrices have 4 bits, and whose embeddings, head and norms 16."""
    return shape.matrices * FOUR_BITS + (shape.parameters - shape.matrices) * HALF


def cache(shape: Shape, context: int, concurrency: int, half: bool = True) -> float:
    """Count the bytes of the key/value cache of `concurrency` answers at once, each at the full context."""
    return float(shape.cache * context * concurrency * (HALF if half else FP32))


@dataclass(frozen=True)
class Serving:
    """Bytes of serving: weights, key/value cache, the process."""

    weights: float
    cache: float
    runtime: float

    @property
    def peak(self) -> float:
        return self.weights + self.cache + self.runtime


def serving(shape: Shape, machine: Machine, context: int, concurrency: int, four_bit: bool = False) -> Serving:
    """Estimate the memory of answering: 16 bits on a GPU (or 4 for the matrices), fp32 on a CPU."""
    half = machine.device != "cpu"
    weights = four_bits(shape) if four_bit else float(shape.parameters * (HALF if half else FP32))
    return Serving(weights, cache(shape, context, concurrency, half), RUNTIME[machine.device])
