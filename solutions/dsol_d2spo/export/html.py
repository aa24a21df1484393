"""One HTML page: the graph, and on a click the sentences that prove an edge. Nothing in it asks the network."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from dsol_d2spo.export.graph import Edge, Graph, Proof, graph_of
from dsol_d2spo.export.words import WORDS
from dsol_d2spo.extraction import Extraction

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_HAN = re.compile("[\u3400-\u9fff]")
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def html(extractions: Sequence[Extraction], path: Path) -> None:
    """Write the page, in Chinese where the documents are."""
    path.write_text(page(graph_of(extractions)), encoding="utf-8", newline="\n")


def page(graph: Graph) -> str:
    """Fill the page's template; each slot once, so that nothing in the data is taken for one."""
    here = files("dsol_d2spo.export")
    language = _language(graph)
    words = WORDS[language]
    title = graph.documents[0] if len(graph.documents) == 1 else words["documents"].format(len(graph.documents))
    slots = {
        "language": "zh-Hans" if language == "zh" else "en",
        "title": escape(title or words["untitled"]),
        "style": here.joinpath("page.css").read_text(encoding="utf-8"),
        "library": here.joinpath("force_graph", "force-graph.min.js").read_text(encoding="utf-8"),
        "script": here.joinpath("page.js").read_text(encoding="utf-8"),
        "data": _json(_data(graph)),
        "words": _json(words),
        **{f"word_{name}": escape(word) for name, word in words.items()},
    }
    template = here.joinpath("page.html").read_text(encoding="utf-8")
    return _SLOT.sub(lambda match: slots[match[1]], template)


def _language(graph: Graph) -> str:
    text = "".join(proof.text for edge in graph.edges for proof in edge.proofs) or "".join(graph.documents)
    return "zh" if len(_HAN.findall(text)) * 10 > len(text) else "en"


def _data(graph: Graph) -> dict[str, Any]:
    """Give nodes, edges and sentences; each sentence once, named by its number."""
    numbers = {node.id: number for number, node in enumerate(graph.nodes)}
    documents = {document: number for number, document in enumerate(dict.fromkeys(graph.documents))}
    sentences: dict[tuple[str, int, str], int] = {}
    for edge in graph.edges:
        for proof in edge.proofs:
            sentences.setdefault(_place(proof), len(sentences))
    return {
        "documents": list(documents),
        "nodes": [{"name": one.name, "type": one.type, "aliases": one.aliases} for one in graph.nodes],
        "edges": [_edge(one, numbers, sentences) for one in graph.edges],
        "sentences": [[documents[document], start, text] for document, start, text in sentences],
    }


def _edge(edge: Edge, numbers: dict[str, int], sentences: dict[tuple[str, int, str], int]) -> dict[str, Any]:
    return {
        "subject": numbers[edge.subject],
        "object": numbers[edge.object],
        "predicate": edge.predicate,
        "confidence": round(edge.confidence, 3),
        "count": edge.count,
        "by": edge.source,
        "flag": edge.flag,
        "proofs": [[sentences[_place(one)], one.subject, one.object] for one in edge.proofs],
    }


def _place(proof: Proof) -> tuple[str, int, str]:
    return proof.document, proof.start, proof.text


def _json(value: Any) -> str:
    """Write JSON that can't end the script element that it stands in, nor begin a comment or an entity."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda match: _UNSAFE[match[0]], text)
