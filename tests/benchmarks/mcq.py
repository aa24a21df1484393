"""Time multiple choice at 5 shots against lm-evaluation-harness: same model, same prompts, same batch limit, one run.

    pip install lm-eval && python tests/benchmarks/mcq.py [--size large] [--questions 50]

Run by hand, with the data sets in reach. The questions are MMLU's, by their choices' texts or by letters. `seed` is
the base that ships (3 M parameters, its chat template); `large` has random weights (25 M) and the same tokenizer.
Both sides tokenise, run and sum within the time that is taken; the processor time counts other work on the machine out.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from dsol.mcq import read
from dsol.mcq.prompt import Form, ask
from dsol.mcq.shots import choose
from dsol.recipe import Recipe, Stage
from dsol_trl.backend import TrlBackend
from dsol_trl.likelihood import load_weigher

ROOT = Path(__file__).parents[2]
SEED = ROOT / "plugins" / "dsol_seed" / "model"
DATA = ROOT.parent / "shared" / "data" / "mcq" / "mmlu"
BATCH = 16  # sequences that the harness runs at once


def make_large(folder: Path) -> Path:
    tokenizer = AutoTokenizer.from_pretrained(SEED)
    tokenizer.chat_template = None
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=512,
        intermediate_size=1408,
        num_hidden_layers=7,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=64,
        max_position_embeddings=8192,
        initializer_range=0.1,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    wall, processor = time.perf_counter(), time.process_time()
    found = run()
    return time.perf_counter() - wall, time.process_time() - processor, found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=["seed", "large"], default="seed")
    parser.add_argument("--questions", type=int, default=50, help="of two subjects each")
    parser.add_argument("--form", choices=["text", "letters"], default="text")
    parser.add_argument("--ratio", type=float, default=5.0, help="fail below this speed-up")
    options = parser.parse_args()
    form: Form = options.form
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as place:
        folder = SEED if options.size == "seed" else make_large(Path(place) / "source")
        recipe = Recipe(solutions={"none": {}}, base=str(folder), stages={"none": Stage()})
        TrlBackend().prepare(recipe, Path(place) / "base", lambda: iter(()))
        weigh = load_weigher(Path(place) / "base")
        theirs = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=BATCH)
        asked = []
        for subject in ("management", "high_school_geography"):
            questions = read(DATA / "test" / f"{subject}_test.csv").questions[: options.questions]
            shots = choose(questions, 5, read(DATA / "dev" / f"{subject}_dev.csv").questions)
            asked += [ask(one, some, form, weigh.chat) for one, some in zip(questions, shots, strict=True)]
        requests = [
            Instance("loglikelihood", {}, (weigh._context(one), option), 0) for one in asked for option in one.options
        ]
        weigh(asked[:1])
        theirs.loglikelihood(requests[:4], disable_tqdm=True)
        wall, processor, ours = timed(lambda: weigh(asked))
        slow, slow_processor, wanted = timed(lambda: theirs.loglikelihood(requests, disable_tqdm=True))
        flat = [one for some in ours for one in some]
        apart = max(abs(one.total - total) for one, (total, _) in zip(flat, wanted, strict=True))
        tokens = sum(len(context) for context, _ in weigh._encode(asked)) / len(asked)
        parameters = sum(part.numel() for part in weigh.model.parameters())
    table = Table(
        title=f"{len(asked)} questions at 5 shots by {form}, {tokens:.0f} tokens each; {parameters / 1e6:.1f} M "
        f"parameters, fp32, {torch.get_num_threads()} threads"
    )
    for heading in ("way", "seconds", "questions per second", "ratio", "processor seconds", "ratio of those"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for way, seconds, busy in (("lm-eval, HFLM", slow, slow_processor), ("dsol", wall, processor)):
        row = (f"{seconds:.1f}", f"{len(asked) / seconds:.2f}", f"{slow / seconds:.1f}")
        table.add_row(way, *row, f"{busy:.1f}", f"{slow_processor / busy:.1f}")
    Console(width=140).print(table)
    if apart > 1e-3:
        raise SystemExit(f"the log-likelihoods differ by up to {apart:.1e}")
    if slow / wall < options.ratio:
        raise SystemExit(f"the speed-up is {slow / wall:.1f}, below {options.ratio:.1f}")


if __name__ == "__main__":
    main()
