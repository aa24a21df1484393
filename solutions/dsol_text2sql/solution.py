"""Text2SQL's parts, put together; each is imported when it is used, so that what only names them is quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol import Sample, Solution
from dsol_text2sql.settings import Input, Output, Settings

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from dsol import Answer, Baseline, Built, Generate, Metric, Prompt
    from dsol.calibration import Calibration
    from dsol.solution import Progress


def build(settings: Settings, seed: int, progress: Progress) -> Built:
    """Build training, development and held-out samples."""
    from dsol_text2sql.build import build

    return build(settings, seed, progress)


def heldout(settings: Settings, files: Mapping[str, Any]) -> Mapping[str, Sequence[Sample]]:
    """Read the held-out files that the settings name."""
    from dsol_text2sql.build import heldout

    return heldout(settings, files)


def make_prompt(settings: Settings) -> Prompt:
    """Make the prompt."""
    from dsol_text2sql.prompt import make_prompt

    return make_prompt(settings)


def make_metrics(settings: Settings, files: Mapping[str, Any]) -> Sequence[Metric]:
    """Make the metrics, the headline first."""
    from dsol_text2sql.metric import make_metrics

    return make_metrics(settings, files)


def wrap(
    generate: Generate,
    settings: Settings,
    *,
    calibration: Calibration,
    baseline: Baseline | None,
    files: Mapping[str, Any],
) -> Runnable[Any, Answer[Output]]:
    """Make the object that a product embeds."""
    from dsol_text2sql.wrap import wrap

    return wrap(generate, settings, calibration=calibration, baseline=baseline, files=files)


def make_baseline(settings: Settings, files: Mapping[str, Any]) -> Baseline:
    """Make the rule-based feature."""
    from dsol_text2sql.baseline import make_baseline

    return make_baseline(settings, files)


def show(answer: Answer[Output]) -> str:
    """Render an answer for a terminal."""
    from dsol_text2sql.show import show

    return show(answer)


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
