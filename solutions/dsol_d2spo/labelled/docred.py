"""Read DocRED's form: sentences of tokens, entities with all their mentions, relations that are named by ids."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dsol.records import Problems, Record, malformed, read_text
from dsol_d2spo.document import Document, Entity
from dsol_d2spo.labelled.linked import are_words, bounds_of, linked, listed, sentences_of
from dsol_d2spo.labelled.places import same
from dsol_d2spo.labelled.plain import Wrong, identity
from dsol_d2spo.labelled.tokens import covering
from dsol_d2spo.language import language_of
from dsol_d2spo.triple import Span

RELATION_NAMES = ("rel_info.json", "pid2name.json", "relation_info.tsv")


def is_docred(fields: Mapping[str, Any]) -> bool:
    """Tell whether a record has DocRED's form."""
    return "vertexSet" in fields or "sents" in fields


def docred(record: Record, names: Mapping[str, str], wrong: Wrong) -> Document | None:
    """Read a record; `names`: what the ids of relations mean. None where it can't be used, with reasons in `wrong`."""
    fields = record.fields
    sentences = fields.get("sents")
    if not (isinstance(sentences, list) and sentences and all(are_words(one) for one in sentences)):
        wrong.add("sents", "must be a list of lists of words, none of them empty")
        return None
    text, places, cut = sentences_of(sentences)
    entities: list[Entity] = []
    elsewhere: list[tuple[str, str]] = []
    for number, mentions in enumerate(listed(fields, "vertexSet", wrong, list), 1):
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
            bounds = bounds_of({"start": pos[0], "end": pos[1]} if isinstance(pos, list) and len(pos) == 2 else {},
                             len(places[sentence]), f"{field}.pos", wrong)  # fmt: skip
            if bounds is None:
                return None
            spans.append(covering(places[sentence], *bounds))
            if differs := _misplaced(mention.get("name"), sentences[sentence][slice(*bounds)]):
                elsewhere.append((f"{field}.pos", f"{pos} of sentence {sentence} {differs}"))
            type = type or str(mention.get("type") or "")
        if not spans:
            wrong.add(f"vertexSet[{number}]", "an entity needs at least one mention")
            return None
        said = sorted({text[span.start : span.end] for span in spans}, key=lambda name: (-len(name), name))
        ordered = sorted(spans, key=lambda span: (span.start, span.end))
        entities.append(Entity(tuple(said), type, tuple(ordered)))
    if elsewhere:  # where one place is off by one, mostly all are: one line a document
        more = f" (and {len(elsewhere) - 1} more)" if len(elsewhere) > 1 else ""
        wrong.add(elsewhere[0][0], f"{elsewhere[0][1]}{more}; places count from 0, and the end is left out")
    gold = []
    for number, row in enumerate(_labels(fields, wrong), 1):
        field = f"labels[{number}]"
        proving = row.get("evidence") or []
        if not (isinstance(proving, list) and all(isinstance(at, int) and 0 <= at < len(cut) for at in proving)):
            wrong.add(f"{field}.evidence", f"{proving!r} is no list of sentences, of which there are {len(cut)}")
            continue
        evidence = tuple(cut[at] for at in sorted(set(proving)))
        gold += linked(row, entities, field, "h", "t", "r", wrong, lambda said: names.get(said, said), evidence)
    title = str(fields.get("title") or "")
    return Document(title or identity(record), text, tuple(gold), tuple(entities), tuple(cut), language_of(text),
                    record.origin, title)  # fmt: skip


def _labels(fields: Mapping[str, Any], wrong: Wrong) -> list[Any]:
    """Give DocRED's labels as rows, also where they are columns, as in the data set of Hugging Face's hub."""
    found = fields.get("labels")
    if not isinstance(found, Mapping):
        return listed(fields, "labels", wrong)
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


def _misplaced(name: Any, tokens: Sequence[str]) -> str:
    """Say how the tokens of a mention differ from its name; "" where they don't, or none is given."""
    if not (isinstance(name, str) and name.strip()):
        return ""
    # DocRED's own names hold what its splitter took for the end of a sentence: "7.\n100 years" of "100 years".
    said = " ".join(tokens)
    return "" if same(name, said) or same(name.rpartition("\n")[2], said) else f"is {said!r}, and its name is {name!r}"


def relation_names(folder: Path, problems: Problems) -> dict[str, str]:
    """Read what ids of relations mean, from the file that lies beside the documents; none where there is no such."""
    path = next((folder / name for name in RELATION_NAMES[::-1] if (folder / name).is_file()), None)
    if path is None or problems.about(path):
        return {}
    text = read_text(path, problems) or ""
    if path.suffix == ".tsv" or not text:
        rows = (line.split("\t") for line in text.splitlines()[1:])
        return {cells[0]: cells[1] for cells in rows if len(cells) >= 2}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        problems.add(f"{path}:{getattr(error, 'lineno', 1)}", malformed(error))
        return {}
    if not isinstance(found, dict):
        example = json.dumps({"P19": "place of birth"})
        problems.add(str(path), f"must be one object of names by id, as {example}, found {type(found).__name__}")
        return {}
    said = {key: name[0] if isinstance(name, list) and name else name for key, name in found.items()}
    odd = next((key for key, name in said.items() if not (isinstance(name, str) and name.strip())), None)
    if odd is not None:
        problems.add(str(path), f"field {odd!r}: must be the relation's name, found {json.dumps(found[odd])[:40]}")
        return {}
    return said
