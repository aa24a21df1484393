"""Make a document's training samples: one for each prompt that its passages are asked, with the right answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from dsol import Sample
from dsol_d2spo.document import Document, Gold
from dsol_d2spo.labelled.places import labelled_spans, named
from dsol_d2spo.learned.knowledge import Knowledge
from dsol_d2spo.learned.relations import relations
from dsol_d2spo.names.marking import fitting, mark
from dsol_d2spo.names.mentions import Mention
from dsol_d2spo.passages.pieces import Piece, cut
from dsol_d2spo.prompt import asked_pairs, pair_values, prompt_values, target
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Span, Triple

FEWEST = 4  # pairs without a relation that are asked of every passage, also where nothing holds


def examples(
    document: Document, id: str, schema: Schema, settings: Settings, knowledge: Knowledge, draw: random.Random
) -> list[Sample]:
    """Make the samples of all passages of a document; `knowledge` is taken without what this document taught."""
    make = _marks if settings.notation == "marks" else _words
    known = knowledge.without(document) if settings.notation == "marks" else knowledge
    found: list[Sample] = []
    for number, piece in enumerate(cut(document.text, settings)):
        for at, (values, answer) in enumerate(make(document, piece, schema, settings, known, draw)):
            name = f"{document.language}/{id}/{number}/{at}/{document.id}"
            meta = {"text": piece.text if at == 0 else "", "origin": document.origin}
            found.append(Sample(id=name, input=values, target=answer, meta=meta))
    return found


def _marks(
    document: Document, piece: Piece, schema: Schema, settings: Settings, knowledge: Knowledge, draw: random.Random
) -> list[tuple[dict[str, str], str]]:
    """Ask all pairs with a relation, and some without: the harder ones, which the rules don't rule out."""
    mentions = _merged(knowledge.mentions(piece.text), labelled_mentions(document, piece, knowledge))
    possible = asked_pairs(piece.text, schema, knowledge, mentions)
    held = relations(document.gold, mark(piece.text, mentions))
    related = [one for one in possible if (one[0].subject.mark, one[0].object.mark) in held]
    free = [one for one in possible if (one[0].subject.mark, one[0].object.mark) not in held]
    asked = related + draw.sample(free, min(len(free), max(FEWEST, settings.negatives * len(related))))
    draw.shuffle(asked)
    rows = []
    for pair, chances in asked:
        here = held.get((pair.subject.mark, pair.object.mark), set())
        allowed = [one.predicate for one in fitting(schema, pair.subject.type, pair.object.type)]
        names = sorted((name for name in allowed if name in here), key=lambda name: -chances.get(name, 0.0))
        rows.append((pair_values(piece.text, pair, chances, schema), "\n".join(names) or "none"))
    return rows


def _merged(found: Sequence[Mention], labelled: Sequence[Mention]) -> list[Mention]:
    """Put labelled mentions in the place of what was found there."""
    places = {one.span: one for one in found}
    new = [one for one in labelled if one.span not in places]
    kept = [
        one for one in found if not any(two.span.start < one.span.end and one.span.start < two.span.end for two in new)
    ]
    return sorted([*kept, *new], key=lambda one: one.span.start)


def labelled_mentions(document: Document, piece: Piece, knowledge: Knowledge) -> list[Mention]:
    """List where a passage names what is labelled, with the types that one would guess."""
    found = []
    for start, end, _ in labelled_spans(document):
        if piece.start <= start and end <= piece.start + len(piece.text):
            span = Span(start=start - piece.start, end=end - piece.start)
            one = Mention(span, document.text[start:end], "known")
            found.append(replace(one, type=knowledge.type_of(one)))
    return found


def _words(
    document: Document, piece: Piece, schema: Schema, settings: Settings, knowledge: Knowledge, draw: random.Random
) -> list[tuple[dict[str, str], str]]:
    """Ask for every predicate that holds in the passage, a few at a time, hard negatives among them."""
    here = [triple for one in document.gold if (triple := _as_written(one, piece.text))]
    held = list(dict.fromkeys(one.predicate for one in here))
    named: dict[str, list[Predicate]] = {}
    for one in schema.predicates:
        named.setdefault(one.predicate, []).append(one)
    draw.shuffle(held)
    most = max(1, settings.batch - settings.negatives)
    parts = [held[at : at + most] for at in range(0, len(held), most)] or [[]]
    rows = []
    for part in parts:
        wrong = hard_negatives(
            part, [name for name in named if name not in held], named, settings.batch - len(part), draw
        )
        names = [*part, *wrong]
        draw.shuffle(names)
        shown = [one for name in names for one in named.get(name, ())]
        answer = target([one for one in here if one.predicate in part], document.language)
        rows.append((prompt_values(piece.text, shown), answer))
    return rows if schema.predicates else [(prompt_values(piece.text, ()), target(here, document.language))]


def hard_negatives(
    held: Sequence[str], free: Sequence[str], named: dict[str, list[Predicate]], count: int, draw: random.Random
) -> list[str]:
    """Choose predicates that don't hold: half of them like those that do, by name or by types, the others drawn."""

    def alike(name: str) -> float:
        types = {(one.subject_type, one.object_type) for one in named[name]}
        return max(
            (
                fuzz.token_set_ratio(name, other)
                + 60 * bool(types & {(one.subject_type, one.object_type) for one in named.get(other, ())})
                for other in held
            ),
            default=0.0,
        )

    ranked = sorted(free, key=lambda name: (-alike(name), name))
    near = ranked[: -(-count // 2)] if held else []
    others = [name for name in free if name not in near]
    return [*near, *draw.sample(others, min(len(others), count - len(near)))]


def _as_written(gold: Gold, text: str) -> Triple | None:
    """Give a triple with the fullest names that stand in a passage; None where an end isn't named there."""
    subject, object = named(gold.subject_names, text), named(gold.object_names, text)
    if not subject or not object:
        return None
    return gold.triple.model_copy(update={"subject": subject, "object": object})
