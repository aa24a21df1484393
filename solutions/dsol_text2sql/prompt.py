"""The one prompt of Text2SQL: what all questions of a database share first, what differs by question last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dsol import Prompt
from dsol_text2sql.databases.schema_text import estimate, harmless, identifier, literal, schema_text
from dsol_text2sql.notation.annotation import annotate
from dsol_text2sql.notation.expanding import expand
from dsol_text2sql.notation.listing import listing
from dsol_text2sql.notation.pointers import Pointers
from dsol_text2sql.notation.shortening import unsaid
from dsol_text2sql.notation.shorthand import Shorthand
from dsol_text2sql.query import Refused
from dsol_text2sql.question.linking import NameIndex
from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.text import name_words
from dsol_text2sql.rules.stitching import with_links
from dsol_text2sql.schema import Schema
from dsol_text2sql.settings import LONGEST_QUESTION, Output, Settings
from dsol_text2sql.sql.completion import parse as parse_sql

if TYPE_CHECKING:
    from dsol_text2sql.question.values import Match

__all__ = ["make_prompt", "parse", "prompt_values", "relevant"]

POINTING = "Write the query that answers the question, in {dialect} with pointers.{schema}"
SYSTEM = "Write one {dialect} SELECT query that answers the question. Reply with the SQL only.\nTables:\n{schema}"
USER = "{values}{draft}Question: {question}"
DIALECTS = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MySQL"}
LABELS = frozenset({"name", "title", "label", "名", "标"})
COLUMNS_A_VALUE = 3  # a value that more columns hold is shown with the likeliest ones


def make_prompt(settings: Settings) -> Prompt:
    """Make the prompt; its inputs are the strings of `prompt_values`."""
    from langchain_core.prompts import ChatPromptTemplate

    system = POINTING if settings.notation == "pointers" else SYSTEM
    return Prompt(ChatPromptTemplate.from_messages([("system", system), ("human", USER)]), parse)


def parse(completion: str, values: Mapping[str, Any]) -> Output | None:
    """Read the query of a completion against its prompt's values; None where there is none. Never raises."""
    output = parse_sql(completion)
    if output is None or not values.get("pointers"):
        return output
    try:
        return Output(sql=_expanded(output.sql, str(values["pointers"])))
    except Refused:
        return output  # what is wrong with it is said by whoever checks it


def prompt_values(
    question: str,
    schema: Schema,
    matches: Sequence[Match],
    settings: Settings,
    *,
    literals: Sequence[Literal] = (),
    names: NameIndex | None = None,
    draft: str = "",
    shorthand: Shorthand | None = None,
) -> dict[str, str]:
    """Give what the prompt shows for one question (a sample's `input`).

    The schema's text is the same for all questions of a database, so that it is one shared prefix of tokens, as long
    as it fits `settings.schema_tokens` (by `estimate`, sample values dropped first). A larger schema is cut down to
    what the question needs; then the prefix differs from question to question and isn't shared. `names` is the
    schema's NameIndex, made anew when it isn't given and needed. `draft` is the query that rules made of the question,
    for the model to take or to mend ("": none).

    In the notation of pointers the question is annotated with them, the schema is listed in short if the settings ask
    for it, and `pointers` says, unseen by the model, what they stand for; without the argument they are numbered in
    the schema's order.
    """
    plain = " ".join(question.split())
    if settings.notation == "pointers":
        names = names or NameIndex(schema)
        shorthand = shorthand or Shorthand(schema, Pointers.of(with_links(schema)))
        pointers = shorthand.pointers
        annotated, named = annotate(plain, names, matches[: settings.matches], literals, pointers)
        pointers = replace(pointers, values=named)
        if draft:
            draft, pointers = _short(draft, shorthand, pointers, plain)
        return {
            "dialect": DIALECTS.get(schema.dialect, schema.dialect),
            "schema": _listing(question, schema, matches, settings, names, pointers) if settings.listing else "",
            "values": "",
            "draft": f"Draft: {draft}\n" if draft else "",
            "question": harmless(annotated, LONGEST_QUESTION),
            "pointers": pointers.to_json(),
        }
    return {
        "dialect": DIALECTS.get(schema.dialect, schema.dialect),
        "schema": _schema(question, schema, matches, settings, names),
        "values": _values(schema, matches[: settings.matches], literals, question),
        "draft": f"Draft: {harmless(draft, LONGEST_QUESTION)}\n" if draft else "",
        "question": harmless(plain, LONGEST_QUESTION),
        "pointers": "",
    }


@lru_cache(maxsize=1024)  # samples of one question repeat each other
def _expanded(text: str, pointers: str) -> str:
    return expand(text, Pointers.from_json(pointers))


def _short(sql: str, shorthand: Shorthand, pointers: Pointers, question: str) -> tuple[str, Pointers]:
    """Write the draft with pointers, some of them to what it says in other words than the question."""
    try:
        whole = shorthand.canonical(sql)
        more = unsaid(whole, pointers.dialect, question, pointers.values)
        pointers = replace(pointers, values=(*pointers.values, *more))
        return shorthand.shorten(whole, pointers.values), pointers
    except Refused:
        return sql, pointers


