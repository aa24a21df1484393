"""Turn examples into samples: the prompt's values as serving makes them, the query in the one style of targets."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsol import Sample
from dsol_text2sql.baseline import draft
from dsol_text2sql.databases.database import Database, open_databases
from dsol_text2sql.databases.results import asks_order, same
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.notation.expanding import expand
from dsol_text2sql.notation.pointers import Pointers, numbering
from dsol_text2sql.notation.shorthand import Shorthand, outline
from dsol_text2sql.prompt import prompt_values
from dsol_text2sql.query import QueryError, Refused
from dsol_text2sql.question.linking import NameIndex
from dsol_text2sql.question.literals import literals
from dsol_text2sql.question.questions import tidy
from dsol_text2sql.question.slots import pieces
from dsol_text2sql.question.values import Aliases, ValueIndex
from dsol_text2sql.rules.pieces import Knowledge
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import canonical

Numberings = Mapping[str, Sequence[tuple[str, str]]]  # by database, see `pointers.numbering`

_POINTED = re.compile(r"(?<![\w.])[ctv]\d+\b")
_NOTES = re.compile(r"\{[^{}]*\}")  # what `annotate` put into a question; the rest are the user's words
_POINTER_OR_TEXT = re.compile(r"'(?:[^']|'')*'|" + _POINTED.pattern)
_LISTED = re.compile(r"(?<= )[ct]\d+(?=[#,:]| = |$)", re.MULTILINE)  # in a listing, where a name could look like one
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_LIST = re.compile(r"\bIN \(\?(, \?)+\)")
_NEGATIVE = re.compile(r"(?<=[=<>(,] )-\?|(?<=\()-\?|(?<=[A-Z] )-\?")


def read_numberings(files: Mapping[str, Any]) -> Numberings:
    """Read how a run numbered its databases, from the files that its builder left for serving."""
    return {
        name: [(str(table), str(column)) for table, column in order]
        for name, order in files.get("numberings", {}).items()
    }


@dataclass
class Writing:
    """Write queries of several databases in canonical style and as templates; each is parsed once."""

    databases: Mapping[str, Database]
    _targets: dict[tuple[str, str], str] = field(default_factory=dict)
    _templates: dict[tuple[str, str], str] = field(default_factory=dict)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)

    def target(self, example: Example) -> str:
        """Give the canonical query; what can't be read stays as it is and is noted in `refused`."""
        key = (example.database, example.sql)
        if key not in self._targets:
            schema = self.databases[example.database].schema
            try:
                self._targets[key] = canonical(example.sql, schema.dialect, schema)
            except Refused as refusal:
                self._targets[key] = example.sql
                self.refused[key] = str(refusal)
        return self._targets[key]

    def template(self, example: Example) -> str:
        """Give the canonical query with its constants left out, and its database where there are several."""
        key = (example.database, example.sql)
        if key not in self._templates:
            text = without_constants(self.target(example))
            self._templates[key] = f"{example.database}: {text}" if len(self.databases) > 1 else text
        return self._templates[key]

    def copied(self, copy: Example, original: Example) -> None:
        """Note that a query is the original's canonical one with other constants, so that it isn't parsed again."""
        self.written(copy, copy.sql, self.template(original))

    def written(self, example: Example, target: str, template: str) -> None:
        """Note how a query is written."""
        self._targets[example.database, example.sql] = target
        self._templates[example.database, example.sql] = template


def knowing(indexes: Mapping[str, ValueIndex], aliases: Aliases) -> dict[str, ValueIndex]:
    """Give the indexes with the phrases that stand for values; as the wrapper does."""
    return {name: index.with_aliases(aliases) if aliases else index for name, index in indexes.items()}


def points_to_shown(sample: Sample) -> bool:
    """Tell whether all that a target points to stands in its prompt; the rest can only be guessed."""
    if sample.input is None:
        return False
    notes = _NOTES.findall(sample.input["question"])
    shown = set(_POINTED.findall(" ".join([sample.input["draft"], *notes]))) | set(
        _LISTED.findall(sample.input["schema"])
    )
    return set(_POINTED.findall(_QUOTED.sub("", sample.target))) <= shown


