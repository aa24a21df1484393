"""The order in which rows are trained: drawn from the seed and the token shares, written as a file of indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dsol.errors import RecipeError, unknown
from dsol.recipe import Stage
from dsol.rows import sizes
from dsol.run import replace, write_json

# Below this share of saved tokens, laying rows out as branches costs more than it saves: a branch's own attention mask
# and gathering are not free.
WORTH = 0.2


@dataclass(frozen=True)
class Source:
    """Sizes of one source's rows: length in tokens, prefix group (-1: none), prefix length; each int64 (n,)."""

    lengths: np.ndarray
    groups: np.ndarray
    prefixes: np.ndarray

    @property
    def own(self) -> np.ndarray:
        """Tokens of each row without its shared prefix."""
        own: np.ndarray = self.lengths - self.prefixes
        return own


def write_mix(stage: Stage, rows: Mapping[str, Path], seed: int, folder: Path) -> dict[str, Any]:
    """Draw the order of a stage and write `mix.npy` and `mix.json` to its folder; return what mix.json says.

    `mix.npy`: int64 (n, 4) with the columns step, sequence, source (index into the sorted source names), row. The
    rows of one step make up one optimizer step; the rows of one sequence share one prefix.
    """
    names = sorted(rows)
    missing = sorted(stage.sources.keys() - set(names))
    if missing:
        raise RecipeError("recipe", [f"sources.{missing[0]}: {unknown('source', missing[0], names)}"])
    sources = [Source(*sizes(rows[name])) for name in names]
    if stage.share_prefix == "never" or (stage.share_prefix == "auto" and not pays(sources, stage.batch_tokens)):
        sources = [Source(s.lengths, np.full_like(s.groups, -1), np.zeros_like(s.prefixes)) for s in sources]
    shares = _shares(stage, names, sources)
    order, drawn = draw(stage, sources, shares, seed)
    replace(folder / "mix.npy", lambda path: _save(path, order))
    described = {
        "seed": seed,
        "rows": len(order),
        "steps": int(order[-1, 0]) + 1 if len(order) else 0,
        "shared_prefix": bool(any((source.groups >= 0).any() for source in sources)),
        "computed_tokens": drawn.computed,
        "sources": {
            name: {
                "planned_share": shares[at],
                "achieved_share": drawn.achieved[at],
                "tokens": drawn.tokens[at],
                "rows": drawn.rows[at],
                "epochs": drawn.epochs[at],
            }
            for at, name in enumerate(names)
        },
    }
    write_json(folder / "mix.json", described)
    return described


