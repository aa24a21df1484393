"""Predict a held-out set with everyone who may answer, side by side, and score each answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dsol.answer import OK, Answer, Item
from dsol.backend import Chat, Completion, Generate
from dsol.calibration import Calibration, calibrate
from dsol.errors import RunError
from dsol.files import write_text
from dsol.items import learn
from dsol.listening import Advance, Listening, count_prompts, unheard
from dsol.metric import Metric, Score, brief
from dsol.old import checked
from dsol.sample import Sample
from dsol.solution import Baseline, Settings, Solution

# The order of the columns of every table: the bare model, the model in its wrapper, the old feature, and what a
# product gets (the wrapper that may fall back on the old feature).
CONTESTANTS = ("model", "wrapped", "baseline", "combined")
CHUNK = 64
NOT_COUNTED = "not_counted"  # the reason of an item that the metric leaves out, such as one that is there twice
LONGEST = 20  # items of a list in an answer file; results may hold thousands of rows


@dataclass
class Remembered:
    """A `Generate` that remembers what it wrote, so that several contestants don't pay for the same chats twice."""

    generate: Generate
    seen: dict[tuple[Any, ...], list[Completion]] = field(default_factory=dict)

    def __call__(
        self,
        chats: Sequence[Chat],
        *,
        samples: int = 1,
        temperature: float = 0.0,
        max_new_tokens: int = 256,
        seed: int = 0,
        choices: Sequence[Sequence[str]] = (),
        patterns: Sequence[str] = (),
    ) -> list[list[Completion]]:
        options = (samples, temperature, max_new_tokens, seed)
        listed = [tuple(some) for some in choices] or [()] * len(chats)
        held = patterns or [""] * len(chats)
        keys = [
            (json.dumps(chat, ensure_ascii=False), some, one, *options)
            for chat, some, one in zip(chats, listed, held, strict=True)
        ]
        new = {key: at for at, key in enumerate(keys) if key not in self.seen}
        if new:
            limits: dict[str, Any] = {}
            if choices:
                limits["choices"] = [choices[at] for at in new.values()]
            if any(patterns):
                limits["patterns"] = [patterns[at] for at in new.values()]
            written = self.generate(
                [chats[at] for at in new.values()],
                samples=samples,
                temperature=temperature,
                max_new_tokens=max_new_tokens,
                seed=seed,
                **limits,
            )
            self.seen.update(zip(new, written, strict=True))
        return [self.seen[key] for key in keys]


def asked_once(baseline: Baseline) -> Baseline:
    """Make a baseline remember its answers: the wrapper asks it as well, and a product's own may be slow."""
    seen: dict[str, tuple[Any, float]] = {}

    def ask(one: Any) -> tuple[Any, float]:
        key = one.model_dump_json()
        if key not in seen:
            seen[key] = baseline(one)
        return seen[key]

    return ask


def score_model(
    solution: Solution,
    settings: Settings,
    generate: Generate,
    samples: Sequence[Sample],
    metric: Metric,
    files: Mapping[str, Any],
    advance: Advance = unheard,
) -> list[Score]:
    """Score the bare model: greedy completions, parsed, nothing else."""
    prompt = solution.prompt(settings)
    listening = Listening(generate, advance, len(samples))
    scores: list[Score] = []
    for start in range(0, len(samples), CHUNK):
        part = samples[start : start + CHUNK]
        listening.begin(len(part))
        outputs = solution.bare(listening, prompt, settings, part, files)
        scores += [metric.score(sample, output) for sample, output in zip(part, outputs, strict=True)]
        listening.end()
    return scores


def learn_calibration(
    solution: Solution,
    settings: Settings,
    generate: Generate,
    samples: Sequence[Sample],
    baseline: Baseline | None,
    floor: float,
    files: Mapping[str, Any],
    advance: Advance = unheard,
    unanswerable: Sequence[Sample] = (),
) -> Calibration:
    """Answer the development set with the model and with the baseline, and learn when each is right.

    Where the answers have items, it is learned of each of them as well. Whatever is answered to `unanswerable` samples
    is wrong.
    """
    metric = solution.metrics(settings, files)[0]
    baseline = asked_once(checked(baseline, solution.Output)) if baseline else None
    inputs = [solution.inputs(sample) for sample in (*samples, *unanswerable)]
    listening = Listening(generate, advance, len(inputs))
    # Without calibration the model answers, and the evidence tells whether the baseline said the same.
    wrapped = solution.wrap(listening, settings, calibration=Calibration(), baseline=baseline, files=files)
    prompt = solution.prompt(settings)
    answers: list[Answer[Any]] = []
    for start in range(0, len(inputs), CHUNK):
        part = inputs[start : start + CHUNK]
        known = samples[start : start + CHUNK]
        prompts = count_prompts(solution, prompt, settings, known, files) if known else 0
        listening.begin(len(part), prompts + len(part) - len(known))
        answers += wrapped.batch(part)
        listening.end()
    scores = [brief(metric, sample, answer.value) for sample, answer in zip(samples, answers, strict=False)]
    scores += [Score(0.0, items=(False,) * len(answer.items)) for answer in answers[len(samples) :]]
    by_model = [answer.source in ("model", "both") for answer in answers]
    signals = [
        answer.evidence.get("signals", {}) if there else None for answer, there in zip(answers, by_model, strict=True)
    ]
    agree = [answer.evidence.get("agree") for answer in answers]
    right = [score.value >= 0.5 for score in scores]
    old = [baseline(one) if baseline else (None, 0.0) for one in inputs]
    old_right = [brief(metric, sample, output).value >= 0.5 for sample, (output, _) in zip(samples, old, strict=False)]
    old_right += [False] * len(unanswerable)
    sure = [confidence if output is not None else None for output, confidence in old]
    learned = calibrate(signals, right, sure, old_right, agree, floor)
    if not any(answer.items for answer in answers):
        return learned
    verdicts = [score.items for score in scores]
    missed = [score.missed for score in scores]
    return learned.model_copy(update={"items": learn([answer.items for answer in answers], verdicts, missed, floor)})


