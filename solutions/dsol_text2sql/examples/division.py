"""Divide examples into training, development and held-out sets, before anything is learned from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol import DataError
from dsol_text2sql.databases.database import Database, QueryError
from dsol_text2sql.examples.pairs import Example, read_examples
from dsol_text2sql.examples.samples import Writing
from dsol_text2sql.examples.split import choose, leaks, normal, size, without
from dsol_text2sql.question.questions import tidy
from dsol_text2sql.settings import Settings

if TYPE_CHECKING:
    from dsol.solution import Progress

SHOWN = 10  # rows that the report tells in full
DEMO_TRAINING = ("chinook/train_en_a.jsonl", "chinook/train_en_b.jsonl", "chinook/train_zh.jsonl")
DEMO_HELDOUT = {"people": "spider_chinook/questions.json", "zh": "chinook/heldout_zh.jsonl"}


@dataclass(frozen=True)
class Divided:
    """Examples by use. `apart` are the held-out sets whose SQL templates training may not have either."""

    training: list[Example]
    development: list[Example]
    heldout: dict[str, list[Example]]
    apart: frozenset[str] = frozenset()

    def banned(self, writing: Writing) -> set[str]:
        """List the templates that no training source may have."""
        return {writing.template(example) for name in self.apart for example in self.heldout[name]}

    def judged(self) -> dict[str, list[Example]]:
        """Give all sets that are never trained on, by name."""
        return {"development": self.development} | self.heldout

    def tidied(self) -> Divided:
        """Write all questions as people type them, without spaces between Chinese words."""
        sets = {name: _tidied(some) for name, some in self.heldout.items()}
        return Divided(_tidied(self.training), _tidied(self.development), sets, self.apart)


def divide(
    settings: Settings,
    seed: int,
    databases: Mapping[str, Database],
    writing: Writing,
    report: dict[str, Any],
    progress: Progress,
) -> Divided:
    """Read the files that the settings name and set development and held-out examples apart.

    Rows that a file marks as dev or test are used so. Without held-out files and rows, a part is split off. Without
    any example, training and development are empty. What was read and dropped is added to `report`.
    """
    sets = read_heldout(settings, databases, report, progress)
    paths = demo_files()[0] if is_demo(settings) else settings.examples
    examples = _read(paths, settings, databases, "examples", report, progress) if paths else []
    if paths and not examples:
        wanted = ", ".join(settings.languages)
        raise DataError([f"no example is in the languages {wanted}; change `languages` in the settings"])
    examples, report["repeated"] = _once(examples, writing, databases)
    together = _together(settings, writing)
    marked = {
        split: [example for example in examples if example.split == split] for split in ("", "train", "dev", "test")
    }
    training = marked["train"] + marked[""]
    if marked["test"] and not settings.heldout:
        sets["heldout"] = marked["test"]
    if not sets and training:
        sets["heldout"] = choose(training, size(len(training), settings.development), seed + 1, together)
        training = without(training, sets["heldout"])
    apart = frozenset(sets) if settings.split == "template" else frozenset({"zh"} if is_demo(settings) else ())
    divided = Divided(training, marked["dev"], sets, frozenset(apart & sets.keys()))
    banned = divided.banned(writing)
    judged = [example for some in sets.values() for example in some]
    training = [example for example in training if writing.template(example) not in banned]
    report["left_out_first"] = {"template_of_heldout": len(divided.training) - len(training)}
    near = leaks(training, judged)
    report["left_out_first"] |= {"equal_or_near_to_heldout": len(near)}
    training = without(training, [leak.example for leak in near])
    # A file may mark rows of one language only; the others need development rows too.
    unmarked = [example for example in training if example.language not in {dev.language for dev in marked["dev"]}]
    count = size(len(unmarked), settings.development)
    chosen = choose(unmarked, count // 2 if is_demo(settings) else count, seed, together)
    if is_demo(settings):  # the other half: new wordings of queries that training has
        chosen += choose(without(unmarked, chosen), count - len(chosen), seed, lambda example: example.id)
    development = marked["dev"] + chosen
    return replace(divided, training=without(training, development), development=development)


def divide_synthesised(
    synthesised: Sequence[Example], divided: Divided, settings: Settings, seed: int, writing: Writing
) -> tuple[list[Example], Divided]:
    """Where there are no examples, set some synthesised ones apart, by template; give the rest, and the sets."""
    count = size(len(synthesised), settings.development)
    sets, rest = divided.heldout, list(synthesised)
    if not sets:
        sets = {"heldout": choose(rest, count, seed + 1, writing.template)}
        rest = without(rest, sets["heldout"])
    banned = {writing.template(example) for some in sets.values() for example in some}
    free = [example for example in rest if writing.template(example) not in banned]
    development = choose(free, count, seed, writing.template)
    return without(rest, development), Divided([], development, sets, frozenset(sets))


def read_heldout(
    settings: Settings, databases: Mapping[str, Database], report: dict[str, Any], progress: Progress
) -> dict[str, list[Example]]:
    """Read the held-out files that the settings name, or the demo's; sets are named after their files."""
    named = demo_files()[1] if is_demo(settings) else {}
    if settings.heldout:
        stems = Counter(path.stem for path in settings.heldout)
        named = {
            path.stem if stems[path.stem] == 1 else f"{path.parent.name}_{path.stem}": path for path in settings.heldout
        }
    sets = {
        name: _read((path,), settings, databases, f"heldout {name}", report, progress) for name, path in named.items()
    }
    return {name: examples for name, examples in sets.items() if examples}


