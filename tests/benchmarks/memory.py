"""Set the estimated memory of training beside the measured peak of real runs, each in a process of its own.

    python tests/benchmarks/memory.py [--sizes small medium large] [--ways full lora] [--data tasks documents]
                                      [--batch 4096]

Measured: the largest resident set of a process that trains a few steps, less that of one that only imports the same
modules. Estimated: `dsol.sizing.training` for the same shape, tokens and label tokens, less what its process takes.
Both are of fp32 on a CPU, as dsol trains there. Linux only (it reads /proc).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

STEPS = 3
CONTEXT = 2048


@dataclass(frozen=True)
class Case:
    """One run: a scratch size, what is trained, and what on."""

    size: str
    way: str
    data: str
    batch: int


@dataclass(frozen=True)
class Measured:
    """Bytes, and what the largest step held."""

    peak: int
    tokens: int
    labelled: int


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--sizes", nargs="*", default=["small", "medium", "large"])
    arguments.add_argument("--ways", nargs="*", default=["full", "lora"])
    arguments.add_argument("--data", nargs="*", default=["tasks", "documents"])
    arguments.add_argument("--batch", type=int, default=4096)
    arguments.add_argument("--child", nargs=2, metavar=("CASE", "FOLDER"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.child:
        child(Case(**json.loads(options.child[0])), options.child[1])
        return
    print(f"{'run':34} {'tokens':>7} {'labels':>7} {'measured':>9} {'estimate':>9} {'off by':>7}")
    for data in options.data:
        for size in options.sizes:
            for way in options.ways:
                case = Case(size, way, data, options.batch)
                found = measure(case)
                expected = estimate(case, found)
                off = expected / found.peak - 1
                name = f"{size} {way}, {data}"
                megabytes = f"{found.peak / 1e6:>6.0f} MB {expected / 1e6:>6.0f} MB"
                print(f"{name:34} {found.tokens:>7} {found.labelled:>7} {megabytes} {off:>+7.1%}", flush=True)


def measure(case: Case) -> Measured:
    """Train a few steps in a process of its own; give its peak over a process that only imports."""
    with tempfile.TemporaryDirectory() as folder:
        _run(case, folder)  # prepares the base and the rows
        trained = _run(case, folder)
    return Measured(trained["peak"] - idle(), trained["tokens"], trained["labelled"])


@cache
def idle() -> int:
    """Give the peak of a process that only imports."""
    return _run(Case("", "", "", 0), "")["peak"]


def estimate(case: Case, found: Measured) -> float:
    """Estimate what the measured run takes, its process included."""
    from dsol.recipe import Recipe, Stage
    from dsol.sizing import Machine, Work, training
    from dsol_trl.shape import describe

    shape = describe(Recipe(solutions={"benchmark": {}}, base=f"scratch:{case.size}", stages={"one": Stage()}))
    work = Work("full" if case.way == "full" else "lora", found.tokens, found.labelled, muon=case.way == "full")
    return training(shape, work, Machine(device="cpu")).peak


def _run(case: Case, folder: str) -> dict[str, int]:
    command = [sys.executable, __file__, "--child", json.dumps(case.__dict__), folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"a run ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def child(case: Case, folder: str) -> None:
    """Import, then prepare a folder, or train in one that is prepared; print the peak."""
    from peft import LoraConfig  # noqa: F401
    from trl import SFTTrainer  # noqa: F401

    from dsol_trl import fit

    found = {"tokens": 0, "labelled": 0}
    if folder and not (Path(folder) / "stage").exists():
        prepare(case, Path(folder))
    elif folder:
        job = make_job(case, Path(folder))
        fit.fit(job, lambda progress: None)
        found = largest_step(job)
    print(json.dumps({"peak": peak(), **found}))


def peak() -> int:
    """Read the largest resident set of this process so far, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("this system doesn't tell a process's peak memory")


def make_job(case: Case, folder: Path) -> Any:
    from dsol import FitJob

    rows = {"one": folder / "rows" / "one.arrow"}
    return FitJob(folder / "base", rows, folder / "stage" / "mix.npy", folder / "stage", stage(case), 0)


def stage(case: Case) -> Any:
    from dsol.recipe import Stage

    share = "never" if case.data == "documents" else "auto"
    return Stage(batch_tokens=case.batch, context=CONTEXT, tune=case.way, force="full", share_prefix=share)


def prepare(case: Case, folder: Path) -> None:
    """Make base, rows and the order of a few steps: tasks with a long common prompt, or documents."""
    import numpy as np
    from langchain_core.prompts import ChatPromptTemplate

    from dsol.mix import write_mix
    from dsol.prompt import Prompt
    from dsol.recipe import Recipe
    from dsol.rows import tokenise
    from dsol.sample import Sample
    from dsol_trl.backend import TrlBackend

    random = np.random.default_rng(0)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    words = ["".join(random.choice(letters, 5)) for _ in range(6000)]  # enough to fill the vocabulary

    def text(count: int) -> str:
        return " ".join(random.choice(words, count))

    prompt = Prompt(
        ChatPromptTemplate.from_messages([("system", text(100)), ("human", "{question}")]),
        lambda answer, values: answer,
    )
    if case.data == "documents":
        samples = [Sample(id=str(at), target=text(200)) for at in range(4 * STEPS * case.batch // 400)]
    else:
        count = 4 * STEPS * case.batch // 60
        samples = [Sample(id=str(at), input={"question": text(10)}, target=text(8)) for at in range(count)]
    recipe = Recipe(solutions={"benchmark": {}}, base=f"scratch:{case.size}", stages={"one": stage(case)})
    codec = TrlBackend().prepare(
        recipe,
        folder / "base",
        lambda: ((prompt.chat(one.input) if one.input is not None else None, one.target) for one in samples),
    )
    rows = tokenise({"one": samples}, {"one": prompt}, codec, CONTEXT, folder / "rows")
    (folder / "stage").mkdir()
    write_mix(stage(case), rows, 0, folder / "stage")
    order = np.load(folder / "stage" / "mix.npy")
    np.save(folder / "stage" / "mix.npy", order[order[:, 0] < STEPS])


def largest_step(job: Any) -> dict[str, int]:
    import numpy as np

    from dsol_trl.layout import Steps

    steps = Steps(np.load(job.order), job.rows)
    batches = [steps([{"step": at}]) for at in range(steps.count)]
    return {
        "tokens": max(int(one["input_ids"].numel()) for one in batches),
        "labelled": max(int(one["shift_labels"].numel()) for one in batches),
    }


if __name__ == "__main__":
    main()
