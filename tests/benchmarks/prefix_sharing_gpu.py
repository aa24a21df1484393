"""Time LoRA training at 7B shapes on a GPU: shared prefixes against whole rows, with random weights, in one run.

    python tests/benchmarks/prefix_sharing_gpu.py [--layers 28] [--prefix 800] [--branches 32] [--steps 8]

Each step has the same rows: a prefix of so many tokens with a question and an answer behind it. "shared" lays them out
flat with the prefix once, flex attention and the head at labelled positions (what dsol does); "whole" pads the rows to
a batch with SDPA, as trl does without packing. Useful tokens are those of question and answer; MFU counts the
floating-point operations of what is computed (4 a parameter and token with frozen weights, 2 forward and 2 backward,
and attention's), against the card's dense bf16 peak. First the two losses are compared.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from dsol import NO_LOSS
from dsol_trl import attention
from dsol_trl.layout import flatten, pad
from dsol_trl.loss import keep_only_labelled

PEAK = 989e12  # H100 and H200 SXM, dense bf16 (NVIDIA's data sheets)
Row = tuple[int, int, np.ndarray, np.ndarray, int]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--layers", type=int, default=28)
    arguments.add_argument("--hidden", type=int, default=3584)
    arguments.add_argument("--prefix", type=int, default=800)
    arguments.add_argument("--branches", type=int, default=32)
    arguments.add_argument("--steps", type=int, default=8)
    arguments.add_argument("--device", default="cuda")
    options = arguments.parse_args()
    attention.register()
    model = make_model(options.layers, options.hidden, options.device)
    rows = make_rows(options.prefix, options.branches, model.config.vocab_size)
    useful = sum(len(ids) - shared for _, _, ids, _, shared in rows)
    plain = model.get_base_model()
    found: dict[str, dict[str, float]] = {}
    for name, step in (("whole", whole(model, rows, options)), ("shared", shared(model, rows, options))):
        if name == "shared":
            keep_only_labelled(model)
        plain.set_attn_implementation("sdpa" if name == "whole" else attention.NAME)
        try:
            found[name] = measure(step, options)
        except torch.OutOfMemoryError as error:
            print(f"{name}: {str(error).splitlines()[0]}")
            continue
        seconds = found[name]["seconds"]
        found[name] |= {
            "useful_tokens_per_second": useful / seconds,
            "mfu": operations(model, rows, name) / seconds / PEAK,
        }
        print(name, json.dumps({key: round(value, 5) for key, value in found[name].items()}), flush=True)
    if len(found) == 2:
        ratio = found["whole"]["seconds"] / found["shared"]["seconds"]
        apart = abs(found["whole"]["loss"] / found["shared"]["loss"] - 1)
        print(f"shared prefixes: {ratio:.2f}x the speed of whole rows, first losses {apart:.1e} apart")


def make_model(layers: int, hidden: int, device: str) -> Any:
    """Make Qwen2.5-7B's shape with random bf16 weights on the device, and LoRA on all linear layers."""
    from peft import LoraConfig, get_peft_model

    config = Qwen2Config(
        vocab_size=152064,
        hidden_size=hidden,
        intermediate_size=round(hidden * 18944 / 3584),
        num_hidden_layers=layers,
        num_attention_heads=hidden // 128,
        num_key_value_heads=4,
        max_position_embeddings=32768,
        rope_theta=1e6,
        tie_word_embeddings=False,
        dtype="bfloat16",
    )
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        model = Qwen2ForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    return get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"))


def make_rows(prefix: int, branches: int, vocabulary: int) -> list[Row]:
    """Make rows of one shared prefix, and questions of 20 to 60 tokens with answers of 20 to 60."""
    random = np.random.default_rng(0)
    common = random.integers(0, vocabulary, prefix)
    rows = []
    for _ in range(branches):
        asked, answered = random.integers(20, 61, 2)
        ids = np.concatenate([common, random.integers(0, vocabulary, asked + answered)])
        labels = np.concatenate([np.full(prefix + asked, NO_LOSS), ids[prefix + asked :]])
        rows.append((0, 0, ids, labels, prefix))
    return rows


def whole(model: Any, rows: list[Row], options: Any) -> Callable[[], torch.Tensor]:
    batch = {name: part.to(options.device) for name, part in pad(rows, 0).items()}

    def step() -> torch.Tensor:
        # As trl does it: logits of every position, in parts of the batch that fit beside the weights.
        parts = [slice(at, at + 8) for at in range(0, len(rows), 8)]
        counts = (batch["labels"][:, 1:] != NO_LOSS).sum()
        losses = []
        for part in parts:
            logits = model(
                input_ids=batch["input_ids"][part], attention_mask=batch["attention_mask"][part], use_cache=False
            ).logits
            loss = cross_entropy(logits[:, :-1], batch["labels"][part, 1:]) / counts
            loss.backward()
            losses.append(loss.detach())
        return torch.stack(losses).sum()

    return step


def shared(model: Any, rows: list[Row], options: Any) -> Callable[[], torch.Tensor]:
    longest = sum(len(ids) - shared for _, _, ids, _, shared in rows) + rows[0][4]
    length = -(-longest // attention.BLOCK) * attention.BLOCK if options.device == "cuda" else 0

    def step() -> torch.Tensor:
        laid = {name: part.to(options.device) for name, part in flatten(rows, length).items()}
        logits = model(
            input_ids=laid["input_ids"], position_ids=laid["position_ids"], layout=laid["layout"], use_cache=False
        ).logits
        labels = laid["shift_labels"]
        loss = cross_entropy(logits, labels) / (labels != NO_LOSS).sum()
        loss.backward()
        return loss.detach()

    return step


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=NO_LOSS, reduction="sum"
    )


def measure(step: Callable[[], torch.Tensor], options: Any) -> dict[str, float]:
    """Time the median step after three that compile and warm up; memory in GiB."""
    cuda = options.device == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    loss = float(step())
    for _ in range(2):
        step()
    times = []
    for _ in range(options.steps):
        if cuda:
            torch.cuda.synchronize()
        started = time.perf_counter()
        step()
        if cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    peak = torch.cuda.max_memory_allocated() / 2**30 if cuda else 0.0
    return {"loss": loss, "seconds": float(np.median(times)), "peak_gib": peak}


def operations(model: Any, rows: list[Row], name: str) -> float:
    """Count the floating-point operations of a step: matrices of frozen weights forward and back, and attention's."""
    config = model.config
    inner = sum(one.numel() for key, one in model.named_parameters() if "embed_tokens" not in key)
    head = config.vocab_size * config.hidden_size
    own = [len(ids) - shared for _, _, ids, _, shared in rows]
    prefix = rows[0][4]
    if name == "whole":
        longest = max(own) + prefix
        tokens = longest * len(rows)
        pairs, scored = len(rows) * longest**2 / 2, tokens
    else:
        tokens = sum(own) + prefix
        pairs = prefix**2 / 2 + sum(one * prefix + one**2 / 2 for one in own)
        scored = sum(int((labels != NO_LOSS).sum()) for _, _, _, labels, _ in rows)
    attended = 12 * pairs * config.hidden_size * config.num_hidden_layers  # 4 forward, 8 back
    return float(4 * (inner - head) * tokens + 4 * head * scored + attended)


if __name__ == "__main__":
    main()
