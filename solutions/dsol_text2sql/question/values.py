"""Index a database's cell values and find which of them a question mentions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Protocol

from dsol_text2sql.question.literals import Literal, literals
from dsol_text2sql.question.lookup import Lookup, Mention
from dsol_text2sql.question.mentions import find, quoted_or_counted
from dsol_text2sql.question.territories import known_names
from dsol_text2sql.question.text import is_cjk, keys, name_words
from dsol_text2sql.question.words import articles, stop_characters, stop_words
from dsol_text2sql.schema import Column, Schema, Table

__all__ = ["Aliases", "Literal", "Match", "ValueIndex"]

Value = str | int
Aliases = Mapping[str, Sequence[tuple[str, str, Value]]]

PER_COLUMN = 20_000
IN_ALL = 200_000
LONGEST = 120  # characters: longer cells are prose, nobody names them whole
FEW = 500  # an integer column with more distinct values than this counts or measures; its numbers name nothing


class Source(Protocol):
    """What the index needs of a database."""

    @property
    def schema(self) -> Schema: ...

    def values(self, table: str, column: str, limit: int) -> Iterable[Any]: ...


@dataclass(frozen=True)
class Match:
    """A cell value that `question[start:end]`, which is `text`, mentions; `score` in (0, 1] says how literally."""

    table: str
    column: str
    value: Value
    start: int
    end: int
    text: str
    score: float


class ValueIndex:
    """Hold the distinct values of the columns that a question can name, and look mentions up in them."""

    def __init__(
        self,
        columns: Sequence[tuple[str, str, str, Sequence[Value]]],
        schema_words: Iterable[str] = (),
        aliases: Aliases | None = None,
    ) -> None:
        self.columns = [(table, column, kind, tuple(values)) for table, column, kind, values in columns]
        self.schema_words = frozenset(schema_words)
        self.aliases = {phrase: [(t, c, v) for t, c, v in targets] for phrase, targets in (aliases or {}).items()}
        self._find = lru_cache(maxsize=64)(self._mentions)  # rules and prompt ask for the same question

    @classmethod
    def build(
        cls, database: Source, aliases: Aliases | None = None, *, per_column: int = PER_COLUMN, in_all: int = IN_ALL
    ) -> ValueIndex:
        """Read the distinct values of text, date and small integer columns, at most `in_all` of them.

        `aliases` are further phrases for values, as `lexicon.learn_aliases` learns them; countries, languages and
        large cities are known by their English and Chinese names anyhow.
        """
        schema, left = database.schema, in_all
        columns: list[tuple[str, str, str, Sequence[Value]]] = []
        linked = {(key.table.lower(), key.column.lower()) for key in schema.foreign_keys}
        for table, column in schema.columns():
            limit = min(per_column, left)
            if limit <= 0 or not _nameable(table, column, linked):
                continue
            kind = "number" if column.kind == "integer" else column.kind
            limit = min(limit, FEW + 1) if kind == "number" else limit
            values = [value for value in database.values(table.name, column.name, limit) if _usable(value, kind)]
            if kind == "number" and len(values) > FEW:
                continue
            if values:
                columns.append((table.name, column.name, kind, values))
            left -= len(values)
        words = {word for table in schema.tables for word in name_words(table.name)}
        words |= {word for _, column in schema.columns() for word in name_words(column.name)}
        index = cls(columns, words - stop_words(), known_names(columns))
        return index.with_aliases(aliases) if aliases else index

    def with_aliases(self, aliases: Aliases) -> ValueIndex:
        """Return an index that knows these phrases for values as well."""
        merged = {phrase: list(targets) for phrase, targets in self.aliases.items()}
        for phrase, targets in aliases.items():
            known = merged.setdefault(phrase, [])
            known.extend(target for target in map(tuple, targets) if target not in known)  # type: ignore[misc]
        return ValueIndex(self.columns, self.schema_words, merged)

    def match(self, question: str, limit: int = 8) -> tuple[Match, ...]:
        """Find mentioned values, best first; a value that several columns hold is reported for each of them.

        Every mentioned value comes with its best column before any comes with its second one, so that `limit` cuts
        columns before it cuts values.
        """
        groups: dict[tuple[int, int, Value], list[Match]] = {}
        for mention in self._find(question):
            table, column, _, _ = self.columns[mention.column]
            text = question[mention.start : mention.end]
            match = Match(table, column, mention.value, mention.start, mention.end, text, round(mention.score, 3))
            groups.setdefault((match.start, match.end, match.value), []).append(match)
        ranked = sorted(groups.values(), key=lambda group: (-group[0].score, group[0].start - group[0].end))
        turns = max((len(group) for group in ranked), default=0)
        spread = [group[turn] for turn in range(turns) for group in ranked if turn < len(group)]
        return tuple(spread[:limit])

    def literals(self, question: str) -> tuple[Literal, ...]:
        """Find quoted strings, numbers and dates of the question that are not values of the database."""
        return quoted_or_counted(self._lookup, self._find(question), literals(question))

    @cached_property
    def _lookup(self) -> Lookup:
        return _lookup(self.columns, self.schema_words, self.aliases)

    def _mentions(self, question: str) -> list[Mention]:
        return find(self._lookup, question)

    def to_json(self) -> dict[str, Any]:
        """Give the index as JSON values; `from_json` reads them back."""
        return {"columns": self.columns, "schema_words": sorted(self.schema_words), "aliases": self.aliases}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ValueIndex:
        """Rebuild an index from what `to_json` gave."""
        aliases = {phrase: [(t, c, v) for t, c, v in targets] for phrase, targets in data["aliases"].items()}
        return cls([tuple(column) for column in data["columns"]], data["schema_words"], aliases)


def _nameable(table: Table, column: Column, linked: set[tuple[str, str]]) -> bool:
    """Tell whether people would name values of this column in a question."""
    if column.kind in ("text", "date", "other"):
        return True
    key = column.primary or (table.name.lower(), column.name.lower()) in linked
    return column.kind == "integer" and not key and name_words(column.name)[-1:] != ["id"]


def _usable(value: Any, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, int) and value >= 100
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _lookup(
    columns: Sequence[tuple[str, str, str, Sequence[Value]]],
    schema_words: frozenset[str],
    aliases: Mapping[str, Sequence[tuple[str, str, Value]]],
) -> Lookup:
    """Turn columns of values into the tables that mentions are looked up in."""
    entries: list[tuple[int, Value, str]] = []
    whole: dict[str, list[int]] = defaultdict(list)
    parts: dict[str, list[int]] = defaultdict(list)
    joined: dict[str, list[int]] = defaultdict(list)
    grammar = stop_words() | stop_characters()
    the = articles()
    for place, (_, _, kind, values) in enumerate(columns):
        for value in values:
            words = keys(str(value))[: 3 if kind == "date" else None]
            if not words:
                continue
            entry, key = len(entries), " ".join(words)
            entries.append((place, value, key))
            whole[key].append(entry)
            if kind == "number":
                continue
            if len(words) > 1 and words[0] in the:
                whole[" ".join(words[1:])].append(entry)
            joined["".join(words)].append(entry)
            if len(words) > 1 and kind != "date":
                for part in _parts(words, grammar):
                    parts[part].append(entry)
    known: dict[str, list[int]] = defaultdict(list)
    named = {(table.lower(), column.lower()): place for place, (table, column, _, _) in enumerate(columns)}
    for phrase, targets in aliases.items():
        words = keys(phrase)
        for table, column, value in targets:
            target = named.get((table.lower(), column.lower()))
            if not words or target is None:
                continue
            known[" ".join(words)].append(len(entries))
            entries.append((target, value, " ".join(keys(str(value)))))
            # A phrase learned for one column means the same value in the others that hold it.
            known[" ".join(words)].extend(whole.get(entries[-1][2], ()))
    names = [(name_words(table), name_words(column)) for table, column, _, _ in columns]
    sizes = [len(values) for _, _, _, values in columns]
    longest = max((key.count(" ") + 1 for lookup in (whole, known) for key in lookup), default=0)
    return Lookup(entries, dict(whole), dict(parts), dict(joined), dict(known), names, sizes, schema_words, longest)


def _parts(words: Sequence[str], grammar: frozenset[str]) -> set[str]:
    """List what a value can be found by when it is named in part: its words, and its pairs of Chinese characters."""
    singles = {word for word in words if len(word) > 2 and word not in grammar and not word.isdigit()}
    pairs = {one + " " + two for one, two in pairwise(words) if is_cjk(one) and is_cjk(two)}
    return singles | pairs
