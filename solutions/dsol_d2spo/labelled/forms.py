"""Read one record as a labelled document, whatever form it has: plain, DuIE, spans over tokens, DocRED."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dsol.records import Record
from dsol_d2spo.document import Document, Entity, Gold
from dsol_d2spo.labelled.plain import NAMES, Wrong, identity, plain
from dsol_d2spo.labelled.tokens import Place, covering, joined
from dsol_d2spo.language import language_of
from dsol_d2spo.triple import Span, Triple

KNOWN = (
    "an object with text and triples (or DuIE's spo_list), with tokens, entities and relations, or DocRED's title, "
    "sents, vertexSet and labels"
)


def read_document(record: Record, names: Mapping[str, str], wrong: Wrong) -> Document | None:
    """Read a record by the fields that it has; None where it can't be used, with the reasons in `wrong`.

    `names`: what DocRED's relation ids mean.
    """
    fields = record.fields
    if "vertexSet" in fields or "sents" in fields:
        return _docred(record, names, wrong)
    if "tokens" in fields or ("sentences" in fields and "ner" in fields):
        return _spans(record, wrong) if "tokens" in fields else _scierc(record, wrong)
    if any(name in fields for name in NAMES):
        return plain(record, wrong)
    wrong.reasons.append(f"none of the known forms; bring {KNOWN} (the row has: {', '.join(map(str, fields))})")
    return None


def _spans(record: Record, wrong: Wrong) -> Document | None:
    """Read CoNLL04's form: tokens, entities with start, end and type, relations with head and tail."""
    tokens = record.fields["tokens"]
    if not _words(tokens):
        wrong.add("tokens", "must be a list of words that isn't empty")
        return None
    text, places = joined(tokens)
    entities: list[Entity] = []
    taken: list[tuple[int, int]] = []
    for number, row in enumerate(_list(record.fields, "entities", wrong), 1):
        field = f"entities[{number}]"
        bounds = _bounds(row, len(tokens), field, wrong)
        if bounds is None:
            return None
        crossing = next((one for one in taken if _cross(one, bounds)), None)
        if crossing:
            wrong.add(field, f"tokens {bounds[0]} to {bounds[1]} overlap the entity at {crossing[0]} to {crossing[1]}")
        taken.append(bounds)
        span = covering(places, *bounds)
        entities.append(Entity((text[span.start : span.end],), str(row.get("type") or ""), (span,)))
    gold = []
    for number, row in enumerate(_list(record.fields, "relations", wrong), 1):
        gold += _linked(row, entities, f"relations[{number}]", "head", "tail", "type", wrong)
    return Document(identity(record), text, tuple(gold), tuple(entities), (Span(start=0, end=len(text)),),
                    language_of(text), record.origin)  # fmt: skip


def _scierc(record: Record, wrong: Wrong) -> Document | None:
    """Read SciERC's own form: sentences of tokens; `ner` and `relations` by sentence, places counted over all."""
    sentences = record.fields.get("sentences")
    if not (isinstance(sentences, list) and sentences and all(_words(one) for one in sentences)):
        wrong.add("sentences", "must be a list of lists of words, none of them empty")
        return None
    text, places, cut = _sentences(sentences)
    flat = [span for some in places for span in some]
    entities: dict[tuple[int, int], Entity] = {}
    taken: list[tuple[int, int]] = []
    for number, rows in enumerate(_list(record.fields, "ner", wrong, list), 1):
        for row in rows:
            field = f"ner[{number}]"
            ok = isinstance(row, list) and len(row) >= 3 and all(isinstance(at, int) for at in row[:2])
            if not ok or not 0 <= row[0] <= row[1] < len(flat):
                wrong.add(field, f"{row} is not [first, last, type] within the {len(flat)} tokens")
                return None
            bounds = (row[0], row[1] + 1)
            crossing = next((one for one in taken if _cross(one, bounds)), None)
            if crossing:
                wrong.add(
                    field, f"tokens {row[0]} to {row[1]} overlap the entity at {crossing[0]} to {crossing[1] - 1}"
                )
            taken.append(bounds)
            span = covering(flat, *bounds)
            entities[bounds] = Entity((text[span.start : span.end],), str(row[2]), (span,))
    gold = []
    for number, rows in enumerate(_list(record.fields, "relations", wrong, list), 1):
        for row in rows:
            field = f"relations[{number}]"
            if not (isinstance(row, list) and len(row) >= 5 and all(isinstance(at, int) for at in row[:4])):
                wrong.add(field, f"{row} is not [first, last, first, last, type]")
                return None
            ends = [entities.get((row[0], row[1] + 1)), entities.get((row[2], row[3] + 1))]
            if None in ends:
                wrong.add(field, f"{row[:4]} names tokens that no entity of `ner` has")
                continue
            gold += [_gold(ends[0], str(row[4]), ends[1])] if ends[0] and ends[1] else []
    return Document(str(record.fields.get("doc_key") or identity(record)), text, tuple(gold), tuple(entities.values()),
                    tuple(cut), language_of(text), record.origin)  # fmt: skip


