"""Put candidates into a tokenizer, with their merges behind those that are there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dsol_trl.vocabulary.candidates import Candidate


def extend(backend: str, candidates: Sequence[Candidate]) -> str:
    """Give the `tokenizer.json` of a BPE tokenizer with the candidates as its last tokens and merges.

    The new ids follow on all that are taken, so no token of the base changes its own. Added tokens are entered in the
    model's vocabulary as well: a vocabulary with holes makes the library number added tokens anew.
    """
    facts = json.loads(backend)
    vocabulary: dict[str, int] = facts["model"]["vocab"]
    for one in facts.get("added_tokens", []):
        vocabulary.setdefault(one["content"], one["id"])
    start = first_id(backend)
    for at, one in enumerate(candidates):
        vocabulary[one.token] = start + at
    merges: list[Any] = facts["model"]["merges"]
    paired = not merges or isinstance(merges[0], list)
    merges += [list(one.joins) if paired else " ".join(one.joins) for one in candidates if one.joins]
    return json.dumps(facts, ensure_ascii=False, indent=1)


def first_id(backend: str) -> int:
    """Give the id after the last that a `tokenizer.json` has taken."""
    facts = json.loads(backend)
    taken: list[int] = [*facts["model"]["vocab"].values(), *(one["id"] for one in facts.get("added_tokens", []))]
    return 1 + max(taken)
