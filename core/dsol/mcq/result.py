"""What a model scored on a set of questions, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dsol.mcq.question import LETTERS, Question
from dsol.significance import RESAMPLES, Estimate, estimate

# How a choice is picked: by its letter, averaged over the rotations or with the choices as they are given; by its
# text's log-likelihood, as it is, per character (lm-evaluation-harness's acc_norm), or per byte (its acc_bytes).
METRICS = ("letters", "letters_as_given", "text", "text_per_character", "text_per_byte")


@dataclass(frozen=True)
class Outcome:
    """How one question went: the choice that each metric picked, and how likely it is among the choices.

    `letters`: each choice's probability by letters, averaged over the rotations. `rotations`: the choice picked in
    each rotation. `text`: each choice's log-likelihood. `cut`: tokens that didn't fit into the model's context.
    """

    question: Question
    picks: Mapping[str, int]
    sure: Mapping[str, float]
    letters: tuple[float, ...] = ()
    rotations: tuple[int, ...] = ()
    text: tuple[float, ...] = ()
    cut: int = 0

    def right(self, metric: str) -> bool:
        return self.picks[metric] == self.question.answer


@dataclass(frozen=True)
class Score:
    """Accuracy over all questions, over each subject, and the mean of the subjects' accuracies."""

    accuracy: Estimate
    subjects: Mapping[str, Estimate]
    macro: Estimate


@dataclass(frozen=True)
class Positions:
    """What the place in the list does to the answer, over all rotations, in which every choice stands everywhere.

    `shares`: how often each letter was picked. `bias`: half the sum of their distances from what no preference would
    give (0: none, 1 - 1/choices: always the same letter). `consistent`: questions whose rotations all pick one choice.
    """

    shares: Mapping[str, float]
    bias: float
    consistent: float


@dataclass(frozen=True)
class Result:
    """A model's scores by metric, of which `metric` is the headline; `chance` is what guessing would score.

    `positions` is None where no letters were rotated. `cut`: questions that didn't fit into the model's context whole.
    """

    metric: str
    scores: Mapping[str, Score]
    chance: float
    positions: Positions | None
    outcomes: tuple[Outcome, ...]
    level: float
    cut: int

    @property
    def accuracy(self) -> Estimate:
        return self.scores[self.metric].accuracy


def gather(outcomes: Sequence[Outcome], metric: str, level: float, seed: int = 0) -> Result:
    """Compute all scores from outcomes; without any this is a ValueError."""
    metrics = [name for name in METRICS if name in outcomes[0].picks] if outcomes else []
    if metric not in metrics:
        raise ValueError(f"no outcomes of {metric!r} to score")
    return Result(
        metric,
        {name: _score(outcomes, name, level, seed) for name in metrics},
        float(np.mean([1 / len(one.question.choices) for one in outcomes])),
        _positions(outcomes),
        tuple(outcomes),
        level,
        sum(one.cut > 0 for one in outcomes),
    )


def numbers(result: Result) -> dict[str, Any]:
    """Give a result as plain JSON values, without its outcomes."""
    return {
        "metric": result.metric,
        "accuracy": asdict(result.accuracy),
        "level": result.level,
        "chance": result.chance,
        "scores": {name: asdict(score) for name, score in result.scores.items()},
        "positions": asdict(result.positions) if result.positions else None,
        "cut": result.cut,
    }


def rows(result: Result) -> list[dict[str, Any]]:
    """Give one row per question in the form of `answers.jsonl`, each metric a contestant (see dsol.comparison)."""
    return [
        {
            "id": one.question.id,
            "set": one.question.subject,
            "input": {"question": one.question.question, "choices": list(one.question.choices)},
            "target": one.question.letter,
            "meta": {"language": one.question.language, "text": list(one.text), "letters": list(one.letters)},
            "answers": {
                name: {
                    "output": LETTERS[pick],
                    "score": float(one.right(name)),
                    "confidence": one.sure[name],
                    "source": "model",
                    "reason": "",
                }
                for name, pick in one.picks.items()
            },
        }
        for one in result.outcomes
    ]


def _score(outcomes: Sequence[Outcome], metric: str, level: float, seed: int) -> Score:
    right: dict[str, list[float]] = {}
    for one in outcomes:
        right.setdefault(one.question.subject, []).append(float(one.right(metric)))
    subjects = {name: estimate(some, level) for name, some in sorted(right.items())}
    return Score(
        estimate([score for some in right.values() for score in some], level),
        subjects,
        _macro(list(subjects.values()), level, seed),
    )


def _macro(subjects: Sequence[Estimate], level: float, seed: int) -> Estimate:
    """Average subjects; a bootstrap within each bounds the mean, and one subject alone keeps its own interval."""
    total = sum(one.samples for one in subjects)
    if len(subjects) == 1:
        return subjects[0]
    random = np.random.default_rng(seed)
    drawn = np.mean([random.binomial(one.samples, one.value, RESAMPLES) / one.samples for one in subjects], axis=0)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(np.mean([one.value for one in subjects])), float(low), float(high), total)


def _positions(outcomes: Sequence[Outcome]) -> Positions | None:
    rotated = [one for one in outcomes if len(one.rotations) > 1]
    if not rotated:
        return None
    most = max(len(one.rotations) for one in rotated)
    picked, expected = np.zeros(most), np.zeros(most)
    for one in rotated:
        count = len(one.rotations)
        expected[:count] += 1
        for turn, pick in enumerate(one.rotations):
            picked[(pick - turn) % count] += 1
    total = picked.sum()
    return Positions(
        {LETTERS[at]: float(share) for at, share in enumerate(picked / total)},
        float(np.abs(picked - expected).sum() / total / 2),
        float(np.mean([len(set(one.rotations)) == 1 for one in rotated])),
    )
