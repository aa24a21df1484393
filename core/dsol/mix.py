"""The order in which rows are trained: drawn from the seed and the token shares, written as a file of indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from dsol.files import replace, write_json
from dsol.recipe import Stage
from dsol.rows import sizes
from dsol.shares import TASK, Supply, plan

# Below this share of saved tokens, laying rows out as branches costs more than it saves: a branch's own attention mask
# and gathering are not free.
WORTH = 0.2
BUNCH = 2  # times a prefix's tokens that are drawn together of its rows, where not all are: half of it is saved
ENOUGH = 20  # times its prefix's length: a sequence of branches that long saves 95 % of what an endless one would
OPEN = 8  # steps that are filled at a time; more waste less room, and mix less


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


def write_mix(
    stage: Stage, rows: Mapping[str, Path], seed: int, folder: Path, kinds: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Draw the order of a stage and write `mix.npy` and `mix.json` to its folder; return what mix.json says.

    `kinds`: the kind of each source ("task" where it isn't said). `mix.npy`: int64 (n, 4) with the columns step,
    sequence, source (index into the sorted source names), row. The rows of one step make up one optimizer step; the
    rows of one sequence share one prefix.
    """
    names = sorted(rows)
    sources = [Source(*sizes(rows[name])) for name in names]
    if stage.share_prefix == "never" or (stage.share_prefix == "auto" and not pays(sources, stage.batch_tokens)):
        sources = [Source(s.lengths, np.full_like(s.groups, -1), np.zeros_like(s.prefixes)) for s in sources]
    supplies = {
        name: Supply(kinds.get(name, TASK), int(source.own.sum())) for name, source in zip(names, sources, strict=True)
    }
    planned = plan(stage, supplies)
    order, drawn = draw([planned.tokens[name] for name in names], sources, stage.batch_tokens, seed)
    replace(folder / "mix.npy", lambda path: _save(path, order))
    shares = planned.shares
    described = {
        "seed": seed,
        "rows": len(order),
        "steps": int(order[-1, 0]) + 1 if len(order) else 0,
        "shared_prefix": bool(any((source.groups >= 0).any() for source in sources)),
        "computed_tokens": drawn.computed,
        "notes": list(planned.notes),
        "sources": {
            name: {
                "kind": supplies[name].kind,
                "asked_share": planned.asked[name],
                "planned_share": shares[name],
                "achieved_share": drawn.achieved[at],
                "tokens": drawn.tokens[at],
                "rows": drawn.rows[at],
                "epochs": drawn.epochs[at],
                **({"cut_to_epochs": planned.short[name]} if name in planned.short else {}),
            }
            for at, name in enumerate(names)
        },
    }
    write_json(folder / "mix.json", described)
    return described


def pays(sources: list[Source], batch_tokens: int) -> bool:
    """Say whether laying rows out as branches of shared prefixes saves enough of the tokens of such sources."""
    plain = sum(int(source.lengths.sum()) for source in sources if (source.groups >= 0).any())
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


def draw(wanted: Sequence[float], sources: Sequence[Source], batch_tokens: int, seed: int) -> tuple[np.ndarray, Drawn]:
    """Draw about `wanted` tokens of each source, spread each evenly over the stage, and pack sequences into steps."""
    random = np.random.default_rng(seed)
    available = [int(source.own.sum()) for source in sources]
    drawn, positions, owners, passes = [], [], [], []
    for at, (source, budget) in enumerate(zip(sources, wanted, strict=True)):
        picked, times = _draw_rows(source, budget, random)
        drawn.append(picked)
        positions.append((np.arange(len(picked)) + random.random(len(picked))) / max(1, len(picked)))
        owners.append(np.full(len(picked), at))
        passes.append(times)
    merged = np.argsort(np.concatenate(positions), kind="stable")
    owner, row = np.concatenate(owners)[merged], np.concatenate(drawn).astype(np.int64)[merged]
    own = _gather(owner, row, [source.own for source in sources])
    prefix = _gather(owner, row, [source.prefixes for source in sources])
    group = _gather(owner, row, [source.groups for source in sources])
    sequences = _sequences(group, owner, np.concatenate(passes)[merged], own, prefix, batch_tokens)
    # A sequence comes where one of its rows would: any other rule would draw the sequences together in time.
    sequences.sort(key=lambda members: members[random.integers(len(members))])
    steps = _fill_steps(sequences, own, prefix, batch_tokens)
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


def by_length(order: np.ndarray, lengths: Sequence[np.ndarray], batch_tokens: int, seed: int) -> np.ndarray:
    """Put an order's rows into steps of like lengths instead, for models that can only pad.

    `lengths`: tokens of every row, by source. Rows keep to their tenth of the stage.
    """
    random = np.random.default_rng(seed)
    rows = np.array([lengths[source][row] for _, _, source, row in order.tolist()], dtype=np.int64)
    steps: list[list[int]] = []
    for part in np.array_split(np.arange(len(order)), min(10, len(order))):
        # With some noise, so that batches differ from pass to pass.
        noisy = rows[part] * (1 + 0.1 * random.random(len(part)))
        filled = _fill_padded(part[np.argsort(noisy)], rows, batch_tokens)
        steps += [filled[at] for at in random.permutation(len(filled))]
    again = np.array([(step, 0, *order[at, 2:]) for step, members in enumerate(steps) for at in members], np.int64)
    again[:, 1] = np.arange(len(again))
    return again


