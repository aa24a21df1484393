"""Questions about databases, as Text2SQL's own builder renders them, over Spider's and SeSQL's databases."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from rapidfuzz import fuzz, process

from dsol import Sample
from dsol.plugins import load_plugins
from dsol.progress import Watch
from dsol_seed.row import Row, Task, kept_back

SHOP = "chinook"  # Text2SQL's demo: neither it nor a question about it is trained on
NEAR = 90  # per cent of likeness from which a question counts as one that is judged elsewhere
COPIES = {"examples": 8, "synthesis": 2}  # numberings that are kept of each
DATABASES = 28  # one of so many is kept back
SYNTHESISED = 64  # questions for each database
POINTED = re.compile(r"(?<![\w.])[ctv]\d+\b")
QUOTED = re.compile(r"'(?:[^']|'')*'")


def queries(public: Path, work: Path, watch: Watch) -> tuple[Task, Task]:
    """Make the rows with the schema listed, and those without; `public` is the folder of the public data.

    Databases that are kept back, and those of SeSQL's questions, are in neither.
    """
    text2sql = load_plugins().solution("text2sql")
    examples = _examples(public, work)
    databases = _databases(public, work)
    settings = text2sql.Settings.model_validate(
        {
            "database": str(databases),
            "examples": [str(examples)],
            "notation": "pointers",
            "listing": True,
            "schema_tokens": 600,
            "augment": 0,
            "numberings": max(COPIES.values()),
            "synthesis": SYNTHESISED * len(list(databases.iterdir())),
            "development": 0.025,
        }
    )
    with watch.step("make questions about databases") as advance:
        built = text2sql.build(settings, 0, lambda what, done, total: advance(done, total, what))
    prompt = text2sql.prompt(settings)

    def row(sample: Sample) -> Row:
        chat = prompt.chat(sample.input or {})
        return Row(chat[1]["content"], sample.target, chat[0]["content"])

    scored = [row(sample) for sample in built.development]
    rows = [
        row(sample)
        for name, copies in COPIES.items()
        for sample in built.sources[f"{name}_renumbered"]
        if int(sample.id.rpartition("/")[2]) < copies
    ]
    return Task(tuple(rows), tuple(scored)), Task(bare(rows[::2]), bare(scored))


def bare(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Take the list of the schema away where the question alone shows all that the answer points to."""
    return tuple(
        Row(row.user, row.answer, row.system.partition("\n")[0])
        for row in rows
        if set(POINTED.findall(QUOTED.sub("", row.answer))) <= set(POINTED.findall(row.user))
    )


def _examples(public: Path, work: Path) -> Path:
    """Write Spider's questions but those about a database that is kept back, or like one that is judged elsewhere."""
    spider = json.loads((public / "text2sql/spider/train.json").read_text(encoding="utf-8"))
    judged = _judged(public)
    kept = []
    for row in spider:
        if SHOP in row["db_id"].lower() or kept_back(row["db_id"], DATABASES):
            continue
        if not process.extractOne(row["question"].lower(), judged, scorer=fuzz.ratio, score_cutoff=NEAR):
            kept.append(row)
    path = work / "examples.json"
    path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return path


def kept_back_questions(public: Path, work: Path) -> tuple[Path, Path]:
    """Write the questions about Spider's kept-back databases, and link those into a folder; return both."""
    folder = work / "kept_back"
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted((public / "text2sql/spider/database").glob("*/*.sqlite")):
        link = folder / file.name
        if SHOP not in file.stem.lower() and kept_back(file.stem, DATABASES) and not link.exists():
            link.symlink_to(file.resolve())
    spider = json.loads((public / "text2sql/spider/train.json").read_text(encoding="utf-8"))
    names = {link.stem for link in folder.iterdir()}
    path = work / "kept_back.json"
    path.write_text(json.dumps([row for row in spider if row["db_id"] in names]), encoding="utf-8")
    return path, folder


def _judged(public: Path) -> list[str]:
    """Read the questions of Text2SQL's demo and of GeoQuery's development part, to keep away from them."""
    shop = json.loads((public / "text2sql/chinook/spider_chinook_questions.json").read_text(encoding="utf-8"))
    found = [row["question"] for row in shop]
    states = public / "text2sql/geography/zh_en_dev.json"
    if states.exists():
        found += [text for row in json.loads(states.read_text(encoding="utf-8")) for text in row["question"].values()]
    return [question.lower() for question in found]


def _databases(public: Path, work: Path) -> Path:
    """Link the databases that are trained on into one folder."""
    folder = work / "databases"
    folder.mkdir(parents=True, exist_ok=True)
    sesql = public / "text2sql/sesql"
    asked = {json.loads(line)["db_id"] for line in (sesql / "single_table_first_turn_zh.jsonl").open(encoding="utf-8")}
    asked |= {row["db_id"] for row in json.loads((sesql / "single_round_examples.json").read_text(encoding="utf-8"))}
    files = [file for file in sorted((sesql / "sqlite").glob("*.sqlite")) if file.stem not in asked]
    files += sorted((public / "text2sql/spider/database").glob("*/*.sqlite"))
    for file in files:
        link = folder / file.name
        if SHOP not in file.stem.lower() and not kept_back(file.stem, DATABASES) and not link.exists():
            link.symlink_to(file.resolve())
    return folder
