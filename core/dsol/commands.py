"""The built-in commands: each is a piece of the straight line, and imports that piece only when it is called."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dsol.arguments import (
    BaselineOption,
    BaseOption,
    JsonOption,
    RecipeOption,
    RestartOption,
    RunOption,
    SetOption,
    SolutionOption,
    Targets,
    default_folder,
    own_options,
    read_baseline,
    read_parts,
)
from dsol.errors import RecipeError, RunError
from dsol.terminal import print_rows, print_tables

if TYPE_CHECKING:
    from dsol.mcq.scoring import Options

FormOption = Literal["letters", "text", "both"]
ChatOption = Literal["auto", "yes", "no"]


def plan(
    context: typer.Context,
    targets: Targets,
    run: RunOption = None,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    gpu: Annotated[
        str, typer.Option("--gpu", help="Plan for 1x24GB, 2x80GB, H100, 4xA100 or cpu [default: here].")
    ] = "",
    shape: Annotated[
        str, typer.Option("--shape", help="Size this instead of the base: a config.json, or a name (Qwen3-8B).")
    ] = "",
    length: Annotated[int, typer.Option("--context", min=1, help="Tokens of one answer with its prompt.")] = 4096,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Answers written at once.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Plan on above 13B, or where nothing fits.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what the know-how rules propose and why, what memory a run needs, what fits, and how long it takes.

    Ends with an error (exit code 2) above 13B parameters or where nothing fits, and says what would.
    """
    from dsol import planning
    from dsol.run import Run
    from dsol.sizing import duration, look, parse

    parts = read_parts(context, targets, recipe, base, changes, like=shape)
    found = planning.shape_of(parts, shape)
    machine = parse(gpu) if gpu else look()
    named = bool(gpu) and machine.device != "cpu"
    speed = duration.looked_up(machine) if named else planning.measured(parts, found)
    folder = Run(run or default_folder(parts, targets))
    asked = planning.Ask(length, concurrency, force)
    made = planning.make(parts, folder, found, machine, asked, context.obj.rules, speed)
    planning.check(made)
    print_tables(planning.described(made) if as_json else made, planning.tables, as_json)


def build_data(
    context: typer.Context,
    targets: Targets,
    run: RunOption = None,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    restart: RestartOption = False,
    as_json: JsonOption = False,
) -> None:
    """Build, split and check the samples, and stop there."""
    from dsol import building
    from dsol.data import counted
    from dsol.files import read_json
    from dsol.progress import Watch
    from dsol.run import locked, open_run
    from dsol.run import restart as remove

    parts = read_parts(context, targets, recipe, base, changes)
    folder = run or default_folder(parts, targets)
    if restart:
        remove(folder)
    opened = open_run(folder, parts.recipe)
    with locked(opened):
        building.build(parts, opened, Watch())
    reports = {task.name: read_json(parts.home(opened, task) / "data" / "report.json") for task in parts.tasks}
    documents = opened / "data" / "sources.json"
    reports |= {"sources": read_json(documents)} if documents.exists() else {}
    print_rows(reports if as_json else counted(reports, parts), as_json)
    if not as_json:
        print(f"samples and report: {opened / 'data'}")


