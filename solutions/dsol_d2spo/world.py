"""What extraction knows beside the text: the schema, and what the training rows taught."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsol_d2spo.labelled import schemas
from dsol_d2spo.learned.knowledge import Knowledge
from dsol_d2spo.learned.rules import Rules
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings


@dataclass(frozen=True)
class World:
    """What triples are held against: the schema, and what the training rows taught: names, and the baseline's rules."""

    schema: Schema
    knowledge: Knowledge
    rules: Rules


def read_world(settings: Settings, files: Mapping[str, Any]) -> World:
    """Take the schema that the settings name, else that of the training rows; without any, extraction is open."""
    named = settings.relations
    schema = schemas.read(named) if named and named.exists() else Schema.model_validate(files.get("schema") or {})
    knowledge, rules = Knowledge.from_json(files.get("knowledge") or {}), Rules.from_json(files.get("rules") or {})
    return World(schema, knowledge, rules)
