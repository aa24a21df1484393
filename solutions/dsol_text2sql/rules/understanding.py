"""Understand a question by rules: from its pieces to a sketch of the query."""

from __future__ import annotations

import re
from itertools import pairwise

from dsol_text2sql.question.text import is_cjk
from dsol_text2sql.rules.conditions import absences, comparisons, keyed, late, patterns, values
from dsol_text2sql.rules.draft import Draft, measured, read, turned, written_numbers
from dsol_text2sql.rules.pieces import Knowledge, Piece, Question
from dsol_text2sql.rules.shaping import shape
from dsol_text2sql.rules.stitching import Place, Shown, Sketch

CERTAIN = 0.88  # a question that names no table and no column has to mention some value as surely as this
# "composed by" and the like name an author, not a group.
BY = re.compile(
    r"(?<!ed)(?<!en)(?<!ng)(?<!de)(?<!taught)(?<!bought)(?<!sold)(?<!held)(?<!won)(?<!led)(?<!run)(?<!paid)(?<!sung)"
    r"(?<!built)(?<!sent) by (?:the |their |its )?$|^by (?:the )?$"
    r"|(?:split|grouped|broken down|listed) by (?:the )?$"
)
ENDS = re.compile(
    r"max(?:imum)?|min(?:imum)?|highest|lowest|largest|smallest|average|mean|avg|最大|最小|最高|最低|平均"
)
COMMON = re.compile(r"(?:most|least) (?:common|frequent|frequently|popular|often)\w*|(?:最|出现最)(?:常见|普遍|频繁)")
EACH = re.compile(r"\s*(?:one )?(?:of )?(?:the |these |those |our )?(?:different |distinct |unique )?")
OTHER_WAY = {"asc": "desc", "desc": "asc"}
# Verbs that stand for the rows of a table of sales; what is asked for is what was sold.
DEEDS = frozenset(["sold", "bought", "purchased", "卖出", "售出", "购买", "卖过", "买过", "买"])
YEARLY = re.compile(
    r"\s*(?:calendar )?\byears?\b(?!s? old)|(?:每|各|按照?)(?:个)?年|\byearly\b|\bannual(?:ly)?\b|年度|逐年"
)


def understand(question: Question, knowledge: Knowledge) -> tuple[Sketch, int] | None:
    """Give the sketch, and how many of its parts were guessed; None where nothing names a table or a value."""
    sure = any(p.kind == "name" or (p.kind == "value" and p.score >= CERTAIN) for p in question.pieces)
    if not sure:
        return None
    draft = Draft(question, knowledge)
    for step in (_groups, absences, comparisons, patterns, _extremes, _orders):
        step(draft)
    draft.subject = _subject(draft)
    if not draft.subject:
        return None
    for step in (_extremes, values, keyed, late):
        step(draft)
    return shape(draft), draft.guesses


def _groups(draft: Draft) -> None:
    """Take the names after "per", "each", 每, 按 as what rows are grouped by, and "yearly" for the year of a date."""
    question = draft.question
    counting = any(piece.kind in ("count", "sum", "avg") for piece in question.pieces)
    measuring = counting or any(piece.kind in ("extreme", "compare") for piece in question.pieces)
    for cue in draft.pieces("group"):
        between = EACH.match(question.lower, cue.end)
        name = question.after(cue, "name", within=max(8, between.end() - cue.end if between else 0))
        word = question.lower[cue.start : cue.end]
        if not measuring and word in ("each", "every", "for each", "for every"):
            draft.use(cue, "group")  # "the name of every client" is the names of clients
            continue
        if name is not None and name not in draft.roles and not YEARLY.match(question.lower[cue.end :]):
            draft.use(name, "group")
            draft.use(cue, "group")
    if counting and YEARLY.search(question.lower):
        draft.group.append(Place("", "", "year"))
    for name in draft.pieces("name"):
        by = BY.search(question.lower[: name.start])
        valued = question.after(name, "value", "string", within=4)
        if by and valued is None and counting and not draft.question.before(name, "extreme", within=30):
            draft.use(name, "group")


def _extremes(draft: Draft) -> None:
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
        count = question.after(cue, "count", within=3)
        if count is not None and count not in draft.roles:
            name = question.after(count, "name", within=6) or name
        metric = _summed(draft, cue) or _metric(draft, cue, name, count is not None)
        if metric is None:
            continue
        draft.use(cue, "extreme")
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
        joined = re.fullmatch(r"[\s,]*(?:and|or|&|和|与|及)?[\s,]*(?:the )?", question.between(one, two))
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


def _orders(draft: Draft) -> None:
    """Read "sorted by", "alphabetically", "descending", and the "by" of "our staff by last name"."""
    cues = draft.pieces("order")
    if draft.order:
        return
    for name in [] if cues else draft.pieces("name")[1:]:
        by = BY.search(draft.question.lower[: name.start])
        if by and not name.table and draft.question.after(name, "value", "string", "number", within=6) is None:
            draft.order.append((Shown(read(draft, name)), "asc"))
            draft.use(name, "order")
            return
    if not cues:
        return
    ways = [cue.cue.value for cue in cues if cue.cue is not None]
    way = "desc" if "desc" in ways else "asc"
    for cue in cues:
        draft.use(cue, "order")
    for cue in cues:
        after, before = draft.question.after(cue, "name", within=8), draft.question.before(cue, "name", within=8)
        behind = after is not None and draft.question.between(cue, after).strip() in ("of", "of the", "by", "by the")
        if behind and after is not None and after.table:
            after = draft.question.after(after, "name", within=1)  # "in order of building height"
        plain = cue.cue is not None and cue.cue.value == "" and after is not None
        key = after if after is not None and (plain or behind) else before
        if key is not None and not key.table:
            draft.order.append((Shown(read(draft, key)), way))
            if key is not before or draft.question.before(key, "group", within=3):
                draft.use(key, "order")
            return
    if "label" in ways:
        draft.order.append((Shown(Place("", "")), "asc"))


def _subject(draft: Draft) -> str:
    """Choose the table whose rows are asked for."""
    names = draft.pieces("name")
    tables = [p for p in names if p.table and draft.question.lower[p.start : p.end] not in DEEDS]
    tables = tables or [p for p in names if p.table]
    chinese = sum(map(is_cjk, draft.question.text)) > 2
    if tables:
        counts = [p for p in draft.question.pieces if p.kind == "count"]
        for count in counts:
            near = draft.question.after(count, "name", within=6) or (
                draft.question.before(count, "name", within=2) if chinese else None
            )
            if near in tables and near is not None:
                return near.table
        if chinese:
            for which in (p for p in draft.question.pieces if p.kind == "which"):
                near = draft.question.after(which, "name", within=3)
                near = near or draft.question.before(which, "name", within=3)
                if near is not None and near in tables:
                    return near.table
            return tables[-1].table
        return tables[0].table
    grouped = [piece for piece, role in draft.roles.items() if role in ("group", "metric", "having") and piece.table]
    for piece in names:
        held = {place.table for p in draft.question.pieces if p.kind == "value" for place in p.places}
        inside = [place.table for place in piece.places if place.table in held]
        return inside[0] if inside else read(draft, piece).table
    if grouped:
        return grouped[0].table
    values = [p for p in draft.question.pieces if p.kind == "value"]
    return values[0].places[0].table if values else ""
