"""Candidate queries: checked, run, and put to the vote by what they return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dsol import Completion
from dsol_text2sql.databases.database import Database, QueryError
from dsol_text2sql.databases.results import asks_order
from dsol_text2sql.mending.oddities import Oddities
from dsol_text2sql.query import Result
from dsol_text2sql.sql.guard import Refused, check

DRAFT = 1.0  # votes that the rules' query is worth
PLAIN = Oddities()
ODD = 0.25  # votes that a query is worth which can't be meant as it is written


@dataclass(frozen=True)
class Candidate:
    """One query a model wrote and what came of it.

    `reason` is "ok", or the code of what stopped it (see guard.Refused and query.QueryError), explained by `message`.
    `logprob`: mean log-probability of its tokens. `lowest`: that of its least likely token. `odd`: what speaks against
    it without running it.
    """

    sql: str
    result: Result | None
    reason: str = "ok"
    message: str = ""
    logprob: float = 0.0
    lowest: float = 0.0
    greedy: bool = False
    odd: Oddities = PLAIN

    @property
    def ran(self) -> bool:
        return self.result is not None


def attempt(sql: str, database: Database, row_limit: int, timeout: float) -> Candidate:
    """Guard a query and run it read-only; whatever stops it becomes the candidate's reason."""
    try:
        guarded = check(sql, database.schema, row_limit=row_limit)
        result = database.execute(guarded.sql, row_limit=row_limit, timeout=timeout)
    except (Refused, QueryError) as error:
        return Candidate(sql, None, error.reason, str(error))
    return Candidate(guarded.query, result)


def weigh(candidate: Candidate, completion: Completion, greedy: bool) -> Candidate:
    """Add what the model's own probabilities say about a candidate."""
    logs = completion.logprobs or (0.0,)
    return replace(candidate, logprob=sum(logs) / len(logs), lowest=min(logs), greedy=greedy)


def fingerprint(candidate: Candidate) -> tuple[Any, ...]:
    """Say what a query returned, so that queries with equal results vote together; row order counts if asked for."""
    assert candidate.result is not None
    rows = [tuple(_plain(cell) for cell in row) for row in candidate.result.rows]
    if asks_order(candidate.sql):
        return ("ordered", *rows)
    return ("any", *sorted(rows, key=repr))


def vote(candidates: Sequence[Candidate], draft: Candidate | None = None) -> tuple[Candidate, list[Candidate]] | None:
    """Choose the result that most candidates agree on, and of its queries the likeliest; None if none ran.

    Ties go to the result whose candidates are likelier in all. Empty results count half: most questions have answers;
    queries that can't be meant count less still. `draft`, the rules' query, lends weight to candidates of its result,
    but is none itself.
    """
    ran = [candidate for candidate in candidates if candidate.ran]
    if not ran:
        return None
    groups: dict[tuple[Any, ...], list[Candidate]] = {}
    for candidate in ran:
        groups.setdefault(fingerprint(candidate), []).append(candidate)

    def strength(group: list[Candidate]) -> tuple[float, float]:
        empty = not group[0].result or not group[0].result.rows
        backed = DRAFT if draft is not None and agrees(draft, group[0]) else 0.0
        votes = sum(ODD if one.odd.any else 1.0 for one in group)
        return (votes * (0.5 if empty else 1.0) + backed, max(one.logprob for one in group))

    best = max(groups.values(), key=strength)
    return max(best, key=lambda one: (not one.odd.any, one.greedy, one.logprob)), best


def agrees(draft: Candidate, candidate: Candidate) -> bool:
    """Tell whether the rules' query returned what a candidate did."""
    return draft.ran and fingerprint(draft)[1:] == fingerprint(candidate)[1:]


def signals(
    candidates: Sequence[Candidate], chosen: Candidate, agreeing: Sequence[Candidate], draft: Candidate | None = None
) -> dict[str, float]:
    """Measure what tells a right answer from a wrong one, each about 0 to 1 or a log-probability."""
    spread = Counter(fingerprint(one) for one in candidates if one.ran)
    return {
        "agreement": len(agreeing) / len(candidates),
        "ran": sum(one.ran for one in candidates) / len(candidates),
        "results": len(spread) / len(candidates),
        "greedy": float(any(one.greedy for one in agreeing)),
        "logprob": max(one.logprob for one in agreeing),
        "lowest": max(one.lowest for one in agreeing),
        "draft": float(draft is not None and agrees(draft, chosen)),
        "drafted": float(draft is not None and draft.ran),
        "misfits": float(chosen.odd.misfits > 0),
        "forgotten": float(chosen.odd.forgotten > 0),
        "empty": float(not chosen.result or not chosen.result.rows),
    }


def _plain(cell: Any) -> Any:
    return round(cell, 6) if isinstance(cell, float) else cell
