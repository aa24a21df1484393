"""Cypher for Neo4j: `cypher-shell -f graph.cypher`. Read twice it changes nothing: all is merged by id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from dsol_d2spo.characters import sound, without_control
from dsol_d2spo.export.graph import Edge, Graph, graph_of
from dsol_d2spo.extraction import Extraction

GROUP = 200  # rows of one statement
KEPT = ("predicate", "confidence", "count", "source", "flag", "documents", "offsets", "evidence")
_ESCAPED = {"\\u": "\\\\\\u0075", "\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile("\\\\u|[\\\\'\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def cypher(extractions: Sequence[Extraction], path: Path) -> None:
    """Write nodes labelled Entity and their type, and relationships with confidence, count and proofs."""
    path.write_text("".join(f"{one};\n" for one in statements(graph_of(extractions))), encoding="utf-8", newline="\n")


def statements(graph: Graph) -> Iterable[str]:
    """Yield the statements, without the semicolon."""
    yield "CREATE CONSTRAINT dsol_entity IF NOT EXISTS FOR (e:Entity) REQUIRE e.id IS UNIQUE"
    types: dict[str, list[str]] = defaultdict(list)
    rows = []
    for node in graph.nodes:
        rows.append(_map(id=string(node.id), name=string(node.name), aliases=_list(map(string, node.aliases))))
        if node.type:
            types[name(node.type)].append(string(node.id))
    for group in _groups(rows):
        yield f"UNWIND [{group}] AS row MERGE (e:Entity {{id: row.id}}) SET e.name = row.name, e.aliases = row.aliases"
    for label, ids in types.items():
        for group in _groups(ids):
            yield f"UNWIND [{group}] AS id MATCH (e:Entity {{id: id}}) SET e:{label}"
    values = ", ".join(f"r.{one} = row.{one}" for one in KEPT)
    kinds: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        kinds[name(edge.predicate)].append(_edge(edge))
    for kind, edges in kinds.items():
        for group in _groups(edges):
            yield (
                f"UNWIND [{group}] AS row MATCH (s:Entity {{id: row.s}}) MATCH (o:Entity {{id: row.o}}) "
                f"MERGE (s)-[r:{kind}]->(o) SET {values}"
            )


def _edge(edge: Edge) -> str:
    values = (
        string(edge.predicate),
        f"{edge.confidence:.4f}",
        str(edge.count),
        string(edge.source),
        string(edge.flag),
        _list(string(proof.document) for proof in edge.proofs),
        _list(str(proof.start) for proof in edge.proofs),
        _list(string(proof.text) for proof in edge.proofs),
    )
    return _map(s=string(edge.subject), o=string(edge.object), **dict(zip(KEPT, values, strict=True)))


def string(text: str) -> str:
    """Write a string literal.

    Some versions of Neo4j read \\u escapes everywhere before they read anything else, so no letter u may follow a
    backslash of the text itself.
    """
    return "'" + _SPECIAL.sub(_escape, sound(text)) + "'"


def _escape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[0]) or f"\\u{ord(match[0]):04X}"


def name(text: str) -> str:
    """Write a label or a relationship type; a backslash, which may begin an escape even here, becomes a wide one."""
    plain = without_control(text).replace("\\", "＼").replace("`", "``")
    return f"`{plain or '_'}`"


def _map(**entries: str) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(values) + "]"


def _groups(rows: Sequence[str]) -> Iterable[str]:
    return (",\n  ".join(rows[at : at + GROUP]) for at in range(0, len(rows), GROUP))
