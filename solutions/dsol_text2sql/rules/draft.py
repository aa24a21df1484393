"""The state that rules share while they read a question: what is understood so far, and which words are spent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dsol_text2sql.question.text import is_cjk, name_words
from dsol_text2sql.rules.cues import BIRTH
from dsol_text2sql.rules.pieces import Knowledge, Piece, Question
from dsol_text2sql.rules.stitching import Condition, Place, Shown
from dsol_text2sql.schema import Column

AGES = frozenset({"age", "ages", "年龄", "岁数"})
GENERIC = frozenset(
    {
        "name",
        "names",
        "called",
        "title",
        "titles",
        "full name",
        "full names",
        "名称",
        "名字",
        "姓名",
        "名",
        "叫",
        "标题",
    }
)


@dataclass
class Draft:
    """What has been understood so far; `roles` tells what each name piece was used for."""

    question: Question
    knowledge: Knowledge
    roles: dict[Piece, str] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    having: list[tuple[Shown, str, str]] = field(default_factory=list)
    group: list[Place] = field(default_factory=list)
    order: list[tuple[Shown, str]] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    ends: list[Shown] = field(default_factory=list)  # the largest and the smallest, shown side by side
    limit: int = 0
    subject: str = ""
    guesses: int = 0

    def pieces(self, *kinds: str) -> list[Piece]:
        """List the pieces of these kinds that have no role yet."""
        return [piece for piece in self.question.pieces if piece.kind in kinds and piece not in self.roles]

    def use(self, piece: Piece | None, role: str) -> None:
        """Note what a piece was used for."""
        if piece is not None:
            self.roles[piece] = role

    def column(self, place: Place) -> Column | None:
        """Look a place's column up."""
        table = self.knowledge.schema.table(place.table)
        return table.column(place.column) if table else None

    def numeric(self, place: Place) -> bool:
        """Tell whether a place holds quantities: numbers that are no keys."""
        column = self.column(place)
        keys = {(k.table, k.column) for k in self.knowledge.schema.foreign_keys}
        plain = column is not None and not column.primary and (place.table, place.column) not in keys
        return plain and column is not None and column.kind in ("integer", "number")

    def dates(self, place: Place) -> bool:
        """Tell whether a place holds dates."""
        column = self.column(place)
        return column is not None and column.kind == "date"

    def date(self, table: str) -> Place | None:
        """Find a table's date."""
        found = self.knowledge.schema.table(table)
        dates = [c.name for c in found.columns if c.kind == "date"] if found else []
        return Place(table, dates[0]) if dates else None


def written_numbers(column: Column) -> bool:
    """Tell whether a column of texts holds numbers."""
    return bool(column.samples) and all(re.fullmatch(r"\s*-?\d[\d,]*(?:\.\d+)?\s*", str(one)) for one in column.samples)


def turned(draft: Draft, cue: Piece, place: Place) -> bool:
    """Tell whether a word that speaks of births ("older") meets a column of ages, where it means the opposite."""
    column = draft.column(place)
    if cue.cue is None or cue.cue.hints != BIRTH or column is None:
        return False
    return column.kind in ("integer", "number") and not AGES.isdisjoint(name_words(column.name))


def read(draft: Draft, piece: Piece, near: str = "") -> Place:
    """Choose a name's reading: of the table asked for, else of the table that stands nearest."""
    if piece.table or len(piece.places) == 1:
        return piece.places[0]
    tables = [near] if near else []
    nearest = sorted(
        (p for p in draft.question.pieces if p.kind == "name" and p.table),
        key=lambda p: (p.start - piece.end) if p.start >= piece.end else (piece.start - p.end) + 1,
    )
    tables += [p.table for p in nearest] + [draft.subject]
    tables += [p.places[0].table for p in draft.question.pieces if p.kind == "name" and len(p.places) == 1]
    for table in tables:
        for place in piece.places:
            if place.table == table:
                return place
    return piece.places[0]


def generic(draft: Draft, piece: Piece) -> bool:
    """Tell whether a word just asks what something is called."""
    return draft.question.lower[piece.start : piece.end] in GENERIC


def measured(draft: Draft, name: Piece | None, cue: Piece) -> Place | None:
    """Find the quantity that a comparison or a superlative speaks of: the named one, or one that its word hints at."""
    if name is not None and not name.table:
        return read(draft, name)
    tables = [p.table for p in sorted(draft.pieces("name"), key=lambda p: abs(p.start - cue.end)) if p.table]
    if draft.subject:
        tables.insert(0, draft.subject)
    hints = cue.cue.hints if cue.cue else ()
    for table in dict.fromkeys(tables):
        found = draft.knowledge.schema.table(table)
        columns = [c for c in found.columns if c.kind in ("integer", "number", "date", "text")] if found else []
        for hint in hints:
            for column in columns:
                fits = hint in name_words(column.name) or (is_cjk(hint) and hint in column.name + column.description)
                if fits and (column.kind != "text" or hint in ("elevation", "altitude", "length", "age", "height")):
                    return Place(table, column.name)
        measures = [Place(table, c.name) for c in columns if draft.numeric(Place(table, c.name))]
        if len(measures) == 1:
            return measures[0]
    return None