def pays(sources: list[Source], batch_tokens: int) -> bool:
    """Say whether laying rows out as branches of shared prefixes saves enough of all computed tokens."""
    plain = sum(int(source.lengths.sum()) for source in sources)
    grouped = [(s.groups[s.groups >= 0], s.prefixes[s.groups >= 0], s.own[s.groups >= 0]) for s in sources]
    if plain == 0 or not any(len(groups) for groups, _, _ in grouped):
        return False
    groups, prefixes, own = (np.concatenate(parts) for parts in zip(*grouped, strict=True))
    saved = 0
    for group in np.unique(groups):
        member = groups == group
        length, total = int(prefixes[member][0]), int(own[member].sum())
        sequences = max(1, -(-total // max(1, batch_tokens - length)))
        saved += length * (int(member.sum()) - sequences)
    return saved >= WORTH * plain


@dataclass(frozen=True)
class Drawn:
    """What a draw came to, per source: tokens, share of all tokens, rows, passes; and the tokens to compute."""

    tokens: list[int]
    achieved: list[float]
    rows: list[int]
    epochs: list[float]
    computed: int


def draw(stage: Stage, sources: list[Source], shares: list[float], seed: int) -> tuple[np.ndarray, Drawn]:
    """Draw rows by share, spread each source evenly over the stage, and pack them into sequences and steps."""
    random = np.random.default_rng(seed)
    available = [int(source.own.sum()) for source in sources]
    budget = stage.tokens or round(stage.epochs * sum(a for a, share in zip(available, shares, strict=True) if share))
    drawn, positions, owners = [], [], []
    for at, (source, share) in enumerate(zip(sources, shares, strict=True)):
        picked = _draw_rows(source.own, share * budget, random)
        drawn.append(picked)
        positions.append((np.arange(len(picked)) + random.random(len(picked))) / max(1, len(picked)))
        owners.append(np.full(len(picked), at))
    merged = np.argsort(np.concatenate(positions), kind="stable")
    owner, row = np.concatenate(owners)[merged], np.concatenate(drawn).astype(np.int64)[merged]
    own = _gather(owner, row, [source.own for source in sources])
    prefix = _gather(owner, row, [source.prefixes for source in sources])
    group = _gather(owner, row, [source.groups for source in sources])
    # Rows are grouped within windows of one pass, so that a repeated row is not met twice in a short time.
    window = max(1, round(len(row) / max(1.0, budget / max(1, sum(available)))))
    steps: list[list[list[int]]] = []
    for start in range(0, len(row), window):
        here = np.arange(start, min(start + window, len(row)))
        steps += _pack(here, own, prefix, group, stage.batch_tokens, random)
    order = np.array(
        [
            (step, sequence, owner[at], row[at])
            for step, (number, sequences) in enumerate(_numbered(steps))
            for sequence, members in enumerate(sequences, start=number)
            for at in members
        ],
        dtype=np.int64,
    ).reshape(-1, 4)
    tokens = [int(own[owner == at].sum()) for at in range(len(sources))]
    computed = sum(int(own[m].sum()) + int(prefix[m[0]]) for step in steps for m in step)
    return order, Drawn(
        tokens=tokens,
        achieved=[count / max(1, sum(tokens)) for count in tokens],
        rows=[int((owner == at).sum()) for at in range(len(sources))],
        epochs=[round(count / max(1, size), 3) for count, size in zip(tokens, available, strict=True)],
        computed=computed,
    )


def _shares(stage: Stage, names: list[str], sources: list[Source]) -> list[float]:
    weights = [
        float(stage.sources.get(name, 0.0)) if stage.sources else float(source.own.sum())
        for name, source in zip(names, sources, strict=True)
    ]
    empty = [name for name, w, source in zip(names, weights, sources, strict=True) if w > 0 and not len(source.lengths)]
    if empty:
        raise RecipeError("recipe", [f"sources.{empty[0]}: has a share but no rows; remove it or give it data"])
    if sum(weights) <= 0:
        raise RecipeError("recipe", ["sources: no source has a share above 0"])
    return [weight / sum(weights) for weight in weights]


def _draw_rows(own: np.ndarray, budget: float, random: np.random.Generator) -> np.ndarray:
    """Draw whole shuffled passes, and of the last pass as many rows as come nearest to the budget in tokens."""
    picked: list[np.ndarray] = []
    left = budget
    while left > 0 and len(own):
        shuffled = random.permutation(len(own))
        total = np.cumsum(own[shuffled])
        if total[-1] <= left:
            picked.append(shuffled)
            left -= total[-1]
            continue
        count = int(np.searchsorted(total, left))
        before = total[count - 1] if count else 0
        picked.append(shuffled[: count + (total[count] - left < left - before)])
        break
    return np.concatenate(picked) if picked else np.zeros(0, dtype=np.int64)


def _pack(
    here: np.ndarray,
    own: np.ndarray,
    prefix: np.ndarray,
    group: np.ndarray,
    batch_tokens: int,
    random: np.random.Generator,
) -> list[list[list[int]]]:
    """Pack rows into steps of sequences: rows of a group as branches, the others alone, batched by length."""
    sequences: list[list[int]] = []
    alone = here[group[here] < 0]
    for number in np.unique(group[here][group[here] >= 0]):
        members = here[group[here] == number]
        room = batch_tokens - int(prefix[members[0]])
        sequences += _fill(members, own, max(room, 1))
    steps = _fill_steps(sequences, own, prefix, batch_tokens, random)
    if len(alone):
        # Sort by length with some noise, so that batches hold like lengths but differ from pass to pass.
        noisy = own[alone] * (1 + 0.1 * random.random(len(alone)))
        steps += [[[at] for at in batch] for batch in _fill_padded(alone[np.argsort(noisy)], own, batch_tokens)]
    return [steps[at] for at in random.permutation(len(steps))]


def _fill(members: np.ndarray, own: np.ndarray, room: int) -> list[list[int]]:
    filled: list[list[int]] = [[]]
    used = 0
    for at in members.tolist():
        if filled[-1] and used + own[at] > room:
            filled.append([])
            used = 0
        filled[-1].append(at)
        used += int(own[at])
    return filled


def _fill_padded(members: np.ndarray, own: np.ndarray, batch_tokens: int) -> list[list[int]]:
    filled: list[list[int]] = [[]]
    for at in members.tolist():  # sorted by length, so the newest row is about the longest
        if filled[-1] and (len(filled[-1]) + 1) * own[at] > batch_tokens:
            filled.append([])
        filled[-1].append(at)
    return filled


def _fill_steps(
    sequences: list[list[int]], own: np.ndarray, prefix: np.ndarray, batch_tokens: int, random: np.random.Generator
) -> list[list[list[int]]]:
    steps: list[list[list[int]]] = []
    used = batch_tokens
    for at in random.permutation(len(sequences)):
        tokens = int(own[sequences[at]].sum()) + int(prefix[sequences[at][0]])
        if used + tokens > batch_tokens:
            steps.append([])
            used = 0
        steps[-1].append(sequences[at])
        used += tokens
    return steps


def _numbered(steps: list[list[list[int]]]) -> list[tuple[int, list[list[int]]]]:
    starts = np.cumsum([0, *(len(step) for step in steps)])
    return [(int(start), step) for start, step in zip(starts, steps, strict=False)]


def _gather(owner: np.ndarray, row: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
    result = np.zeros(len(row), dtype=np.int64)
    for at, column in enumerate(columns):
        mine = owner == at
        result[mine] = column[row[mine]]
    return result


def _save(path: Path, order: np.ndarray) -> None:
    with open(path, "wb") as handle:
        np.save(handle, order, allow_pickle=False)
