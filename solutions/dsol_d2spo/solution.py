"""D2SPO's parts, put together."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from dsol import Sample, Solution
from dsol_d2spo.answers.bare import bare
from dsol_d2spo.baseline import make_baseline
from dsol_d2spo.build import build, heldout
from dsol_d2spo.metric import make_metrics
from dsol_d2spo.prompt import make_prompt
from dsol_d2spo.reading import read_input
from dsol_d2spo.settings import Input, Settings
from dsol_d2spo.show import show
from dsol_d2spo.triple import Output
from dsol_d2spo.wrap import wrap


def inputs(sample: Sample) -> Input:
    """Give what a product would have sent for a sample."""
    return Input(text=str(sample.meta["text"]), id=str(sample.meta.get("id", "")))


D2SPO = Solution(
    name="d2spo",
    summary="A document becomes triples, each with the sentences that prove it.",
    Settings=Settings,
    Input=Input,
    Output=Output,
    recipe=Path(str(files("dsol_d2spo"))) / "recipe.yaml",
    build=build,
    heldout=heldout,
    prompt=make_prompt,
    metrics=make_metrics,
    wrap=wrap,
    baseline=make_baseline,
    inputs=inputs,
    read_input=read_input,
    show=show,
    bare=bare,
    layout=2,
)
