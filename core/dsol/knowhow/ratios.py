"""The rules' numbers as plain functions and tables, for advice and for the mix alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

# Sampling weight of a token by the kind of its source.
KIND_WEIGHTS: Mapping[str, float] = {"standard": 3.0, "book": 3.0, "paper": 2.0, "site": 1.0, "news": 0.5}
MIP_SHARE = 0.1  # of a documents stage's tokens
REPEATS = 4.0  # passes over any source in one stage
FEW, MANY = 5_000, 100_000  # examples
# (domain tokens, general tokens for each of them), and straight lines over the logarithm of the tokens in between.
RATIO = ((1e7, 10.0), (1e9, 5.0), (1e11, 1.0))
# How fast task rows stand in for general text: at MIP_SHARE half of it is left, at twice that nothing.
MIP_RELIEF = 0.5 / MIP_SHARE


def general_ratio(domain_tokens: int, mip: float = 0.0) -> float:
    """Say how many general tokens to mix in for each domain token.

    10 up to 10 M domain tokens, 5 at 1 B, 1 from 100 B on, linear in the logarithm between; of that, a part that falls
    with the share `mip` of task rows: half at 10 %, nothing from 20 % on. That ChatHome's best run (arXiv 2307.15290)
    was MIP without general text, and its best one without MIP 1:5, says in which direction; how much is our choice.
    """
    at = math.log10(max(domain_tokens, 1))
    points = [(math.log10(tokens), ratio) for tokens, ratio in RATIO]
    ratio = points[0][1] if at <= points[0][0] else points[-1][1]
    for (left, high), (right, low) in pairwise(points):
        if left <= at <= right:
            ratio = high + (low - high) * (at - left) / (right - left)
    return ratio * max(0.0, 1.0 - MIP_RELIEF * max(0.0, mip))


def base_or_chat(examples: int, fits_full: bool) -> Literal["chat", "base"]:
    """Say what to start from: chat up to 5 k examples; above that base where full tuning fits the machine."""
    if examples <= FEW:
        return "chat"
    return "base" if fits_full else "chat"