def relevant(
    question: str, schema: Schema, matches: Sequence[Match], budget: int, names: NameIndex | None = None
) -> dict[str, set[str]]:
    """Choose tables and columns for a question within about `budget` tokens.

    First come the tables that the question names or whose values it mentions, and those that link them, each with its
    keys; then their named, matched and naming columns; then their other columns; then other tables.
    """
    score: dict[str, float] = {}
    columns: dict[tuple[str, str], float] = {}
    for named in (names or NameIndex(schema)).link(question):
        weight = named.score * (1.0 if not named.column else 0.6)
        score[named.table] = max(score.get(named.table, 0.0), weight)
        if named.column:
            columns[named.table, named.column] = max(columns.get((named.table, named.column), 0.0), named.score)
    for match in matches:
        score[match.table] = max(score.get(match.table, 0.0), match.score)
        columns[match.table, match.column] = max(columns.get((match.table, match.column), 0.0), match.score + 0.5)
    ranked = sorted(schema.tables, key=lambda table: -score.get(table.name, 0.0))
    named_tables: list[str] = []
    for table in ranked:
        if score.get(table.name) or not named_tables:
            path = schema.path(named_tables[0], table.name) if named_tables else ()
            linked = [name for key in path or () for name in (key.table, key.other)]
            named_tables += [name for name in dict.fromkeys((*linked, table.name)) if name not in named_tables]
    for table in schema.tables:
        for column in table.columns:
            # What a table's rows are called is asked for wherever the table is.
            if set(name_words(column.name)) & LABELS:
                columns[table.name, column.name] = columns.get((table.name, column.name), 0.0) + 0.4
    kept: dict[str, set[str]] = {}
    left = _fill(schema, named_tables, columns, kept, budget)
    _fill(schema, [table.name for table in ranked if table.name not in named_tables], columns, kept, left)
    return kept


def _fill(
    schema: Schema, tables: Sequence[str], columns: dict[tuple[str, str], float], kept: dict[str, set[str]], left: int
) -> int:
    """Keep these tables with their keys, then their columns best first, while the budget lasts; return what is left."""
    keys = _keys(schema)
    for name in tables:
        cost = estimate(schema_text(schema, {name: keys[name]}, samples=False)) + 1
        if cost <= left or not kept:
            kept[name] = set(keys[name])
            left -= cost
    wanted = [
        (table.name, column.name)
        for table, column in schema.columns()
        if table.name in tables and table.name in kept and column.name not in kept[table.name]
    ]
    for name, column in sorted(wanted, key=lambda pair: -columns.get(pair, 0.0)):
        before = estimate(schema_text(schema, {name: kept[name]}, samples=False))
        cost = estimate(schema_text(schema, {name: {*kept[name], column}}, samples=False)) - before
        if cost <= left:
            kept[name].add(column)
            left -= cost
    return left


def _schema(
    question: str, schema: Schema, matches: Sequence[Match], settings: Settings, names: NameIndex | None
) -> str:
    for samples in (True, False):
        text = schema_text(schema, samples=samples)
        if estimate(text) <= settings.schema_tokens:
            return text
    return schema_text(schema, relevant(question, schema, matches, settings.schema_tokens, names), samples=False)


def _listing(
    question: str,
    schema: Schema,
    matches: Sequence[Match],
    settings: Settings,
    names: NameIndex,
    pointers: Pointers,
) -> str:
    text = listing(schema, pointers)
    if estimate(text) > settings.schema_tokens:
        text = listing(schema, pointers, relevant(question, schema, matches, settings.schema_tokens, names))
    return f"\nTables:\n{text}"


def _keys(schema: Schema) -> dict[str, set[str]]:
    keys = {table.name: {column.name for column in table.columns if column.primary} for table in schema.tables}
    for key in schema.foreign_keys:
        keys.get(key.table, set()).add(key.column)
        keys.get(key.other, set()).add(key.other_column)
    return keys


def _values(schema: Schema, matches: Sequence[Match], literals: Sequence[Literal], question: str) -> str:
    """Write a line for every mentioned value with its likeliest columns, and one for constants written as words."""
    held: dict[tuple[str, str | int], list[str]] = {}
    for match in matches:
        column = f"{identifier(match.table, schema.dialect)}.{identifier(match.column, schema.dialect)}"
        held.setdefault((match.text, match.value), []).append(column)
    lines = []
    for (text, value), columns in held.items():
        said = "" if text.lower() == str(value).lower() else f" ({harmless(text)})"
        lines.append(f"{', '.join(columns[:COLUMNS_A_VALUE])} = {literal(value)}{said}\n")
    for constant in literals:
        written = question[constant.start : constant.end]
        if constant.text not in written and constant.kind != "string":
            lines.append(f"{constant.text} ({harmless(written.strip())})\n")
    return "".join(lines)