def _docred(record: Record, names: Mapping[str, str], wrong: Wrong) -> Document | None:
    fields = record.fields
    sentences = fields.get("sents")
    if not (isinstance(sentences, list) and sentences and all(_words(one) for one in sentences)):
        wrong.add("sents", "must be a list of lists of words, none of them empty")
        return None
    text, places, cut = _sentences(sentences)
    entities: list[Entity] = []
    for number, mentions in enumerate(_list(fields, "vertexSet", wrong, list), 1):
        spans: list[Span] = []
        type = ""
        for at, mention in enumerate(mentions, 1):
            field = f"vertexSet[{number}][{at}]"
            if not isinstance(mention, Mapping):
                wrong.add(field, "must be an object with sent_id, pos and type")
                return None
            sentence, pos = mention.get("sent_id"), mention.get("pos")
            if not (isinstance(sentence, int) and 0 <= sentence < len(places)):
                wrong.add(f"{field}.sent_id", f"{sentence} is no sentence of the {len(places)}")
                return None
            bounds = _bounds({"start": pos[0], "end": pos[1]} if isinstance(pos, list) and len(pos) == 2 else {},
                             len(places[sentence]), f"{field}.pos", wrong)  # fmt: skip
            if bounds is None:
                return None
            spans.append(covering(places[sentence], *bounds))
            type = type or str(mention.get("type") or "")
        if not spans:
            wrong.add(f"vertexSet[{number}]", "an entity needs at least one mention")
            return None
        said = sorted({text[span.start : span.end] for span in spans}, key=lambda name: (-len(name), name))
        ordered = sorted(spans, key=lambda span: (span.start, span.end))
        entities.append(Entity(tuple(said), type, tuple(ordered)))
    gold = []
    for number, row in enumerate(_labels(fields, wrong), 1):
        field = f"labels[{number}]"
        proving = row.get("evidence") or []
        if not (isinstance(proving, list) and all(isinstance(at, int) and 0 <= at < len(cut) for at in proving)):
            wrong.add(f"{field}.evidence", f"{proving!r} is no list of sentences, of which there are {len(cut)}")
            continue
        evidence = tuple(cut[at] for at in sorted(set(proving)))
        gold += _linked(row, entities, field, "h", "t", "r", wrong, lambda said: names.get(said, said), evidence)
    title = str(fields.get("title") or "")
    return Document(title or identity(record), text, tuple(gold), tuple(entities), tuple(cut), language_of(text),
                    record.origin, title)  # fmt: skip


def _labels(fields: Mapping[str, Any], wrong: Wrong) -> list[Any]:
    """Give DocRED's labels as rows, also where they are columns, as in the data set of Hugging Face's hub."""
    found = fields.get("labels")
    if not isinstance(found, Mapping):
        return _list(fields, "labels", wrong)
    columns = {"h": "head", "t": "tail", "r": "relation_text" if found.get("relation_text") else "relation_id"}
    cells = {short: found.get(name) for short, name in columns.items()}
    if not all(isinstance(some, list) and len(some) == len(cells["h"] or []) for some in cells.values()):
        wrong.add("labels", f"must be a list of objects, or lists of one length: {', '.join(columns.values())}")
        return []
    evidence = found.get("evidence") or [[]] * len(cells["h"] or [])
    if not (isinstance(evidence, list) and len(evidence) == len(cells["h"] or [])):
        wrong.add("labels.evidence", "must have a list for each label")
        return []
    cells["evidence"] = evidence
    return [dict(zip(cells, row, strict=True)) for row in zip(*(some or [] for some in cells.values()), strict=True)]


def _sentences(sentences: Sequence[Sequence[str]]) -> tuple[str, list[list[Place]], list[Span]]:
    """Join sentences; give the text, the spans of each sentence's tokens, and of the sentences."""
    text, places, cut = "", [], []
    between = "" if language_of(joined(sentences[0])[0]) == "zh" else " "
    for tokens in sentences:
        text += between if text else ""
        said, spans = joined(tokens, len(text))
        text += said
        places.append(spans)
        cut.append(covering(spans, 0, len(spans)))
    return text, places, cut


def _linked(
    row: Any, entities: Sequence[Entity], field: str, head: str, tail: str, kind: str, wrong: Wrong,
    named: Callable[[str], str] = str, evidence: tuple[Span, ...] = (),
) -> list[Gold]:  # fmt: skip
    """Read a relation between two entities that are given by their numbers."""
    for end in (head, tail):
        if not (isinstance(row.get(end), int) and 0 <= row[end] < len(entities)):
            wrong.add(f"{field}.{end}", f"{row.get(end)!r} is none of the {len(entities)} entities, counted from 0")
            return []
    if not (isinstance(row.get(kind), str) and row[kind]):
        wrong.add(f"{field}.{kind}", "is missing or empty")
        return []
    return [_gold(entities[row[head]], named(row[kind]), entities[row[tail]], evidence)]


def _gold(subject: Entity, predicate: str, object: Entity, evidence: tuple[Span, ...] = ()) -> Gold:
    triple = Triple(
        subject=subject.names[0],
        predicate=predicate,
        object=object.names[0],
        subject_type=subject.type,
        object_type=object.type,
    )
    return Gold(triple, subject.names, object.names, evidence)


def _list(fields: Mapping[str, Any], name: str, wrong: Wrong, kind: type = Mapping) -> list[Any]:
    """Give a field's list of objects; none where it is missing, as texts without any triple are."""
    found = fields.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
        wrong.add(name, "must be a list of lists" if kind is list else "must be a list of objects")
        return []
    return found


def _bounds(row: Mapping[str, Any], tokens: int, field: str, wrong: Wrong) -> tuple[int, int] | None:
    start, end = row.get("start"), row.get("end")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= tokens:
        return start, end
    wrong.add(field, f"start {start} and end {end} are no run of the {tokens} tokens")
    return None


def _cross(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two runs overlap without one holding the other (nested names are usual)."""
    return one[0] < other[0] < one[1] < other[1] or other[0] < one[0] < other[1] < one[1]


def _words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)
