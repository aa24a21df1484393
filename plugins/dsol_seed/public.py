"""Read the public data that the seed base is made of; the README says where each comes from and its licence."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A question about a passage: `about` names the story, article or query, `answer` "" means that it has none."""

    about: str
    passage: str
    question: str
    answer: str
    support: tuple[str, ...] = ()  # sentences of the passage that hold the answer
    language: str = "en"


@dataclass(frozen=True)
class Stated:
    """A fact of a document, as two mentions in it say it; `at` and `to` are sentence and word of both."""

    fact: int
    subject: str
    predicate: str
    object: str
    at: tuple[int, int]
    to: tuple[int, int]


def stories(public: Path, part: str = "train") -> dict[str, list[str]]:
    """Read FairytaleQA's stories, each a list of sections."""
    found = {}
    for path in sorted((public / "d2qa/fairytaleqa/section-stories" / part).glob("*.csv")):
        name = path.name.removesuffix("-story.csv").removesuffix(".csv")
        found[name] = [" ".join(row["text"].split()) for row in _rows(path)]
    return found


def story_questions(public: Path, part: str = "train") -> Iterator[Asked]:
    """Read FairytaleQA's questions that one section answers in its own words."""
    told = stories(public, part)
    for path in sorted((public / "d2qa/fairytaleqa/questions" / part).glob("*.csv")):
        name = path.name.removesuffix("-questions.csv")
        for row in _rows(path):
            places = [place for place in row["cor_section"].replace(" ", "").split(",") if place.isdigit()]
            if len(places) != 1 or name not in told or int(places[0]) > len(told[name]):
                continue
            answer = " ".join(row["answer1"].split()).rstrip(".")
            if answer:
                yield Asked(name, told[name][int(places[0]) - 1], " ".join(row["question"].split()), answer)


def articles(public: Path) -> Iterator[Asked]:
    """Read DRCD's questions; two thirds of the articles in simplified characters."""
    from opencc import OpenCC  # only the making of the base needs it

    simple = OpenCC("t2s").convert
    squad = json.loads((public / "d2qa/drcd/DRCD_dev.json").read_text(encoding="utf-8"))
    for article in squad["data"]:
        convert = simple if zlib.crc32(article["title"].encode()) % 3 else str
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                words = (paragraph["context"], asked["question"], asked["answers"][0]["text"])
                passage, question, answer = (convert(text.strip()) for text in words)
                yield Asked(article["title"], passage, question, answer, language="zh")


def searches(public: Path) -> Iterator[Asked]:
    """Read CLAPnq's queries, answerable or not, with the sentences that support the answer."""
    for part in ("answerable", "unanswerable"):
        path = public / f"search2sum/clapnq/clapnq_dev_{part}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            said = row["output"][0]
            support = tuple(plain(sentence) for sentence in said["selected_sentences"])
            passage = " ".join(plain(sentence) for sentence in row["passages"][0]["sentences"])
            yield Asked(row["id"], passage, row["input"].rstrip("?") + "?", plain(said["answer"]), support)


def documents_with_triples(public: Path) -> Iterator[tuple[str, list[str], list[Stated]]]:
    """Read Re-DocRED: title, sentences, and its facts, once for every pair of mentions."""
    names = _predicates(public / "d2spo/redocred")
    for row in json.loads((public / "d2spo/redocred/dev_revised.json").read_text(encoding="utf-8")):
        entities = row["vertexSet"]
        stated = [
            Stated(number, plain(head["name"]), names[label["r"]], plain(tail["name"]), _place(head), _place(tail))
            for number, label in enumerate(row["labels"])
            for head in entities[label["h"]]
            for tail in entities[label["t"]]
        ]
        yield row["title"], [plain(" ".join(words)) for words in row["sents"]], stated


def entities(public: Path) -> Iterator[tuple[str, list[str], list[tuple[int, int, str, str]]]]:
    """Read Re-DocRED's mentions: title, sentences, and (sentence, place, name, type) of each."""
    for row in json.loads((public / "d2spo/redocred/dev_revised.json").read_text(encoding="utf-8")):
        mentions = [
            (mention["sent_id"], mention["pos"][0], plain(mention["name"]), mention["type"])
            for entity in row["vertexSet"]
            for mention in entity
        ]
        yield row["title"], [plain(" ".join(words)) for words in row["sents"]], sorted(mentions)


def plain(text: str) -> str:
    """Write text that was cut into words as people write it."""
    for cut, whole in (
        ("`` ", '"'),
        (" ''", '"'),
        ("``", '"'),
        ("''", '"'),
        (" ,", ","),
        (" .", "."),
        (" ;", ";"),
        (" :", ":"),
        (" ?", "?"),
        (" !", "!"),
        (" 's", "'s"),
        (" n't", "n't"),
        ("( ", "("),
        (" )", ")"),
        (" - ", "-"),
        (" @-@ ", "-"),
        (" @,@ ", ","),
        (" @.@ ", "."),
        (" %", "%"),
        ("$ ", "$"),
        (" 're", "'re"),
        (" 've", "'ve"),
        (" 'll", "'ll"),
    ):
        text = text.replace(cut, whole)
    return " ".join(text.split())


def _place(mention: Mapping[str, Any]) -> tuple[int, int]:
    return int(mention["sent_id"]), int(mention["pos"][0])


def _predicates(folder: Path) -> dict[str, str]:
    """Read the names of Wikidata's properties."""
    found = {}
    for line in (folder / "relation_info.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        number, name, *_ = line.split("\t")
        found[number] = name
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))
