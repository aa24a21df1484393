"""Samples as files: what a builder made, kept apart by use, with what leaked between them taken out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol.errors import DataError, RunError
from dsol.files import read_json, write_json, write_text
from dsol.run import Run
from dsol.sample import Sample
from dsol.solution import Built, Solution

if TYPE_CHECKING:
    from dsol.corpus.contamination import Contamination
    from dsol.parts import Parts

LAYOUTS = "layouts"  # in the manifest: of each solution's prompts and files (Solution.layout); 1 where it isn't said
HELD = 100  # conversations' samples that are held out at most, for their loss


def write(folder: Path, built: Built, asked: Callable[[Sample], str], contamination: Contamination) -> dict[str, Any]:
    """Write `<source>.jsonl`, `development.jsonl`, `unanswerable.jsonl`, `heldout/<set>.jsonl` and `report.json`.

    Return the counts.

    A training sample is left out and counted where its input equals a development or held-out one, or where what is
    asked in it (`asked(sample)`) shares a long run of words with an evaluation set. Without any training sample, or
    without a development one, there is nothing to train or to judge: a DataError.
    """
    judged = {_key(sample) for samples in [built.development, *built.heldout.values()] for sample in samples}
    kept: dict[str, list[Sample]] = {}
    leaked: dict[str, int] = {}
    contaminated: dict[str, int] = {}
    for name, samples in built.sources.items():
        apart = [sample for sample in samples if sample.input is None or _key(sample) not in judged]
        leaked[name] = len(samples) - len(apart)
        kept[name] = _clean(apart, asked, contamination)
        contaminated[name] = len(apart) - len(kept[name])
    if not any(kept.values()):
        raise DataError([_nothing_left(leaked, contaminated)])
    if not built.development:
        raise DataError(
            [
                "no development sample is left; give more examples (equal ones count once), or set a larger share of "
                "them apart with --development"
            ]
        )
    twice = _twice(built)
    if twice:
        raise DataError([f"sample id {twice!r} is used twice; ids must be unique over all sources and sets"])
    for name, samples in kept.items():
        write_samples(folder / f"{name}.jsonl", samples)
    write_samples(folder / "development.jsonl", built.development)
    write_samples(folder / "unanswerable.jsonl", built.unanswerable)
    for name, samples in built.heldout.items():
        write_samples(folder / "heldout" / f"{name}.jsonl", samples)
    for name, value in built.files.items():
        write_json(folder / f"{name}.json", value)
    counts: dict[str, Any] = {
        "sources": {name: len(samples) for name, samples in kept.items()},
        "development": len(built.development),
        "unanswerable": len(built.unanswerable),
        "heldout": {name: len(samples) for name, samples in built.heldout.items()},
        "left_out_as_leaked": leaked,
        "left_out_as_contaminated": contaminated,
        "files": sorted(built.files),
    }
    write_json(folder / "report.json", {**counts, **built.report})
    return counts


def write_chats(folder: Path, name: str, samples: Sequence[Sample], contamination: Contamination) -> dict[str, Any]:
    """Write a source of conversations as `<name>.jsonl`, a few of them held out as `heldout/<name>.jsonl`.

    Left out and counted: conversations that share a long run of words with an evaluation set.
    """
    apart = _clean(samples, _said, contamination)
    every = max(20, -(-len(apart) // HELD))
    held = apart[every - 1 :: every]
    kept = [sample for at, sample in enumerate(apart) if (at + 1) % every]
    if not kept:
        raise DataError([f"source {name}: no conversation is left; an evaluation set holds all of them"])
    write_samples(folder / f"{name}.jsonl", kept)
    write_samples(folder / "heldout" / f"{name}.jsonl", held)
    return {"kept": len(kept), "held_out": len(held), "left_out_as_contaminated": len(samples) - len(apart)}


def counted(reports: Mapping[str, Mapping[str, Any]], parts: Parts) -> list[dict[str, Any]]:
    """Turn the reports of what was built into rows of a table: what, and how many samples."""
    found: list[dict[str, Any]] = []
    for task in parts.tasks:
        report = reports[task.name]
        counts = {**report["sources"], "development": report["development"]}
        counts |= {f"heldout: {name}": count for name, count in report["heldout"].items()}
        found += [{"samples": parts.source(task, name), "count": count} for name, count in counts.items()]
    return found + [{"samples": name, "count": one["kept"]} for name, one in reports.get("sources", {}).items()]


def read_sources(folder: Path) -> dict[str, list[Sample]]:
    """Read the training sources by name."""
    names = read_json(folder / "report.json")["sources"]
    return {name: read_samples(folder / f"{name}.jsonl") for name in names}


def read_heldout(folder: Path) -> dict[str, list[Sample]]:
    """Read the held-out sets by name."""
    names = read_json(folder / "report.json")["heldout"]
    return {name: read_samples(folder / "heldout" / f"{name}.jsonl") for name in names}


def read_files(folder: Path) -> dict[str, Any]:
    """Read the further values that the builder left for serving."""
    names = read_json(folder / "report.json")["files"]
    return {name: read_json(folder / f"{name}.json") for name in names}


def check_layout(run: Run, solution: Solution) -> None:
    """Refuse a run whose prompts and files have another layout than the solution's: its model was taught other ones."""
    made = int(run.manifest().get(LAYOUTS, {}).get(solution.name, 1))
    if made != solution.layout:
        newer = made > solution.layout
        raise RunError(
            f"{run.folder} holds prompts and files of {solution.name} in layout {made}, and the installed "
            f"{solution.name} has layout {solution.layout}, for which its model wasn't trained; "
            + (f"install the {solution.name} that made it, or " if newer else "")
            + f"train it again: `dsol train {run / 'recipe.yaml'} --run <another folder>`"
        )


