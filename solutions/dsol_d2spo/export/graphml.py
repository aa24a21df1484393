"""GraphML, for Gephi, yEd, Cytoscape and NetworkX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import networkx

from dsol_d2spo.characters import for_xml
from dsol_d2spo.export.graph import graph_of
from dsol_d2spo.extraction import Extraction

BETWEEN = " | "


def graphml(extractions: Sequence[Extraction], path: Path) -> None:
    """Write the graph with several edges between two nodes where there are; `label` is what programs show."""
    found = graph_of(extractions)
    graph = networkx.MultiDiGraph()
    numbers = {node.id: f"n{number}" for number, node in enumerate(found.nodes)}
    for node in found.nodes:
        graph.add_node(
            numbers[node.id],
            label=for_xml(node.name),
            type=for_xml(node.type),
            aliases=for_xml(BETWEEN.join(node.aliases)),
        )
    for number, edge in enumerate(found.edges):
        graph.add_edge(
            numbers[edge.subject],
            numbers[edge.object],
            key=f"e{number}",
            label=for_xml(edge.predicate),
            confidence=round(edge.confidence, 4),
            weight=round(edge.confidence, 4),
            count=edge.count,
            source=edge.source,
            flag=for_xml(edge.flag),
            documents=for_xml(BETWEEN.join(dict.fromkeys(proof.document for proof in edge.proofs))),
            evidence=for_xml(BETWEEN.join(proof.text for proof in edge.proofs)),
        )
    networkx.write_graphml(graph, path, named_key_ids=True)
