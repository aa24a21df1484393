"""Files of labelled rows for tests, and what reading them complains of."""

from __future__ import annotations

import json

import pytest

from dsol import DataError
from dsol_d2spo.labelled import documents


def write(folder, name, content):
    """Write a text, or rows as JSON lines."""
    path = folder / name
    text = content if isinstance(content, str) else "\n".join(json.dumps(row, ensure_ascii=False) for row in content)
    path.write_text(text, encoding="utf-8")
    return path


def triples(document):
    """List a document's triples."""
    return [(one.triple.subject, one.triple.predicate, one.triple.object) for one in document.gold]


def wrong(*paths_and_schema):
    """Give the problems for which files are refused."""
    with pytest.raises(DataError) as error:
        documents.read(*paths_and_schema)
    return list(error.value.problems)
