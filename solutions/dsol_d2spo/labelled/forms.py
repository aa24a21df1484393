"""Read one record as a labelled document, whatever form it has: plain, DuIE, spans over tokens, DocRED."""

from __future__ import annotations

from collections.abc import Mapping

from dsol.records import Record
from dsol_d2spo.document import Document, Entity
from dsol_d2spo.labelled.docred import docred, is_docred
from dsol_d2spo.labelled.linked import are_words, bounds_of, crossing, gold_of, linked, listed, sentences_of
from dsol_d2spo.labelled.plain import NAMES, Wrong, identity, plain
from dsol_d2spo.labelled.tokens import covering, joined
from dsol_d2spo.language import language_of
from dsol_d2spo.triple import Span

KNOWN = (
    "an object with text and triples (or DuIE's spo_list), with tokens, entities and relations, or DocRED's title, "
    "sents, vertexSet and labels"
)


def read_document(record: Record, names: Mapping[str, str], flat: bool, wrong: Wrong) -> Document | None:
    """Read a record by the fields that it has; None where it can't be used, with the reasons in `wrong`.

    `names`: what DocRED's relation ids mean. `flat`: rows of its file say one triple each.
    """
    fields = record.fields
    if is_docred(fields):
        return docred(record, names, wrong)
    if "tokens" in fields or ("sentences" in fields and "ner" in fields):
        return _spans(record, wrong) if "tokens" in fields else _scierc(record, wrong)
    if any(name in fields for name in NAMES):
        return plain(record, flat, wrong)
    wrong.reasons.append(f"none of the known forms; bring {KNOWN} (the row has: {', '.join(map(str, fields))})")
    return None


def _spans(record: Record, wrong: Wrong) -> Document | None:
    """Read CoNLL04's form: tokens, entities with start, end and type, relations with head and tail."""
    tokens = record.fields["tokens"]
    if not are_words(tokens):
        wrong.add("tokens", "must be a list of words that isn't empty")
        return None
    text, places = joined(tokens)
    entities: list[Entity] = []
    taken: list[tuple[int, int]] = []
    for number, row in enumerate(listed(record.fields, "entities", wrong), 1):
        field = f"entities[{number}]"
        bounds = bounds_of(row, len(tokens), field, wrong)
        if bounds is None:
            return None
        other = next((one for one in taken if crossing(one, bounds)), None)
        if other:
            wrong.add(field, f"tokens {bounds[0]} to {bounds[1]} overlap the entity at {other[0]} to {other[1]}")
        taken.append(bounds)
        span = covering(places, *bounds)
        entities.append(Entity((text[span.start : span.end],), str(row.get("type") or ""), (span,)))
    gold = []
    for number, row in enumerate(listed(record.fields, "relations", wrong), 1):
        gold += linked(row, entities, f"relations[{number}]", "head", "tail", "type", wrong)
    return Document(identity(record), text, tuple(gold), tuple(entities), (Span(start=0, end=len(text)),),
                    language_of(text), record.origin)  # fmt: skip


def _scierc(record: Record, wrong: Wrong) -> Document | None:
    """Read SciERC's own form: sentences of tokens; `ner` and `relations` by sentence, places counted over all."""
    sentences = record.fields.get("sentences")
    if not (isinstance(sentences, list) and sentences and all(are_words(one) for one in sentences)):
        wrong.add("sentences", "must be a list of lists of words, none of them empty")
        return None
    text, places, cut = sentences_of(sentences)
    flat = [span for some in places for span in some]
    entities: dict[tuple[int, int], Entity] = {}
    taken: list[tuple[int, int]] = []
    for number, rows in enumerate(listed(record.fields, "ner", wrong, list), 1):
        for row in rows:
            field = f"ner[{number}]"
            ok = isinstance(row, list) and len(row) >= 3 and all(isinstance(at, int) for at in row[:2])
            if not ok or not 0 <= row[0] <= row[1] < len(flat):
                wrong.add(field, f"{row} is not [first, last, type] within the {len(flat)} tokens")
                return None
            bounds = (row[0], row[1] + 1)
            other = next((one for one in taken if crossing(one, bounds)), None)
            if other:
                wrong.add(field, f"tokens {row[0]} to {row[1]} overlap the entity at {other[0]} to {other[1] - 1}")
            taken.append(bounds)
            span = covering(flat, *bounds)
            entities[bounds] = Entity((text[span.start : span.end],), str(row[2]), (span,))
    gold = []
    for number, rows in enumerate(listed(record.fields, "relations", wrong, list), 1):
        for row in rows:
            field = f"relations[{number}]"
            if not (isinstance(row, list) and len(row) >= 5 and all(isinstance(at, int) for at in row[:4])):
                wrong.add(field, f"{row} is not [first, last, first, last, type]")
                return None
            ends = [entities.get((row[0], row[1] + 1)), entities.get((row[2], row[3] + 1))]
            if None in ends:
                wrong.add(field, f"{row[:4]} names tokens that no entity of `ner` has")
                continue
            gold += [gold_of(ends[0], str(row[4]), ends[1])] if ends[0] and ends[1] else []
    return Document(str(record.fields.get("doc_key") or identity(record)), text, tuple(gold), tuple(entities.values()),
                    tuple(cut), language_of(text), record.origin)  # fmt: skip
