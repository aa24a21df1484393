"""Understand a question by rules: from its pieces to a sketch of the query."""

from __future__ import annotations

import re

from dsol_text2sql.question.text import is_cjk
from dsol_text2sql.rules.conditions import absences, comparisons, keyed, late, patterns, values
from dsol_text2sql.rules.draft import Draft, read
from dsol_text2sql.rules.pieces import Knowledge, Question
from dsol_text2sql.rules.shaping import shape
from dsol_text2sql.rules.stitching import Place, Shown, Sketch
from dsol_text2sql.rules.superlatives import superlatives

CERTAIN = 0.88  # a question that names no table and no column has to mention some value as surely as this
# "composed by" and the like name an author, not a group.
BY = re.compile(
    r"(?<!ed)(?<!en)(?<!ng)(?<!de)(?<!taught)(?<!bought)(?<!sold)(?<!held)(?<!won)(?<!led)(?<!run)(?<!paid)(?<!sung)"
    r"(?<!built)(?<!sent) by (?:the |their |its )?$|^by (?:the )?$"
    r"|(?:split|grouped|broken down|listed) by (?:the )?$"
)
EACH = re.compile(r"\s*(?:one )?(?:of )?(?:the |these |those |our )?(?:different |distinct |unique )?")
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
    for step in (_groups, absences, comparisons, patterns, superlatives, _orders):
        step(draft)
    draft.subject = _subject(draft)
    if not draft.subject:
        return None
    for step in (superlatives, values, keyed, late):
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
        meant = [place for p in draft.question.pieces if p.kind == "value" for place in p.places]
        # "the population of Texas" is that of the row with this name, before that of rows that belong to it.
        own = {place.table for place in meant if place in draft.knowledge.naming}
        held = {place.table for place in meant}
        inside = sorted((p.table for p in piece.places if p.table in held), key=lambda table: table not in own)
        return inside[0] if inside else read(draft, piece).table
    if grouped:
        return grouped[0].table
    values = [p for p in draft.question.pieces if p.kind == "value"]
    return values[0].places[0].table if values else ""
