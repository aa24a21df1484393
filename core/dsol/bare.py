"""What the model says alone: what it writes, parsed, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dsol.backend import Generate
from dsol.prompt import Prompt
from dsol.sample import Sample


class Bare(Protocol):
    """Answer samples with the bare model, one output (or None) each: the column "model" of every table.

    A solution brings its own where one answer takes several prompts. It asks greedily and parses, no more: no checks,
    no repair, no confidence. `files` is what the builder left for serving (`Built.files`).
    """

    def __call__(
        self,
        generate: Generate,
        prompt: Prompt,
        settings: Any,
        samples: Sequence[Sample],
        files: Mapping[str, Any],
    ) -> list[Any]: ...


def ask_once(
    generate: Generate, prompt: Prompt, settings: Any, samples: Sequence[Sample], files: Mapping[str, Any]
) -> list[Any]:
    """Ask each sample's own prompt and parse the greedy completion."""
    values = [sample.input or {} for sample in samples]
    written = prompt.ask(generate, values, max_new_tokens=settings.max_new_tokens)
    return [prompt.parse(one[0].text, asked) for one, asked in zip(written, values, strict=True)]
