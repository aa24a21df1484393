"""A solution: one task, whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from dsol.answer import Answer
from dsol.backend import Generate
from dsol.metric import Metric
from dsol.prompt import Prompt
from dsol.sample import Sample

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from dsol.calibration import Calibration

# A rule-based feature as a callable: input -> (output, confidence); output None where it has no answer.
Baseline = Callable[[Any], tuple[Any, float]]
Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass(frozen=True)
class Built:
    """What a data builder returns.

    `sources`: training samples by source name. `development`: samples to calibrate on and to choose checkpoints by;
    never trained on. `heldout`: test samples by set name; looked at only to score. `report`: what was read, made and
    dropped, and why (JSON values).
    """

    sources: Mapping[str, Sequence[Sample]]
    development: Sequence[Sample]
    heldout: Mapping[str, Sequence[Sample]]
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Solution:
    """Bundle the parts of one task; all are plain functions of the solution's typed settings.

    `read_input(text, settings)` makes an `Input` of what a person types at `dsol ask`; `show(answer)` renders an
    answer as text for a terminal. `inputs(sample)` gives the `Input` that a product would have sent for a sample.
    `wrap(generate, settings, calibration, baseline)` returns the object that a product embeds; baseline None means no
    fallback. `recipe` is the path of the default recipe. The first metric is the headline.
    """

    name: str
    summary: str
    Settings: type[BaseModel]
    Input: type[BaseModel]
    Output: type[BaseModel]
    recipe: Path
    build: Callable[[Any, int, Progress], Built]
    prompt: Callable[[Any], Prompt]
    metrics: Callable[[Any], Sequence[Metric]]
    wrap: Callable[[Generate, Any, Calibration, Baseline | None], Runnable[Any, Answer[Any]]]
    baseline: Callable[[Any], Baseline]
    inputs: Callable[[Sample], BaseModel]
    read_input: Callable[[str, Any], BaseModel]
    show: Callable[[Answer[Any]], str]
