"""How far a chunk of samples is, heard from the prompts that it takes: a chunk may be minutes of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dsol.backend import Chat, Completion, Generate
from dsol.prompt import Prompt
from dsol.sample import Sample
from dsol.solution import Settings, Solution

Advance = Callable[[int, int], None]


def unheard(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass
class Listening:
    """A `Generate` that tells how many of `total` samples are done, also while a chunk of them is being answered.

    What share of the chunk that is, is estimated by its prompts. `passes`: how often a prompt is asked until its sample
    is answered, corrected by each chunk that ends. What is generated doesn't depend on any of it.
    """

    generate: Generate
    advance: Advance
    total: int
    passes: float = 1.0
    done: int = 0
    size: int = 0
    prompts: int = 0
    expected: float = 0.0
    heard: int = 0
    told: int = 0

    def begin(self, size: int, prompts: int = 0) -> None:
        """Begin a chunk of so many samples, for which so many different prompts are known of."""
        self.size, self.prompts, self.expected, self.heard = size, prompts, prompts * self.passes, 0

    def end(self) -> None:
        """End the chunk."""
        if self.prompts and self.heard:
            self.passes = self.heard / self.prompts
        self.done += self.size
        self.told = self.done
        self.advance(self.done, self.total)

    def __call__(self, chats: Sequence[Chat], **options: Any) -> list[list[Completion]]:
        self.expected = max(self.expected, self.heard + len(chats))
        inside = hasattr(self.generate, "advance")
        if inside:
            self.generate.advance = self._tell  # type: ignore[attr-defined]
        try:
            found = self.generate(chats, **options)
        finally:
            if inside:
                self.generate.advance = unheard  # type: ignore[attr-defined]
        self.heard += len(chats)
        self._tell(0, 1)
        return found

    def _tell(self, done: int, total: int) -> None:
        answered = self.heard + done
        share = answered / self.expected if self.expected else 0.0
        # The chunk's last sample is for `end` to tell; where more prompts come than expected, nothing is taken back.
        self.told = max(self.told, self.done + min(int(self.size * share), self.size - 1))
        self.advance(self.told, self.total)


class _Counted(Exception):
    """Ends the question how many prompts there are before a model is asked."""


def count_prompts(
    solution: Solution, prompt: Prompt, settings: Settings, samples: Sequence[Sample], files: Mapping[str, Any]
) -> int:
    """Count the prompts that a solution's bare model is asked for samples, without asking it."""
    counted: list[int] = []

    def count(chats: Sequence[Chat], **options: Any) -> list[list[Completion]]:
        counted.append(len(chats))
        raise _Counted

    with suppress(_Counted):
        solution.bare(count, prompt, settings, samples, files)
    return sum(counted)
