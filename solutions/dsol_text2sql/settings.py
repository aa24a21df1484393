"""What a user can set for Text2SQL, and what goes in and comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

import dsol

LONGEST_QUESTION = 2000  # characters that are read of a question


class Settings(dsol.Settings):
    """Say which database is asked, what may be seen of it, and how training examples are made.

    `database`: "demo" (the shipped music shop), a SQLAlchemy URL, the path of a SQLite file, or a folder of them (one
    database a file or `<name>/<name>.sqlite`). `tables`: the only tables that may be seen (empty: all).
    `descriptions`: a JSON, YAML or CSV file of table and column descriptions. `examples`: files of question/SQL pairs
    to train on; `heldout`: files that are only scored. `synthesis`: how many examples to make from the bare schema.
    `augment`: how many copies with exchanged values each example may get. `split`: how development questions are
    chosen from the examples: by question, or by SQL template. `draft`: show the model the query that rules make of the
    question. `notation`: what the model writes: "sql", or for small models "pointers" (see `pointers`). `numberings`:
    how many copies of an example are made with its pointers numbered at random, as sources named `..._renumbered`, so
    that a model learns to follow pointers and not only their numbers. `listing`: with pointers, list the schema before
    the question. `schema_tokens`: a schema above it is cut down to what the question needs. `matches`: how many values
    of the database that the question mentions are shown. `samples`: how many queries are sampled beside the greedy
    one, to vote; 0 is fastest. `repair`: whether a query that fails is given back once with its error. `row_limit`:
    rows returned at most. `timeout`: seconds for one query. `development`: the share of examples kept to calibrate on.
    `languages`: those of the examples that are made.
    """

    database: str = "demo"
    dialect: Literal["", "sqlite", "postgres", "mysql"] = ""
    tables: tuple[str, ...] = ()
    descriptions: Path | None = None
    row_limit: int = Field(default=1000, ge=1)
    timeout: float = Field(default=10.0, gt=0)

    examples: tuple[Path, ...] = ()
    heldout: tuple[Path, ...] = ()
    split: Literal["question", "template"] = "question"
    development: float = Field(default=0.08, gt=0, lt=0.5)
    synthesis: int = Field(default=2000, ge=0)
    augment: int = Field(default=3, ge=0)
    languages: tuple[Literal["en", "zh"], ...] = ("en", "zh")

    schema_tokens: int = Field(default=1000, ge=50)
    matches: int = Field(default=8, ge=0)
    draft: bool = True
    notation: Literal["sql", "pointers"] = "sql"
    numberings: int = Field(default=0, ge=0)
    listing: bool = False

    samples: int = Field(default=8, ge=0)
    temperature: float = Field(default=0.7, gt=0)
    max_new_tokens: int = Field(default=160, ge=1)
    repair: bool = True

    @field_validator("database")
    @classmethod
    def _found_from_anywhere(cls, place: str) -> str:
        """Make a path absolute, so that a run finds its database from another folder as well."""
        return place if place == "demo" or "://" in place else str(Path(place).expanduser().absolute())

    @field_validator("examples", "heldout")
    @classmethod
    def _absolute(cls, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(path.expanduser().absolute() for path in paths)

    @field_validator("descriptions")
    @classmethod
    def _absolute_file(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None


class Input(BaseModel):
    """A question, of which `LONGEST_QUESTION` characters are read, and the database's name where there are several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    database: str = ""

    @field_validator("question")
    @classmethod
    def _whole(cls, question: str) -> str:
        """Join halves of characters, as some clients send them; a lone half can't be written anywhere."""
        return question.encode("utf-16", "surrogatepass").decode("utf-16", "replace")[:LONGEST_QUESTION]


class Output(BaseModel):
    """A query and what it returned; `truncated` says that more rows exist than the row limit let through.

    As JSON, blobs are base64.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64")

    sql: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    truncated: bool = False
