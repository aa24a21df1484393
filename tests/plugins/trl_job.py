"""A small real training job, for tests and as a program that they can kill: `python trl_job.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from langchain_core.prompts import ChatPromptTemplate

from dsol import FitJob
from dsol.mix import write_mix
from dsol.prompt import Prompt
from dsol.recipe import Recipe, Stage
from dsol.rows import tokenise
from dsol.sample import Sample
from dsol_trl.backend import TrlBackend

SYSTEM = "tables: album artist customer employee genre invoice playlist track. answer with one query only"
PROMPT = Prompt(ChatPromptTemplate.from_messages([("system", SYSTEM), ("human", "{question}")]), lambda text: text)


def samples(count: int, offset: int = 0) -> list[Sample]:
    return [
        Sample(
            id=str(at), input={"question": f"how many of {at % 7} and {at}?"}, target=f"select {at * 3 % 50} of {at}"
        )
        for at in range(offset, offset + count)
    ]


def make_job(folder: Path, **stage: Any) -> FitJob:
    """Prepare a tiny base, rows and order below `folder`; what is there already is kept."""
    settings = Stage(**{"batch_tokens": 400, "epochs": 4, "checkpoints": 4, **stage})
    recipe = Recipe(solutions={"test": {}}, base="scratch:tiny", stages={"sft": settings})
    sources = {"one": samples(24), "two": samples(12, 100)}
    everything = [sample for one in sources.values() for sample in one]
    codec = TrlBackend().prepare(
        recipe, folder / "base", lambda: ((PROMPT.chat(sample.input or {}), sample.target) for sample in everything)
    )
    rows = tokenise(sources, dict.fromkeys(sources, PROMPT), codec, settings.context, folder / "rows")
    place = folder / "stages" / "sft"
    place.mkdir(parents=True, exist_ok=True)
    write_mix(settings, rows, 3, place)
    return FitJob(folder / "base", rows, place / "mix.npy", place, settings, 3)


def main() -> None:
    TrlBackend().fit(make_job(Path(sys.argv[1])), lambda progress: None)


if __name__ == "__main__":
    main()
