"""Ask the model about passages, again where it is unsure, and gather what its completions say of each triple."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dsol import Completion, Generate, Prompt
from dsol_d2spo.prompt import choices
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Dropped, Triple

UNLIKELY = 0.02  # of a predicate that is weighed; less is no triple
SURE = 0.98  # a greedy completion this likely isn't asked for again: samples would say the same


@dataclass(frozen=True)
class Heard:
    """A triple that the model wrote, and how sure that looks.

    `agreement`: share of the completions of its prompt that have it. `greedy`: whether the greedy one is among them.
    Of the likeliest completion that has it, over the triple's own tokens: `logprob`, the mean log-probability,
    `lowest`, that of the least likely token, `probability`, of all of them together.
    """

    triple: Triple
    agreement: float
    greedy: bool
    logprob: float
    lowest: float
    probability: float

    @property
    def signals(self) -> dict[str, float]:
        """Give what calibration learns from."""
        return {
            "agreement": self.agreement,
            "greedy": float(self.greedy),
            "logprob": self.logprob,
            "lowest": self.lowest,
            "probability": self.probability,
        }

    @property
    def likelihood(self) -> float:
        """Order triples before anything is calibrated."""
        return min(1.0, max(0.0, self.agreement * math.exp(self.logprob)))


def ask(
    generate: Generate, prompt: Prompt, asked: Sequence[Mapping[str, str]], settings: Settings
) -> list[tuple[list[Heard], list[Dropped]]]:
    """Ask every prompt; give for each what was heard, and what of its greedy completion can't be read.

    Where there are few things to say, each is weighed: what the model thinks second likeliest is often right, and the
    threshold of the best F1 lies far below a half. Else completions are written.
    """
    offered = [choices(values) for values in asked]
    weighed = iter(_weigh(generate, prompt, asked, offered))
    written = iter(
        _write(generate, prompt, [one for one, some in zip(asked, offered, strict=True) if not some], settings)
    )
    return [next(weighed if some else written) for some in offered]


def _weigh(
    generate: Generate, prompt: Prompt, asked: Sequence[Mapping[str, str]], offered: Sequence[Sequence[str]]
) -> Iterator[tuple[list[Heard], list[Dropped]]]:
    """Give each predicate the probability of all completions that name it."""
    pairs = [(values, some) for values, some in zip(asked, offered, strict=True) if some]
    if not pairs:
        return
    chats = [prompt.chat(values) for values, _ in pairs]
    for (values, _), some in zip(pairs, generate(chats, choices=[some for _, some in pairs]), strict=True):
        best = max(some, key=lambda one: sum(one.logprobs))
        chances: dict[Triple, float] = {}
        for one in some:
            for triple in prompt.parse(one.text, values).triples:
                chances[triple] = chances.get(triple, 0.0) + math.exp(sum(one.logprobs))
        likeliest = prompt.parse(best.text, values).triples
        yield (
            [
                Heard(triple, 1.0, triple in likeliest, math.log(chance), math.log(chance), chance)
                for triple, chance in chances.items()
                if chance >= UNLIKELY or triple in likeliest
            ],
            [],
        )


def _write(
    generate: Generate, prompt: Prompt, asked: Sequence[Mapping[str, str]], settings: Settings
) -> list[tuple[list[Heard], list[Dropped]]]:
    if not asked:
        return []
    completions = [list(one) for one in prompt.ask(generate, asked, max_new_tokens=settings.max_new_tokens)]
    unsure = [at for at, (one, *_) in enumerate(completions) if sum(one.logprobs) < math.log(SURE)]
    if settings.samples and unsure:
        more = prompt.ask(
            generate,
            [asked[at] for at in unsure],
            samples=settings.samples,
            temperature=settings.temperature,
            max_new_tokens=settings.max_new_tokens,
        )
        for at, some in zip(unsure, more, strict=True):
            completions[at] += some
    return [_heard(prompt, values, some) for values, some in zip(asked, completions, strict=True)]


def _heard(
    prompt: Prompt, values: Mapping[str, str], completions: Sequence[Completion]
) -> tuple[list[Heard], list[Dropped]]:
    reads = [prompt.parse(one.text, values) for one in completions]
    votes: dict[Triple, list[int]] = {}
    for number, read in enumerate(reads):
        for triple in read.triples:
            votes.setdefault(triple, []).append(number)
    heard = []
    for triple, numbers in votes.items():
        logs = max((tokens_of(triple, completions[at]) for at in numbers), key=lambda some: sum(some) / len(some))
        mean, lowest, together = sum(logs) / len(logs), min(logs), math.exp(sum(logs))
        heard.append(Heard(triple, len(numbers) / len(completions), 0 in numbers, mean, lowest, together))
    return heard, list(reads[0].dropped)


def tokens_of(triple: Triple, completion: Completion) -> Sequence[float]:
    """Give the log-probabilities of the tokens that wrote a triple: those of its line, else of the whole completion.

    Which tokens a line has is told by its share of the characters: completions don't say where each token ends.
    """
    logs = completion.logprobs or (0.0,)
    lines = list(_lines(completion.text))
    whole = max(1, len(completion.text))
    for start, line in lines if len(lines) > 1 else ():
        if triple.subject in line and triple.object in line and (triple.predicate in line or len(lines) == 1):
            first = math.floor(len(logs) * start / whole)
            last = math.ceil(len(logs) * (start + len(line)) / whole)
            return logs[first : max(last, first + 1)] or logs[-1:]
    return logs


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield start, line
        start += len(line)
