"""Write a schema, and values, as compact text for a model; what the database holds is only ever data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from dsol_text2sql.question.text import CJK
from dsol_text2sql.schema import Column, ForeignKey, Schema, Table
from dsol_text2sql.sql.reading import needs_quotes

LONGEST_VALUE = 60
LONGEST_DESCRIPTION = 80
LONGEST_SAMPLE = 24
FEW = 6  # a text column with at most this many values shows them: they are its vocabulary
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Anything that some chat template could read as its own: <|im_end|>, </s>, <start_of_turn>, [INST], <<SYS>>, [gMASK].
_MARKER = re.compile(r"<(?=[|/!?\w<｜])|(?<=[|｜\w>])>(?=>)|\[(?=/?[a-z_]*(?:INST|SYS|MASK|TOOL|Round))", re.I)
_CHINESE = re.compile(f"[{CJK}\u3000-\u303f\uff00-\uffef]")


def estimate(text: str) -> int:
    """Estimate a text's tokens: one for each Chinese character, one for every four others; cheap, for budgets only."""
    chinese = len(_CHINESE.findall(text))
    return chinese + (len(text) - chinese + 3) // 4


def harmless(text: str, longest: int = LONGEST_VALUE) -> str:
    """Escape control characters, break up chat markers with a space, and cut a long text."""
    escaped = _CONTROL.sub(lambda match: _escape(match.group()), text)
    plain = _MARKER.sub(lambda match: match.group() + " ", escaped)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def literal(value: str | int | float) -> str:
    """Write a value as SQL would, harmless and cut to a readable length."""
    return "'" + harmless(value).replace("'", "''") + "'" if isinstance(value, str) else str(value)


def identifier(name: str, dialect: str) -> str:
    """Write a name as the dialect needs it: bare where it may be, quoted where it must be."""
    if not needs_quotes(name, dialect):
        return name
    mark = "`" if dialect == "mysql" else '"'
    return mark + harmless(name, 200).replace(mark, mark * 2) + mark


def schema_text(schema: Schema, kept: Mapping[str, Set[str]] | None = None, *, samples: bool = True) -> str:
    """Write one line a table: `Album(AlbumId integer PK, Title text, ArtistId -> Artist.ArtistId) -- description`.

    `kept` names the tables and columns to write (None: all). `samples` shows the values of columns with few of them.
    """
    lines = []
    for table in schema.tables:
        if kept is not None and table.name not in kept:
            continue
        shown = [column for column in table.columns if kept is None or column.name in kept[table.name]]
        lines.append(_table(schema, table, shown, samples))
    return "\n".join(lines)


def _table(schema: Schema, table: Table, columns: list[Column], samples: bool) -> str:
    links = {key.column: key for key in schema.foreign_keys if key.table == table.name}
    inside = ", ".join(_column(column, links.get(column.name), schema.dialect, samples) for column in columns)
    about = f" -- {harmless(table.description, LONGEST_DESCRIPTION)}" if table.description else ""
    return f"{identifier(table.name, schema.dialect)}({inside}){about}"


def _column(column: Column, link: ForeignKey | None, dialect: str, samples: bool) -> str:
    if link is not None:
        text = f"{identifier(column.name, dialect)} -> {identifier(link.other, dialect)}"
        text += f".{identifier(link.other_column, dialect)}"
    else:
        text = f"{identifier(column.name, dialect)} {column.kind}"
    if column.primary:
        text += " PK"
    if column.description:
        text += f" /* {harmless(column.description, LONGEST_DESCRIPTION).replace('*/', '* /')} */"
    if samples and column.kind == "text" and 1 < column.distinct <= FEW and not column.primary and link is None:
        values = [literal(value) for value in column.samples if len(str(value)) <= LONGEST_SAMPLE]
        text += " {" + ", ".join(values) + "}" if len(values) == column.distinct else ""
    return text


def _escape(letter: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter, f"\\x{ord(letter):02x}")
