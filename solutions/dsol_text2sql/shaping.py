"""Choose what a query shows and groups by, once it is clear what the other words of the question are for."""

from __future__ import annotations

from dataclasses import replace

from dsol_text2sql.cues import Cue
from dsol_text2sql.draft import Draft, measured, read
from dsol_text2sql.pieces import Piece
from dsol_text2sql.stitching import Place, Shown, Sketch, key, labels

MONEY = ("total", "amount", "revenue", "sale", "price", "额")


def shape(draft: Draft) -> Sketch:
    """Turn what was understood into a sketch: one row in all, one a group, or one a row of the subject."""
    schema, subject = draft.knowledge.schema, draft.subject
    distinct = bool(draft.pieces("distinct"))
    columns = list(dict.fromkeys(read(draft, p, subject) for p in draft.pieces("name") if not p.table))
    group = _group(draft)
    shown: list[Shown] = []
    for piece in draft.pieces("count", "sum", "avg")[:2]:
        found = _aggregate(draft, piece, columns, distinct)
        if found is not None and found not in shown:
            shown.append(found)
    ranked = any(one.function for one, _ in draft.order) or bool(draft.having)
    listed = [place for place in columns if place not in group]
    if group:
        places = [*group, *listed] if shown or ranked else listed or group
    elif ranked:
        places = listed or list(labels(schema, subject))
        marker = key(schema, subject)
        own = subject in {one.place.table for one, _, _ in draft.having} | {one.place.table for one, _ in draft.order}
        group = list(dict.fromkeys([*([marker] if marker and not (own and listed) else []), *places]))
    elif shown:
        places = []
    else:
        places = listed or list(labels(schema, subject))
    group = group if shown or ranked else []
    group_by = tuple(dict.fromkeys([*group, *(places if group else [])]))
    everything = tuple(dict.fromkeys([*map(Shown, places), *shown]))
    order = [(Shown(labels(schema, subject)[0]) if not one.place.table else one, way) for one, way in draft.order]
    others = [piece.table for piece in draft.pieces("name") if piece.table]
    return Sketch(
        subject,
        everything,
        tuple(dict.fromkeys(draft.conditions)),
        group_by,
        tuple(draft.having),
        tuple(order),
        draft.limit,
        distinct and not group_by and not shown,
        tuple(dict.fromkeys([*draft.joined, *(others if group or shown else [])])),
    )


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


def _aggregate(draft: Draft, piece: Piece, columns: list[Place], distinct: bool) -> Shown | None:
    """Turn "how many", "total", "average" into COUNT, SUM or AVG; takes the column that it speaks of."""
    if piece.kind == "count":
        near = draft.question.after(piece, "name", within=22)
        if near is not None and near.table:
            further = draft.question.after(near, "name", within=1)
            near = further if further is not None and not further.table else near
        free = near is not None and not near.table and near not in draft.roles
        place = read(draft, near, draft.subject) if free and near is not None else None
        if place is not None and place in columns:
            columns.remove(place)
            if draft.numeric(place):
                return Shown(place, "SUM")
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
