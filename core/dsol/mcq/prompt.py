"""Word a question for a model, with solved ones in front of it; in the question's own language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dsol.backend import Alternatives, Chat
from dsol.mcq.question import LETTERS, Question

Form = Literal["letters", "text"]


@dataclass(frozen=True)
class Wording:
    """What stands around questions in one language; `gap` is between "Answer:" and the answer in plain text."""

    letters: str
    letters_chat: str
    text_chat: str
    about: str
    question: str
    answer: str
    gap: str


# The plain wordings for letters are MMLU's (arXiv 2009.03300) and C-Eval's (arXiv 2305.08322).
WORDINGS = {
    "en": Wording(
        letters="The following are multiple choice questions (with answers){about}.",
        letters_chat="The following are multiple choice questions{about}. Answer with the letter of the right choice.",
        text_chat="Answer the questions{about}.",
        about=" about {subject}",
        question="Question: ",
        answer="Answer:",
        gap=" ",
    ),
    "zh": Wording(
        letters="以下是{about}单项选择题，请选出其中的正确答案。",
        letters_chat="以下是{about}单项选择题，请只回答正确选项的字母。",
        text_chat="请回答下列{about}问题。",
        about="关于{subject}的",
        question="问题：",
        answer="答案：",
        gap="",
    ),
}


def ask(
    question: Question, shots: Sequence[Question], form: Form, chat: bool, order: Sequence[int] = ()
) -> Alternatives:
    """Put a question so that its options can be weighed.

    `form` "letters" lists the choices and asks for a letter, "text" asks for a choice's own text. `order`: the choices
    in the order in which they are listed (empty: as they are); the options of letters are A, B, ... in that order.
    A chat has a system turn, the shots as earlier turns, and the option is the assistant's answer; plain text has
    everything in one.
    """
    wording = WORDINGS[question.language]
    options = tuple(LETTERS[: len(question.choices)]) if form == "letters" else question.choices
    about = wording.about.format(subject=question.subject) if question.subject else ""
    if chat:
        system = (wording.letters_chat if form == "letters" else wording.text_chat).format(about=about)
        turns: Chat = [{"role": "system", "content": system}]
        for shot in shots:
            turns.append({"role": "user", "content": _body(shot, form)})
            turns.append({"role": "assistant", "content": _solved(shot, form)})
        return Alternatives([*turns, {"role": "user", "content": _body(question, form, order)}], options)
    parts = [wording.letters.format(about=about)] if form == "letters" else []
    label = "" if form == "letters" else wording.question
    parts += [f"{label}{_body(one, form)}\n{wording.answer}{wording.gap}{_solved(one, form)}" for one in shots]
    parts.append(f"{label}{_body(question, form, order)}\n{wording.answer}")
    return Alternatives("\n\n".join(parts), tuple(wording.gap + option for option in options))


def _body(question: Question, form: Form, order: Sequence[int] = ()) -> str:
    if form == "text":
        return question.question
    listed = [question.choices[at] for at in order or range(len(question.choices))]
    return "\n".join([question.question, *(f"{LETTERS[at]}. {choice}" for at, choice in enumerate(listed))])


def _solved(question: Question, form: Form) -> str:
    return question.letter if form == "letters" else question.choices[question.answer]
