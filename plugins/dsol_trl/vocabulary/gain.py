"""What fewer tokens buy in decoding speed once the larger output head is paid for, and the advice that follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORTH = 15.0  # per cent; below it the rule `vocabulary` advises against


@dataclass(frozen=True)
class Shape:
    """A model's size: parameters but for embeddings and head, rows and width of the embeddings, one matrix or two."""

    body: int
    rows: int
    width: int
    tied: bool


def look(folder: Path) -> Shape:
    """Read a model's shape from its settings; no weights are loaded."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model: Any = AutoModelForCausalLM.from_config(config)
    rows, width = model.get_input_embeddings().weight.shape
    tied = bool(getattr(config.get_text_config(), "tie_word_embeddings", False))
    names = {
        id(one.weight): one.weight.numel() for one in (model.get_input_embeddings(), model.get_output_embeddings())
    }
    total = sum(one.numel() for one in model.parameters())
    return Shape(total - sum(names.values()), rows, width, tied)


def predict(shape: Shape, before: int, after: int, rows: int) -> float:
    """Predict the gain in characters per second, in per cent, of a model with `rows` rows after the extension.

    One sequence at a time is bound by reading the weights: a token costs body and head (of the input embedding one row
    is read). `before`, `after`: tokens of the same text. With many sequences at once arithmetic counts, in the same
    proportion; where neither does, because a small model waits for its launches, a larger head costs less than this.
    """
    cost = (shape.body + rows * shape.width) / (shape.body + shape.rows * shape.width)
    return 100 * (before / after / cost - 1)


def advise(gain: float, added: int) -> list[str]:
    """Word the advice on a predicted gain of some added tokens, with what users expect of them wrongly."""
    if not added:
        return ["Leave the vocabulary as it is: the base has tokens already for what recurs in this text."]
    if gain < WORTH:
        first = (
            f"Leave the vocabulary as it is: {added:,} tokens would make decoding {gain:+.0f} % faster, and below "
            f"{WORTH:.0f} % the new rows aren't worth their training."
        )
    else:
        first = (
            f"Worth trying where decoding speed counts: {added:,} tokens would make decoding about {gain:.0f} % faster."
        )
    return [
        first,
        "New tokens buy speed, hardly quality: they don't teach the domain, and on small data they often cost some "
        "(arXiv 2401.01055). Chinese-LLaMA's 20,000 tokens about doubled the speed, after training on 20 GB of text "
        "(arXiv 2304.08177).",
        "Their rows must be trained, on as much text as there is; compare the solution's score on both bases "
        "before the new one replaces the old.",
    ]
