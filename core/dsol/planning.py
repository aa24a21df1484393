"""What `dsol plan` finds out before anything is built: the facts of a run, the rules' advice, sizes and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol import knowhow
from dsol.counting import Counted, count_files
from dsol.errors import BackendError, DsolError
from dsol.knowhow.facts import Facts, SourceFacts
from dsol.knowhow.starting import chosen_way, step_work
from dsol.knowhow.words import count, duration, memory
from dsol.sizing import duration as durations
from dsol.sizing import fitting
from dsol.sizing.duration import Speed
from dsol.sizing.machine import Machine
from dsol.sizing.memory import serving
from dsol.sizing.shape import Shape

if TYPE_CHECKING:
    from dsol.line import Parts
    from dsol.recipe import Stage

EXAMPLES = "examples"  # the setting of a solution that names files of training examples
MADE = "synthesis"  # the one that says how many more are made


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
    """One stage's step, ways to train, the way that is used, tokens and hours (0: not known) with their sources."""

    name: str
    step_tokens: int
    ways: list[fitting.Option]
    way: str
    tokens: int
    tokens_from: str
    hours: float


@dataclass(frozen=True)
class Plan:
    """All that a plan says."""

    facts: Facts
    advice: list[knowhow.Advice]
    stages: list[StagePlan]
    serving: list[tuple[str, Any]]
    speed: Speed
    ask: Ask


def gather(parts: Parts, run: Path, shape: Shape, machine: Machine) -> Facts:
    """Collect what can be known within a second or two: from the run's folder where there is one, else from files."""
    examples, how = _examples(parts, run)
    sources = {}
    for name, source in parts.recipe.sources.items():
        exact = _tokenised(run, name)
        found = exact or count_files(_paths(source.model_dump()))
        sources[name] = SourceFacts(source.kind, found.rows, found.tokens, found.how)
    return Facts(sources, examples, how, shape, machine)


def make(parts: Parts, run: Path, shape: Shape, machine: Machine, ask: Ask, rules: Any, speed: Speed) -> Plan:
    """Make the whole plan; nothing is built, fetched or written."""
    facts = gather(parts, run, shape, machine)
    advice = knowhow.advise(parts.recipe, rules, facts)
    stages = [_stage(name, stage, facts, speed) for name, stage in parts.recipe.stages.items()]
    served = [("16 bit" if machine.device != "cpu" else "fp32", serving(shape, machine, ask.context, ask.concurrency))]
    if machine.device != "cpu":
        served.append(("4 bit", serving(shape, machine, ask.context, ask.concurrency, four_bit=True)))
    return Plan(facts, advice, stages, served, speed, ask)


def check(plan: Plan) -> None:
    """Stop at a base above 13B, or where no way fits; the error says what would."""
    shape, machine = plan.facts.shape, plan.facts.machine
    if plan.ask.force or not shape.parameters:
        return
    if fitting.too_large(shape):
        raise TooLarge(
            f"{shape.name} has {count(shape.parameters)} parameters, above the ceiling of "
            f"{count(fitting.CEILING)}; take a smaller base, such as "
            f"{fitting.smaller(fitting.CEILING).name}, or say --force"
        )
    for stage in plan.stages:
        if machine.memory and not any(one.fits for one in stage.ways):
            would = fitting.what_would(shape, replace(_work(stage), tokens=stage.step_tokens), machine, stage.ways)
            least = min(one.again.peak for one in stage.ways)
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
                "step_tokens": stage.step_tokens,
                "way": stage.way,
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
            {"weights_in": name, **asdict(one), "peak": one.peak, "fits": one.peak <= _room(facts.machine)}
            for name, one in plan.serving
        ],
        "speed": asdict(plan.speed),
        "context": plan.ask.context,
        "concurrency": plan.ask.concurrency,
    }


def tables(plan: Plan) -> Iterable[Any]:
    """Lay a plan out as rich tables and lines for a terminal."""
    yield _advice_table(plan)
    yield ""
    yield from _size_tables(plan)
    yield ""
    yield from _time_lines(plan)


def _advice_table(plan: Plan) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="What the rules propose", title_justify="left", show_edge=False, show_lines=True)
    table.add_column("rule and setting", ratio=22, overflow="fold")
    table.add_column("proposed, used", ratio=20, overflow="fold")
    table.add_column("because", ratio=34)
    table.add_column("evidence (+ for, - against)", ratio=38)
    for one in plan.advice:
        used = Text(f"{_value(one.value)}\n")
        if one.state == "overridden":
            used.append(f"overridden: {_value(one.used)}", style="bold yellow")
        elif one.state:
            used.append(one.state, style="dim")
        evidence = f"+ {one.evidence}" + (f"\n- {one.against}" if one.against else "")
        table.add_row(Text(f"{one.rule}\n").append(one.setting, style="dim"), used, one.because, Text(evidence))
    return table


