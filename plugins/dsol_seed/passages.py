"""Rows about a passage: answer a question from it, say that it has no answer, and ask what it answers."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from dsol_seed.public import Asked, articles, searches, story_questions
from dsol_seed.row import Row, Task, divided

SYSTEM = {
    "en": (
        "Answer from the passage, in its words.",
        "Answer the question with words of the passage; if it has no answer, say so.",
    ),
    "zh": ("根据文章回答问题，用文章里的话。", "用文章里的话回答问题；文中没有答案就说没有。"),
}
USER = {"en": "Passage: {passage}\n\nQuestion: {question}", "zh": "文章：{passage}\n\n问题：{question}"}
NO_ANSWER = {"en": "The passage does not say.", "zh": "文章没有提到。"}
UNANSWERABLE = 0.2  # of the questions are asked of another passage of the same story or article
ASK = {
    "en": ("Write a question that the passage answers with the given words.", "Passage: {passage}\n\nAnswer: {answer}"),
    "zh": ("写一个问题，使文章的回答是给出的文字。", "文章：{passage}\n\n答案：{answer}"),
}
PAIRS = {
    "en": ("Write up to {count} questions with answers from the passage. One JSON line each.", "Passage: {passage}"),
    "zh": ("根据文章写出至多{count}个问题和答案，每个一行JSON。", "文章：{passage}"),
}
LONGEST = {"en": 2400, "zh": 800}  # characters of a passage


def all_asked(public: Path) -> list[Asked]:
    """Read the questions of all sets whose passages are short enough."""
    found = [*story_questions(public), *articles(public), *searches(public)]
    return [asked for asked in found if len(asked.passage) <= LONGEST[asked.language]]


def answering(found: Sequence[Asked], seed: int = 4) -> Task:
    """Make rows that answer from a passage, some of which can't be answered."""
    return divided(_answering(found, random.Random(seed)))


def asking(found: Sequence[Asked], seed: int = 5) -> Task:
    """Make rows that ask what a passage answers: one question for given words, and several with their answers."""
    return divided(_asking(found, random.Random(seed)))


def _answering(found: Sequence[Asked], draw: random.Random) -> Iterator[tuple[str, Row]]:
    passages: dict[str, list[str]] = {}
    for asked in found:
        passages.setdefault(asked.about, []).append(asked.passage)
    for asked in found:
        system = draw.choice(SYSTEM[asked.language])
        passage, answer = asked.passage, asked.answer or NO_ANSWER[asked.language]
        others = [other for other in dict.fromkeys(passages[asked.about]) if other != passage]
        if others and draw.random() < UNANSWERABLE and asked.answer not in (other := draw.choice(others)):
            passage, answer = other, NO_ANSWER[asked.language]
        yield asked.about, Row(USER[asked.language].format(passage=passage, question=asked.question), answer, system)


def _asking(found: Sequence[Asked], draw: random.Random) -> Iterator[tuple[str, Row]]:
    together: dict[tuple[str, str], list[Asked]] = {}
    for asked in found:
        if asked.answer and not asked.support:
            together.setdefault((asked.about, asked.passage), []).append(asked)
            system, user = ASK[asked.language]
            if draw.random() < 0.5:
                yield asked.about, Row(user.format(passage=asked.passage, answer=asked.answer), asked.question, system)
    for (about, passage), some in together.items():
        chosen = draw.sample(some, min(len(some), draw.randint(1, 3)))
        system, user = PAIRS[chosen[0].language]
        answer = "\n".join(
            json.dumps({"question": one.question, "answer": one.answer}, ensure_ascii=False, separators=(",", ":"))
            for one in chosen
        )
        yield about, Row(user.format(passage=passage), answer, system.format(count=len(chosen)))
