"""Say whether two queries returned the same table, as the public scorers of Text2SQL do.

The rules are those of the test-suite scorer (Zhong et al. 2020, "Semantic Evaluation for Text-to-SQL with Distilled
Test Suites") and of BIRD (Li et al. 2023); numbers computed with them compare with published ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

Row = Sequence[Any]
Column = tuple[Hashable, ...]
Move = tuple[int, list[int], list[int], frozenset[int], int]

# Cells that the search for a permutation may look at, past which the tables count as different. Only large tables
# whose columns are symmetric in every way come near it.
CELLS = 20_000_000

_DISTINCT = re.compile(
    r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/)|\bdistinct\b(?!\s+(?:on|from)\b)""",
    re.IGNORECASE | re.DOTALL,
)
_SPLIT_OPERATOR = re.compile(r"([<>!]) =")


def same(gold: Sequence[Row], predicted: Sequence[Row], *, ordered: bool) -> bool:
    """Compare two results as the test-suite scorer does: any order of columns, duplicates count, values by `==`.

    `ordered`: the order of rows counts as well. Two empty results are the same, whatever their columns. Values of
    one row are also compared sorted by their text, so where whole numbers meet equal floats (1 and 1.0) beside other
    numbers the verdict can be False: the scorer does that, and published numbers hold it.
    """
    if len(gold) != len(predicted):
        return False
    if not gold:
        return True
    if len(gold[0]) != len(predicted[0]):
        return False
    gold_columns, predicted_columns = _columns(gold), _columns(predicted)
    if ordered:
        equal = Counter(gold_columns) == Counter(predicted_columns)
    else:
        equal = _permutable(gold_columns, predicted_columns)
    return equal and _same_as_text(gold_columns, predicted_columns, ordered)


def same_set(gold: Sequence[Row], predicted: Sequence[Row]) -> bool:
    """Compare two results as BIRD does: as sets of rows, columns in their order."""
    return {tuple(map(_cell, row)) for row in gold} == {tuple(map(_cell, row)) for row in predicted}


def asks_order(sql: str) -> bool:
    """Say whether the order of rows counts: the gold query has the words ORDER BY anywhere, as the scorer looks."""
    return "order by" in sql.lower()


def without_distinct(sql: str) -> str:
    """Drop every keyword DISTINCT, as the scorer does before it runs a query; quoted text and comments stay.

    So do PostgreSQL's DISTINCT ON and IS DISTINCT FROM, which mean something else.
    """
    return _DISTINCT.sub(lambda found: found.group(1) or "", sql)


def joined_operators(sql: str) -> str:
    """Join operators that a tokenised query has split (`> =`, `! =`), as the scorer does."""
    return _SPLIT_OPERATOR.sub(r"\1=", sql)


def _cell(value: Any) -> Hashable:
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (list, dict, set)):
        return repr(value)
    if value != value:  # not a number: equal to itself here, or no result that holds one could ever be right
        return "\0not a number"
    return value  # type: ignore[no-any-return]


def _columns(rows: Sequence[Row]) -> list[Column]:
    return [tuple(map(_cell, column)) for column in zip(*rows, strict=True)]


def _permutable(gold: list[Column], predicted: list[Column]) -> bool:
    """Find an order of the predicted columns that makes the rows equal as multisets.

    Columns are placed one by one. Rows that agree in all columns placed so far form a class; a column fits only where
    the classes of both tables stay equal in size. That prunes nearly everything that can't be finished.
    """
    contents = [frozenset(Counter(column).items()) for column in gold]
    candidates = [frozenset(Counter(column).items()) for column in predicted]
    if Counter(contents) != Counter(candidates):
        return False
    rarity = Counter(contents)
    # Telling columns first: those with the fewest look-alikes, and among these with the most distinct values.
    places = sorted(range(len(gold)), key=lambda at: (rarity[contents[at]], -len(contents[at]), at))

    def moves(depth: int, classes: list[int], other_classes: list[int], free: frozenset[int]) -> list[Move]:
        """List what may be tried next, the most likely (the same position) last."""
        fitting = {predicted[at]: at for at in sorted(free) if candidates[at] == contents[places[depth]]}
        if gold[places[depth]] in fitting:  # equal columns are interchangeable: one of them is enough
            fitting[gold[places[depth]]] = fitting.pop(gold[places[depth]])
        return [(depth, classes, other_classes, free - {at}, at) for at in fitting.values()]

    start = [0] * len(gold[0])
    waiting = moves(0, start, start, frozenset(range(len(predicted))))
    budget = max(4 * len(gold), CELLS // (2 * len(gold[0])))
    while waiting and budget:
        budget -= 1
        depth, classes, other_classes, free, other = waiting.pop()
        number: dict[tuple[int, Hashable], int] = {}
        split = [number.setdefault(pair, len(number)) for pair in zip(classes, gold[places[depth]], strict=True)]
        other_split = [number.get(pair, -1) for pair in zip(other_classes, predicted[other], strict=True)]
        if Counter(split) != Counter(other_split):
            continue
        if depth + 1 == len(places):
            return True
        waiting.extend(moves(depth + 1, split, other_split, free))
    return False


def _same_as_text(gold: list[Column], predicted: list[Column], ordered: bool) -> bool:
    numbers = {type(value) for column in (*gold, *predicted) for value in column} - {str, bytes, type(None)}
    if len(numbers) < 2:
        return True
    key: Callable[[Any], str] = lambda value: str(value) + str(type(value))  # noqa: E731
    ours, theirs = (
        [tuple(sorted(row, key=key)) for row in zip(*columns, strict=True)] for columns in (gold, predicted)
    )
    return ours == theirs if ordered else set(ours) == set(theirs)
