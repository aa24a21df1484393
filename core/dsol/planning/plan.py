"""What `dsol plan` finds out before anything is built: the facts of a run, the rules' advice, sizes and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dsol import knowhow
from dsol.errors import BackendError, DsolError
from dsol.joining import Difference
from dsol.knowhow import Rule
from dsol.knowhow.facts import Facts
from dsol.knowhow.starting import chosen_way, step_work
from dsol.knowhow.words import count, memory
from dsol.parts import Parts
from dsol.planning.disk import Disk, estimate
from dsol.planning.gathering import gather, stage_tokens
from dsol.recipe import Stage
from dsol.run import Run
from dsol.sizing import duration as durations
from dsol.sizing import fitting
from dsol.sizing.duration import Speed
from dsol.sizing.machine import Machine, look
from dsol.sizing.memory import Serving, Work, serving
from dsol.sizing.shape import Shape, smaller


class TooLarge(DsolError):
    """A plan that can't be carried out on the hardware, or a base above the ceiling."""


@dataclass(frozen=True)
class Ask:
    """What a user wants to know: serving at `context` tokens for `concurrency` answers at once; `force` plans on."""

    context: int = 4096
    concurrency: int = 1
    force: bool = False


@dataclass(frozen=True)
class StagePlan:
    """One stage: its largest step, the ways to train, the one that is used (`again`: activations computed twice), and
    tokens and hours (0: not known).
    """

    name: str
    step: Work
    ways: list[fitting.Option]
    way: str
    again: bool
    tokens: int
    tokens_from: str
    hours: float


@dataclass(frozen=True)
class Plan:
    """All that a plan says."""

    facts: Facts
    advice: list[knowhow.Advice]
    stages: list[StagePlan]
    serving: list[tuple[str, Serving]]
    speed: Speed
    ask: Ask
    disk: Disk
    differences: Sequence[Difference] = ()

    @property
    def room(self) -> float:
        """Bytes of one card, or of this machine, that may be filled."""
        return self.facts.machine.memory * fitting.USABLE


def make(
    parts: Parts, run: Run, shape: Shape, machine: Machine, ask: Ask, rules: Mapping[str, Rule], speed: Speed
) -> Plan:
    """Make the whole plan; nothing is built, fetched or written."""
    facts = gather(parts, run, shape, machine)
    advice = knowhow.advise(parts.recipe, rules, facts)
    stages = [_stage(name, stage, facts, speed) for name, stage in parts.recipe.stages.items()]
    served = [("16 bit" if machine.device != "cpu" else "fp32", serving(shape, machine, ask.context, ask.concurrency))]
    if machine.device != "cpu":
        served.append(("4 bit", serving(shape, machine, ask.context, ask.concurrency, four_bit=True)))
    return Plan(facts, advice, stages, served, speed, ask, estimate(parts, run, facts), parts.differences)


def check(plan: Plan) -> None:
    """Stop at a base above 13B, or where no way fits; the error says what would."""
    shape, machine = plan.facts.shape, plan.facts.machine
    if plan.ask.force or not shape.parameters:
        return
    if fitting.too_large(shape):
        raise TooLarge(
            f"{shape.name} has {count(shape.parameters)} parameters, above the ceiling of "
            f"{count(fitting.CEILING)}; take a smaller base, such as "
            f"{smaller(fitting.CEILING).name}, or say --force"
        )
    for stage in plan.stages:
        if machine.memory and not any(one.fits and one.trained for one in stage.ways):
            would = fitting.what_would(shape, stage.step, machine, stage.ways)
            least = min(one.again.peak for one in stage.ways if one.trained)
            raise TooLarge(
                f"stage {stage.name}: no way to train {shape.name} fits {machine.title} "
                f"(the least needs {memory(least)}); what would: {'; '.join(would)}; or say --force"
            )


def described(plan: Plan) -> dict[str, Any]:
    """Turn a plan into plain values for programs."""
    facts = plan.facts
    return {
        "advice": knowhow.described(plan.advice),
        "facts": {
            "sources": {name: asdict(source) for name, source in facts.sources.items()},
            "examples": dict(facts.examples),
            "examples_counted": facts.counted,
            "shape": asdict(facts.shape),
            "machine": asdict(facts.machine),
        },
        "stages": [
            {
                "stage": stage.name,
                "step_tokens": stage.step.tokens,
                "way": stage.way,
                "checkpointing": stage.again,
                "tokens": stage.tokens,
                "tokens_from": stage.tokens_from,
                "hours": stage.hours,
                "ways": [
                    {
                        "way": one.way,
                        "verdict": one.verdict,
                        "room": one.room,
                        "kept": {**asdict(one.kept), "peak": one.kept.peak},
                        "checkpointed": {**asdict(one.again), "peak": one.again.peak},
                    }
                    for one in stage.ways
                ],
            }
            for stage in plan.stages
        ],
        "serving": [
            {"weights_in": name, **asdict(one), "peak": one.peak, "fits": one.peak <= plan.room}
            for name, one in plan.serving
        ],
        "speed": asdict(plan.speed),
        "disk": {
            "place": str(plan.disk.place),
            "needs": dict(plan.disk.needs),
            "total": plan.disk.total,
            "free": plan.disk.free,
            "fits": plan.disk.fits,
        },
        "differences": [asdict(one) for one in plan.differences],
        "context": plan.ask.context,
        "concurrency": plan.ask.concurrency,
    }


def _stage(name: str, stage: Stage, facts: Facts, speed: Speed) -> StagePlan:
    way = chosen_way(stage, facts)
    work = step_work(stage, way, facts.shape.origin == "scratch")
    ways = fitting.options(facts.shape, work, facts.machine)
    tokens, told = stage_tokens(stage, facts)
    used = next((one for one in ways if one.way == way), None)
    again = bool(used and used.room and used.kept.peak > used.room)
    each = durations.operations(facts.shape, way, min(stage.context, work.tokens), work.labelled / work.tokens, again)
    return StagePlan(name, work, ways, way, again, tokens, told, durations.hours(tokens, each, speed))


def shape_of(parts: Parts, name: str = "") -> Shape:
    """Ask the backend for the base's shape; one that has no answer gives an unknown one."""
    describe = getattr(parts.backend, "describe", None)
    if describe is None:
        if name:
            raise BackendError(f"backend {parts.recipe.backend} can't describe shapes; leave --shape out")
        return Shape()
    found: Shape = describe(parts.grounded, name)
    return replace(found, name=parts.recipe.base) if not name and parts.recipe.base in parts.bases else found


def measured(parts: Parts, shape: Shape) -> Speed:
    """Let the backend time a layer of this shape here; one that can't gives a speed of 0."""
    probe = getattr(parts.backend, "probe", None)
    if probe is None or not shape.layers:
        return Speed()
    found: Speed = probe(shape)
    return found


def known(parts: Parts, run: Run) -> Facts:
    """Gather the facts of this run: its base, its data as far as they are known, this machine."""
    return gather(parts, run, shape_of(parts), look())
