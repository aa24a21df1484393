"""What products did before they learned from data with a model: known names, names by shape, and trigger words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dsol import Baseline
from dsol_d2spo.learned.knowledge import Knowledge
from dsol_d2spo.learned.rules import Pair, Rules, pairs
from dsol_d2spo.names.marking import mark
from dsol_d2spo.passages.pieces import cut, sentences
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Input, Output, Settings
from dsol_d2spo.triple import Found, Span

SURE = 6.0  # log odds beyond which nothing is surer


def make_baseline(settings: Settings, files: Mapping[str, Any]) -> Baseline:
    """Make the rule-based baseline: Input -> (Output, confidence), from what the builder learned.

    Without anything learned it has no answer. A triple's confidence is the probability that the rules give it;
    that of the whole is the mean.
    """
    schema = Schema.model_validate(files.get("schema") or {})
    knowledge = Knowledge.from_json(files.get("knowledge") or {})
    rules = Rules.from_json(files.get("rules") or {})

    def answer(asked: Input) -> tuple[Output | None, float]:
        if not rules.weights:
            return None, 0.0
        found: dict[tuple[str, str, str], Found] = {}
        for piece in cut(asked.text, settings):
            ends = mark(piece.text, knowledge.shaped(piece.text))
            for pair in pairs(piece.text, ends, schema):
                for predicate, score in rules.scores(pair, schema):
                    if score < rules.least:
                        continue
                    one = _found(
                        pair, predicate, 1 / (1 + math.exp(-max(-SURE, min(score, SURE)))), piece.text, piece.start
                    )
                    key = (one.subject, one.predicate, one.object)
                    if key not in found or found[key].confidence < one.confidence:
                        found[key] = one
        triples = tuple(sorted(found.values(), key=lambda one: -one.confidence)[: settings.triples or None])
        sure = sum(one.confidence for one in triples) / len(triples) if triples else 0.5
        return Output(triples=triples), sure

    return answer


def _found(pair: Pair, predicate: str, confidence: float, text: str, start: int) -> Found:
    def spans(end: str) -> tuple[Span, ...]:
        first, whole = (pair.at, pair.subject) if end == "subject" else (pair.to, pair.object)
        own = [one for one in whole.mentions if one.text == whole.name]
        ordered = sorted(own, key=lambda one: (one != first, one.span.start))
        return tuple(Span(start=one.span.start + start, end=one.span.end + start) for one in ordered)

    proving = [
        one for one in sentences(text) if any(one.start <= end.span.start < one.end for end in (pair.at, pair.to))
    ]
    return Found(
        subject=pair.subject.name,
        predicate=predicate,
        object=pair.object.name,
        subject_type=pair.subject.type,
        object_type=pair.object.type,
        subject_spans=spans("subject"),
        object_spans=spans("object"),
        evidence=tuple(Span(start=one.start + start, end=one.end + start) for one in proving),
        confidence=confidence,
        source="baseline",
    )
