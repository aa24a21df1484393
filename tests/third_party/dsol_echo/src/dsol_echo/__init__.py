"""A whole solution in one small module: the answer to a word is that word."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

import dsol

WORDS = [first + second + third for first in "bdfgk" for second in "aeiou" for third in "lmnrst"]


class Settings(dsol.Settings):
    max_new_tokens: int = 8
    count: int = 150


class Input(BaseModel):
    word: str


class Output(BaseModel):
    word: str


class SameWord:
    name = "same_word"
    higher_is_better = True

    def score(self, sample, output):
        return dsol.Score(float(output is not None and output.word == sample.target))

    def reduce(self, scores):
        return {"value": sum(score.value for score in scores) / max(1, len(scores))}


class WrongWords(SameWord):
    name = "wrong_words"
    higher_is_better = False

    def score(self, sample, output):
        return dsol.Score(1 - super().score(sample, output).value)


def build(settings, seed, progress):
    samples = [
        dsol.Sample(id=f"echo-{word}", input={"word": word}, target=word, meta={"language": "en"})
        for word in WORDS[: settings.count]
    ]
    return dsol.Built({"words": samples[30:]}, samples[:15], {"words": samples[15:30]})


def prompt(settings):
    from langchain_core.prompts import ChatPromptTemplate

    template = ChatPromptTemplate.from_messages([("system", "Repeat the word."), ("human", "{word}")])
    return dsol.Prompt(template, lambda text, values: Output(word=text.strip()) if text.strip() else None)


def wrap(generate, settings, *, calibration, baseline, files):
    from dsol.wrapping import Answering

    def answer_all(inputs: Sequence[Input]):
        chats = [prompt(settings).chat({"word": one.word}) for one in inputs]
        answers = []
        for one, completions in zip(inputs, generate(chats, max_new_tokens=settings.max_new_tokens), strict=True):
            output = prompt(settings).parse(completions[0].text, {"word": one.word})
            signals = {"logprob": sum(completions[0].logprobs)} if output else None
            old, sure = baseline(one) if baseline else (None, 0.0)
            who, confidence = calibration.decide(signals, sure if old else None)
            value = {"model": output, "baseline": old, "none": None}[who]
            evidence = {"signals": signals or {}}
            answers.append(dsol.Answer(value=value, confidence=confidence, source=who, evidence=evidence))
        return answers

    return Answering(Input, answer_all)


SOLUTION = dsol.Solution(
    name="echo",
    summary="Repeats a word.",
    Settings=Settings,
    Input=Input,
    Output=Output,
    recipe=Path(__file__).parent / "recipe.yaml",
    build=build,
    heldout=lambda settings, files: build(settings, 0, None).heldout,
    prompt=prompt,
    metrics=lambda settings, files: [SameWord(), WrongWords()],
    wrap=wrap,
    baseline=lambda settings, files: lambda one: (Output(word=one.word[::-1]), 0.1),
    inputs=lambda sample: Input(word=sample.input["word"]),
    read_input=lambda text, settings: Input(word=text),
    show=lambda answer: f"{answer.value.word if answer.value else '-'} ({answer.confidence:.2f}, {answer.source})",
)


@dsol.hookimpl
def dsol_solutions():
    return [SOLUTION]


@dsol.hookimpl
def dsol_commands(app):
    @app.command("echo")
    def echo(word: str) -> None:
        """Print a word."""
        print(word)
