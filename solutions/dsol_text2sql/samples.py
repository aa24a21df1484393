"""Turn examples into samples: the prompt's values as serving makes them, the query in the one style of targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsol import Sample
from dsol_text2sql.canonical import canonical, template
from dsol_text2sql.database import Database
from dsol_text2sql.examples import Example, tidy
from dsol_text2sql.linking import NameIndex
from dsol_text2sql.prompt import prompt_values
from dsol_text2sql.query import Refused
from dsol_text2sql.settings import Settings
from dsol_text2sql.values import Aliases, ValueIndex


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
        """Give the query's template, and its database where there are several."""
        key = (example.database, example.sql)
        if key not in self._templates:
            schema = self.databases[example.database].schema
            try:
                text = template(self.target(example), schema.dialect)
            except Refused as refusal:
                text = example.sql
                self.refused[key] = str(refusal)
            self._templates[key] = f"{example.database}: {text}" if len(self.databases) > 1 else text
        return self._templates[key]

    def copied(self, copy: Example, original: Example) -> None:
        """Note that a query is the original's canonical one with other constants, so that it isn't parsed again."""
        self._targets[copy.database, copy.sql] = copy.sql
        self._templates[copy.database, copy.sql] = self.template(original)


class Rendering:
    """Make the samples of several databases as the wrapper will make its prompts."""

    def __init__(
        self, databases: Mapping[str, Database], aliases: Aliases, writing: Writing, settings: Settings
    ) -> None:
        self._databases = databases
        self.writing = writing
        self._settings = settings
        self._aliases = aliases
        self._indexes: dict[str, ValueIndex] = {}
        self._names: dict[str, NameIndex] = {}

    def index(self, database: str) -> ValueIndex:
        """Give the database's values, with the phrases that stand for them."""
        if database not in self._indexes:
            index = ValueIndex.build(self._databases[database])
            self._indexes[database] = index.with_aliases(self._aliases) if self._aliases else index
        return self._indexes[database]

    def sample(self, example: Example, id: str) -> Sample:
        """Make one sample; `meta` holds all accepted queries, for the metrics."""
        schema = self._databases[example.database].schema
        index = self.index(example.database)
        if example.database not in self._names:
            self._names[example.database] = NameIndex(schema)
        names = self._names[example.database]
        question = tidy(example.question)
        matches = index.match(question, self._settings.matches)
        values = prompt_values(
            question, schema, matches, self._settings, literals=index.literals(question), names=names
        )
        return Sample(
            id=id,
            input=values,
            target=self.writing.target(example),
            meta={
                "sql": list(example.accepted),
                "database": example.database,
                "language": example.language,
                "template": self.writing.template(example),
                "question": question,
                "origin": example.origin,
            },
        )
