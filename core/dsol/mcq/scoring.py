"""Score a model on questions by what it finds likely; nothing is generated, so nothing needs to be parsed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dsol.backend import Alternatives, Likelihood, LogLikelihood
from dsol.mcq import shots
from dsol.mcq.prompt import ask
from dsol.mcq.question import Question
from dsol.mcq.result import Outcome, Result, gather


@dataclass(frozen=True)
class Options:
    """How questions are put.

    `shots`: solved questions in front of each. `form`: weigh the letters of listed choices, the choices' own texts,
    or both. `limit`: score so many questions, drawn by `seed` (0: all). `rotate`: list the choices once in every
    cyclic order. `chat`: "auto" asks the model. `level`: of the intervals.
    """

    shots: int = 0
    form: Literal["letters", "text", "both"] = "both"
    limit: int = 0
    rotate: bool = True
    chat: Literal["auto", "yes", "no"] = "auto"
    seed: int = 0
    level: float = 0.95


def score(
    likelihood: Likelihood,
    questions: Sequence[Question],
    options: Options = Options(),  # frozen
    examples: Sequence[Question] = (),
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Result:
    """Score a model; shots come from `examples`, or without any from the other questions of the same subject.

    The headline is the letters' accuracy for chat models and the texts' per character for base models, where there are
    both: a base model without shots has seen few lists of choices. Deterministic for one seed.
    """
    chat = likelihood.chat if options.chat == "auto" else options.chat == "yes"
    before = shots.choose(questions, options.shots, examples, options.seed)
    chosen = sample(range(len(questions)), options.limit, options.seed)
    asked: list[Alternatives] = []
    for at in chosen:
        one = questions[at]
        if options.form != "text":
            asked += [ask(one, before[at], "letters", chat, order) for order in rotations(one, options.rotate)]
        if options.form != "letters":
            asked.append(ask(one, before[at], "text", chat))
    weighed = iter(likelihood(asked, advance))
    outcomes = []
    for at in chosen:
        one = questions[at]
        turns = [next(weighed) for _ in rotations(one, options.rotate)] if options.form != "text" else []
        text = next(weighed) if options.form != "letters" else []
        outcomes.append(_outcome(one, turns, text))
    letters = options.form == "letters" or (options.form == "both" and chat)
    return gather(outcomes, "letters" if letters else "text_per_character", options.level, options.seed)


def sample(numbers: Sequence[int], limit: int, seed: int) -> list[int]:
    """Draw at most `limit` numbers (0: all), in their order."""
    if not limit or limit >= len(numbers):
        return list(numbers)
    return sorted(random.Random(seed).sample(numbers, limit))


def rotations(question: Question, rotate: bool) -> list[tuple[int, ...]]:
    """List the cyclic orders of a question's choices, the given one first."""
    places = range(len(question.choices))
    return [tuple((turn + at) % len(places) for at in places) for turn in (places if rotate else (0,))]


def _outcome(question: Question, turns: Sequence[list[LogLikelihood]], text: Sequence[LogLikelihood]) -> Outcome:
    picks: dict[str, int] = {}
    sure: dict[str, float] = {}
    letters: tuple[float, ...] = ()
    rotated: list[int] = []

    def pick(metric: str, probabilities: np.ndarray) -> None:
        picks[metric] = int(probabilities.argmax())  # of equals the first, as lm-evaluation-harness does
        sure[metric] = float(probabilities.max())

    if turns:
        # In turn t the choice c stands at letter c - t.
        each = [np.roll(_softmax([one.total for one in turn]), at) for at, turn in enumerate(turns)]
        rotated = [int(one.argmax()) for one in each]
        mean = np.mean(each, axis=0)
        letters = tuple(mean.tolist())
        pick("letters", mean)
        pick("letters_as_given", each[0])
    totals = [one.total for one in text]
    if text:
        pick("text", _softmax(totals))
        # By the length of the choice itself, without what stands between it and the context.
        pick("text_per_character", _softmax([t / len(c) for t, c in zip(totals, question.choices, strict=True)]))
        pick("text_per_byte", _softmax([t / len(c.encode()) for t, c in zip(totals, question.choices, strict=True)]))
    cut = max(one.cut for some in (*turns, text) for one in some)
    return Outcome(question, picks, sure, letters, tuple(rotated), tuple(totals), cut)


def _softmax(totals: Sequence[float]) -> np.ndarray:
    shifted = np.exp(np.asarray(totals) - max(totals))
    return np.asarray(shifted / shifted.sum())
