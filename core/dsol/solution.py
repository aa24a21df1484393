"""A solution: one task, whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from dsol.answer import Answer
from dsol.backend import Generate
from dsol.bare import Bare, ask_once
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
    never trained on. `heldout`: test samples by set name; looked at only to score. `unanswerable`: what users may send
    too, and no answer is right for; confidence learns from it to stay low. `report`: what was read, made and
    dropped, and why (JSON values). `files`: further JSON values that serving needs, kept as `data/<name>.json` and
    handed to `wrap` through the run (for example learned synonyms). `warnings`: what the user should know before
    training, a line each.
    """

    sources: Mapping[str, Sequence[Sample]]
    development: Sequence[Sample]
    heldout: Mapping[str, Sequence[Sample]]
    unanswerable: Sequence[Sample] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()


class Settings(BaseModel):
    """Base of every solution's settings: frozen, unknown keys refused, and how much a model may write."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_new_tokens: int = Field(default=256, ge=1)


class Wrap(Protocol):
    """Make the object that a product embeds: it takes an `Input` and returns an `Answer`, singly or in batches.

    Who answers is `calibration.decide`'s to say. An answer's `evidence` holds what that was told, to be learned from on
    the development set: "signals", numbers by name that tell the model's right answers from its wrong ones, and
    "agree", whether the baseline said the same (None where that can't be said). An answer that is a list says the like
    of each `Item`, of the model's and the baseline's together, and `calibration.items.judge` which of them count;
    the headline metric scores them in the same order (`Score.items`, see `dsol.counted`).
    `baseline` None means no fallback. `files` is what the builder left for serving (`Built.files`).
    """

    def __call__(
        self,
        generate: Generate,
        settings: Any,
        *,
        calibration: Calibration,
        baseline: Baseline | None,
        files: Mapping[str, Any],
    ) -> Runnable[Any, Answer[Any]]: ...


@dataclass(frozen=True)
class Solution:
    """Bundle the parts of one task; all are plain functions of the solution's typed settings.

    `recipe` is the path of the default recipe. `heldout(settings, files)` reads the held-out files that the settings
    name, for `dsol eval`. `inputs(sample)` gives the `Input` that a product would have sent for a sample.
    `read_input(text, settings)` makes one of what a person types at `dsol ask`; `show(answer)` renders an answer for a
    terminal. `baseline(settings, files)` makes the rule-based feature, `metrics(settings, files)` what answers are
    judged by, the headline first; their names don't depend on `files`, which is what the builder left (`Built.files`).
    `bare` asks the model alone; the default asks one prompt a sample. `layout`: the number of the form that prompts and
    the builder's files have; raise it when those change so that models and files of before no longer fit, and runs of
    before are refused with a clear line.
    """

    name: str
    summary: str
    Settings: type[Settings]
    Input: type[BaseModel]
    Output: type[BaseModel]
    recipe: Path
    build: Callable[[Any, int, Progress], Built]
    heldout: Callable[[Any, Mapping[str, Any]], Mapping[str, Sequence[Sample]]]
    prompt: Callable[[Any], Prompt]
    metrics: Callable[[Any, Mapping[str, Any]], Sequence[Metric]]
    wrap: Wrap
    baseline: Callable[[Any, Mapping[str, Any]], Baseline]
    inputs: Callable[[Sample], BaseModel]
    read_input: Callable[[str, Any], BaseModel]
    show: Callable[[Answer[Any]], str]
    bare: Bare = ask_once
    layout: int = 1
