"""The data builder: from labelled documents to training, development and held-out samples."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol import Built, DataError, Sample
from dsol_d2spo.document import Document
from dsol_d2spo.labelled import documents, schemas
from dsol_d2spo.labelled.division import apart, divide
from dsol_d2spo.labelled.examples import examples
from dsol_d2spo.labelled.losses import counted, lost, warnings
from dsol_d2spo.learned.knowledge import Knowledge, learn, with_tagger
from dsol_d2spo.learned.rule_learning import fit_rules, learn_rules, observed
from dsol_d2spo.passages.pieces import cut
from dsol_d2spo.prompt import prompt_values, target
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings

if TYPE_CHECKING:
    from dsol.solution import Progress

FOLDS = 3

Fact = tuple[str, ...]  # subject, predicate, object


def build(settings: Settings, seed: int, progress: Progress) -> Built:
    """Read, divide and render the documents that the settings name; the same for the same seed.

    Sources: one for each language. Raises DataError where rows don't fit or nothing is left to train on.
    """
    given = schema_of(settings)
    progress("read the documents", 0, 1)
    every = _read(settings, settings.examples, "train", given)
    if not every:
        raise DataError(["no labelled document to learn from; name a file of them as `examples` in the settings"])
    if not any(one.gold for one in every):
        raise DataError([f"{', '.join(settings.examples)}: none of the {len(every)} texts has a triple to learn from; "
                         "bring labelled rows (see `dsol d2spo schema` for a schema of plain texts)"])  # fmt: skip
    held = read_heldout(settings, given)
    report: dict[str, Any] = {"read": counted(every)}
    if not held:
        every, out = divide(every, settings.development, seed + 1)
        held = {"heldout": out}
    judged_by = [one for some in held.values() for one in some]
    development, _ = apart(_read(settings, settings.calibration, "development", given), judged_by)
    training, report["left_out_as_near_to_judged"] = apart(every, [*judged_by, *development])
    if not training:
        raise DataError([f"{', '.join(settings.examples)}: none of the {len(every)} documents is left to train on: "
                         "all equal or nearly equal heldout or calibration ones; name others as examples"])  # fmt: skip
    for language in {one.language for one in training} - {one.language for one in development}:
        rest, more = divide([one for one in training if one.language == language], settings.development, seed)
        training = [one for one in training if one.language != language or one in rest]
        development += more
    schema = given if given.predicates else schemas.of_documents(training, settings.frequent)
    training, development = narrowed(training, schema), narrowed(development, schema)
    held = {name: narrowed(some, schema) for name, some in held.items()}
    knowledge, folds = taught(training, schema, settings, progress)
    report["documents"] = {"training": len(training), "development": len(development)}
    report["documents"] |= {name: len(some) for name, some in held.items()}
    report["without_triples"] = sum(not one.gold for one in training)
    whole = [*training, *development, *(one for some in held.values() for one in some)]
    losses = lost(whole, schema)
    report |= losses
    report["predicates"] = dict(Counter(gold.triple.predicate for one in training for gold in one.gold).most_common())
    draw = random.Random(seed)
    sources: dict[str, list[Sample]] = {}
    for done, document in enumerate(training, 1):
        source = sources.setdefault(f"documents_{document.language}", [])
        learned = folds[(done - 1) % FOLDS]
        source += examples(document, f"{len(source)}", schema, settings, learned, draw)
        if done % 20 == 0 or done == len(training):
            progress("render the documents", done, len(training))
    facts = known_facts(training)
    progress("learn the baseline's rules", 0, 1)
    seen = [observed(one, knowledge.without(one).shaped, schema, settings) for one in training]
    rules = learn_rules(seen, sum(len(one.gold) for one in training), schema)
    return Built(
        sources=sources,
        development=[
            asked(judged(one, f"development/{at}", facts), one, schema, settings, knowledge, draw)
            for at, one in enumerate(development)
        ],
        heldout={
            name: [judged(one, f"{name}/{at}", facts) for at, one in enumerate(some)] for name, some in held.items()
        },
        report=report,
        files={
            "schema": schema.model_dump(mode="json"),
            "knowledge": knowledge.to_json(),
            "rules": rules.to_json(),
            "known": [list(one) for one in sorted(facts)],
        },
        warnings=warnings(losses, sum(len(one.gold) for one in whole)),
    )


def heldout(settings: Settings, files: Mapping[str, Any]) -> dict[str, list[Sample]]:
    """Read the held-out files that the settings name, for scoring; `files` is what `build` left for serving."""
    schema = Schema.model_validate(files.get("schema") or {})
    facts = {tuple(one) for one in files.get("known") or ()}
    sets = read_heldout(settings, schema_of(settings))
    if not any(sets.values()):
        raise DataError(["no held-out file is named; name one as `heldout` in the settings"])
    return {
        name: [judged(one, f"{name}/{at}", facts) for at, one in enumerate(narrowed(some, schema))]
        for name, some in sets.items()
    }


def taught(
    training: Sequence[Document], schema: Schema, settings: Settings, progress: Progress
) -> tuple[Knowledge, list[Knowledge]]:
    """Learn names, a tagger of them and rules; and for each of FOLDS parts what the other parts teach.

    What learned from a document knows it too well: prompts made with that would be easier than real ones. Document
    number n is of part n modulo FOLDS. A tagger's own mistakes are among what the rules learn from.
    """
    knowledge = learn(training)
    taggers = []
    for part in range(FOLDS):
        progress("learn to find names", part, FOLDS + 1)
        taggers.append(with_tagger(knowledge, [one for at, one in enumerate(training) if at % FOLDS != part]))
    progress("learn to find names", FOLDS, FOLDS + 1)
    whole = with_tagger(knowledge, training)
    if settings.notation != "marks":
        return whole, taggers
    seen = []
    for at, one in enumerate(training):
        progress("learn what relations are likely", at, len(training))
        seen.append(observed(one, taggers[at % FOLDS].without(one).mentions, schema, settings))
    folds = []
    for part, tagger in enumerate(taggers):
        others = [some for at, some in enumerate(seen) if at % FOLDS != part]
        folds.append(replace(tagger, rules=fit_rules(others, schema)))
    return replace(whole, rules=fit_rules(seen, schema)), folds


def schema_of(settings: Settings) -> Schema:
    """Read the schema that the settings name, the demo's own for the demo alone; empty where there is none."""
    if settings.relations:
        return schemas.read(settings.relations)
    return schemas.read(documents.DEMO / "schema.yaml") if set(settings.examples) == {"demo"} else Schema()


