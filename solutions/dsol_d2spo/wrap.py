"""The object that a product embeds: passages asked, triples proved, the baseline's merged in, each with confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dsol import Answer, Baseline, Generate, Item
from dsol.answer import OK
from dsol.items import UNSURE
from dsol_d2spo.answers.asking import ask
from dsol_d2spo.answers.proving import UNGROUNDED, nearest, placing, prove, tightened
from dsol_d2spo.names.grounding import Ground
from dsol_d2spo.passages.composing import Composed
from dsol_d2spo.passages.long import Answer as Answerer
from dsol_d2spo.passages.long import extract
from dsol_d2spo.passages.merging import merge
from dsol_d2spo.passages.pieces import cut, sentences
from dsol_d2spo.prompt import make_prompt, prompts
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Input, Settings
from dsol_d2spo.triple import Dropped, Found, Output
from dsol_d2spo.world import World, read_world

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from dsol.calibration import Calibration

AT_ONCE = 64  # passages of short documents that are asked together; longer documents are asked by themselves
SHOWN = 200


def wrap(
    generate: Generate,
    settings: Settings,
    *,
    calibration: Calibration,
    baseline: Baseline | None,
    files: Mapping[str, Any],
) -> Runnable[Any, Answer[Output]]:
    """Make the Runnable: Input -> Answer[Output]; see the reason codes in `conclude`."""
    from dsol.wrapping import Answering

    world = read_world(settings, files)
    answer = make_answer(generate, settings, world)

    def answer_all(inputs: Sequence[Input]) -> list[Answer[Output]]:
        known: dict[str, Output] = {}
        composed = [Composed.of(one.text) for one in inputs]
        texts = {one.text: [piece.text for piece in cut(one.text, settings)] for one in composed if one.text.strip()}
        short = [piece for pieces in texts.values() if len(pieces) <= AT_ONCE for piece in pieces]
        for start in range(0, len(short), AT_ONCE):
            some = list(dict.fromkeys(short[start : start + AT_ONCE]))
            known |= zip(some, answer(some), strict=True)

        def again(passages: Sequence[str]) -> Sequence[Output]:
            return [known[one] if one in known else answer([one])[0] for one in passages]

        found = []
        for given, one in zip(inputs, composed, strict=True):
            asked = again if len(texts.get(one.text, ())) <= AT_ONCE else answer
            output = extract(one.text, asked, settings, world.schema) if one.text.strip() else Output()
            old = baseline(Input(text=one.text, id=given.id)) if baseline and one.text.strip() else None
            found.append(conclude(one, output, settings, calibration, old, world.schema))
        return found

    return Answering(Input, answer_all)


def make_answer(generate: Generate, settings: Settings, world: World) -> Answerer:
    """Make the function that extracts from passages; confidence and signals are the model's own, not calibrated."""
    prompt = make_prompt(settings)

    def answer(passages: Sequence[str]) -> list[Output]:
        asked = [prompts(one, world.schema, settings, world.knowledge) for one in passages]
        heard = iter(ask(generate, prompt, [values for some in asked for values in some], settings))
        found = []
        for passage, some in zip(passages, asked, strict=True):
            parts = [next(heard) for _ in some]
            said = [one for triples, _ in parts for one in triples]
            proved = prove(passage, said, world, settings.match)
            found.append(Output(triples=tuple(proved), dropped=tuple(one for _, out in parts for one in out)))
        return found

    return answer