def shuffled(sample: Sample, id: str, draw: str = "") -> Sample:
    """Give the sample under another id, with its pointers numbered at random after `draw`, or else the id.

    What it says stays.
    """
    values = dict(sample.input or {})
    other, new = Pointers.from_json(str(values["pointers"])).shuffled(zlib.crc32((draw or id).encode()))

    def renamed(text: str) -> str:
        return _POINTER_OR_TEXT.sub(lambda found: new.get(found.group(), found.group()), text)

    question = _NOTES.sub(lambda found: renamed(found.group()), values["question"])
    listed = _LISTED.sub(lambda found: new.get(found.group(), found.group()), values["schema"])
    values |= {"schema": listed, "draft": renamed(values["draft"]), "question": question, "pointers": other.to_json()}
    return Sample(id=id, input=values, target=renamed(sample.target), meta=sample.meta)


def without_constants(target: str) -> str:
    """Put `?` for every constant and every list of constants of a canonical query, as `canonical.template` does.

    The canonical style is regular enough to do so without parsing, which would take most of the builder's time.
    """
    cut = ["?" if piece[0] == "'" or piece[0].isdigit() else piece for piece in pieces(target)]
    return _LIST.sub("IN (?)", _NEGATIVE.sub("?", "".join(cut)))


class Rendering:
    """Make the samples of several databases as the wrapper will make its prompts."""

    def __init__(
        self,
        databases: Mapping[str, Database],
        indexes: Mapping[str, ValueIndex],
        writing: Writing,
        settings: Settings,
        numberings: Numberings | None = None,
    ) -> None:
        self.indexes = indexes
        self.writing = writing
        self.settings = settings
        self._schemas = {name: database.schema for name, database in databases.items()}
        self.databases = databases
        self.numberings = numberings or {name: numbering(schema) for name, schema in self._schemas.items()}
        self._shorthands: dict[str, Shorthand] = {}
        self._shortened: dict[tuple[str, str], str] = {}  # "" where a query is better left as it is
        self._names = {name: NameIndex(schema) for name, schema in self._schemas.items()}
        self._knowledge = {name: Knowledge.of(schema, indexes[name]) for name, schema in self._schemas.items()}

    @classmethod
    def open(cls, settings: Settings, files: Mapping[str, Any]) -> Rendering:
        """Open and index what the settings name; `files` is what `build` left for serving."""
        databases = open_databases(settings)
        indexes = knowing({name: ValueIndex.build(one) for name, one in databases.items()}, files.get("aliases", {}))
        return cls(databases, indexes, Writing(databases), settings, read_numberings(files))

    def sample(self, example: Example, id: str) -> Sample:
        """Make one sample; `meta` holds all accepted queries, for the metrics."""
        index = self.indexes[example.database]
        question = tidy(example.question)
        values = prompt_values(
            question,
            self._schemas[example.database],
            index.match(question, self.settings.matches),
            self.settings,
            # Few questions hold a constant; only then it's worth asking whether the database has it as a value.
            literals=index.literals(question) if literals(question) else (),
            names=self._names[example.database],
            draft=draft(question, self._knowledge[example.database]) if self.settings.draft else "",
            shorthand=self._shorthand(example.database),
        )
        target = self.writing.target(example)
        return Sample(
            id=id,
            input=values,
            target=self._pointed(target, example.database, values["pointers"]) if values["pointers"] else target,
            meta={
                "sql": list(example.accepted),
                "database": example.database,
                "language": example.language,
                "template": self.writing.template(example),
                "question": question,
                "origin": example.origin,
            },
        )

    def _shorthand(self, database: str) -> Shorthand | None:
        """Give a database's pointers, in the order that the run keeps, and how they are written."""
        if self.settings.notation != "pointers":
            return None
        if database not in self._shorthands:
            linked = self._knowledge[database].schema
            pointers = Pointers.of(linked, known=self.numberings.get(database, ()))
            self._shorthands[database] = Shorthand(self._schemas[database], pointers)
        return self._shorthands[database]

    def _pointed(self, target: str, database: str, said: str) -> str:
        """Write a target with pointers where it then still says the same, else as SQL."""
        pointers = Pointers.from_json(said)
        key = (database, outline(target, pointers.values))
        if key not in self._shortened:
            self._shortened[key] = self._shorten(target, pointers, database)
        return self._shortened[key] or target

    def _shorten(self, target: str, pointers: Pointers, database: str) -> str:
        schema, shorthand = self._schemas[database], self._shorthands[database]
        try:
            short = shorthand.shorten(target, pointers.values)
            again = expand(short, pointers)
            equal = again == target or canonical(again, schema.dialect, schema) == target
            return short if equal or self._equal(again, target, database) else ""
        except Refused:
            return ""

    def _equal(self, one: str, two: str, database: str) -> bool:
        try:
            found = [self.databases[database].execute(sql).rows for sql in (one, two)]
        except QueryError:
            return False
        return same(*found, ordered=asks_order(two))
