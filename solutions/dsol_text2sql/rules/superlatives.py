"""Superlatives: an order and a limit, or the largest and the smallest side by side."""

from __future__ import annotations

import re
from itertools import pairwise

from dsol_text2sql.question.text import is_cjk
from dsol_text2sql.rules.draft import Draft, measured, read, turned, written_numbers
from dsol_text2sql.rules.pieces import Piece
from dsol_text2sql.rules.stitching import Place, Shown

ENDS = re.compile(
    r"max(?:imum)?|min(?:imum)?|highest|lowest|largest|smallest|average|mean|avg|最大|最小|最高|最低|平均"
)
JOINED = re.compile(r"\s*(?:[,，、]\s*(?:and )?|(?:and|or|&|和|与|及)\s*)(?:the )?")
COMMON = re.compile(r"(?:most|least) (?:common|frequent|frequently|popular|often)\w*|(?:最|出现最)(?:常见|普遍|频繁)")
OTHER_WAY = {"asc": "desc", "desc": "asc"}


def superlatives(draft: Draft) -> None:
    """Read superlatives and "top 5": an order and a limit."""
    question = draft.question
    _ends(draft)
    for cue in draft.pieces("extreme"):
        if cue.cue is None or draft.order:
            continue
        number = question.after(cue, "number", within=6) or question.before(cue, "number", within=3)
        number = _leading(draft, cue) if number is None or number in draft.roles else number
        after, before = question.after(cue, "name", within=12), question.before(cue, "name", within=6)
        chinese = is_cjk(question.text[cue.start])
        name = before or after if chinese else after or before
        which = question.before(cue, "which", within=8)
        if chinese and which and after is not None and not after.table and question.between(cue, after) in ("", "的"):
            name = after if draft.numeric(read(draft, after)) else name  # 哪个州有最大的人口密度
        count = question.after(cue, "count", within=3)
        if count is not None and count not in draft.roles:
            name = question.after(count, "name", within=6) or name
        metric = _summed(draft, cue) or _metric(draft, cue, name, count is not None)
        if metric is None:
            continue
        draft.use(cue, "extreme")
        for own in draft.pieces("name"):
            if cue.start <= own.start and own.end <= cue.end:
                draft.use(own, "metric")  # 人口最多
        draft.use(count, "extreme")
        draft.use(number, "limit")
        draft.limit = int(number.value) if number is not None and isinstance(number.value, int) else 1
        opposite = turned(draft, cue, metric.place)
        draft.order.append((metric, OTHER_WAY[cue.cue.value] if opposite else cue.cue.value))
    for number in draft.pieces("number"):
        if re.search(r"(?:first|top|前|limit)\s*$", question.lower[: number.start]) and isinstance(number.value, int):
            draft.limit = number.value
            draft.use(number, "limit")


def _ends(draft: Draft) -> None:
    """Read "the minimum and maximum age", also beside an average: aggregates of a column, not an order."""
    question = draft.question
    cues = [p for p in draft.pieces("extreme", "avg") if ENDS.fullmatch(question.lower[p.start : p.end])]
    for one, two in pairwise(cues):
        joined = JOINED.fullmatch(question.between(one, two))
        name = question.after(two, "name", within=4)
        if not joined or {one.kind, two.kind} == {"avg"} or name is None or name.table:
            continue
        place = read(draft, name)
        if not draft.numeric(place) and not draft.dates(place):
            continue
        for cue in cues:
            function = "AVG" if cue.kind == "avg" else "MAX" if cue.cue and cue.cue.value == "desc" else "MIN"
            draft.ends.append(Shown(place, function))
            draft.use(cue, "end")
        draft.use(name, "end")
        return


def _summed(draft: Draft, cue: Piece) -> Shown | None:
    """Read "the greatest average length", "the lowest total spending": an average or a sum is what is compared."""
    question = draft.question
    total = question.after(cue, "sum", "avg", within=2)
    if total is None or total in draft.roles:
        return None
    near = [p for p in question.pieces if p.kind == "name" and not p.table and 0 <= p.start - total.start <= 28]
    name = next((p for p in near if p not in draft.roles and draft.numeric(read(draft, p))), None)
    place = read(draft, name) if name is not None else measured(draft, None, cue)
    if place is None or not draft.numeric(place):
        return None
    draft.use(total, "metric")
    draft.use(name, "metric")
    return Shown(place, "SUM" if total.kind == "sum" else "AVG")


def _leading(draft: Draft, cue: Piece) -> Piece | None:
    """Find the number before what is asked for: "which three albums have the most tracks"."""
    question = draft.question
    for number in draft.pieces("number"):
        name = question.after(number, "name", within=1)
        asked = re.search(r"(?:^|which|what|the|are|list|show|me|find|name)\s*$", question.lower[: number.start])
        if name is not None and asked and number.start < cue.start:
            return number
    return None


def _metric(draft: Draft, cue: Piece, name: Piece | None, counted: bool) -> Shown | None:
    """Find what a superlative measures: a counted table, a named column, or what the adjective hints at."""
    question = draft.question
    by = next(
        (
            p
            for p in question.pieces
            if p.kind == "name"
            and p.start > cue.end
            and re.search(r"\bby\b|in terms of|based on", question.lower[max(0, p.start - 22) : p.start])
        ),
        None,
    )
    for piece in (by, name):
        if piece is None or piece in draft.roles or cue.cue is None:
            continue
        several = len({p.table for p in question.pieces if p.kind == "name" and p.table}) > 1
        asked = any(p.kind == "name" and not p.table for p in question.pieces if p is not piece)
        word = question.text[cue.start : cue.end].lower()
        counting = counted or word in ("most", "fewest", "least", "最多", "最少", "top") or piece is by
        if (
            piece.table
            and (counted or not cue.cue.hints)
            and counting
            and (several or asked)
            and (piece is by or word != "top")
        ):
            draft.use(piece, "metric")
            draft.joined.append(piece.table)
            return Shown(Place(piece.table), "COUNT")
        if not piece.table:
            place = read(draft, piece)
            column = draft.column(place)
            if column is not None and (column.kind in ("integer", "number", "date") or written_numbers(column)):
                draft.use(piece, "metric")
                total = question.before(piece, "sum", "avg", within=4)
                draft.use(total, "metric")
                return Shown(place, {"sum": "SUM", "avg": "AVG"}[total.kind] if total else "")
    if COMMON.fullmatch(question.lower[cue.start : cue.end]) and name is not None and name not in draft.roles:
        place = read(draft, name)
        return Shown(Place(place.table), "COUNT") if place.column else None
    guess = measured(draft, None, cue)
    if guess is not None:
        draft.guesses += 1
    return Shown(guess) if guess is not None else None
