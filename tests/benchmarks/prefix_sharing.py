"""Time one epoch of the same rows of a task, three ways in one run: dsol, trl's defaults, trl's best plain setting.

    python tests/benchmarks/prefix_sharing.py [--task text2sql] [--rows 320] [--size small] [--batch 32]
                                              [--only ours plain default]

Rows of text2sql have about 800 tokens of schema in each prompt; those of d2spo are what its builder makes of the demo,
in words (a passage for each batch of predicates) or in marks (a passage for each pair of names). Every way takes the
same optimizer steps on the same rows, so that the losses must agree; the two plain ones get the steps as batches of 8,
trl's default, accumulated. "Grouped by length" is done beforehand: a step holds rows of about the same length.
Processor time counts all threads, so that the ratio means something on a machine that does other work as well.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from langchain_core.prompts import ChatPromptTemplate

from dsol import FitJob
from dsol.prompt import Prompt
from dsol.recipe import Recipe, Stage
from dsol.rows import read, sizes, tokenise
from dsol.sample import Sample
from dsol_trl import fit  # noqa: F401  (imported here so that its seconds are nobody's)
from dsol_trl.backend import TrlBackend

DATABASE = Path(__file__).parents[2] / "solutions" / "dsol_text2sql" / "demo" / "chinook" / "chinook.sqlite"
LEARNING_RATE = 1e-3
PLAIN_BATCH = 8


@dataclass(frozen=True)
class Timed:
    """Wall and processor seconds of one way, and its loss at each step."""

    wall: float
    processor: float
    losses: list[float]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--task", choices=list(TASKS), default="text2sql")
    arguments.add_argument("--rows", type=int, default=320)
    arguments.add_argument("--size", default="small")
    arguments.add_argument("--batch", type=int, default=32, help="rows in one optimizer step")
    arguments.add_argument("--only", nargs="*", default=["ours", "plain", "default"])
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prompt, samples = TASKS[options.task](options.rows)
        job, tokens = make_job(Path(folder), prompt, samples, options.size, options.batch)
        print(f"{len(samples)} rows of {options.task}, {tokens:.0f} tokens each, {options.batch} in a step")
        ways: dict[str, Callable[[], list[float]]] = {
            "ours": lambda: ours(job),
            "plain": lambda: plain(job, options.batch, bf16=False, checkpointing=False),
            "default": lambda: plain(job, options.batch, bf16=bf16_is_bearable(), checkpointing=True),
        }
        timed = {name: measure(ways[name]) for name in options.only}
    report(timed)


def make_job(folder: Path, prompt: Prompt, samples: Sequence[Sample], size: str, batch: int) -> tuple[FitJob, float]:
    """Prepare base, rows and an order in which each step's rows share what they can: samples that do are neighbours."""
    stage = Stage(share_prefix="always", backend={"learning_rate": LEARNING_RATE, **SAME})
    recipe = Recipe(solutions={"benchmark": {}}, base=f"scratch:{size}", stages={"sft": stage})
    codec = TrlBackend().prepare(
        recipe, folder / "base", lambda: ((prompt.chat(one.input or {}), one.target) for one in samples)
    )
    rows = tokenise({"questions": samples}, {"questions": prompt}, codec, 4096, folder / "rows")
    lengths, groups, _ = sizes(rows["questions"])
    count = len(samples)
    longest = {group: int(lengths[groups == group].max()) for group in np.unique(groups)}
    by_length = np.lexsort((lengths, groups, [longest[group] for group in groups.tolist()]))
    steps = np.random.default_rng(0).permutation(-(-count // batch))[np.arange(count) // batch]
    # The rows of one step make up one sequence for each prefix that some of them share.
    _, sequences = np.unique(np.stack([steps, groups[by_length]]), axis=1, return_inverse=True)
    order = np.stack([steps, sequences.ravel(), np.zeros(count, dtype=np.int64), by_length], axis=1)
    order = order[np.lexsort((order[:, 1], order[:, 0]))]
    (folder / "stage").mkdir()
    np.save(folder / "stage" / "mix.npy", order)
    place = folder / "stage"
    return FitJob(folder / "base", rows, place / "mix.npy", place, stage, 0), float(lengths.mean())


SAME = {
    "optim": "adamw_torch",
    "lr_scheduler_type": "constant",
    "warmup_steps": 0,
    "weight_decay": 0.0,
    "adam_beta2": 0.999,
}


def text2sql(count: int) -> tuple[Prompt, list[Sample]]:
    schema, samples = make_samples(count)
    system = "You write SQLite queries for this database.\n" + schema.replace("{", "(").replace("}", ")")
    return (
        Prompt(ChatPromptTemplate.from_messages([("system", system), ("human", "{question}")]), lambda text: text),
        samples,
    )


def d2spo(count: int, notation: Literal["words", "marks"]) -> tuple[Prompt, list[Sample]]:
    from dsol_d2spo.build import build
    from dsol_d2spo.prompt import make_prompt
    from dsol_d2spo.settings import Settings

    settings = Settings(notation=notation, languages=("en",))
    built = build(settings, 0, lambda what, done, total: None)
    samples = [sample for some in built.sources.values() for sample in some]
    return make_prompt(settings), samples[:count]


TASKS: dict[str, Callable[[int], tuple[Prompt, list[Sample]]]] = {
    "text2sql": text2sql,
    "d2spo-words": lambda count: d2spo(count, "words"),
    "d2spo-marks": lambda count: d2spo(count, "marks"),
}


def make_samples(count: int) -> tuple[str, list[Sample]]:
    """Ask for values of the music shop's columns, in some wordings."""
    with sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: connection.execute(f'PRAGMA table_info("{name}")').fetchall() for name in tables}
        lines = []
        asked: list[tuple[str, str, Any]] = []
        for name in tables:
            fields = [f"{one[1]} {one[2].lower()}{' primary key' if one[5] else ''}" for one in columns[name]]
            lines.append(f"table {name} ({', '.join(fields)})")
            keys = connection.execute(f'PRAGMA foreign_key_list("{name}")')
            lines += [f"{name}.{key[3]} -> {key[2]}.{key[4]}" for key in keys]
            for one in columns[name]:
                query = f'SELECT DISTINCT "{one[1]}" FROM "{name}" WHERE "{one[1]}" IS NOT NULL LIMIT 40'
                values = [value for (value,) in connection.execute(query)]
                if one[2].startswith("NVARCHAR") and values:
                    lines.append(f"{name}.{one[1]}: {str(values[0])[:12]}")
                asked += [(name, one[1], value) for value in values]
    random = np.random.default_rng(0)
    forms = [
        ("How many rows of {t} have {c} {v}?", "SELECT COUNT(*) FROM {t} WHERE {c} = {q}"),
        ("Show every {t} whose {c} is {v}.", "SELECT * FROM {t} WHERE {c} = {q}"),
        ("Which {c} of {t} differ from {v}? Sort them.", "SELECT DISTINCT {c} FROM {t} WHERE {c} <> {q} ORDER BY {c}"),
    ]
    samples = []
    for at in range(count):
        table, column, value = asked[int(random.integers(len(asked)))]
        question, sql = forms[int(random.integers(len(forms)))]
        quoted = str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
        words = {"t": table, "c": column, "v": value, "q": quoted}
        samples.append(Sample(id=str(at), input={"question": question.format(**words)}, target=sql.format(**words)))
    return "\n".join(lines), samples


def ours(job: FitJob) -> list[float]:
    TrlBackend().fit(job, lambda progress: None)
    return [json.loads(line)["loss"] for line in (job.folder / "log.jsonl").read_text().splitlines()]


def plain(job: FitJob, batch: int, bf16: bool, checkpointing: bool) -> list[float]:
    """Train the same rows in the same order as a user of trl would: ready rows, its own collator and attention."""
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    from dsol_trl.model import load_model, load_tokenizer

    table = read(job.rows["questions"])
    picked = np.load(job.order)[:, 3].tolist()
    columns = {name: [table[name][row].as_py() for row in picked] for name in ("input_ids", "labels")}
    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=load_model(job.start),
            args=SFTConfig(
                folder,
                learning_rate=LEARNING_RATE,
                **SAME,
                bf16=bf16,
                gradient_checkpointing=checkpointing,
                num_train_epochs=1,
                per_device_train_batch_size=min(PLAIN_BATCH, batch),
                gradient_accumulation_steps=max(1, batch // PLAIN_BATCH),
                train_sampling_strategy="sequential",
                max_length=4096,
                logging_steps=1,
                report_to="none",
                disable_tqdm=True,
                save_strategy="no",
                use_cpu=True,
            ),
            train_dataset=Dataset.from_dict(columns),
            processing_class=load_tokenizer(job.start),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        return [line["loss"] for line in trainer.state.log_history if "loss" in line]


def bf16_is_bearable() -> bool:
    """Say whether trl's default precision takes no more than five times as long here; else fp32 stands in for it."""
    from dsol_trl.hardware import bf16_speedup

    bearable = bf16_speedup() > 0.2
    if not bearable:
        print("bf16, trl's default, would take hours on this processor: its run is in fp32")
    return bearable


def measure(run: Callable[[], list[float]]) -> Timed:
    wall, processor = time.perf_counter(), time.process_time()
    losses = run()
    return Timed(time.perf_counter() - wall, time.process_time() - processor, losses)


def report(timed: dict[str, Timed]) -> None:
    print(
        f"{'way':10}{'wall s':>10}{'ratio':>8}{'cpu s':>10}{'ratio':>8}{'first loss':>12}{'last loss':>12}{'apart':>10}"
    )
    first = timed.get("ours", next(iter(timed.values())))
    for name, one in timed.items():
        apart = max(abs(a - b) for a, b in zip(one.losses, first.losses, strict=True))
        print(
            f"{name:10}{one.wall:10.1f}{one.wall / first.wall:8.1f}{one.processor:10.1f}"
            f"{one.processor / first.processor:8.1f}{one.losses[0]:12.4f}{one.losses[-1]:12.4f}{apart:10.5f}"
        )


if __name__ == "__main__":
    main()