def read_heldout(settings: Settings, schema: Schema) -> dict[str, list[Document]]:
    """Read the sets that are only scored, by name: of the demo one for each language, of others by their files'."""
    found: dict[str, list[Document]] = {}
    for name in settings.heldout:
        if name == "demo":
            if "demo" in settings.examples:
                found |= _demo(settings, "heldout", schema)
        else:
            found[Path(name).stem] = _wanted(documents.read([Path(name)], schema), settings)
    return {name: some for name, some in found.items() if some}


def judged(document: Document, id: str, known: Set[Fact]) -> Sample:
    """Make the sample that a document is judged by; `meta` holds its text and what holds in it.

    `known`: facts of the training rows, of which those that this document states are kept (for Ign F1).
    """
    return Sample(
        id=id,
        input={"text": document.text},
        meta={
            "id": document.id,
            "text": document.text,
            "language": document.language,
            "origin": document.origin,
            "gold": [
                {
                    "subject": list(one.subject_names),
                    "predicate": one.triple.predicate,
                    "object": list(one.object_names),
                    "subject_type": one.triple.subject_type,
                    "object_type": one.triple.object_type,
                    "evidence": [[span.start, span.end] for span in one.evidence],
                }
                for one in document.gold
            ],
            "known": [
                list(fact)
                for one in document.gold
                for fact in sorted(_facts(one.subject_names, one.triple.predicate, one.object_names) & known)
            ],
        },
    )


def asked(
    sample: Sample, document: Document, schema: Schema, settings: Settings, knowledge: Knowledge, draw: random.Random
) -> Sample:
    """Add one of a document's prompts with its answer, drawn at random, by which the loss is measured."""
    some = examples(document, sample.id, schema, settings, knowledge, draw)
    if some:
        one = draw.choice(some)
        return sample.model_copy(update={"input": one.input, "target": one.target})
    start = cut(document.text, settings)[0].text  # names no two things that could be related
    return sample.model_copy(update={"input": prompt_values(start, ()), "target": target((), document.language)})


def known_facts(training: Sequence[Document]) -> set[Fact]:
    """Collect what the training rows say, by every name of both ends."""
    return {
        fact
        for document in training
        for one in document.gold
        for fact in _facts(one.subject_names, one.triple.predicate, one.object_names)
    }


def _facts(subjects: Sequence[str], predicate: str, objects: Sequence[str]) -> set[Fact]:
    return {(subject, predicate, object) for subject in subjects for object in objects}


def narrowed(some: Sequence[Document], schema: Schema) -> list[Document]:
    """Keep of each document the triples whose predicate the schema has."""
    kept = {one.predicate for one in schema.predicates}
    return [replace(one, gold=tuple(gold for gold in one.gold if gold.triple.predicate in kept)) for one in some]


def _read(settings: Settings, given: Sequence[str], part: str, schema: Schema) -> list[Document]:
    found: list[Document] = []
    for name in given:
        if name == "demo":
            if "demo" not in settings.examples:
                continue
            found += [one for some in _demo(settings, part, schema).values() for one in some]
        else:
            found += _wanted(documents.read([Path(name)], schema), settings)
    return found


def _demo(settings: Settings, part: str, schema: Schema) -> dict[str, list[Document]]:
    return {
        language: documents.read(sorted(documents.DEMO.glob(f"*/{part}_{language}.json*")), schema)
        for language in settings.languages
    }


def _wanted(some: Sequence[Document], settings: Settings) -> list[Document]:
    return [one for one in some if one.language in settings.languages]