def write_samples(path: Path, samples: Iterable[Sample]) -> None:
    """Write samples as JSON Lines, atomically."""
    write_text(path, "".join(sample.model_dump_json() + "\n" for sample in samples))


def read_samples(path: Path) -> list[Sample]:
    """Read samples that a run wrote."""
    try:
        with open(path, encoding="utf-8") as lines:
            return [Sample.model_validate_json(line) for line in lines]
    except (FileNotFoundError, ValueError) as error:  # pydantic's and Unicode's errors are ValueErrors
        raise RunError(f"{path} is damaged or missing; start the run over with --restart") from error


def read_texts(path: Path) -> Iterator[str]:
    """Read the texts of documents that a run wrote, one at a time."""
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                yield str(json.loads(line)["text"])
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged or missing; start the run over with --restart") from error


def _nothing_left(leaked: Mapping[str, int], contaminated: Mapping[str, int]) -> str:
    equal, shared = sum(leaked.values()), sum(contaminated.values())
    if not equal + shared:
        return "no training sample is left; give more examples, or let the solution make more"
    return (
        f"no training sample is left: {equal} have the input of a development or held-out sample, and {shared} share a "
        "long run of words with an evaluation set; give examples that aren't judged by"
    )


def _clean(samples: Sequence[Sample], text: Callable[[Sample], str], contamination: Contamination) -> list[Sample]:
    found = contamination.found(map(text, samples))
    return [sample for sample, matches in zip(samples, found, strict=True) if not matches]


def _said(sample: Sample) -> str:
    turns = (sample.input or {}).get("messages", ())
    return "\n".join([*(turn["content"] for turn in turns), sample.target])


def _key(sample: Sample) -> str:
    return json.dumps(sample.input, sort_keys=True, ensure_ascii=False)


def _twice(built: Built) -> str:
    seen: set[str] = set()
    groups = [*built.sources.values(), built.development, built.unanswerable, *built.heldout.values()]
    for samples in groups:
        for sample in samples:
            if sample.id in seen:
                return sample.id
            seen.add(sample.id)
    return ""
