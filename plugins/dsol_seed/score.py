"""Score a model on what was kept back: `python -m dsol_seed.score MODEL FOLDER [PUBLIC]`.

FOLDER is what `prepare` wrote. With the folder of public data, questions about databases that nobody trained on are
asked as well, and their answers run.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dsol import Chat, Generate
from dsol.plugins import load_plugins
from dsol.recipe import Recipe, Stage
from dsol_seed.queries import kept_back_questions

MOST = 300  # rows of a task, the first ones
Verdict = Callable[[str, str], tuple[float, float, float]]  # right, given, wanted


def exact(said: str, wanted: str) -> tuple[float, float, float]:
    """Count an answer that is the wanted one but for case, spaces and a full stop."""
    one, other = (" ".join(text.lower().split()).rstrip(".。") for text in (said, wanted))
    return float(one == other), 1.0, 1.0


def lines(said: str, wanted: str) -> tuple[float, float, float]:
    """Count the lines that both have, whatever their order."""
    one, other = (Counter(line.strip() for line in text.splitlines() if line.strip()) for text in (said, wanted))
    return float(sum((one & other).values())), float(sum(one.values())), float(sum(other.values()))


def words(said: str, wanted: str) -> tuple[float, float, float]:
    """Count the words, or Chinese characters, that both have."""
    one, other = (Counter(re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", text.lower())) for text in (said, wanted))
    return float(sum((one & other).values())), float(sum(one.values())), float(sum(other.values()))


def cited(said: str, wanted: str) -> tuple[float, float, float]:
    """Count whether the numbers of the cited results are the wanted ones."""
    one, other = (Counter(re.findall(r"\[(\d+)\]", text)) or Counter(["none"]) for text in (said, wanted))
    return float(sum((one & other).values())), float(sum(one.values())), float(sum(other.values()))


MEASURES: dict[str, tuple[tuple[str, Verdict], ...]] = {
    "copying": (("exact", exact),),
    "fields": (("lines", lines),),
    "triples": (("lines", lines),),
    "things": (("lines", lines),),
    "answering": (("exact", exact), ("words", words)),
    "asking": (("words", words),),
    "citing": (("cited", cited), ("words", words)),
    "queries": (("exact", exact),),
    "queries_bare": (("exact", exact),),
}


def score_tasks(generate: Generate, folder: Path) -> dict[str, float]:
    """Give the F1 in per cent of each measure, by task."""
    found = {}
    for task, measures in MEASURES.items():
        rows = [json.loads(line)["messages"] for line in _lines(folder / f"heldout/tasks/{task}.jsonl")][:MOST]
        if not rows:
            continue
        chats: list[Chat] = [row[:-1] for row in rows]
        answers = [one[0].text for one in generate(chats, max_new_tokens=200)]
        for name, measure in measures:
            counted = [measure(said, row[-1]["content"]) for said, row in zip(answers, rows, strict=True)]
            right, given, wanted = (sum(part) for part in zip(*counted, strict=True))
            found[f"{task}.{name}"] = round(200 * right / max(1.0, given + wanted), 1)
    return found


def score_queries(generate: Generate, public: Path, work: Path, listing: bool) -> dict[str, float]:
    """Give the per cent of questions whose greedy query, run, is right; nothing was tuned on these databases."""
    text2sql = load_plugins().solution("text2sql")
    found = {}
    for name, given in _sets(public, work):
        settings = text2sql.Settings.model_validate({"notation": "pointers", "listing": listing, **given})
        prompt, metric = text2sql.prompt(settings), text2sql.metrics(settings, {})[0]
        for part, samples in text2sql.heldout(settings, {}).items():
            some = list(samples)
            answers = generate([prompt.chat(one.input or {}) for one in some], max_new_tokens=160)
            outputs = [prompt.parse(a[0].text, one.input or {}) for a, one in zip(answers, some, strict=True)]
            scores = [metric.score(one, output) for one, output in zip(some, outputs, strict=True)]
            found[f"{name}/{part}"] = round(100 * sum(one.value for one in scores) / max(1, len(scores)), 1)
    return found


def _sets(public: Path, work: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    questions, databases = kept_back_questions(public, work)
    yield "spider", {"database": str(databases), "heldout": [str(questions)]}
    yield "chinook", {"database": "demo"}
    geography = public / "text2sql/geography"
    if geography.exists():
        heldout = [str(geography / "zh_en_dev.json")]
        yield "geoquery", {"database": str(geography / "geography.sqlite"), "heldout": heldout}
    sesql = public / "text2sql/sesql"
    heldout = [str(sesql / "single_table_first_turn_zh.jsonl")]
    yield "sesql", {"database": str(sesql / "sqlite"), "heldout": heldout}
    defog = public / "text2sql/defog"
    yield "defog", {"database": str(defog / "sqlite"), "heldout": [str(defog / "questions_gen_sqlite.csv")]}


def _lines(path: Path) -> Sequence[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def load(model: Path, prepared: Path) -> Generate:
    """Load a base as any recipe does that names it: prepared first."""
    backend = load_plugins().backend("trl")
    recipe = Recipe(solutions={"none": {}}, base=str(model.absolute()), stages={"none": Stage()})
    backend.prepare(recipe, prepared, lambda: ())
    return backend.load(prepared)


def main(arguments: Sequence[str]) -> None:
    """Print the scores of a model as JSON."""
    model, folder = Path(arguments[0]), Path(arguments[1])
    with TemporaryDirectory() as place:
        generate = load(model, Path(place) / "base")
    found: dict[str, Any] = {"tasks": score_tasks(generate, folder)}
    if len(arguments) > 2:
        for listing in (True, False):
            name = "listed" if listing else "bare"
            found[name] = score_queries(generate, Path(arguments[2]), folder / "work", listing)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
