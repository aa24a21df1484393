"""Choose solved questions to stand in front of each question."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dsol.errors import DataError
from dsol.mcq.question import Question


def choose(
    questions: Sequence[Question], count: int, examples: Sequence[Question] = (), seed: int = 0
) -> list[tuple[Question, ...]]:
    """Choose `count` shots for each question: of its own subject as far as there are any, then of its language.

    They come from `examples` in their order, or without any from the other questions, drawn by the seed. A question
    is never its own shot, nor is one with the same text. Questions of one subject get the same shots wherever that
    allows it, so that a model reads them once. Too few to choose from is a DataError.
    """
    if not count:
        return [()] * len(questions)
    pool = list(examples)
    if not pool:
        pool = list(questions)
        random.Random(seed).shuffle(pool)
    ordered: dict[tuple[str, str], list[Question]] = {}
    found = []
    for one in questions:
        key = (one.subject, one.language)
        if key not in ordered:
            ordered[key] = sorted(pool, key=lambda shot: (shot.subject != key[0], shot.language != key[1]))
        shots: list[Question] = []
        for shot in ordered[key]:
            if shot.question != one.question and shot.id != one.id:
                shots.append(shot)
                if len(shots) == count:
                    break
        if len(shots) < count:
            raise DataError(
                [f"{count} shots are asked for, and there are only {len(shots)} other questions; take fewer shots"]
            )
        found.append(tuple(shots))
    return found