def predict(
    solution: Solution,
    settings: Settings,
    generate: Generate,
    calibration: Calibration,
    baseline: Baseline | None,
    heldout: Mapping[str, Sequence[Sample]],
    files: Mapping[str, Any],
    advance: Advance = unheard,
) -> list[dict[str, Any]]:
    """Let every contestant answer every held-out sample; return one row a sample, as `answers.jsonl` keeps it.

    A row: {"id", "set", "input", "target", "meta", "answers": {contestant: {"output", "score", "weight", "detail",
    "confidence", "source", "reason", "ask", "items": [{"right", "confidence", "source", "reason"}], "missed"}}}; see
    `dsol.metric.Score` for weight, items and missed. "wrapped" has no baseline to fall back on, "combined" has.
    """
    metrics = solution.metrics(settings, files)
    baseline = asked_once(checked(baseline, solution.Output)) if baseline else None
    total = sum(len(samples) for samples in heldout.values())
    listening = Listening(generate, advance, total, passes=2.0)  # the bare model's, and the wrapper's own
    remembered = Remembered(listening)
    wrapped = solution.wrap(remembered, settings, calibration=calibration, baseline=None, files=files)
    combined = solution.wrap(remembered, settings, calibration=calibration, baseline=baseline, files=files)
    prompt = solution.prompt(settings)
    rows = []
    for name, samples in heldout.items():
        for start in range(0, len(samples), CHUNK):
            part = samples[start : start + CHUNK]
            inputs = [solution.inputs(sample) for sample in part]
            listening.begin(len(part), count_prompts(solution, prompt, settings, part, files))
            outputs = solution.bare(remembered, prompt, settings, part, files)
            alone: list[Answer[Any]] = [Answer(value=output, source="model") for output in outputs]
            answers = {
                "model": alone,
                "wrapped": wrapped.batch(inputs),
                "baseline": [_old(baseline, one) for one in inputs],
                "combined": combined.batch(inputs),
            }
            for at, sample in enumerate(part):
                rows.append(
                    {
                        "id": sample.id,
                        "set": name,
                        "input": inputs[at].model_dump(mode="json"),
                        "target": sample.target,
                        "meta": sample.meta,
                        "answers": {who: _judged(metrics, sample, answers[who][at]) for who in CONTESTANTS},
                    }
                )
            remembered.seen.clear()
            listening.end()
    return rows


def reduce(metric: Metric, rows: Iterable[Mapping[str, Any]], contestant: str) -> dict[str, Any]:
    """Reduce one contestant's scores in answer rows with the headline metric's own `reduce`."""
    answers = [row["answers"][contestant] for row in rows]
    return metric.reduce([_score(one) for one in answers])


def write_answers(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write answer rows as JSON Lines, atomically."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows))


def read_answers(path: Path, count: int) -> list[dict[str, Any]]:
    """Read the so many answer rows of a finished run; where there are none, or another number, it is a RunError."""
    if not path.exists():
        raise RunError(
            f"{path} is missing; finish the run with `dsol train --run {path.parent}` or score it with `dsol eval`"
        )
    again = "score the run again with `dsol eval`, and put the answers.jsonl that it writes in this one's place"
    try:
        with open(path, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}; {again}") from error
    if len(rows) != count:
        raise RunError(f"{path} is damaged: it has {len(rows)} rows, and {count} were written; {again}")
    return rows


def _old(baseline: Baseline | None, one: BaseModel) -> Answer[Any]:
    if baseline is None:
        return Answer(reason="no_baseline")
    output, confidence = baseline(one)
    if output is None:
        return Answer(reason="no_answer")
    return Answer(value=output, confidence=min(1.0, max(0.0, confidence)), source="baseline")


def _judged(metrics: Sequence[Metric], sample: Sample, answer: Answer[Any]) -> dict[str, Any]:
    scores = {metric.name: metric.score(sample, answer.value) for metric in metrics}
    headline = scores[metrics[0].name]
    return {
        "output": _brief(answer.value.model_dump(mode="json") if isinstance(answer.value, BaseModel) else answer.value),
        "score": headline.value,
        "weight": headline.weight,
        "detail": headline.detail,
        "scores": {name: score.value for name, score in scores.items()},
        "confidence": answer.confidence,
        "source": answer.source,
        "reason": answer.reason,
        "ask": answer.ask,
        "items": _items(answer, headline),
        "missed": headline.missed,
    }


def _items(answer: Answer[Any], score: Score) -> list[dict[str, Any]]:
    if not answer.items:  # the bare model and the baseline give values only
        who = "baseline" if answer.source == "baseline" else "model"
        known = [Item(source=who, confidence=answer.confidence)] * len(score.items)
    else:
        known = list(answer.items)
    return [
        {
            "right": right,
            "confidence": item.confidence,
            "source": item.source,
            "reason": NOT_COUNTED if item.reason == OK and not counts else item.reason,
        }
        for item, right, counts in zip(known, score.items, score.counting, strict=True)
    ]


def _score(answer: Mapping[str, Any]) -> Score:
    items = answer.get("items", ())
    right, counting = tuple(item["right"] for item in items), tuple(item["reason"] == OK for item in items)
    return Score(answer["score"], answer["detail"], answer.get("weight", 1.0), right, counting, answer.get("missed", 0))


def _brief(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _brief(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_brief(one) for one in value[:LONGEST]]
    return value
