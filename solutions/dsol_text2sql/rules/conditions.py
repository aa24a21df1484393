"""Rules that turn words into conditions: comparisons, years, patterns, values, keys, negation."""

from __future__ import annotations

import re
from dataclasses import replace

from dsol_text2sql.question.text import name_words
from dsol_text2sql.question.units import scaled
from dsol_text2sql.rules.cues import LONG, SIZE
from dsol_text2sql.rules.draft import Draft, generic, measured, read, turned
from dsol_text2sql.rules.pieces import Piece, Question
from dsol_text2sql.rules.stitching import Condition, Place, Shown, key, labels

CALLED = 6  # characters: "called Frank", "names are Frank"
HAS = re.compile(r"\b(?:have|has|had|having)\s*$")
AS = re.compile(r"[\s\"']*(?:(?:as|for|in) (?:its |their |his |her |the |a )?)?")
OF = re.compile(r"\s*(?:of|for)\s+(?:the )?|\s*的\s*")
AT = re.compile(r"\b(?:in|from|at|to|of|within|with)\s+(?:the |a )?$")
IN = re.compile(r"\b(?:in|through|within|inside)\s+(?:the )?$|(?:在|流经|穿过|经过)\s*$")
OPPOSITE = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
NUMBERED = re.compile(
    r"\s*(?:with )?(?:id|number|no\.?|#|nr\.?|编号|号码|id号|号)?\s*(?:is(?: not)?|为|是|不是|=|:)?\s*#?\s*"
)


def absences(draft: Draft) -> None:
    """Read negation and missing values: of a table's rows (ABSENT) or of a column (IS NULL)."""
    for cue in draft.pieces("null"):
        name = draft.question.before(cue, "name", within=12) or draft.question.after(cue, "name", within=8)
        if name is not None and not name.table:
            draft.conditions.append(Condition(read(draft, name), "IS NULL"))
            draft.use(name, "null")
            draft.use(cue, "null")
    tables = [p for p in draft.pieces("name") if p.table]
    for cue in draft.pieces("not"):
        name = draft.question.after(cue, "name", within=20)
        value = draft.question.after(cue, "value", "string", within=20)
        if name is None or name in draft.roles or (value is not None and value.start < name.start + 25):
            continue
        if name.table and len({p.table for p in tables}) > 1 and name is not tables[0]:
            draft.conditions.append(Condition(Place(name.table), "ABSENT"))
            draft.use(name, "absent")
            draft.use(cue, "absent")
        elif not name.table and not draft.question.after(name, "value", "number", "string", "compare", within=10):
            draft.conditions.append(Condition(read(draft, name), "IS NULL"))
            draft.use(name, "null")
            draft.use(cue, "null")


def comparisons(draft: Draft) -> None:
    """Read comparisons with numbers, years, dates and averages."""
    question = draft.question
    for cue in draft.pieces("mean"):
        name = question.before(cue, "name", within=15) or question.after(cue, "name", within=12)
        place = measured(draft, name, cue)
        if place is not None:
            sign = cue.cue.value if cue.cue else ">"
            draft.conditions.append(Condition(place, "ABOVE MEAN" if sign == ">" else "BELOW MEAN"))
            draft.use(name if name and not name.table else None, "condition")
            draft.use(cue, "condition")
    for cue in draft.pieces("between"):
        near = [p for p in draft.pieces("number", "year", "date") if abs(p.start - cue.start) <= 25]
        if len(near) >= 2:
            _compare(draft, near[0], "BETWEEN", cue, near[1])
    for number in draft.pieces("number", "year", "date"):
        before = question.before(number, "compare", within=10)
        after = question.after(number, "compare", within=8)
        said = before if before is not None and before not in draft.roles else after
        if said is not None and said not in draft.roles and said.cue is not None:
            _compare(draft, number, said.cue.value, said)


