"""Text2SQL's parts, put together."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from dsol import Sample, Solution
from dsol_text2sql.baseline import make_baseline
from dsol_text2sql.build import build, heldout
from dsol_text2sql.metric import make_metrics
from dsol_text2sql.prompt import make_prompt
from dsol_text2sql.settings import Input, Output, Settings
from dsol_text2sql.show import show
from dsol_text2sql.wrap import wrap


def inputs(sample: Sample) -> Input:
    """Give what a product would have sent for a sample."""
    return Input(question=str(sample.meta["question"]), database=str(sample.meta.get("database", "")))


def read_input(text: str, settings: Settings) -> Input:
    """Take what a person typed as the question."""
    return Input(question=text)


TEXT2SQL = Solution(
    name="text2sql",
    summary="A question in words becomes a read-only query over your own database, with its rows.",
    Settings=Settings,
    Input=Input,
    Output=Output,
    recipe=Path(str(files("dsol_text2sql"))) / "recipe.yaml",
    build=build,
    heldout=heldout,
    prompt=make_prompt,
    metrics=make_metrics,
    wrap=wrap,
    baseline=make_baseline,
    inputs=inputs,
    read_input=read_input,
    show=show,
)
