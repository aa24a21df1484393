"""Lay a plan out for a terminal: the rules in a table where there is room for one, else one below the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dsol.knowhow.words import count, duration, memory
from dsol.planning.plan import Plan
from dsol.sizing.fitting import USABLE

WIDEST = 120  # columns: longer lines are hard to read
NARROW = 100  # columns: with fewer, a table of sentences is a column of syllables


def tables(plan: Plan, width: int) -> Iterable[Any]:
    """Lay a plan out as rich tables and lines for a terminal of so many columns."""
    from rich.padding import Padding
    from rich.text import Text

    if width >= NARROW:
        yield _advice_table(plan, width)
    else:
        yield from _advice_list(plan)
    yield ""
    if plan.differences:
        yield "Where the solutions' recipes differ"
        yield from (Padding(Text(one.worded), (0, 0, 0, 2)) for one in plan.differences)
        yield ""
    yield from _size_tables(plan)
    yield ""
    yield from _time_lines(plan)
    yield ""
    yield f"Disk: {plan.disk.worded}." if plan.disk.fits else f"Disk, too little room: {plan.disk.worded}."


def _advice_table(plan: Plan, width: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="What the rules propose", title_justify="left", show_edge=False, show_lines=True)
    table.width = min(max(width, 80), WIDEST)
    table.add_column("rule, setting", min_width=24, overflow="fold")
    table.add_column("proposed, used", min_width=18, overflow="fold")
    table.add_column("because", ratio=5)
    table.add_column("evidence for (+) and against (-)", ratio=6)
    before = ""
    for one in plan.advice:
        used = Text(f"{_value(one.value)}\n")
        if one.state == "overridden":
            used.append(f"overridden: {_value(one.used)}", style="bold yellow")
        else:
            used.append(one.state, style="dim")
        evidence = f"+ {one.evidence}" + (f"\n- {one.against}" if one.against else "")
        rule = Text(f"{one.rule}\n").append(one.setting, style="dim")
        table.add_row(rule, used, one.because, Text("as above" if one.rule == before else evidence))
        before = one.rule
    return table


def _advice_list(plan: Plan) -> Iterable[Any]:
    from rich.padding import Padding
    from rich.text import Text

    yield Text("What the rules propose", style="italic")
    before = ""
    for one in plan.advice:
        used = f"overridden: {_value(one.used)}" if one.state == "overridden" else one.state
        yield Text.assemble(
            "\n", (one.rule, "bold"), f"  {one.setting} ", (_value(one.value), "bold"), f", {used}" if used else ""
        )
        yield Padding(f"because {one.because}", (0, 0, 0, 2))
        if one.rule != before:
            yield Padding(Text(f"+ {one.evidence}", style="dim"), (0, 0, 0, 2))
            if one.against:
                yield Padding(Text(f"- {one.against}", style="dim"), (0, 0, 0, 2))
        before = one.rule


def _size_tables(plan: Plan) -> Iterable[Any]:
    from rich.box import SIMPLE_HEAD
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
            title=f"Training, stage {stage.name}: {count(stage.step.tokens)} tokens in a step",
            title_justify="left",
            show_edge=False,
            box=SIMPLE_HEAD,
            padding=0,  # so that eight columns, up to "192.8 GB" each, are whole in 80 letters
        )
        for name in ("way", "weights", "grads.", "optim.", "activ.", "work", "peak"):
            table.add_column(name, justify="left" if name == "way" else "right", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
        for one in stage.ways:
            for again, sized in ((False, one.kept), (True, one.again)):
                fits = ("fits" if sized.peak <= one.room else "too large") if one.room else "?"
                table.add_row(
                    one.way + (", recomputed" if again else ""),
                    memory(sized.weights),
                    memory(sized.gradients),
                    memory(sized.optimizer),
                    memory(sized.activations),
                    memory(max(sized.workspace, sized.update) + sized.runtime),
                    memory(sized.peak),
                    fits + (" *" if one.way == stage.way and again == stage.again else ""),
                )
        yield table
    table = Table(
        title=f"Answering: {plan.ask.context} tokens each, {plan.ask.concurrency} at once",
        title_justify="left",
        show_edge=False,
        box=SIMPLE_HEAD,
    )
    for name in ("weights in", "weights", "key/value cache", "peak", "verdict"):
        table.add_column(name, justify="left" if name in ("weights in", "verdict") else "right")
    for name, served in plan.serving:
        fits = ("fits" if served.peak <= plan.room else "too large") if machine.memory else "?"
        table.add_row(name, memory(served.weights), memory(served.cache), memory(served.peak), fits)
    yield table
    yield from _notes(plan)


def _notes(plan: Plan) -> Iterable[str]:
    machine = plan.facts.machine
    yield (
        f"Peak: weights, optimizer and the larger of activations and gradients, each with its workspace. Fits: within "
        f"{USABLE:.0%} of the memory of {'one card' if machine.device == 'cuda' else 'this machine'}."
    )
    yield (
        "Recomputed: activations are computed twice instead of kept (gradient checkpointing), which takes longer. "
        "*: what the run uses."
    )
    for stage in plan.stages:
        used = next((one for one in stage.ways if one.way == stage.way), None)
        if used and used.room and not used.fits:
            fitting = [one.way for one in stage.ways if one.fits and one.trained]
            instead = f"; {fitting[-1]} does: --set stages.{stage.name}.tune={fitting[-1]}" if fitting else ""
            yield f"Mind: stage {stage.name} is to be tuned {stage.way}, which does not fit{instead}."
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
        took = duration(stage.hours)
        yield f"  stage {stage.name}, {stage.way}: {count(stage.tokens)} tokens ({stage.tokens_from}): {took}"
    if len(plan.stages) > 1 and all(stage.tokens for stage in plan.stages):
        yield f"  together {duration(total)}"
    yield "  Scoring checkpoints and building data come on top."


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