def _compare(draft: Draft, number: Piece, sign: str, cue: Piece, other: Piece | None = None) -> None:
    """Turn a comparison into a condition on a column, or into one on the count of a table's rows."""
    question = draft.question
    last = max(number, cue, key=lambda p: p.end)
    has = HAS.search(question.lower[: min(number.start, cue.start)])
    after = question.after(number, "name", within=8) or question.after(last, "name", within=18 if has else 3)
    before = question.before(min(number, cue, key=lambda p: p.start), "name", within=16)
    counted = next((p for p in (after, before) if p is not None and p.table and p not in draft.roles), None)
    value, second = number.value, other.value if other else None
    draft.use(cue, "compare")
    draft.use(number, "compare")
    draft.use(other, "compare")
    unit = _unit(question, number)
    if cue.cue is not None and unit:
        cue = replace(cue, cue=replace(cue.cue, hints=unit))
    hints = cue.cue.hints if cue.cue else ()
    column = next((p for p in (before, after) if p is not None and not p.table and p not in draft.roles), None)
    if unit and column is not None and not any(hint in name_words(read(draft, column).column) for hint in unit):
        column = None  # "genre id 24 lasting less than 150000 ms"
    if number.kind in ("year", "date"):
        draft.use(column, "condition")
        _dated(draft, number, sign, column, second)
    elif column is not None and not (
        counted is after and counted is not None and (has or not draft.numeric(read(draft, column)))
    ):
        draft.use(column, "condition")
        place = read(draft, column)
        sign = OPPOSITE.get(sign, sign) if turned(draft, cue, place) else sign
        draft.conditions.append(Condition(place, sign, _scaled(draft, place, number), second))
    elif counted is not None and not hints and isinstance(value, int):
        tables = [p for p in question.pieces if p.kind == "name" and p.table]
        owned = question.before(min(number, cue, key=lambda p: p.start), "name", within=30)
        # "which countries have more than 2 airports": the countries are a column of the airports.
        shared = owned is not None and any(place.table == counted.table for place in owned.places)
        if sign != "BETWEEN" and (len({p.table for p in tables}) > 1 or shared):
            draft.use(counted, "having")
            draft.having.append((Shown(Place(counted.table), "COUNT"), sign, str(value)))
            draft.joined.append(counted.table)
    else:
        guess = measured(draft, None, cue)
        if guess is not None:
            draft.guesses += 1
            sign = OPPOSITE.get(sign, sign) if turned(draft, cue, guess) else sign
            draft.conditions.append(Condition(guess, sign, _scaled(draft, guess, number), second))


def _unit(question: Question, number: Piece) -> tuple[str, ...]:
    """Give the words of the columns that a number's unit speaks of: minutes of lengths, bytes of sizes."""
    rest = question.lower[number.end : number.end + 14].lstrip()
    if re.match(r"(?:ms|milliseconds?|minutes?|mins?|seconds?|hours?)\b|毫秒|分钟|秒|小时", rest):
        return LONG
    return SIZE if re.match(r"(?:bytes?|[kmg]b)\b|字节", rest) else ()


def _dated(draft: Draft, number: Piece, sign: str, column: Piece | None, second: str | int | float | None) -> None:
    """Compare a date column, or a column of years, with a year or a date."""
    place = read(draft, column) if column is not None else None
    found = draft.column(place) if place else None
    if place is None or found is None or (found.kind not in ("date", "text") and found.kind != "integer"):
        tables = [p.table for p in draft.question.pieces if p.kind == "name" and p.table]
        place = next((date for table in tables if (date := draft.date(table))), None) or _year_column(draft)
        found = draft.column(place) if place else None
    if place is None or found is None:
        return
    if found.kind != "date":
        draft.conditions.append(Condition(place, sign, int(str(number.value)[:4]), second and int(str(second)[:4])))
    elif number.kind == "date" and sign == "=":
        draft.conditions.append(Condition(place, "LIKE", f"{number.value}%"))
    elif number.kind == "date":
        draft.conditions.append(Condition(place, sign, number.value, second))
    else:
        draft.conditions.append(Condition(replace(place, part="year"), sign, str(number.value), second))


def _year_column(draft: Draft) -> Place | None:
    words = ("year", "年", "年份")
    return next(
        (Place(t.name, c.name) for t, c in draft.knowledge.schema.columns() if set(name_words(c.name)) & {*words}), None
    )


def _scaled(draft: Draft, place: Place, number: Piece) -> str | int | float:
    """Convert minutes and seconds where the column counts milliseconds."""
    if isinstance(number.value, int | float):
        return scaled(number.value, draft.question.lower, number.end, place.column)
    return number.value


def patterns(draft: Draft) -> None:
    """Read "contains", "starts with", "ends with" and their Chinese."""
    for cue in draft.pieces("like"):
        constant, text = _pattern(draft, cue)
        name = draft.question.before(cue, "name", within=25)
        if not text or name is None or cue.cue is None:
            continue
        draft.use(constant, "like")
        place = read(draft, name)
        if name.table:
            place = labels(draft.knowledge.schema, name.table)[0]
        else:
            draft.use(name, "condition")
        draft.use(cue, "like")
        negative = draft.question.before(cue, "not", within=6)
        draft.use(negative, "not")
        operator = "NOT LIKE" if negative else "LIKE"
        draft.conditions.append(Condition(place, operator, cue.cue.value.replace("{}", text)))


def _pattern(draft: Draft, cue: Piece) -> tuple[Piece | None, str]:
    """Find the text that a LIKE looks for: quoted, a value's name, or just the word that stands there."""
    question = draft.question
    constant = question.after(cue, "string", "value", within=12) or question.before(cue, "string", "value", within=8)
    if constant is not None:
        value = constant.kind == "value"
        return constant, question.text[constant.start : constant.end] if value else str(constant.value)
    before = re.search(r"以\s*[“\"']?([^以，。]+?)[”\"']?\s*(?:字母|这个词|两?个?字)?$", question.text[: cue.start])
    if before and cue.cue is not None and cue.cue.value != "%{}%":
        return None, before.group(1)
    word = re.match(
        r"\s*(?:the )?(?:word |letter |string )?[\"']?([A-Za-z0-9@+.&/-][^\s\"',，。？?的!！]*)",
        question.text[cue.end :],
    )
    return None, word.group(1).rstrip(".") if word else ""


