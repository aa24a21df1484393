"""Completions that are held to patterns match them, whatever the model wants; its log-probabilities stay its own."""

from __future__ import annotations

import re
import sys

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from dsol import BackendError
from dsol_trl.backend import TrlBackend
from dsol_trl.guiding import Guides
from dsol_trl.sampling import choose

from .test_trl_generate import QUESTIONS, chats, same, tokenizer, writer  # noqa: F401  # a fixture

PATTERNS = [
    r"(?:yes|no|maybe)(?:\n(?:yes|no|maybe)){0,3}",
    r'\{"number":[0-9]{1,4}\}',
    "无|名字的值",
    r"[a-z]{3} [A-Z]{2}",
]


@pytest.mark.parametrize("kind", ["qwen3", "mistral"])
@pytest.mark.parametrize("draws", [{}, {"samples": 3, "temperature": 1.5}])
def test_every_completion_matches_its_pattern(kind: str, draws: dict, tokenizer: PreTrainedTokenizerFast) -> None:  # noqa: F811
    # The sliding window is shorter than the prompts, so that Mistral's are decoded one by one.
    write = writer(kind, tokenizer, **({"sliding_window": 64} if kind == "mistral" else {}))
    asked = chats(QUESTIONS)
    patterns = [PATTERNS[at % len(PATTERNS)] if at != 5 else "" for at in range(len(asked))]
    found = write(asked, max_new_tokens=48, patterns=patterns, **draws)
    for pattern, some in zip(patterns, found, strict=True):
        for one in some if pattern else ():
            assert one.finished
            assert re.fullmatch(pattern, one.text)
            assert len(one.logprobs) > 1
            assert all(logprob <= 0 for logprob in one.logprobs)
    for free, alone in zip(found[5], write(asked[5:6], max_new_tokens=48, **draws)[0], strict=True):
        same(free, alone)


def test_log_probabilities_are_those_among_all_tokens() -> None:
    logits = torch.tensor([[3.0, 2.0, 1.0], [0.0, 5.0, 1.0]])
    allowed = torch.tensor([[False, True, True], [True, True, True]])
    for uniform in (None, torch.tensor([0.0, 0.5], dtype=torch.float64)):
        tokens, logprobs = choose(logits, 1.0 if uniform is not None else 0.0, uniform, allowed)
        assert tokens.tolist() == [1, 1]
        assert torch.allclose(logprobs, torch.log_softmax(logits, -1)[[0, 1], [1, 1]])


@pytest.mark.parametrize("pattern", ["(", "(?=yes)yes", r"(a)\1"])
def test_a_pattern_that_cannot_be_followed_is_named(pattern: str, tokenizer: PreTrainedTokenizerFast) -> None:  # noqa: F811
    with pytest.raises(BackendError, match="no completion can be held to the pattern") as caught:
        Guides(tokenizer, len(tokenizer), frozenset({0})).guide(pattern)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["yes", "ok <yes", "yes\n", "ok <yes\n"])
def test_what_the_template_puts_around_an_answer_may_be_written(text: str, tokenizer: PreTrainedTokenizerFast) -> None:  # noqa: F811
    guide = Guides(tokenizer, len(tokenizer), frozenset({0}), "ok <", "\n").guide("yes|no")
    assert not guide.allowed()[0]
    for token in tokenizer.encode(text):
        assert guide.allowed()[token]
        guide.take(token)
    assert guide.allowed()[0]


def test_patterns_are_one_for_each_chat(tokenizer: PreTrainedTokenizerFast) -> None:  # noqa: F811
    with pytest.raises(BackendError, match="1 patterns for 2 chats"):
        writer("qwen3", tokenizer)(chats(QUESTIONS[:2]), patterns=["a"])


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(BackendError, match=r"needs llguidance; install it with: pip install 'dsol\[constrained\]'"):
        TrlBackend().check_patterns()
