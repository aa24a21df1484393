"""Rows about search results: answer in sentences of theirs, each with the number of the result that says it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from dsol_seed.public import Asked
from dsol_seed.row import Row, Task, divided

SYSTEM = {
    "en": (
        "Answer the query from the results. Cite the result behind every sentence, as [1].",
        "Summarise what the results say about the query, with citations such as [2].",
    ),
    "zh": ("根据搜索结果回答，每句话后注明出处，如[1]。", "根据搜索结果概括回答，并标注来源，如[2]。"),
}
NOTHING = {"en": "The results do not say.", "zh": "搜索结果中没有提到。"}
QUERY = {"en": "Query: {question}", "zh": "查询：{question}"}
END = {"en": re.compile(r"(?<=[.!?]”) |(?<=[.!?]\") |(?<=[.!?]) (?=[A-Z“\"'])"), "zh": re.compile(r"(?<=[。！？])")}
LONGEST = {"en": 500, "zh": 180}  # characters of a result


def citing(found: Sequence[Asked], seed: int = 6) -> Task:
    """Make rows of a query, numbered results and a cited answer; some results don't answer it."""
    return divided(_citing(found, random.Random(seed)))


def cut(asked: Asked) -> list[str]:
    """Cut a passage into sentences."""
    return [sentence.strip() for sentence in END[asked.language].split(asked.passage) if sentence.strip()]


def _citing(found: Sequence[Asked], draw: random.Random) -> Iterator[tuple[str, Row]]:
    others = {language: [one for one in found if one.language == language] for language in ("en", "zh")}
    for asked in found:
        sentences = cut(asked)
        support = set(asked.support) or {one for one in sentences if asked.answer and asked.answer in one}
        behind = [at for at, sentence in enumerate(sentences) if sentence in support]
        if asked.answer and (not behind or (len(behind) > 1 and not asked.support)):
            continue
        # The results: the passage in two or three parts, and parts of others.
        own = _parts(list(range(len(sentences))), draw.randint(1, 3))
        own = [part for part in own if sum(len(sentences[at]) for at in part) <= LONGEST[asked.language] or behind]
        results = [(part, _said(part, sentences, behind, asked.language)) for part in own]
        for other in draw.sample(others[asked.language], 2):
            if other.about != asked.about:
                some = cut(other)
                part = draw.choice(_parts(list(range(len(some))), 3))
                results.append(([], _said(part, some, [], asked.language)))
        draw.shuffle(results)
        answer = []
        for at in behind:
            number = next((n for n, (part, text) in enumerate(results, 1) if at in part and sentences[at] in text), 0)
            if number:
                answer.append(f"{sentences[at]} [{number}]")
        if asked.answer and not answer:
            continue
        listed = "\n".join(f"[{number}] {text}" for number, (_, text) in enumerate(results, 1))
        user = f"{listed}\n\n{QUERY[asked.language].format(question=asked.question)}"
        said = " ".join(answer) or NOTHING[asked.language]
        yield asked.about, Row(user, said, draw.choice(SYSTEM[asked.language]))


def _parts(places: list[int], count: int) -> list[list[int]]:
    size = max(1, -(-len(places) // count))
    return [places[start : start + size] for start in range(0, len(places), size)]


def _said(part: Sequence[int], sentences: Sequence[str], behind: Sequence[int], language: str) -> str:
    """Write a part's sentences up to the longest result, those that hold the answer first of all kept."""
    kept: list[int] = [at for at in part if at in behind]
    for at in part:
        if at not in kept and sum(len(sentences[one]) for one in [*kept, at]) <= LONGEST[language]:
            kept.append(at)
    return (" " if language == "en" else "").join(sentences[at] for at in sorted(kept))
