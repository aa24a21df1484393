"""Put what the model says about a passage to the proof: both ends stand there, types and direction fit the schema."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dsol.folding import fold
from dsol_d2spo.answers.asking import Heard
from dsol_d2spo.answers.fitting import fits, fits_reversed, symmetric, turned
from dsol_d2spo.learned.knowledge import Knowledge
from dsol_d2spo.learned.rules import pairs
from dsol_d2spo.names.grounding import Ground, Grounding
from dsol_d2spo.names.marking import mark
from dsol_d2spo.names.naming import key
from dsol_d2spo.passages.pieces import sentence_at
from dsol_d2spo.triple import Found, Span, Triple
from dsol_d2spo.world import World

UNGROUNDED = "ungrounded"
OFF_SCHEMA = "off_schema"
BOUND = 8.0  # log odds; what the rules say beyond that is as sure
FAR = 1000  # characters; ends further apart are as far as that


def prove(passage: str, heard: Sequence[Heard], world: World, match: float) -> list[Found]:
    """Ground and fit what was heard; what fails is flagged "ungrounded" or "off_schema".

    Both ends become the passage's own words, the first place of each being that nearest to the other's. A triple that
    fits the schema only the other way round is turned; a predicate that holds both ways gives both. Types that weren't
    written are those that the ends are known by; types that are only guessed never speak against a triple.
    """
    schema, knowledge = world.schema, world.knowledge
    ground, ruled = Ground(passage), rated(passage, world) if heard else {}
    guesses = {key(one.text): one.type for one in knowledge.mentions(passage)}
    found: dict[tuple[str, str, str], Found] = {}
    for one in heard:
        subject, object = ground.find(one.triple.subject, match), ground.find(one.triple.object, match)
        signals = {**one.signals, "fuzzy": float("fuzzy" in (subject.manner, object.manner))}
        typed, certain = _typed(one.triple, guesses, knowledge)
        fitting = fits(schema, typed) or not schema.predicates
        flip = not fitting and fits_reversed(schema, typed)
        flag = "" if fitting or flip or not certain else OFF_SCHEMA
        if not fitting and not flip and not certain:
            typed = one.triple
        triple = turned(typed) if flip else typed
        ends = (object, subject) if flip else (subject, object)
        signals |= {"fits": float(fitting), "turned": float(flip)}
        rule = ruled.get((key(triple.subject), triple.predicate, key(triple.object)))
        signals |= {"ruled": float(rule is not None), "rule": rule or 0.0}
        _keep(found, _placed(passage, triple, *ends, signals, one.likelihood, flag))
        if symmetric(schema, triple.predicate):
            signals = {**signals, "mirrored": 1.0}
            _keep(found, _placed(passage, turned(triple), *ends[::-1], signals, one.likelihood, flag))
    return list(found.values())


def rated(passage: str, world: World) -> dict[tuple[str, str, str], float]:
    """Give the log odds that the rules see for a predicate between two names."""
    if not world.rules.weights:
        return {}
    found: dict[tuple[str, str, str], float] = {}
    for pair in pairs(passage, mark(passage, world.knowledge.mentions(passage)), world.schema):
        subjects, objects = ({key(one.text) for one in end.mentions} for end in (pair.subject, pair.object))
        for predicate, score in world.rules.scores(pair, world.schema):
            bounded = max(-BOUND, min(BOUND, score))
            found |= {(one, predicate, two): bounded for one in subjects for two in objects}
    return found


def placing(found: Found, sentences: Sequence[Span]) -> dict[str, float]:
    """Measure how the ends of a triple stand to each other in a text: what makes it likelier or not."""
    if not found.grounded:
        return {}
    one, two = found.subject_spans[0], found.object_spans[0]
    apart = min(FAR, max(one.start - two.end, two.start - one.end, 0))
    crossed = abs(sentence_at(one.start, sentences) - sentence_at(two.start, sentences))
    return {
        "apart": math.log1p(apart),
        "one_sentence": float(crossed == 0),
        "sentences": math.log1p(crossed),
        "subject_first": float(one.start < two.start),
        "places": math.log1p(len(found.subject_spans) * len(found.object_spans)),
        "count": math.log1p(found.count),
    }


def tightened(found: Found, text: str) -> Found:
    """Make every place of both ends hold the very name, but for spelling: without an article, or a possessive.

    Where none does, the end is named by the words of its first place.
    """
    if not found.grounded:
        return found
    subject, subject_spans = _tight(found.subject, found.subject_spans, text)
    object, object_spans = _tight(found.object, found.object_spans, text)
    places = {"subject_spans": subject_spans, "object_spans": object_spans}
    return found.model_copy(update={"subject": subject, "object": object, **places})


def _tight(name: str, spans: Sequence[Span], text: str) -> tuple[str, tuple[Span, ...]]:
    kept: list[Span] = []
    for span in spans:
        words = text[span.start : span.end]
        if fold(words) == fold(name):
            kept.append(span)
        else:
            inner = (
                Span(start=span.start + at.start, end=span.start + at.end) for at in Ground(words).find(name).spans
            )
            kept += [at for at in inner if fold(text[at.start : at.end]) == fold(name)]
    if kept:
        return name, tuple(dict.fromkeys(kept))
    words = text[spans[0].start : spans[0].end]
    return words, tuple(span for span in spans if fold(text[span.start : span.end]) == fold(words))


def nearest(one: Sequence[Span], two: Sequence[Span]) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Put the places of both ends that are nearest to each other in front."""
    if not one or not two:
        return tuple(one), tuple(two)
    first, second = min(
        ((a, b) for a in one for b in two),
        key=lambda pair: (max(pair[0].start - pair[1].end, pair[1].start - pair[0].end), pair[0].start),
    )
    return (first, *(a for a in one if a != first)), (second, *(b for b in two if b != second))


