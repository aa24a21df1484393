"""Choose what a query shows and groups by, once it is clear what the other words of the question are for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dsol_text2sql.question.text import is_cjk
from dsol_text2sql.rules.cues import Cue
from dsol_text2sql.rules.draft import Draft, generic, measured, read
from dsol_text2sql.rules.pieces import Piece
from dsol_text2sql.rules.stitching import Condition, Place, Shown, Sketch, key, labels

BESIDE = re.compile(r"\b(?:and|with|plus|along|together|as well)\b|,|和|及|与|、|，")
HEADED = re.compile(
    r"\s*(?:,|:)?\s*(?:and|with|plus|along with|together with|as well as)\s+(?:the |all )?(?:their|its|his|her|the)?\s*"
)
MONEY = ("total", "amount", "revenue", "sale", "price", "额")


def shape(draft: Draft) -> Sketch:
    """Turn what was understood into a sketch: one row in all, one a group, or one a row of the subject."""
    schema, subject = draft.knowledge.schema, draft.subject
    distinct = bool(draft.pieces("distinct"))
    columns = list(dict.fromkeys(place for p in draft.pieces("name") if not p.table for place in _shown(draft, p)))
    group = _group(draft)
    shown: list[Shown] = []
    asked = [p for p in draft.pieces("count", "sum", "avg") if not _idle(draft, p)]
    # "the average invoice total" and "invoice totals" name a column; "the total of invoices" asks for a sum.
    named = [p for p in draft.question.pieces if p.kind == "name" and not p.table]
    asked = [p for p in asked if p.kind != "sum" or not _names(draft, p, named, len(asked) > 1)]
    for piece in asked[:2]:
        found = _aggregate(draft, piece, columns, distinct)
        if found is not None and found not in shown:
            shown.append(found)
    shown += [one for one in draft.ends if one not in shown]
    if len(asked) == 1 and asked[0].kind in ("avg", "sum") and shown:
        beside = [one for one in _joined(draft, asked[0]) if one in columns and draft.numeric(one)]
        shown += [Shown(place, shown[0].function) for place in beside]
        columns = [place for place in columns if place not in beside]
    ranked = any(one.function for one, _ in draft.order) or bool(draft.having)
    listed = [place for place in columns if place not in group]
    if group:
        places = [*group, *listed] if shown or ranked else listed or group
    elif ranked:
        places = listed or list(labels(schema, subject))
        marker = key(schema, subject)
        own = subject in {one.place.table for one, _, _ in draft.having} | {one.place.table for one, _ in draft.order}
        group = list(dict.fromkeys([*([marker] if marker and not (own and listed) else []), *places]))
    elif shown and (rows := _listed_before(draft, listed, asked)):
        # "the names of pilots and the number of records they have": one row for each pilot.
        marker = key(schema, rows[0].table) if rows[0].table != subject else None
        places, group = rows, list(dict.fromkeys([*([marker] if marker else []), *rows]))
    elif shown:
        places = []
    elif listed:
        places = [*_headed(draft, listed), *listed]
    else:
        places = list(labels(schema, subject))
    group = group if shown or ranked else []
    group_by = tuple(dict.fromkeys([*group, *(places if group else [])]))
    everything = tuple(dict.fromkeys([*map(Shown, places), *shown]))
    # "the countries of markets in alphabetical order": what is shown is what is sorted.
    first = next((place for place in listed if place.table == subject), labels(schema, subject)[0])
    order = [(Shown(first) if not one.place.table else one, way) for one, way in draft.order]
    joined = [*draft.joined]
    joined += [piece.table for piece in draft.pieces("name") if piece.table and (group or shown)]
    return Sketch(
        subject,
        everything,
        _merged(draft.conditions),
        group_by,
        tuple(draft.having),
        tuple(order),
        draft.limit,
        distinct and not group_by and not shown,
        tuple(table for table in dict.fromkeys(joined) if schema.path(subject, table) is not None),
    )


def _idle(draft: Draft, piece: Piece) -> bool:
    """Tell whether a word asks for nothing of its own: "count" before "the number of", "in total" after "how many"."""
    question = draft.question
    after = question.after(piece, "count", within=5)
    total = piece.kind == "sum" and re.search(r"\bin (?:the )?$", question.lower[: piece.start])
    if piece.kind == "count" and (question.before(piece, "avg", "sum", within=2)):
        name = question.after(piece, "name", within=6)
        if name is not None and not name.table and draft.numeric(read(draft, name, draft.subject)):
            return True  # "the average number of rooms" of a column that counts them
    return bool((piece.kind == "count" and after) or (total and any(p.kind == "count" for p in question.pieces)))


def _joined(draft: Draft, asked: Piece) -> list[Place]:
    """List the columns that are named after an aggregate's own, joined by "and": "the average distance and price"."""
    names = [p for p in draft.question.pieces if p.kind == "name" and not p.table and p.start > asked.end]
    found: list[Place] = []
    for one, two in pairwise(names):
        if not re.fullmatch(r"\s*(?:,|and|&|和|与|及|、)\s*(?:and )?(?:the )?", draft.question.between(one, two)):
            break
        found.append(read(draft, two, draft.subject))
    return found


