"""Ask lm-evaluation-harness what three small models find likely, and keep its output in `harness.json`.

    pip install lm-eval && python tests/plugins/harness.py

Run by hand, with `core`, `plugins` and the data sets in reach. The tests hold dsol's numbers against the kept ones, so
that they need neither the harness nor the data sets, and build the same models.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

ROOT = Path(__file__).parents[2]
KEPT = Path(__file__).with_suffix(".json")
SEED_BASE = ROOT / "plugins" / "dsol_seed" / "model"
DATA = ROOT.parent / "shared" / "data"
SETS = {
    "mmlu": ["mmlu/test/management_test.csv", "mmlu/test/anatomy_test.csv"],
    "gaokao": ["gaokao/2010-2022_History_MCQs.json", "gaokao/2010-2022_Biology_MCQs.json"],
}
QUESTIONS = 12
LONGEST = 160  # characters of a question, so that the kept prompts stay small


def make_qwen3(folder: Path) -> Path:
    """Make a base model with random weights that are the same on every machine, and the seed base's tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(SEED_BASE)
    tokenizer.chat_template = None
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=1024,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(config)
    random = np.random.RandomState(5)  # its numbers are promised never to change
    with torch.no_grad():
        for _, weight in sorted(model.named_parameters()):
            if weight.dim() > 1:
                weight.copy_(torch.from_numpy(random.normal(0, 0.15, tuple(weight.shape)).astype(np.float32)))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def cases(convert: Callable[[Path, Path], Path], babyllama: Path) -> dict[str, tuple[Any, str]]:
    """Name the models: how each is made in a folder, and the set that it is asked."""
    return {
        "babyllama": (lambda folder: convert(babyllama, folder), "mmlu"),
        "qwen3": (make_qwen3, "gaokao"),
        "seed": (lambda folder: SEED_BASE, "both"),
    }


def prompts(chat: bool, name: str, shots: int, form: str, tokenizer: Any) -> list[dict[str, Any]]:
    """Word short questions of a set as dsol does."""
    from dsol.mcq import read
    from dsol.mcq import shots as choosing
    from dsol.mcq.prompt import ask
    from dsol_trl import template

    codec = template.codec(tokenizer) if chat else None
    found = []
    for part in SETS if name == "both" else [name]:
        for file in SETS[part]:
            everything = read(DATA / "mcq" / file).questions
            short = [one for one in everything if len(one.question) + sum(map(len, one.choices)) < LONGEST]
            chosen = short[:: max(1, len(short) // QUESTIONS)][: QUESTIONS // len(SETS[part])]
            picked = choosing.choose(short, shots, seed=1)
            for question, before in zip(short, picked, strict=True):
                if question not in chosen:
                    continue
                asked = ask(question, before, form, chat)  # type: ignore[arg-type]
                found.append(
                    {
                        "asked": asked.context,
                        "context": codec.prompt(asked.context) if codec else asked.context,  # type: ignore[arg-type]
                        "options": list(asked.options),
                        "answer": question.answer,
                    }
                )
    return found


def harness(folder: Path, docs: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Score prompts with the harness's own task and model classes."""
    from datasets import Dataset
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.models.huggingface import HFLM

    # The harness puts the delimiter in front of every choice and leaves it out of a choice's length.
    gaps = {option[: len(option) - len(option.lstrip())] for doc in docs for option in doc["options"]}
    if len(gaps) > 1:
        parts = [[doc for doc in docs if doc["options"][0].startswith(" ") is spaced] for spaced in (True, False)]
        found = [harness(folder, part, name) for part in parts]
        sizes = [len(part) for part in parts]
        return {
            "likelihoods": [one for part in found for one in part["likelihoods"]],
            "docs": [doc for part in parts for doc in part],
            **{
                key: sum(part[key] * size for part, size in zip(found, sizes, strict=True)) / sum(sizes)
                for key in ("acc", "acc_norm", "acc_bytes")
            },
        }
    (gap,) = gaps
    rows = [{**doc, "asked": "", "options": [one.removeprefix(gap) for one in doc["options"]]} for doc in docs]
    metrics = [{"metric": metric, "aggregation": "mean"} for metric in ("acc", "acc_norm", "acc_bytes")]
    task = ConfigurableTask(
        config={
            "task": name,
            "custom_dataset": lambda **_: {"test": Dataset.from_list(rows)},
            "test_split": "test",
            "output_type": "multiple_choice",
            "doc_to_text": "{{context}}",
            "doc_to_choice": "{{options}}",
            "doc_to_target": "answer",
            "target_delimiter": gap,
            "metric_list": metrics,
        }
    )
    model = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=8)
    done = simple_evaluate(model=model, tasks=[task], bootstrap_iters=0, log_samples=True)
    samples = sorted(done["samples"][name], key=lambda one: one["doc_id"])
    for sample, doc in zip(samples, docs, strict=True):
        asked = [list(one) for one in sample["arguments"]]
        if asked != [[doc["context"], option] for option in doc["options"]]:
            raise SystemExit(f"the harness asked something else: {asked}")
    scores = done["results"][name]
    return {
        "likelihoods": [
            [[float(total), str(greedy) == "True"] for total, greedy in one["filtered_resps"]] for one in samples
        ],
        "docs": docs,
        **{key: scores[f"{key},none"] for key in ("acc", "acc_norm", "acc_bytes")},
    }


def main() -> None:
    import sys

    sys.path.insert(0, str(Path(__file__).parent))
    import lm_eval
    import transformers
    from babyllama import SOURCE, convert

    kept: dict[str, Any] = {
        "made_by": f"lm-eval {lm_eval.__version__}, torch {torch.__version__}, transformers {transformers.__version__}",
        "cases": [],
    }
    with tempfile.TemporaryDirectory() as place:
        for model, (make, name) in cases(convert, SOURCE).items():
            folder = make(Path(place) / model)
            tokenizer = AutoTokenizer.from_pretrained(folder)
            for shots in (0, 5):
                for form in ("letters", "text"):
                    docs = prompts(bool(tokenizer.chat_template), name, shots, form, tokenizer)
                    found = harness(folder, docs, f"{model}_{shots}_{form}")
                    rows = [
                        {**{k: doc[k] for k in ("asked", "options", "answer")}, "likelihoods": some}
                        for doc, some in zip(found["docs"], found["likelihoods"], strict=True)
                    ]
                    scores = {key: found[key] for key in ("acc", "acc_norm", "acc_bytes")}
                    kept["cases"].append({"model": model, "shots": shots, "form": form, **scores, "rows": rows})
    KEPT.write_text(json.dumps(kept, ensure_ascii=False, indent=None) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
