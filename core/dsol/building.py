"""Make the samples and documents of a run, and tokenise them: everything before the first stage."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol import chats, data, rows
from dsol.backend import Chat, Codec
from dsol.corpus.contamination import Contamination
from dsol.corpus.source import Source, check
from dsol.errors import RecipeError
from dsol.files import read_json, write_json
from dsol.parts import Parts, Task
from dsol.progress import Watch
from dsol.recipe import Stage
from dsol.run import Run
from dsol.sample import Sample
from dsol.shares import CHAT, TASK

if TYPE_CHECKING:
    from dsol.prompt import Prompt

# Text of each source of documents, in characters, that a tokenizer made from the data gets to see.
SEEN = 20_000_000
WHOLE = "heldout-whole"  # below rows/: held-out rows before they are thinned to what losses are measured on


def build(parts: Parts, run: Run, watch: Watch) -> None:
    """Build, split, clean and decontaminate what the recipe names, into `data/`."""
    if run.done("build"):
        return
    started = time.monotonic()
    run.note(**{data.LAYOUTS: {task.name: task.solution.layout for task in parts.tasks}})
    check(parts.recipe.sources)  # a path that is missing shouldn't wait until the samples are built
    judged: dict[str, list[str]] = questions(parts)
    facts: dict[str, Any] = {}
    built = {}
    for task in parts.tasks:
        with watch.step(f"build the samples of {task.name}") as advance:
            built[task.name] = task.solution.build(task.settings, parts.recipe.seed, partial(_show, advance))
        for line in built[task.name].warnings:
            watch.say(f"mind: {line}")
        held = built[task.name].heldout.items()
        judged |= {f"{task.name}: {name}": [asked(task, sample) for sample in some] for name, some in held}
    ngram = parts.recipe.cleaning.ngram
    contamination = Contamination.of(judged if ngram else {}, ngram or 1)
    for task in parts.tasks:
        facts |= data.write(parts.home(run, task) / "data", built[task.name], partial(asked, task), contamination)
        _warn_of_few(parts, task.name, sum(map(len, built[task.name].heldout.values())), watch)
    conversations = {
        name: chats.read_chats(name, one) for name, one in parts.recipe.sources.items() if one.kind == CHAT
    }
    report = {
        name: data.write_chats(run / "data" / "chats", name, c, contamination) for name, c in conversations.items()
    }
    documents = document_sources(parts)
    if documents:
        from dsol.corpus.build import build as build_corpora

        with watch.step("read and clean the documents") as advance:
            cleaning = parts.recipe.cleaning
            report |= build_corpora(documents, cleaning, contamination, run / "data" / "corpora", advance)
    if report:
        write_json(run / "data" / "sources.json", report)
    run.finish("build", seconds=round(time.monotonic() - started, 1), **facts)


def _warn_of_few(parts: Parts, name: str, heldout: int, watch: Watch) -> None:
    """Say before the training, not after it, that no result could be a release."""
    from dsol.comparison import fewest

    level = parts.recipe.release.level
    if heldout < fewest(level):
        watch.say(
            f"mind: {heldout} held-out samples of {name} are too few to compare with a baseline at level {level:g}, so "
            f"the run can't be released; give more examples, at least {fewest(level)} of them held out"
        )


def _show(advance: Any, what: str, done: int, total: int) -> None:
    advance(done, total, what)


def document_sources(parts: Parts) -> dict[str, Source]:
    """Pick the sources that are documents."""
    return {name: one for name, one in parts.recipe.sources.items() if one.kind != CHAT}


def kinds(parts: Parts, names: Iterable[str]) -> dict[str, str]:
    """Give the kind of each source of a run: a document's, "chat", or "task"."""
    return {name: parts.recipe.sources[name].kind if name in parts.recipe.sources else TASK for name in names}


def questions(parts: Parts) -> dict[str, list[str]]:
    """Give the multiple-choice sets of the recipe as text, by file, for decontamination; mistakes are a DataError."""
    found: dict[str, list[str]] = {}
    for exam in parts.exams.values():
        rest = iter(exam.questions)
        for path, count in exam.counts:
            texts = (" ".join((one.question, *one.choices)) for one in islice(rest, count))
            found.setdefault(path.name, []).extend(texts)
    return found


def asked(task: Task, sample: Sample) -> str:
    """Say what a user would have typed for a sample: what may not be learned by heart."""
    given = task.solution.inputs(sample).model_dump(mode="json")
    return " ".join(value for value in given.values() if isinstance(value, str))