def _size_tables(plan: Plan) -> Iterable[Any]:
    from rich.table import Table

    shape, machine = plan.facts.shape, plan.facts.machine
    if not shape.parameters:
        yield "Sizes: the base's shape isn't known, so nothing can be sized."
        return
    yield (
        f"Sizes of {shape.name}: {count(shape.parameters)} parameters ({shape.counted}), {shape.layers} layers of "
        f"{shape.hidden}, vocabulary {count(shape.vocabulary)}; on {machine.title or 'an unknown machine'}"
    )
    for stage in plan.stages:
        table = Table(
            title=f"Training, stage {stage.name}: {count(stage.step_tokens)} tokens in a step",
            title_justify="left",
            show_edge=False,
        )
        for name in ("way", "weights", "gradients", "optimizer", "activations", "workspace", "peak"):
            table.add_column(name, justify="left" if name == "way" else "right", no_wrap=name != "activations")
        table.add_column("verdict")
        for one in stage.ways:
            for again, sized in ((False, one.kept), (True, one.again)):
                fits = "fits" if sized.peak <= one.room else "does not fit"
                table.add_row(
                    one.way + (", checkpointing" if again else ""),
                    memory(sized.weights),
                    memory(sized.gradients),
                    memory(sized.optimizer),
                    memory(sized.activations),
                    memory(max(sized.workspace, sized.update) + sized.runtime),
                    memory(sized.peak),
                    (fits if one.room else "?") + (" (used)" if one.way == stage.way and not again else ""),
                )
        yield table
    table = Table(
        title=f"Answering: {plan.ask.context} tokens each, {plan.ask.concurrency} at once",
        title_justify="left",
        show_edge=False,
    )
    for name in ("weights in", "weights", "key/value cache", "peak", "verdict"):
        table.add_column(name, justify="left" if name in ("weights in", "verdict") else "right")
    for name, one in plan.serving:
        fits = ("fits" if one.peak <= _room(machine) else "does not fit") if machine.memory else "?"
        table.add_row(name, memory(one.weights), memory(one.cache), memory(one.peak), fits)
    yield table
    yield from _notes(plan)


def _notes(plan: Plan) -> Iterable[str]:
    machine = plan.facts.machine
    yield (
        f"Peak: weights, optimizer and the larger of activations and gradients, each with its workspace. Fits: within "
        f"{fitting.USABLE:.0%} of the memory of {'one card' if machine.device == 'cuda' else 'this machine'}."
    )
    if machine.device == "cuda":
        yield "4-bit (QLoRA) is sized for comparison; the backend trl trains full and with LoRA."
    if machine.count > 1:
        yield (
            f"With {machine.count} cards full tuning shares its states out among them (FSDP or ZeRO-3, started with "
            "accelerate); LoRA keeps a copy on each card."
        )


def _time_lines(plan: Plan) -> Iterable[str]:
    if not plan.speed.flops:
        yield "Time: no speed is known; name the card (--gpu H100), or plan on the machine itself to measure it."
        return
    yield f"Time, at {plan.speed.source}:"
    total = 0.0
    for stage in plan.stages:
        if not stage.tokens:
            yield f"  stage {stage.name}: its tokens aren't known before the data are built ({stage.tokens_from})"
            continue
        total += stage.hours
        yield f"  stage {stage.name}, {stage.way}: {count(stage.tokens)} tokens ({stage.tokens_from}): {duration(stage.hours)}"
    if len(plan.stages) > 1 and total:
        yield f"  together {duration(total)}"
    yield "  Scoring checkpoints and building data come on top."


def _stage(name: str, stage: Stage, facts: Facts, speed: Speed) -> StagePlan:
    way = chosen_way(stage, facts)
    work = step_work(stage, way, facts.shape.origin == "scratch")
    ways = fitting.options(facts.shape, work, facts.machine)
    tokens, told = _stage_tokens(stage, facts)
    used = next((one for one in ways if one.way == way), None)
    again = bool(used and used.room and used.kept.peak > used.room)
    each = durations.operations(facts.shape, way, min(stage.context, work.tokens), work.labelled / work.tokens, again)
    return StagePlan(name, work.tokens, ways, way, tokens, told, durations.hours(tokens, each, speed))


def _work(stage: StagePlan) -> Any:
    from dsol.sizing.memory import Work

    return Work("lora", stage.step_tokens, stage.step_tokens)


def _stage_tokens(stage: Stage, facts: Facts) -> tuple[int, str]:
    if stage.tokens:
        return stage.tokens, "as the recipe says"
    known = sum(source.tokens for source in facts.sources.values())
    if stage.data == "documents" and known:
        return round(known * stage.epochs), f"{stage.epochs:g} times the sources' tokens, estimated"
    return 0, f"{stage.epochs:g} times its rows"


def _examples(parts: Parts, run: Path) -> tuple[dict[str, int], str]:
    from dsol.run import read_json

    report = run / "data" / "report.json"
    if report.exists():
        return {parts.recipe.solution: sum(read_json(report)["sources"].values())}, f"(counted in {run})"
    wanted = dict(parts.recipe.solutions) or {parts.recipe.solution: parts.recipe.settings}
    found, told = {}, []
    for name, settings in wanted.items():
        rows = count_files(_paths(settings.get(EXAMPLES))).rows
        made = settings.get(MADE, 0)
        found[name] = rows + (made if isinstance(made, int) else 0)
        told.append(f"{count(rows)} in files" + (f" and {count(made)} to be made" if made else ""))
    return {name: number for name, number in found.items() if number}, f"({'; '.join(told)})"


def _tokenised(run: Path, source: str) -> Counted | None:
    path = run / "rows" / f"{source}.arrow"
    if not path.exists():
        return None
    from dsol.rows import sizes

    lengths = sizes(path)[0]
    return Counted(len(lengths), int(lengths.sum()), "counted in the run")


def _paths(value: Any) -> list[Path]:
    """Find the files and folders that a setting names."""
    if isinstance(value, str | Path):
        path = Path(value).expanduser()
        return [path] if path.exists() else []
    if isinstance(value, dict):
        value = value.values()
    return [path for one in value for path in _paths(one)] if isinstance(value, Iterable) else []


def _room(machine: Machine) -> float:
    return machine.memory * fitting.USABLE


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


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
    measure = getattr(parts.backend, "measure", None)
    if measure is None or not shape.layers:
        return Speed()
    found: Speed = measure(shape)
    return found
