"""Read a set of questions in the formats that people have; every row that doesn't fit is reported, all together."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsol.errors import DataError
from dsol.mcq import exam
from dsol.mcq.question import LETTERS, Question, language
from dsol.mcq.records import files, read_records
from dsol.records import Record

# "(A)", "A." or "A．" in front of an option (AGIEval); the letter alone, without brackets, must be the option's own.
_BRACKETED = re.compile(r"^\s*[(（]\s*[A-Z]\s*[)）]\s*")
_LETTERED = re.compile(r"^\s*([A-Z])\s*[.．、:：)）]\s*")
_SPLITS = re.compile(r"[_\-. ](test|val|valid|dev|train)$")


@dataclass(frozen=True)
class Reading:
    """The questions of a set, and why rows were left out of it: file, line, field and reason of each.

    `counts`: how many of the questions each path brought, in their order.
    """

    questions: tuple[Question, ...]
    left_out: tuple[str, ...] = ()
    counts: tuple[tuple[Path, int], ...] = ()


class Unfit(Exception):
    """A row can't be asked: the field, and what is wrong with it."""


def read(*paths: Path, skip: bool = False) -> Reading:
    """Read questions from files; ids are the rows' own, or the file's name and the row's number.

    Rows: `{"question", "choices", "answer", "subject"?, "id"?}` with the answer as an index from 0 or a letter;
    C-Eval and CMMLU (`Question, A, B, C, D, Answer`); MMLU (a CSV without a header); AGIEval (`passage`, `question`,
    `options`, `label`); GAOKAO-Bench (choices inside the question, several rows of which can't be split or ask for
    several answers: those are always left out). Any other row that doesn't fit is a DataError with all of them, or
    is left out as well where `skip` is true.
    """
    questions: list[Question] = []
    problems: list[str] = []
    left_out: list[str] = []
    places: dict[str, str] = {}
    counts: list[tuple[Path, int]] = []
    for given, path in [(one, path) for one in paths for path in files([one])]:
        before = len(questions)
        for number, record in enumerate(read_records(path), 1):
            taken_apart = exam.holds(record.fields)
            try:
                found = _questions(record, path, number, taken_apart)
                for one in found:
                    if one.id in places:
                        raise Unfit(f"id: {one.id!r} is also the id of {places[one.id]}")
            except Unfit as unfit:
                (left_out if taken_apart or skip else problems).append(f"{record.origin}: {unfit}")
                continue
            places |= dict.fromkeys((one.id for one in found), record.origin)
            questions += found
        counts.append((given, len(questions) - before))
    if problems:
        raise DataError(problems, "mend what doesn't fit, or leave it out with --skip-unfit")
    if not questions:
        names = ", ".join(map(str, paths))
        raise DataError([f"{names}: no row can be asked as multiple choice", *left_out])
    return Reading(tuple(questions), tuple(left_out), tuple(counts))


def _questions(record: Record, path: Path, number: int, taken_apart: bool) -> list[Question]:
    fields = {str(key).strip().lower(): value for key, value in record.fields.items()}
    given = next((fields[name] for name in ("answer", "label") if fields.get(name) not in (None, "")), None)
    own = fields.get("id", fields.get(""))
    name = f"{path.stem}-{number}" if own in (None, "") else f"{path.stem}-{own}"
    subject = str(fields.get("subject") or _SPLITS.sub("", path.stem)).replace("_", " ").strip()
    if not taken_apart:
        return [_question(name, subject, _stem(fields), _choices(fields), given)]
    answers = given if isinstance(given, list) and given else [given]
    try:
        parts = exam.split(_text(fields, "question"), len(answers))
    except ValueError as error:
        raise Unfit(f"question: {error}") from error
    names = [name] if len(parts) == 1 else [f"{name}.{at}" for at in range(1, len(parts) + 1)]
    return [_question(n, subject, *part, answer) for n, part, answer in zip(names, parts, answers, strict=True)]


def _question(name: str, subject: str, stem: str, given: Sequence[str], answer: Any) -> Question:
    choices = tuple(choice.strip() for choice in given)
    if not stem.strip():
        raise Unfit("question: it is empty")
    _check(choices)
    return Question(name, stem.strip(), choices, _answer(answer, len(choices)), subject, language(stem))


