"""dsol lands domain LLMs: train, evaluate and embed whole solutions on your own hardware."""

from dsol.answer import Answer
from dsol.backend import NO_LOSS, Backend, Chat, Codec, Completion, FitJob, Generate, Message, Progress, Template, TokenRow
from dsol.errors import BackendError, DataError, DsolError, PluginError, RecipeError, RunError, unknown
from dsol.hooks import hookimpl
from dsol.metric import Metric, Score
from dsol.prompt import Prompt
from dsol.sample import Sample
from dsol.solution import Baseline, Built, Solution

__version__ = "0.1.0"

__all__ = [
    "NO_LOSS",
    "Answer",
    "Backend",
    "BackendError",
    "Baseline",
    "Built",
    "Chat",
    "Codec",
    "Completion",
    "DataError",
    "DsolError",
    "FitJob",
    "Generate",
    "Message",
    "Metric",
    "PluginError",
    "Progress",
    "Prompt",
    "RecipeError",
    "RunError",
    "Sample",
    "Score",
    "Solution",
    "Template",
    "TokenRow",
    "hookimpl",
    "unknown",
]