def _tidied(examples: Sequence[Example]) -> list[Example]:
    return [replace(example, question=tidy(example.question)) for example in examples]


def is_demo(settings: Settings) -> bool:
    """Tell whether the shipped examples are meant."""
    return settings.database == "demo" and not settings.examples


def demo_files() -> tuple[tuple[Path, ...], dict[str, Path]]:
    """Name the demo's training files and held-out files, which are shipped with the package."""
    demo = Path(str(files("dsol_text2sql"))) / "demo"
    return tuple(demo / name for name in DEMO_TRAINING), {name: demo / file for name, file in DEMO_HELDOUT.items()}


def _read(
    paths: Sequence[Path],
    settings: Settings,
    databases: Mapping[str, Database],
    name: str,
    report: dict[str, Any],
    progress: Progress,
) -> list[Example]:
    """Read files, keep the languages that are asked for, and note what was dropped and why."""
    reading = read_examples(
        paths, databases, split=settings.split, progress=lambda done, total: progress(f"read {name}", done, total)
    )
    spoken = [example for example in reading.examples if example.language in settings.languages]
    report.setdefault("read", {})[name] = {
        "files": [path.name for path in paths],
        "examples": len(spoken),
        "in_other_languages": len(reading.examples) - len(spoken),
        "dropped": len(reading.dropped),
        "dropped_why": [f"{item.origin}: {item.reason}" for item in reading.dropped[:SHOWN]],
    }
    return spoken


def _together(settings: Settings, writing: Writing) -> Callable[[Example], Hashable]:
    """Say which examples may not be divided: of one template, of one query (the demo), or translations of one row.

    The demo's questions come in twos and threes for each query: half of its development questions ask for queries that
    training doesn't have, half are new wordings, as people's questions are both.
    """
    if settings.split == "template":
        return writing.template
    if is_demo(settings):
        return writing.target
    return lambda example: (example.origin, example.sql)


def _once(
    examples: Sequence[Example], writing: Writing, databases: Mapping[str, Database]
) -> tuple[list[Example], dict[str, Any]]:
    """Keep each question once; of several answers to one question the first counts.

    A translation of a repeated question takes over the first one's query where both return the same: then both
    languages are answered in one style.
    """
    first: dict[tuple[str, str], Example] = {}
    better: dict[tuple[str, str], Example] = {}
    twice, conflicts = 0, []
    for example in examples:
        known = first.setdefault((example.database, normal(example.question)), example)
        if known is example:
            continue
        twice += 1
        if writing.target(known) != writing.target(example):
            if _rows(known, databases) == _rows(example, databases):
                better[example.origin, example.sql] = known
            else:
                conflicts.append(f"{example.origin} answers {example.question!r} unlike {known.origin}")
    kept = [
        replace(example, sql=same.sql, accepted=same.accepted)
        if (same := better.get((example.origin, example.sql)))
        else example
        for example in first.values()
    ]
    return kept, {"questions": twice, "answered_differently": len(conflicts), "shown": conflicts[:SHOWN]}


def _rows(example: Example, databases: Mapping[str, Database]) -> list[str]:
    try:
        return sorted(map(repr, databases[example.database].execute(example.sql).rows))
    except QueryError as error:
        return [str(error)]