def values(draft: Draft) -> None:
    """Turn mentioned values into conditions, on the column nearest to what the question is about."""
    named = {p.table for p in draft.question.pieces if p.kind == "name" and p.table}
    for piece in draft.pieces("value"):
        column = draft.question.before(piece, "name", within=14)
        column = column if column is not None and not column.table else None
        if column is not None and OF.fullmatch(draft.question.between(column, piece)):
            # "the capital of Texas" is no capital that is called Texas; "in the city of Paris" is a city of that name.
            column = column if AT.search(draft.question.lower[: column.start]) else None
        inside = IN.search(draft.question.lower[: piece.start])

        beside = [draft.question.before(piece, "name", within=5), draft.question.after(piece, "name", within=5)]
        near = {p.table for p in beside if p is not None and p.table}
        for name in beside:
            # "New York state": the table's name only says what the value is.
            if name is not None and name.table and name.table != draft.subject and name not in draft.roles:
                draft.use(name if any(place.table == name.table for place in piece.places) else None, "qualifier")

        def rank(
            place: Place,
            column: Piece | None = column,
            piece: Piece = piece,
            near: set[str] = near,
            inside: bool = bool(inside),
        ) -> tuple[bool, bool, bool, bool, bool, int, int]:
            said = column is not None and place in column.places
            path = draft.knowledge.schema.path(draft.subject, place.table)
            far = 9 if path is None else len(path)
            return (
                path is None,
                # "rivers in Colorado" are no rivers of that name
                inside and place.table == draft.subject and place in draft.knowledge.naming,
                not said,
                place.table not in near,
                place.table not in named,
                far,
                piece.places.index(place),
            )

        place = min(piece.places, key=rank)
        if column is not None and (place in column.places or _called(draft, column, piece)):
            draft.use(column, "condition")
        behind = draft.question.after(piece, "name", within=12)
        said = behind is not None and AS.fullmatch(draft.question.between(piece, behind))
        if behind is not None and said and behind not in draft.roles and not behind.table and place in behind.places:
            draft.use(behind, "condition")  # "players from Maryland or Duke colleges"
        negative = draft.question.before(piece, "not", within=16)
        negative = negative if negative is not None and negative not in draft.roles else None
        draft.use(negative, "not")
        draft.conditions.append(Condition(place, "<>" if negative else "=", piece.value))
        draft.use(piece, "condition")


def _called(draft: Draft, column: Piece, value: Piece) -> bool:
    """Tell whether a word only says that a value is a name: "called Frank"; Chinese asks for it as well (全名)."""
    near = value.start - column.end <= CALLED
    return near and generic(draft, column) and draft.question.text.isascii()


def keyed(draft: Draft) -> None:
    """Read "invoice 12", "customer number 5", 313号发票 as the key of a row; and "in 2010" as a year."""
    question = draft.question
    for number in draft.pieces("number", "year"):
        before, after = question.before(number, "name", within=12), question.after(number, "name", within=3)
        if number.kind == "year" and not (before and NUMBERED.fullmatch(question.between(before, number))):
            dates = [p for p in (question.after(number, "name", within=10), question.before(number, "name")) if p]
            column = next((p for p in dates if not p.table and draft.dates(read(draft, p))), None)
            _dated(draft, number, "=", column, None)
            draft.use(number, "condition")
            continue
        if before is not None and NUMBERED.fullmatch(question.between(before, number)):
            place = key(draft.knowledge.schema, before.table) if before.table else read(draft, before)
        elif after is not None and after.table and question.between(number, after).strip() in ("号", "号的"):
            place = key(draft.knowledge.schema, after.table)
        else:
            continue
        if place is not None:
            negative = question.before(number, "not", within=8)
            draft.conditions.append(Condition(place, "<>" if negative else "=", number.value))
            draft.use(number, "condition")
            draft.use(negative, "not")
            if before is not None and not before.table:
                draft.use(before, "condition")
    for date in draft.pieces("date"):
        _dated(draft, date, "=", None, None)
        draft.use(date, "condition")


def late(draft: Draft) -> None:
    """Take quoted strings that no column holds for the subject's name."""
    for string in draft.pieces("string"):
        name = draft.question.before(string, "name", within=12)
        table = name.table if name is not None and name.table else draft.subject
        place = read(draft, name) if name is not None and not name.table else labels(draft.knowledge.schema, table)[0]
        draft.guesses += 1
        draft.conditions.append(Condition(place, "=", string.value))
        draft.use(string, "condition")
        draft.use(name if name is not None and not name.table else None, "condition")
