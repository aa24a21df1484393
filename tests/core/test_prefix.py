"""Prefix groups: correct, and as good as trying every partition."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from dsol.prefix import columns, group

rows_strategy = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=7), min_size=1, max_size=6)


def common(rows):
    length = 0
    while all(len(row) > length for row in rows) and len({row[length] for row in rows}) == 1:
        length += 1
    return length


def best_saving(rows, shortest):
    """Try every partition: the slow, obvious definition."""
    if not rows:
        return 0
    first, rest = rows[0], rows[1:]
    best = best_saving(rest, shortest)
    for size in range(1, len(rest) + 1):
        for chosen in combinations(range(len(rest)), size):
            length = common([first, *(rest[i] for i in chosen)])
            if length >= shortest:
                left = [row for i, row in enumerate(rest) if i not in chosen]
                best = max(best, size * length + best_saving(left, shortest))
    return best


@settings(max_examples=300)
@given(rows_strategy, st.integers(1, 3))
def test_groups_share_what_they_say_and_save_the_most(rows, shortest):
    groups = group(rows, [len(row) for row in rows], shortest)
    seen = [index for one in groups for index in one.rows]
    assert len(seen) == len(set(seen))
    for one in groups:
        assert one.length >= shortest
        assert len({tuple(rows[index][: one.length]) for index in one.rows}) == 1
        assert all(len(rows[index]) >= one.length for index in one.rows)
    assert sum((len(one.rows) - 1) * one.length for one in groups) == best_saving(rows, shortest)


def test_a_limit_is_never_passed():
    groups = group([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6]], [2, 4], shortest=1)
    assert [(one.length, one.rows) for one in groups] == [(2, (0, 1))]


def test_columns_spell_groups_out():
    ids, lengths = columns(group([[7] * 20 + [1], [3], [7] * 20 + [2]], [20, 0, 20]), 3)
    assert ids.tolist() == [0, -1, 0]
    assert lengths.tolist() == [20, 0, 20]


def test_a_slightly_longer_prefix_does_not_part_rows():
    rows = [[7] * 20 + [1] * 4 + [at] for at in range(9)] + [[7] * 20 + [2, at] for at in range(9)]
    assert sorted(one.length for one in group(rows, [24] * 18)) == [21, 24]
    assert [one.length for one in group(rows, [24] * 18, worth=0.25)] == [20]
    far = [[7] * 20 + [1] * 60 + [at] for at in range(9)] + [[7] * 20 + [2] * 60 + [at] for at in range(9)]
    assert [one.length for one in group(far, [80] * 18, worth=0.25)] == [80, 80]