def _listed_before(draft: Draft, listed: Sequence[Place], asked: Sequence[Piece]) -> list[Place]:
    """List the columns that are asked for before an aggregate is: "name of each team and its number of players"."""
    if not asked:
        return []
    first = min(piece.start for piece in asked)
    names = [p for p in draft.pieces("name") if not p.table and p.end < first]
    between = [p for p in names if BESIDE.search(draft.question.lower[p.end : first])]
    places = [place for p in between for place in _shown(draft, p)]
    return [place for place in dict.fromkeys(places) if place in listed]


def _headed(draft: Draft, listed: Sequence[Place]) -> list[Place]:
    """Give what the subject's rows are called where they are asked for beside columns: "albums and their years"."""
    names = draft.pieces("name")
    head = next((p for p in draft.question.pieces if p.kind == "name"), None)
    if head is None or head.table != draft.subject or len(names) < 2 or names[0] is not head or names[1].table:
        return []
    if not HEADED.fullmatch(draft.question.between(head, names[1])):
        return []
    return [place for place in labels(draft.knowledge.schema, draft.subject) if place not in listed]


def _merged(conditions: list[Condition]) -> tuple[Condition, ...]:
    """Let one column equal any of several values, since it can't equal all of them."""
    values: dict[Place, list[Condition]] = {}
    for condition in dict.fromkeys(conditions):
        if condition.operator == "=":
            values.setdefault(condition.place, []).append(condition)
    several = {place: same for place, same in values.items() if len(same) > 1}
    rest = [c for c in dict.fromkeys(conditions) if c.operator != "=" or c.place not in several]
    return (
        *rest,
        *(Condition(place, "IN", None, None, tuple(c.value for c in same)) for place, same in several.items()),
    )


def _shown(draft: Draft, piece: Piece) -> tuple[Place, ...]:
    """Give what a free column name shows; nothing where it could only be a column of a far table."""
    schema, subject = draft.knowledge.schema, draft.subject
    beside = draft.question.before(piece, "name", within=2) or draft.question.after(piece, "name", within=8)
    table = beside.table if beside is not None and beside.table else subject
    place = read(draft, piece, table)
    if generic(draft, piece) and place.table != table:
        return labels(schema, table)
    named = {p.table for p in draft.question.pieces if p.table} | {subject}
    path = schema.path(subject, place.table)
    return (place,) if place.table in named or (path is not None and len(path) < 2) else ()


def _group(draft: Draft) -> list[Place]:
    """List the columns that the grouped names stand for."""
    schema, subject = draft.knowledge.schema, draft.subject
    group: list[Place] = []
    for piece, role in draft.roles.items():
        if role == "group" and piece.table:
            marker = key(schema, piece.table)
            group += (
                labels(schema, piece.table) if piece.table != subject or marker is None else labels(schema, subject)
            )
        elif role == "group" and piece.kind == "name":
            group.append(read(draft, piece, subject))
    for place in draft.group:
        tables = [subject, *(piece.table for piece in draft.question.pieces if piece.table)]
        date = next((found for table in tables if (found := draft.date(table))), None)
        if date is not None:
            group.append(replace(date, part=place.part))
    return list(dict.fromkeys(group))


def _names(draft: Draft, piece: Piece, named: list[Piece], several: bool) -> bool:
    """Tell whether "total" is only a column's name here."""
    over = [name for name in named if name.start <= piece.start and piece.end <= name.end]
    before = draft.question.before(piece, "name", "list", within=6)
    listed = before is not None and before.kind == "name"
    return bool(over) and (several or listed or any(name in draft.roles for name in over))


def _aggregate(draft: Draft, piece: Piece, columns: list[Place], distinct: bool) -> Shown | None:
    """Turn "how many", "total", "average" into COUNT, SUM or AVG; takes the column that it speaks of."""
    if piece.kind == "count":
        within = [p for p in draft.pieces("name") if piece.start <= p.start and p.end <= piece.end]
        own = next((p for p in within if is_cjk(draft.question.text[p.start])), None)
        near = own or draft.question.after(piece, "name", within=22)  # 多少人 is a name of populations
        if near is not None and near.table:
            further = draft.question.after(near, "name", within=1)
            near = further if further is not None and not further.table else near
        free = near is not None and not near.table and near not in draft.roles
        place = read(draft, near, draft.subject) if free and near is not None else None
        if place is not None and place in columns:
            columns.remove(place)
            if draft.numeric(place):
                # "the name and number of employees of each department": a column that holds the number.
                plain = any(one.table == place.table for one in columns) and not draft.group
                return Shown(place, "" if plain else "SUM")
            return Shown(place, "COUNT", distinct=distinct or place.table != draft.subject or not _naming(draft, place))
        if near is not None and near.table and near not in draft.roles and near.table != draft.subject:
            draft.joined.append(near.table)
        return Shown(Place(draft.subject), "COUNT")
    numeric = [place for place in columns if draft.numeric(place)]
    if numeric:
        columns.remove(numeric[0])
        return Shown(numeric[0], piece.kind.upper())
    cue = Cue("sum", piece.start, piece.end, hints=MONEY)
    place = measured(draft, None, replace(piece, cue=cue))
    if place is None:
        return None
    draft.guesses += 1
    return Shown(place, piece.kind.upper())


def _naming(draft: Draft, place: Place) -> bool:
    return place in labels(draft.knowledge.schema, place.table)
