"""dsol lands domain LLMs: train, evaluate and embed whole solutions on your own hardware."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dsol.hooks import hookimpl

if TYPE_CHECKING:
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
    from dsol.metric import Metric, Score, counted
    from dsol.prompt import Prompt
    from dsol.sample import Sample
    from dsol.serving import load
    from dsol.solution import Baseline, Built, Settings, Solution

__version__ = "0.1.0"

# Where each name lives: imported when it is first used, since a command line's help waits for none of them.
HOMES = {
    "answer": ("Answer", "Item"),
    "backend": (
        "NO_LOSS",
        "Alternatives",
        "Backend",
        "Chat",
        "Codec",
        "Completion",
        "FitJob",
        "Generate",
        "Likelihood",
        "LogLikelihood",
        "Loss",
        "Message",
        "Progress",
        "Template",
        "TokenRow",
    ),
    "errors": ("BackendError", "DataError", "DsolError", "PluginError", "RecipeError", "RunError", "unknown"),
    "metric": ("Metric", "Score", "counted"),
    "prompt": ("Prompt",),
    "sample": ("Sample",),
    "solution": ("Baseline", "Built", "Settings", "Solution"),
    "serving": ("load",),
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module."""
    home = next((module for module, names in HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'dsol' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"dsol.{home}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


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
