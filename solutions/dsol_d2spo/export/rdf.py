"""RDF: each triple as it is, and a statement about it with confidence and the quotations that prove it.

Statements are rdf:Statement, quotations are selectors of the W3C's Web Annotation vocabulary: both are read everywhere.
A triple that is flagged is told about only, not asserted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from rdflib import RDF, RDFS, XSD, BNode, Literal, Namespace, URIRef
from rdflib import Graph as Triples
from rdflib.namespace import NamespaceManager

from dsol_d2spo.export.graph import Edge, Graph, graph_of, path
from dsol_d2spo.extraction import Extraction

BASE = "urn:d2spo:"
OA = Namespace("http://www.w3.org/ns/oa#")
PARTS = ("entity", "type", "predicate", "document", "statement", "term")


class _Bound(NamespaceManager):
    """Shortens an IRI by prefixes that are bound only: rdflib would make some that end within a percent code."""

    def compute_qname(self, uri: str, generate: bool = True) -> tuple[str, URIRef, str]:
        return super().compute_qname(uri, generate=False)


def turtle(extractions: Sequence[Extraction], path: Path) -> None:
    """Write Turtle."""
    triples(graph_of(extractions)).serialize(path, format="turtle", encoding="utf-8")


def json_ld(extractions: Sequence[Extraction], path: Path) -> None:
    """Write JSON-LD with its context inside."""
    context = {"rdf": str(RDF), "rdfs": str(RDFS), "xsd": str(XSD), "oa": str(OA), "d2spo": f"{BASE}term/"}
    triples(graph_of(extractions)).serialize(path, format="json-ld", context=context, encoding="utf-8")


def triples(found: Graph) -> Triples:
    """Make the RDF graph."""
    graph = Triples()
    graph.namespace_manager = _Bound(graph, bind_namespaces="none")
    for part in PARTS:
        graph.bind(part, f"{BASE}{part}/")
    for prefix, space in (("rdf", RDF), ("rdfs", RDFS), ("xsd", XSD), ("oa", OA)):
        graph.bind(prefix, space)
    for node in found.nodes:
        entity = _iri("entity", node.id)
        graph.add((entity, RDFS.label, Literal(node.name)))
        if node.type:
            graph.add((entity, RDF.type, _iri("type", path(node.type))))
        for alias in node.aliases:
            graph.add((entity, _term("alias"), Literal(alias)))
    for kind in dict.fromkeys(node.type for node in found.nodes if node.type):
        graph.add((_iri("type", path(kind)), RDFS.label, Literal(kind)))
    for predicate in dict.fromkeys(edge.predicate for edge in found.edges):
        graph.add((_iri("predicate", path(predicate)), RDFS.label, Literal(predicate)))
    for document in dict.fromkeys(found.documents):
        graph.add((_iri("document", path(document)), RDFS.label, Literal(document)))
    for edge in found.edges:
        _add(graph, edge)
    return graph


def _add(graph: Triples, edge: Edge) -> None:
    subject, predicate, object = (
        _iri("entity", edge.subject),
        _iri("predicate", path(edge.predicate)),
        _iri("entity", edge.object),
    )
    if not edge.flag:
        graph.add((subject, predicate, object))
    mark = hashlib.sha256("\n".join((edge.subject, edge.predicate, edge.object)).encode()).hexdigest()[:16]
    statement = _iri("statement", mark)
    graph.add((statement, RDF.type, RDF.Statement))
    graph.add((statement, RDF.subject, subject))
    graph.add((statement, RDF.predicate, predicate))
    graph.add((statement, RDF.object, object))
    graph.add((statement, _term("confidence"), Literal(round(edge.confidence, 4), datatype=XSD.double)))
    graph.add((statement, _term("count"), Literal(edge.count)))
    graph.add((statement, _term("source"), Literal(edge.source)))
    if edge.flag:
        graph.add((statement, _term("flag"), Literal(edge.flag)))
    for proof in edge.proofs:
        target, place, quotation = BNode(), BNode(), BNode()
        graph.add((statement, OA.hasTarget, target))
        graph.add((target, OA.hasSource, _iri("document", path(proof.document))))
        graph.add((target, OA.hasSelector, place))
        graph.add((place, RDF.type, OA.TextPositionSelector))
        graph.add((place, OA.start, Literal(proof.start)))
        graph.add((place, OA.end, Literal(proof.start + len(proof.text))))
        graph.add((target, OA.hasSelector, quotation))
        graph.add((quotation, RDF.type, OA.TextQuoteSelector))
        graph.add((quotation, OA.exact, Literal(proof.text)))


def _iri(part: str, name: str) -> URIRef:
    return URIRef(f"{BASE}{part}/{name}")


def _term(name: str) -> URIRef:
    return _iri("term", name)