def _stem(fields: Mapping[str, Any]) -> str:
    question, passage = _text(fields, "question"), fields.get("passage")
    return f"{str(passage).strip()}\n\n{question}" if passage and question.strip() else question


def _text(fields: Mapping[str, Any], name: str) -> str:
    if name not in fields:
        raise Unfit(f"{name}: it is missing (the row has: {', '.join(fields) or 'nothing'})")
    if not isinstance(fields[name], str):
        raise Unfit(f"{name}: a {type(fields[name]).__name__} where there should be text")
    return str(fields[name])


def _choices(fields: Mapping[str, Any]) -> list[str]:
    """Collect the choices from a list, or from the columns A, B, C, ..."""
    given = next((fields[name] for name in ("choices", "options") if fields.get(name) is not None), None)
    if given is None:
        letters = [letter for letter in LETTERS if letter.lower() in fields]
        if not letters:
            raise Unfit("choices: there are none")
        cells = [fields[letter.lower()] for letter in letters]
        while cells and cells[-1] in (None, ""):  # a table is as wide as its longest question
            cells.pop()
        return ["" if cell is None else str(cell) for cell in cells]
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise Unfit(f"choices: {given[:40]!r} is not a list") from error
    if isinstance(given, dict):  # {"A": ..., "B": ...}
        given = [given[key] for key in sorted(given)]
    if not isinstance(given, list):
        raise Unfit(f"choices: a {type(given).__name__} where there should be a list")
    if any(isinstance(one, dict | list) or one is None for one in given):
        raise Unfit("choices: a choice is not a text")
    choices = [str(one) for one in given]
    if "options" in fields and "choices" not in fields:
        choices = [_bare(choice, at) for at, choice in enumerate(choices)]
    return choices


def _bare(option: str, at: int) -> str:
    """Take the letter in front of an option away."""
    if match := _BRACKETED.match(option):
        return option[match.end() :]
    match = _LETTERED.match(option)
    return option[match.end() :] if match and at < len(LETTERS) and match[1] == LETTERS[at] else option


def _check(choices: Sequence[str]) -> None:
    if len(choices) < 2:
        raise Unfit(f"choices: {len(choices) or 'none'} where there should be at least two")
    if len(choices) > len(LETTERS):
        raise Unfit(f"choices: {len(choices)}, more than there are letters")
    for at, choice in enumerate(choices):
        if not choice:
            raise Unfit(f"choices: {LETTERS[at]} is empty")
        if choice in choices[:at]:
            raise Unfit(f"choices: {LETTERS[choices.index(choice)]} and {LETTERS[at]} are the same, {choice[:40]!r}")


def _answer(given: Any, choices: int) -> int:
    """Read the index of the right choice from an index, a letter, or a list of one of them."""
    if isinstance(given, list | tuple):
        if len(given) > 1:
            raise Unfit(f"answer: {len(given)} right answers ({', '.join(map(str, given))}); one is needed")
        given = given[0] if given else None
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if given is None or (isinstance(given, str) and not given.strip()):
        raise Unfit("answer: there is none")
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise Unfit(f"answer: {given!r} is no index and no letter")
    if isinstance(given, str):
        plain = unicodedata.normalize("NFKC", given).strip().strip("().:").strip().upper()
        letters = re.sub(r"[\s,;、/&]+", "", plain)
        if plain.isdecimal():
            given = int(plain)
        elif len(letters) == 1 and letters in LETTERS:
            given = LETTERS.index(letters)
        elif letters and len(set(letters)) == len(letters) <= choices and set(letters) <= set(LETTERS[:choices]):
            raise Unfit(f"answer: {len(letters)} right answers ({', '.join(letters)}); one is needed")
        else:
            raise Unfit(f"answer: {given[:40]!r} is no letter and no index")
    index = int(given)
    if not 0 <= index < choices:
        named = f"{LETTERS[index]} ({index})" if 0 <= index < len(LETTERS) else str(index)
        raise Unfit(
            f"answer: {named} is outside the {choices} choices, A (0) to {LETTERS[choices - 1]} ({choices - 1})"
        )
    return index
