"""Hold completions to regular expressions: which tokens may come next, as llguidance (MIT) finds it while they grow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch

from dsol import BackendError

SHOWN = 80  # characters of a pattern in a message


class Guide:
    """What one completion may go on with; `stop` tokens end it wherever the pattern is complete."""

    def __init__(self, matcher: Any, stop: frozenset[int], vocabulary: int) -> None:
        self._matcher = matcher
        self._stop = sorted(stop)
        self._vocabulary = vocabulary

    def allowed(self) -> np.ndarray:
        """Say of each token of the vocabulary whether it may come next."""
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        bits = allocate_token_bitmask(1, self._vocabulary)
        fill_next_token_bitmask(self._matcher, bits)
        row = np.unpackbits(bits.view(np.uint8), bitorder="little")[: self._vocabulary].astype(bool)
        row[self._stop] = self._matcher.is_accepting()  # whichever of them the model ends with
        return row

    def take(self, token: int) -> None:
        """Go on behind a token."""
        if token not in self._stop and not self._matcher.consume_token(token):
            raise BackendError(f"the pattern of a completion can't be followed further: {self._matcher.get_error()}")


class Guides:
    """Make the guides of one model; each pattern is compiled once. A BackendError says what is wrong with one.

    `lead` and `close`: what the model has learned to write around an answer, which it may do (see `template.Contract`).
    """

    def __init__(self, tokenizer: Any, vocabulary: int, stop: frozenset[int], lead: str = "", close: str = "") -> None:
        check()
        from llguidance.hf import from_tokenizer

        self._vocabulary = max(vocabulary, len(tokenizer))
        self._tokenizer = from_tokenizer(tokenizer, n_vocab=self._vocabulary, eos_token=min(stop))
        self._stop = stop
        self._around = [f"(?:{re.escape(text)})?" if text else "" for text in (lead, close)]
        self._compiled: dict[str, Any] = {}

    def guide(self, pattern: str) -> Guide:
        """Begin a completion that matches a pattern from its first to its last character."""
        if pattern not in self._compiled:
            self._compiled[pattern] = self._compile(pattern)
        return Guide(self._compiled[pattern].deep_copy(), self._stop, self._vocabulary)

    def _compile(self, pattern: str) -> Any:
        from llguidance import LLMatcher

        lead, close = self._around
        try:
            grammar = LLMatcher.grammar_from_regex(f"{lead}(?:{pattern}){close}")
            matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
            error = matcher.get_error()
        except ValueError as raised:
            error = str(raised)
        if error:
            reason = str(error).strip().splitlines()[0]
            raise BackendError(f"no completion can be held to the pattern {pattern[:SHOWN]!r}: {reason}")
        return matcher


class Guided(Protocol):
    """A completion that may have a guide."""

    @property
    def guide(self) -> Guide | None: ...


def allowed(written: Sequence[Guided], logits: torch.Tensor) -> torch.Tensor | None:
    """Say which tokens may come next, (sequences, vocabulary) like the logits; None where every one may everywhere."""
    guides = [(at, one.guide) for at, one in enumerate(written) if one.guide is not None]
    if not guides:
        return None
    found = np.ones(tuple(logits.shape), dtype=bool)
    for at, guide in guides:
        row = guide.allowed()[: logits.shape[1]]
        found[at, : len(row)], found[at, len(row) :] = row, False
    return torch.from_numpy(found).to(logits.device)


def check() -> None:
    """Look whether llguidance is installed; a BackendError says how it comes."""
    try:
        import llguidance  # noqa: F401
    except ImportError as error:
        raise BackendError(
            "constrained: holding completions to a pattern needs llguidance; install it with: "
            "pip install 'dsol[constrained]', or set constrained to false"
        ) from error