def _draw_rows(source: Source, budget: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw whole shuffled passes, and of the last pass as many rows as come nearest to the budget in tokens.

    Of a pass that isn't whole, rows that share a prefix are drawn by the bunch. Returns the rows and each one's pass.
    """
    picked: list[np.ndarray] = []
    own, left = source.own, budget
    while left > 0 and len(own):
        shuffled = random.permutation(len(own))
        if (whole := own.sum()) > left:
            shuffled = _bunched(shuffled, source, random)
            total = np.cumsum(own[shuffled])
            count = int(np.searchsorted(total, left))
            before = total[count - 1] if count else 0
            shuffled = shuffled[: count + (total[count] - left < left - before)]
        picked.append(shuffled)
        left -= whole
    rows = np.concatenate(picked) if picked else np.zeros(0, dtype=np.int64)
    return rows, np.repeat(np.arange(len(picked)), [len(one) for one in picked])


def _bunched(rows: np.ndarray, source: Source, random: np.random.Generator) -> np.ndarray:
    """Reorder rows so that those of a prefix come in bunches of BUNCH times its tokens, the bunches in random order.

    Single rows of everything would cost nearly a prefix each; all rows of a few prefixes would show few prefixes.
    """
    grouped = rows[source.groups[rows] >= 0]
    ranked = grouped[np.argsort(source.groups[grouped], kind="stable")]
    groups, own = source.groups[ranked], source.own[ranked]
    before = np.cumsum(own) - own
    first = np.searchsorted(groups, groups)  # where each row's group begins
    within = (before - before[first]) // np.maximum(BUNCH * source.prefixes[ranked], 1)
    bunch = np.arange(len(source.lengths))  # rows without a prefix are a bunch each
    _, number = np.unique(np.stack([groups, within]), axis=1, return_inverse=True)
    bunch[ranked] = len(bunch) + number.ravel()
    keys = random.random(2 * len(bunch))
    return rows[np.lexsort((rows, keys[bunch[rows]]))]


def _sequences(
    group: np.ndarray, owner: np.ndarray, passes: np.ndarray, own: np.ndarray, prefix: np.ndarray, batch_tokens: int
) -> list[list[int]]:
    """Lay rows of a group, in order, as branches of their prefix, others and documents alone.

    Sources are mixed within a sequence. Where a source's next pass begins, so does a sequence: a repeated row is not
    met twice in a short time.
    """
    sequences = [[at] for at in np.flatnonzero(group < 0).tolist()]
    filling: dict[int, tuple[list[int], dict[int, int]]] = {}  # by group: a sequence's rows, its sources' passes
    room: dict[int, int] = {}
    for at in np.flatnonzero(group >= 0).tolist():
        number, source, tokens = int(group[at]), int(owner[at]), int(own[at])
        members, met = filling.get(number, ([], {}))
        if not members or tokens > room[number] or met.get(source, passes[at]) != passes[at]:
            members, met = filling[number] = ([], {})
            sequences.append(members)
            length = int(prefix[at])
            # A longer sequence would save hardly more, and fill steps with one group's rows alone.
            room[number] = max(min(batch_tokens - length, ENOUGH * length), 1)
        members.append(at)
        met[source] = int(passes[at])
        room[number] -= tokens
    return sequences


def _fill_padded(members: np.ndarray, own: np.ndarray, batch_tokens: int) -> list[list[int]]:
    filled: list[list[int]] = [[]]
    for at in members.tolist():  # sorted by length, so the newest row is about the longest
        if filled[-1] and (len(filled[-1]) + 1) * own[at] > batch_tokens:
            filled.append([])
        filled[-1].append(at)
    return filled


def _fill_steps(
    sequences: list[list[int]], own: np.ndarray, prefix: np.ndarray, batch_tokens: int
) -> list[list[list[int]]]:
    """Fill steps in order, each sequence into the first of a few open steps that has room for it."""
    steps: list[list[list[int]]] = []
    open_steps: list[tuple[int, list[list[int]]]] = []  # room left, sequences
    for members in sequences:
        tokens = int(own[members].sum()) + int(prefix[members[0]])
        fitting = next((place for place, (room, _) in enumerate(open_steps) if tokens <= room), None)
        if fitting is None:
            if len(open_steps) == OPEN:
                fullest = min(range(OPEN), key=lambda place: open_steps[place][0])
                steps.append(open_steps.pop(fullest)[1])
            open_steps.append((batch_tokens - tokens, [members]))
        else:
            room, step = open_steps[fitting]
            step.append(members)
            open_steps[fitting] = (room - tokens, step)
    return steps + [step for _, step in open_steps]


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
