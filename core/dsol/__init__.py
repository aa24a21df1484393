"""dsol lands domain LLMs: train, evaluate and embed whole solutions on your own hardware."""

from typing import TYPE_CHECKING, Any

from dsol.answer import Answer, Item
from dsol.backend import (
    NO_LOSS,
    Alternatives,
    Backend,
    Chat,
    Codec,
    Completion,
    FitJob,
    Generate,
    Likelihood,
    LogLikelihood,
    Loss,
    Message,
    Progress,
    Template,
    TokenRow,
)
from dsol.errors import BackendError, DataError, DsolError, PluginError, RecipeError, RunError, unknown
from dsol.hooks import hookimpl
from dsol.metric import Metric, Score, counted
from dsol.prompt import Prompt
from dsol.sample import Sample
from dsol.solution import Baseline, Built, Settings, Solution

__version__ = "0.1.0"

if TYPE_CHECKING:
    from dsol.serving import load


def __getattr__(name: str) -> Any:
    """Import `load` when it is first used: it brings langchain and the whole line along."""
    if name == "load":
        from dsol.serving import load

        return load
    raise AttributeError(f"module 'dsol' has no attribute {name!r}")


__all__ = [
    "NO_LOSS",
    "Alternatives",
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
    "Item",
    "Likelihood",
    "LogLikelihood",
    "Loss",
    "Message",
    "Metric",
    "PluginError",
    "Progress",
    "Prompt",
    "RecipeError",
    "RunError",
    "Sample",
    "Score",
    "Settings",
    "Solution",
    "Template",
    "TokenRow",
    "counted",
    "hookimpl",
    "load",
    "unknown",
]