def train(
    context: typer.Context,
    targets: Targets,
    run: RunOption = None,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    baseline: BaselineOption = "",
    restart: RestartOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train solutions or a recipe, score them, compare with the baseline; on the same folder it goes on.

    Every setting of a solution is an option as well, such as --database and --examples of text2sql.
    """
    from dsol import line, report
    from dsol.files import read_json
    from dsol.progress import Watch, took
    from dsol.run import Run
    from dsol.run import restart as remove

    started = time.monotonic()
    parts = read_parts(context, targets, recipe, base, changes)
    folder = run or default_folder(parts, targets)
    if restart:
        remove(folder)
    before = Run(folder).manifest()
    old = read_baseline(baseline, [task.name for task in parts.tasks])
    finished = line.train(parts, folder, context.obj, Watch(), old)
    homes = {task.name: parts.home(finished, task) for task in parts.tasks}
    homes |= {"run": finished} if len(homes) != 1 else {}
    reports = {name: read_json(home / "report.json") for name, home in homes.items()}
    if as_json:
        print_rows(reports if len(parts.tasks) != 1 else reports[parts.names], True)
    for name, numbers in reports.items() if not as_json else ():
        if len(homes) > 1:
            print(f"\n{name}\n")
        print_tables(numbers, report.tables, False)
        print(f"report: {homes[name] / 'report.html'}")
    if not as_json and not before.get("complete"):
        again = " in this call; the run was begun by an earlier one" if before.get("steps") else ""
        print(f"took {took(time.monotonic() - started)}{again}")


def evaluate(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run's folder; with --mcq also a base.")],
    baseline: BaselineOption = "",
    solution: SolutionOption = "",
    checkpoint: Annotated[str, typer.Option("--checkpoint", help="stages/<stage>/checkpoint-<step> of the run.")] = "",
    name: Annotated[str, typer.Option("--name", help="Folder under <run>/eval for the answers.")] = "heldout",
    mcq: Annotated[list[Path] | None, typer.Option("--mcq", help="Score on multiple-choice questions instead.")] = None,
    shots: Annotated[int, typer.Option("--shots", min=0, help="Solved questions in front of each (--mcq).")] = 0,
    shots_from: Annotated[
        list[Path] | None, typer.Option("--shots-from", help="Take them from here, not from the other questions.")
    ] = None,
    form: Annotated[FormOption, typer.Option("--form", help="What of the choices is weighed (--mcq).")] = "both",
    limit: Annotated[int, typer.Option("--limit", min=0, help="Score so many questions, 0: all (--mcq).")] = 0,
    chat: Annotated[ChatOption, typer.Option("--chat", help="Whether to use the chat template (--mcq).")] = "auto",
    against: Annotated[str, typer.Option("--against", help="Another run or base for a paired test (--mcq).")] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Draws shots and the limit's questions (--mcq).")] = 0,
    skip: Annotated[bool, typer.Option("--skip-unfit", help="Leave rows that don't fit out (--mcq).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Score a finished run on its held-out sets, or on others (settings are options, such as --heldout FILE).

    With --mcq FILE score a run, a checkpoint or a base on multiple-choice questions by what it finds likely.
    """
    if mcq:
        from dsol.mcq.scoring import Options

        options = Options(shots=shots, form=form, limit=limit, chat=chat, seed=seed)
        _evaluate_choices(context, run, against, mcq, shots_from or [], skip, options, as_json)
        return
    from dsol import calibration, data, evaluation, report, serving
    from dsol.files import write_json
    from dsol.options import read_options
    from dsol.progress import Watch
    from dsol.run import find_run

    found = find_run(run)
    parts = serving.open_parts(found, context.obj)
    task = serving.pick(parts, found, solution)
    changes = read_options(context.args, {task.name: task.solution.Settings}, own_options(context)).get(task.name, {})
    parts = serving.change(parts, found, task, changes)
    task = serving.pick(parts, found, task.name)
    home = parts.home(found, task)
    files = serving.read_files(parts, found, task)
    heldout = task.solution.heldout(task.settings, files) if changes else data.read_heldout(home / "data")
    old = read_baseline(baseline, [task.name]).get(task.name) or task.solution.baseline(task.settings, files)
    model = found / (checkpoint or "model")
    learned = calibration.read(home / "thresholds.json")
    with Watch().step("answer the held-out questions") as advance:
        generate = parts.backend.load(model)
        rows = evaluation.predict(task.solution, task.settings, generate, learned, old, heldout, files, advance)
    where = home / "eval" / name
    evaluation.write_answers(where / "answers.jsonl", rows)
    metric = task.solution.metrics(task.settings, files)[0]
    numbers = report.write_scores(where, metric, rows, parts.recipe.release.level)
    numbers |= {"run": found.name, "solution": task.name, "base": parts.recipe.base}  # its folder says nothing of them
    write_json(where / "report.json", numbers)
    print_tables(numbers, report.tables, as_json)
    if not as_json:
        print(f"answers: {where / 'answers.jsonl'}")


def _evaluate_choices(
    context: typer.Context,
    target: str,
    against: str,
    files: list[Path],
    shots_from: list[Path],
    skip: bool,
    options: Options,
    as_json: bool,
) -> None:
    from dsol import report
    from dsol.mcq import command
    from dsol.mcq.tables import tables
    from dsol.progress import Watch

    if context.args:
        raise RecipeError("command line", [f"{context.args[0]} doesn't go with --mcq; see `dsol eval --help`"])
    reading, examples = command.read_all(files, shots_from, skip)
    found = command.evaluate(context.obj, target, against, reading, examples, options, Watch())
    print_tables(found, lambda numbers, width: tables(numbers), as_json)
    if as_json:
        return
    if other := found.get("against"):
        print_tables(other, lambda numbers, width: tables(numbers), False)
        compared = report.comparison_tables(other["comparison"], target, against)
        print_tables(other, lambda numbers, width: compared, False)
    if "folder" in found:
        print(f"scores and answers: {found['folder']}")


def compare(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run's folder.")],
    other: Annotated[str, typer.Argument(help='Another finished run over the same questions, or "baseline".')],
    solution: SolutionOption = "",
    as_json: JsonOption = False,
) -> None:
    """Compare what a product would get from two runs, or from a run and its baseline, for each solution of both."""
    from dsol import report, serving
    from dsol.run import find_run

    if run == "baseline" and not Path(run).exists():
        raise RunError(f"the run comes first: dsol compare {other} baseline")
    ones = serving.homes(find_run(run), context.obj, solution)
    twos = None if other == "baseline" else serving.homes(find_run(other), context.obj, solution)
    found = report.compare_runs(ones, twos)
    drawn = [
        table
        for name, numbers in found.items()
        for table in report.comparison_tables(numbers, f"{run}, {name}" if len(ones) > 1 else run, other)
    ]
    told = found if len(found) > 1 else next(iter(found.values()))
    print_tables(told, lambda numbers, width: drawn, as_json)