def tokenise(parts: Parts, run: Run, watch: Watch) -> dict[str, Path]:
    """Prepare the base into `base/`, tokenise every source once into `rows/`, what is held out into `rows/heldout/`.

    Returns the training rows' files by source name.
    """
    documents = document_sources(parts)
    if run.done("tokenise"):
        return {name: run / "rows" / f"{name}.arrow" for name in (*_names(parts, run), *documents)}
    samples, prompts, development = _samples(parts, run)
    files = {name: run / "rows" / f"{name}.arrow" for name in (*samples, *documents)}

    def texts() -> Iterator[tuple[Chat | None, str]]:
        for name in sorted(samples):
            for sample in samples[name]:
                yield (prompts[name].chat(sample.input) if sample.input is not None else None), sample.target
        for name in sorted(documents):
            seen = 0
            for text in data.read_texts(run / "data" / "corpora" / f"{name}.jsonl"):
                yield None, text
                seen += len(text)
                if seen > SEEN:
                    break

    started = time.monotonic()
    stages = parts.recipe.stages.values()
    with watch.step("prepare the base and the rows") as advance:
        codec: Codec = parts.backend.prepare(parts.grounded, run / "base", texts)
        context = max(stage.context for stage in stages)
        if samples:
            rows.tokenise(samples, prompts, codec, context, run / "rows", advance)
        if development:
            rows.tokenise(development, prompts, codec, context, run / "rows" / WHOLE, advance)
    if documents:
        _tokenise_documents(parts, run, codec, min(_reading(stages)), documents, watch)
    whole = run / "rows" / WHOLE
    for path in sorted(whole.rglob("*.arrow")):
        rows.thin(path, parts.recipe.evaluation.tokens, run / "rows" / "heldout" / path.relative_to(whole))
    run.note(template=asdict(codec.template))
    run.finish("tokenise", seconds=round(time.monotonic() - started, 1))
    return files


def heldout_rows(run: Run) -> dict[str, Path]:
    """Find the rows that no stage trains on, by source or solution: what losses are measured on."""
    folder = run / "rows" / "heldout"
    return {str(path.relative_to(folder).with_suffix("")): path for path in sorted(folder.rglob("*.arrow"))}


def _reading(stages: Iterable[Stage]) -> list[int]:
    """List the contexts of the stages that read documents (all, where none says so: shares may name them)."""
    every = list(stages)
    return [stage.context for stage in every if stage.data == "documents"] or [stage.context for stage in every]


def _names(parts: Parts, run: Run) -> list[str]:
    """List the sources of samples without reading them."""
    found = [
        parts.source(task, name)
        for task in parts.tasks
        for name in read_json(parts.home(run, task) / "data" / "report.json")["sources"]
    ]
    return found + [name for name, one in parts.recipe.sources.items() if one.kind == CHAT]


def _samples(
    parts: Parts, run: Run
) -> tuple[dict[str, Sequence[Sample]], dict[str, Prompt], dict[str, Sequence[Sample]]]:
    """Read training samples by source, each source's prompt, and development samples by solution."""
    samples: dict[str, Sequence[Sample]] = {}
    prompts: dict[str, Prompt] = {}
    development: dict[str, Sequence[Sample]] = {}
    for task in parts.tasks:
        home = parts.home(run, task) / "data"
        prompt = task.solution.prompt(task.settings)
        for name, found in data.read_sources(home).items():
            full = parts.source(task, name)
            if full in parts.recipe.sources:
                raise RecipeError("recipe", [f"sources.{full}: {task.name} has a source of that name; take another"])
            samples[full], prompts[full] = found, prompt
        development[task.name], prompts[task.name] = data.read_samples(home / "development.jsonl"), prompt
    for name, one in parts.recipe.sources.items():
        if one.kind == CHAT:
            samples[name] = data.read_samples(run / "data" / "chats" / f"{name}.jsonl")
            held = data.read_samples(run / "data" / "chats" / "heldout" / f"{name}.jsonl")
            prompts[name] = chats.make_prompt()
            if held:
                development[name] = held
    return samples, prompts, development


def _tokenise_documents(
    parts: Parts, run: Run, codec: Codec, context: int, sources: Mapping[str, Source], watch: Watch
) -> None:
    from dsol import documents

    folder = run / "data" / "corpora"
    with watch.step("tokenise the documents") as advance:
        for name in sources:
            documents.tokenise(folder / f"{name}.jsonl", codec, context, run / "rows" / f"{name}.arrow", advance)
            held = folder / "heldout" / f"{name}.jsonl"
            if held.exists() and any(islice(data.read_texts(held), 1)):
                documents.tokenise(held, codec, context, run / "rows" / WHOLE / f"{name}.arrow", advance)