def conclude(
    composed: Composed,
    output: Output,
    settings: Settings,
    calibration: Calibration,
    old: tuple[Output | None, float] | None,
    schema: Schema,
) -> Answer[Output]:
    """Say how sure each triple is, merge the baseline's in, and answer with what is sure enough, best first.

    `output`: what `extract` gave; `old`: the baseline's answer, None where there is no baseline. Reasons: ok, fallback
    (only the baseline's triples count), low_confidence (triples, none sure enough), nothing_found (the model says that
    there are none), unreadable (nothing that it wrote can be used), empty_text. Flags of triples: low_confidence,
    ungrounded, off_schema, unresolved_pronoun; with `settings.drop` such triples are dropped instead. `output` and
    `old` have the places of the composed text, the answer those of the text that was given.
    """
    text = composed.text
    if not text.strip():
        return Answer(reason="empty_text", ask="The text is empty.")
    found = list(output.triples)
    if old is not None and old[0] is not None:
        ground = Ground(text)
        ours = [_of_baseline(one, ground, old[1]) for one in old[0].triples]
        found = merge(text, [*found, *ours], schema, aliases=settings.aliases)
    found = [tightened(one, text) for one in found]
    bounds = sentences(text)
    judged = [(one, calibration.items.judge(_item(one, bounds), old is not None)) for one in found]
    learned = calibration.items.items > 0
    if learned:
        judged = [(one, _bounded(item, settings.confidence)) for one, item in judged]
    judged.sort(key=lambda pair: (pair[1].reason != OK, -pair[1].confidence, -pair[0].count))
    kept = [pair for pair in judged if pair[1].reason == OK or not (settings.drop and learned)]
    kept = kept[: settings.triples or None]
    out = (
        [Dropped(text=_plain(one), reason=item.reason) for one, item in judged if item.reason != OK]
        if (settings.drop and learned)
        else []
    )
    counting = [item for _, item in kept if item.reason == OK]
    usable = bool(output.triples) or not output.dropped
    source, reason = _who(counting, bool(judged), usable)
    value = Output(triples=tuple(_said(one, item) for one, item in kept), dropped=(*output.dropped, *out))
    return Answer(
        value=composed.back(value) if source != "none" else None,
        confidence=sum(item.confidence for item in counting) / len(counting) if counting else 0.0,
        source=source,
        reason=reason,
        items=tuple(item for _, item in kept) if source != "none" else (),
        evidence={
            "model_found": len(output.triples),
            "baseline_found": len(old[0].triples) if old and old[0] else 0,
            "quotes": [_quote(one, text) for one, _ in kept],
        },
    )


def _of_baseline(one: Found, ground: Ground, confidence: float) -> Found:
    """Take a triple of the baseline, grounded here if it isn't; what makes it likely is the baseline's own word."""
    places = (one.subject_spans, one.object_spans)
    if not one.grounded:
        places = nearest(ground.find(one.subject).spans, ground.find(one.object).spans)
    grounded = all(places)
    return one.model_copy(
        update={
            "subject": ground.text[places[0][0].start : places[0][0].end] if grounded else one.subject,
            "object": ground.text[places[1][0].start : places[1][0].end] if grounded else one.object,
            "subject_spans": places[0] if grounded else (),
            "object_spans": places[1] if grounded else (),
            "source": "baseline",
            "signals": {"baseline": one.confidence or confidence},
            "flag": one.flag or ("" if grounded else UNGROUNDED),
        }
    )


def _item(one: Found, bounds: Sequence[Any]) -> Item:
    signals = {**one.signals, **placing(one, bounds)}
    sure = signals.pop("baseline", None)
    return Item(source=one.source, reason=one.flag or OK, signals=signals, baseline=sure)


def _bounded(item: Item, least: float) -> Item:
    unsure = item.reason == OK and item.confidence < least
    return item.model_copy(update={"reason": UNSURE}) if unsure else item


def _said(one: Found, item: Item) -> Found:
    flag = "" if item.reason == OK else item.reason
    return one.model_copy(update={"confidence": item.confidence, "flag": flag, "signals": {}})


def _who(counting: Sequence[Item], any_found: bool, usable: bool) -> tuple[Any, str]:
    """Say who answers, and the reason code."""
    sources = {item.source for item in counting}
    if not counting:
        if any_found:
            return "model", UNSURE
        return ("model", "nothing_found") if usable else ("none", "unreadable")
    if sources == {"baseline"}:
        return "baseline", "fallback"
    return ("model" if sources == {"model"} else "both"), OK


def _quote(one: Found, text: str) -> str:
    """Give the sentences that prove a triple."""
    return " … ".join(text[span.start : span.end] for span in one.evidence)[:SHOWN]


def _plain(one: Found) -> str:
    return f"{one.subject} | {one.predicate} | {one.object}"[:SHOWN]
