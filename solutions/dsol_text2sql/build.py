"""The data builder: from question/SQL pairs, or a bare database, to training, development and held-out samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dsol import Built, DataError, Sample
from dsol_text2sql.databases.database import Database, open_databases
from dsol_text2sql.examples.augment import Exchange
from dsol_text2sql.examples.division import SHOWN, Divided, divide, divide_synthesised, read_heldout
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.examples.rendering import rendered
from dsol_text2sql.examples.samples import Rendering, Writing, knowing, points_to_shown, shuffled
from dsol_text2sql.examples.split import leakage_report, leaks, normal, without
from dsol_text2sql.examples.unanswerable import unanswerable
from dsol_text2sql.question.lexicon import Target, learn_aliases
from dsol_text2sql.question.questions import language_of
from dsol_text2sql.question.strange import heard, named, strange
from dsol_text2sql.question.values import Aliases, ValueIndex
from dsol_text2sql.settings import Settings
from dsol_text2sql.synthesis import synthesise

if TYPE_CHECKING:
    from dsol.solution import Progress

Groups = dict[str, list[Example]]
SHORT = 24  # characters of a value that a question which nothing answers may name
SHARING = 8  # renumbered samples that share one listing: more are cheaper, fewer more varied


def build(settings: Settings, seed: int, progress: Progress) -> Built:
    """Read, divide, multiply and render the examples that the settings name; the same for the same seed.

    Sources: `examples`, `augmented` (values exchanged) and `synthesis` (made from the schema). Raises DataError where
    rows don't fit or nothing is left to train on.
    """
    databases = open_databases(settings)
    if not settings.examples:
        _filled(databases)
    writing = Writing(databases)
    report: dict[str, Any] = {}
    divided = divide(settings, seed, databases, writing, report, progress)
    indexes = {name: ValueIndex.build(database) for name, database in databases.items()}
    aliases = _aliases(divided.training, databases, indexes)
    as_read, divided = divided.training, divided.tidied()
    rendering = Rendering(databases, knowing(indexes, aliases), writing, settings)
    sources: Groups = {}
    if divided.training:
        sources["examples"] = divided.training
        sources["augmented"] = _augmented(divided.training, as_read, settings, seed, databases, rendering, progress)
    if settings.synthesis:
        sources["synthesis"] = _synthesised(settings, seed, databases, rendering, progress)
        if not divided.training:
            sources["synthesis"], divided = divide_synthesised(sources["synthesis"], divided, settings, seed, writing)
    report["made"] = {name: len(examples) for name, examples in sources.items()}
    sources, report["left_out"] = _apart(sources, divided, writing, settings)
    judged = divided.judged()
    report["languages"] = {
        name: dict(sorted(Counter(example.language for example in examples).items()))
        for name, examples in (sources | judged).items()
    }
    training = [example for examples in sources.values() for example in examples]
    report["leakage"] = leakage_report(training, judged, writing.template)
    report["aliases"] = len(aliases)
    samples = rendered(sources | judged, rendering, aliases, progress)
    trained = {name: samples[name] for name in sources}
    if settings.notation == "pointers":
        trained |= {f"{name}_renumbered": renumbered(samples[name], settings.numberings) for name in sources}
    report["not_canonical"] = [
        f"{database}: {reason}: {sql}" for (database, sql), reason in list(writing.refused.items())[:SHOWN]
    ]
    words = heard(example.question for example in training)
    known = {name: named(database.schema).union(words) for name, database in databases.items()}
    return Built(
        sources={name: some for name, some in trained.items() if some},
        development=samples["development"],
        heldout={name: samples[name] for name in divided.heldout},
        unanswerable=unanswerable(
            settings.languages,
            {name: _named(index) for name, index in rendering.indexes.items()},
            len(samples["development"]),
            lambda question, name: strange(question, known[name], rendering.indexes[name].match(question)),
        ),
        report=report,
        files={"aliases": aliases, "numberings": rendering.numberings, "heard": words},
    )


def heldout(settings: Settings, files: Mapping[str, Any]) -> dict[str, list[Sample]]:
    """Read the held-out files that the settings name (the demo's own where they name none), for scoring.

    `files` is what `build` left for serving.
    """
    rendering = Rendering.open(settings, files)
    sets = read_heldout(settings, rendering.databases, {}, _silent)
    if not sets:
        raise DataError(["no held-out file is named; name one as `heldout` in the settings"])
    return rendered(sets, rendering, files.get("aliases", {}), _silent)


def _filled(databases: Mapping[str, Database]) -> None:
    """Look whether there are rows to make examples from; a DataError where there are none, as in a mere schema."""
    schemas = [database.schema for database in databases.values()]
    if any(table.rows for schema in schemas for table in schema.tables):
        return
    empty = [f"{schema.name!r} ({', '.join(table.name for table in schema.tables[:SHOWN])})" for schema in schemas]
    raise DataError(
        [
            f"no table of the database {'; '.join(empty)} has a row that can be read, so that no examples can be made: "
            "fill it, or name files of questions as `examples`"
        ]
    )


def _silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


def _aliases(
    training: Sequence[Example], databases: Mapping[str, Database], indexes: Mapping[str, ValueIndex]
) -> Aliases:
    """Learn from the training examples, and from nothing else, which phrases stand for which values.

    A phrase that stands for a value in one column stands for it in every column that has it.
    """
    aliases: dict[str, list[Target]] = {}
    for name, database in databases.items():
        pairs = [(example.question, example.sql) for example in training if example.database == name]
        learned = learn_aliases(pairs, database.schema) if pairs else {}
        named = {value for targets in learned.values() for _, _, value in targets}
        places: dict[str | int, list[Target]] = {value: [] for value in named}
        for table, column, _, values in indexes[name].columns:
            for value in named.intersection(values):
                places[value].append((table, column, value))
        for phrase, targets in learned.items():
            everywhere = [place for value in dict.fromkeys(value for _, _, value in targets) for place in places[value]]
            aliases.setdefault(phrase, []).extend(everywhere or targets)
    return aliases


def _named(index: ValueIndex) -> list[str]:
    """List what a database's cells name in a few words."""
    found = dict.fromkeys(str(value) for _, _, _, values in index.columns for value in values)
    return [value for value in found if value[:1].isalpha() and len(value) <= SHORT]


def _augmented(
    training: Sequence[Example],
    as_read: Sequence[Example],
    settings: Settings,
    seed: int,
    databases: Mapping[str, Database],
    rendering: Rendering,
    progress: Progress,
) -> list[Example]:
    """Multiply the training examples by exchanging values; a copy has its original's template.

    `as_read` are the same examples with the spaces that tell Chinese words apart.
    """
    copies: list[Example] = []
    taken = {(example.database, normal(example.question)) for example in training}
    exchanges = {
        name: Exchange(database, rendering.indexes[name], as_read, seed) for name, database in databases.items()
    }
    for done, example in enumerate(training, 1):
        original = replace(example, sql=rendering.writing.target(example))
        for copy in exchanges[example.database].copies(original, settings.augment):
            key = (copy.database, normal(copy.question))
            if key not in taken:
                taken.add(key)
                copies.append(copy)
                rendering.writing.copied(copy, example)
        if done % 50 == 0 or done == len(training):
            progress("exchange values", done, len(training))
    return copies


def _synthesised(
    settings: Settings, seed: int, databases: Mapping[str, Database], rendering: Rendering, progress: Progress
) -> list[Example]:
    """Make examples from the bare schemas, as many for each database."""
    found = []
    each = max(1, settings.synthesis // len(databases))
    for place, (name, database) in enumerate(databases.items()):

        def advance(what: str, done: int, total: int, before: int = place * each) -> None:
            progress(what, before + done, each * len(databases))

        chinese = {
            str(value): phrase
            for phrase, targets in rendering.indexes[name].aliases.items()
            for _, _, value in targets
            if language_of(phrase) == "zh"
        }
        for number, made in enumerate(synthesise(database, each, seed, settings.languages, advance, chinese), 1):
            id = f"{name}-{number}" if len(databases) > 1 else str(number)
            origin = f"synthesis:{made.meta.get('rule', '')}"
            found.append(Example(id, made.question, made.sql, (made.sql,), name, made.language, "train", origin))
    return found


def _apart(sources: Groups, divided: Divided, writing: Writing, settings: Settings) -> tuple[Groups, dict[str, Any]]:
    """Take out of all sources what the judged examples say too, and what an earlier source says already."""
    judged = [example for examples in divided.judged().values() for example in examples]
    banned = divided.banned(writing)
    if settings.split == "template" or divided.apart == divided.heldout.keys():
        banned |= {writing.template(example) for example in divided.development}
    taken: set[tuple[str, str]] = set()
    kept: Groups = {}
    report: dict[str, Any] = {}
    for name, examples in sources.items():
        free = []
        for example in examples:
            key = (example.database, normal(example.question))
            if key not in taken:
                taken.add(key)
                free.append(example)
        allowed = [example for example in free if writing.template(example) not in banned]
        near = leaks(allowed, judged)
        kept[name] = without(allowed, [leak.example for leak in near])
        report[name] = {
            "said_already": len(examples) - len(free),
            "template_of_judged": len(free) - len(allowed),
            "equal_to_judged": sum(leak.ratio >= 100 for leak in near),
            "near_to_judged": sum(leak.ratio < 100 for leak in near),
            "near_shown": [f"{leak.example.origin}: {leak.example.question}" for leak in near[:SHOWN]],
        }
    return kept, report


def renumbered(samples: Sequence[Sample], times: int) -> list[Sample]:
    """Copy each sample so many times with its pointers numbered at random, so that a model learns to follow them.

    Where the schema is listed, a few samples of one database share a numbering, and so the tokens of its listing.
    Samples with a target that points past the prompt are left out: by random numbers nobody could tell what it means.
    """
    copies = []
    for copy in range(times):
        met: Counter[str] = Counter()
        for sample in samples:
            if points_to_shown(sample):
                database = str(sample.meta["database"])
                few = f"{database}/{copy}/{met[database] // SHARING}" if (sample.input or {})["schema"] else ""
                met[database] += 1
                copies.append(shuffled(sample, f"{sample.id}/{copy}", few))
    return copies