def _placed(
    passage: str,
    triple: Triple,
    subject: Grounding,
    object: Grounding,
    signals: Mapping[str, float],
    likelihood: float,
    flag: str,
) -> Found:
    subjects, objects = nearest(subject.spans, object.spans)
    grounded = bool(subjects and objects)
    return Found(
        subject=passage[subjects[0].start : subjects[0].end] if subjects else triple.subject,
        predicate=triple.predicate,
        object=passage[objects[0].start : objects[0].end] if objects else triple.object,
        subject_type=triple.subject_type,
        object_type=triple.object_type,
        # A triple is grounded as a whole or not at all.
        subject_spans=_alike(passage, subjects) if grounded else (),
        object_spans=_alike(passage, objects) if grounded else (),
        confidence=likelihood,
        flag=flag if grounded else UNGROUNDED,
        signals=dict(signals),
    )


def _alike(passage: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Keep the places whose words are those of the first but for spelling."""
    words = key(passage[spans[0].start : spans[0].end])
    return tuple(span for span in spans if key(passage[span.start : span.end]) == words)


def _keep(found: dict[tuple[str, str, str], Found], one: Found) -> None:
    """Keep of what two prompts say alike the likelier."""
    words = (one.subject, one.predicate, one.object)
    known = found.get(words)
    if known is None or (bool(known.flag), -known.confidence) > (bool(one.flag), -one.confidence):
        found[words] = one


def _typed(triple: Triple, guesses: Mapping[str, str], knowledge: Knowledge) -> tuple[Triple, bool]:
    """Fill in the types that weren't written, and tell whether all of them are more than guesses."""
    types, certain = [], True
    for name, written in ((triple.subject, triple.subject_type), (triple.object, triple.object_type)):
        known = knowledge.names.get(fold(name), {})
        types.append(written or max(known, key=known.__getitem__, default="") or guesses.get(key(name), ""))
        certain = certain and bool(written or known)
    return triple.model_copy(update={"subject_type": types[0], "object_type": types[1]}), certain
