"""Find which rows to train together so that a common token prefix is computed once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Group:
    """Rows (by index) that begin with the same `length` tokens, none of which carries loss."""

    length: int
    rows: tuple[int, ...]


@dataclass
class _Node:
    """A node of the trie of prefixes: `rows` end or branch off here, `children` share more than `depth` tokens."""

    depth: int
    parent: int
    rows: list[int]
    children: list[int]


def group(rows: Sequence[Sequence[int]], limits: Sequence[int], shortest: int = 16, worth: float = 0.0) -> list[Group]:
    """Partition rows so that sharing one common prefix within each group saves the most tokens.

    `rows`: token ids. `limits`: how many leading tokens of each row may be shared (a branch must begin with at least
    one token without loss). A group of n rows with a prefix of L tokens saves (n - 1) * L. The best partition is found
    exactly, on the trie of the prefixes: each node opens a group of its own or leaves its rows to the nearest group
    above. Parting rows that share a prefix into groups with longer ones has to save the share `worth` more, else they
    stay together, as rows that are mixed with each other should (0: the exact optimum). Rows that share fewer than
    `shortest` tokens with any other are in no group. In order of
    the first row.
    """
    cut = [tuple(row[: max(0, limit)]) for row, limit in zip(rows, limits, strict=True)]
    nodes = _trie(cut)
    # gain[node][depth above]: tokens saved below the node, when the nearest group above has that depth (0: none).
    gain: list[dict[int, int]] = [{} for _ in nodes]
    opens: list[dict[int, bool]] = [{} for _ in nodes]
    for at in reversed(range(len(nodes))):  # children come after their parents
        node = nodes[at]
        alone = -node.depth + len(node.rows) * node.depth + sum(gain[child][node.depth] for child in node.children)
        for above in _depths_above(nodes, at):
            joined = len(node.rows) * above + sum(gain[child][above] for child in node.children)
            opens[at][above] = node.depth >= shortest and (
                alone > joined * (1 + worth) if above else alone * (1 + worth) > joined
            )
            gain[at][above] = alone if opens[at][above] else joined
    members: dict[int, list[int]] = {}
    nearest = [-1] * len(nodes)  # the node whose group takes the rows that branch off here
    for at, node in enumerate(nodes):
        above = nearest[node.parent] if at else -1
        nearest[at] = at if opens[at][nodes[above].depth if above >= 0 else 0] else above
        if nearest[at] >= 0:
            members.setdefault(nearest[at], []).extend(node.rows)
    groups = [Group(nodes[at].depth, tuple(sorted(found))) for at, found in members.items() if len(found) > 1]
    return sorted(groups, key=lambda one: one.rows[0])


def _trie(cut: Sequence[tuple[int, ...]]) -> list[_Node]:
    """Build the compressed trie of token tuples, parents before children; only depths where rows part are nodes."""
    nodes = [_Node(0, -1, [], [])]
    order = sorted(range(len(cut)), key=cut.__getitem__)
    waiting = [(0, 0, order)]  # node, tokens of depth, rows below it in sorted order
    while waiting:
        at, depth, below = waiting.pop()
        start = 0
        while start < len(below):
            first = cut[below[start]]
            if len(first) == depth:
                nodes[at].rows.append(below[start])
                start += 1
                continue
            end = bisect_right(below, first[depth], lo=start, key=lambda row: cut[row][depth])
            part = below[start:end]
            start = end
            if len(part) == 1:
                nodes[at].rows.append(part[0])
                continue
            nodes[at].children.append(len(nodes))
            nodes.append(_Node(_common(cut[part[0]], cut[part[-1]]), at, [], []))
            waiting.append((len(nodes) - 1, nodes[-1].depth, part))
    return nodes


def _depths_above(nodes: Sequence[_Node], at: int) -> set[int]:
    depths = {0}
    parent = nodes[at].parent
    while parent > 0:
        depths.add(nodes[parent].depth)
        parent = nodes[parent].parent
    return depths


def columns(groups: Sequence[Group], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Spell groups out per row: group id (-1: none) and prefix length in tokens (0: none), both int32 of `count`."""
    ids = np.full(count, -1, dtype=np.int32)
    lengths = np.zeros(count, dtype=np.int32)
    for number, one in enumerate(groups):
        ids[list(one.rows)] = number
        lengths[list(one.rows)] = one.length
    return ids, lengths


def _common(one: Sequence[int], two: Sequence[int]) -> int:
    """Count the leading tokens that two rows have in common."""
    length = min(len(one), len(two))
    low, high = 0, length
    while low < high:  # binary search over slices compares at C speed
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
