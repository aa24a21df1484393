"""The built-in commands: each is a piece of the straight line, and imports that piece only when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dsol.arguments import (
    BaselineOption,
    BaseOption,
    JsonOption,
    RecipeOption,
    RunOption,
    SetOption,
    SolutionOption,
    Targets,
    default_folder,
    read_baseline,
    read_parts,
)
from dsol.plugins import Plugins
from dsol.terminal import print_rows, print_tables, warn


def list_solutions(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the solutions that are installed."""
    plugins: Plugins = context.obj
    rows = [{"solution": one.name, "summary": one.summary} for one in plugins.solutions.values()]
    print_rows(rows, as_json)
    warn(plugins)


def list_plugins(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the plugins that were found, what they bring, and what is broken."""
    plugins: Plugins = context.obj
    brought = {name: [one.name for one in result or ()] for name, result in plugins.call("dsol_solutions")}
    for name, result in plugins.call("dsol_backends"):
        brought[name] = [*brought.get(name, []), *(f"backend {one}" for one in result or ())]
    rows = [
        {
            "plugin": one.name,
            "from": one.distribution,
            "brings": ", ".join(brought.get(one.name, [])),
            "state": one.error or "ok",
        }
        for one in plugins.found.values()
    ]
    print_rows(rows, as_json)


def plan(
    context: typer.Context,
    targets: Targets,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the know-how rules propose for a recipe, and what it uses."""
    from dsol import knowhow

    parts = read_parts(context, targets, recipe, base, changes)
    print_rows(knowhow.described(knowhow.advise(parts.recipe, context.obj.rules)), as_json)


def build_data(
    context: typer.Context,
    targets: Targets,
    run: RunOption = None,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build, split and check the samples, and stop there."""
    from dsol import building
    from dsol.data import counted
    from dsol.progress import Watch
    from dsol.run import locked, open_run, read_json

    parts = read_parts(context, targets, recipe, base, changes)
    opened = open_run(run or default_folder(parts, targets), parts.recipe)
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
    restart: Annotated[bool, typer.Option("--restart", help="Remove the run first.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train solutions or a recipe, score them, compare with the baseline; on the same folder it goes on.

    Every setting of a solution is an option as well, such as --database and --examples of text2sql.
    """
    from dsol import line, report
    from dsol.progress import Watch
    from dsol.run import read_json
    from dsol.run import restart as remove

    parts = read_parts(context, targets, recipe, base, changes)
    folder = run or default_folder(parts, targets)
    if restart:
        remove(folder)
    old = read_baseline(baseline, [task.name for task in parts.tasks])
    finished = line.train(parts, folder, context.obj, Watch(), old)
    homes = [parts.home(finished, task) for task in parts.tasks]
    places = homes if len(homes) == 1 else [*homes, finished]
    reports = [read_json(place / "report.json") for place in places]
    if as_json:
        print_rows(
            reports[0] if len(homes) == 1 else dict(zip([*parts.recipe.solutions, "run"], reports, strict=True)), True
        )
    for numbers, place in zip(reports, places, strict=True) if not as_json else ():
        print_tables(numbers, report.tables, False)
        print(f"report: {place / 'report.html'}")


def evaluate(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run's folder.")],
    baseline: BaselineOption = "",
    solution: SolutionOption = "",
    checkpoint: Annotated[str, typer.Option("--checkpoint", help="stages/<stage>/checkpoint-<step> of the run.")] = "",
    name: Annotated[str, typer.Option("--name", help="Folder under <run>/eval for the answers.")] = "heldout",
    as_json: JsonOption = False,
) -> None:
    """Score a finished run on its held-out sets, or on others (settings are options, such as --heldout FILE)."""
    from dsol import calibration, data, evaluation, report, serving
    from dsol.options import read_options
    from dsol.progress import Watch
    from dsol.run import find_run

    found = find_run(run)
    parts = serving.open_parts(found, context.obj)
    task = serving.pick(parts, found, solution)
    changes = read_options(context.args, {task.name: task.solution.Settings}).get(task.name, {})
    parts = serving.change(parts, found, task, changes)
    task = serving.pick(parts, found, task.name)
    home = parts.home(found, task)
    files = data.read_files(home / "data")
    heldout = task.solution.heldout(task.settings, files) if changes else data.read_heldout(home / "data")
    old = read_baseline(baseline, [task.name]).get(task.name) or task.solution.baseline(task.settings)
    model = found / (checkpoint or "model")
    learned = calibration.read(home / "thresholds.json")
    with Watch().step("answer the held-out questions") as advance:
        generate = parts.backend.load(model)
        rows = evaluation.predict(task.solution, task.settings, generate, learned, old, heldout, files, advance)
    where = home / "eval" / name
    evaluation.write_answers(where / "answers.jsonl", rows)
    numbers = report.write_scores(where, task.solution.metrics(task.settings)[0], rows, parts.recipe.release.level)
    print_tables(numbers, report.tables, as_json)
    if not as_json:
        print(f"answers: {where / 'answers.jsonl'}")


def compare(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run's folder.")],
    other: Annotated[str, typer.Argument(help='Another finished run over the same questions, or "baseline".')],
    solution: SolutionOption = "",
    as_json: JsonOption = False,
) -> None:
    """Compare what a product would get from two runs, or from a run and its baseline, question by question."""
    from dsol import report, serving
    from dsol.evaluation import read_answers
    from dsol.run import find_run

    one = serving.home(find_run(run), context.obj, solution)
    if other == "baseline":
        found = report.compare_run(one, read_answers(one / "answers.jsonl"), "baseline")
    else:
        two = serving.home(find_run(other), context.obj, solution)
        found = report.compare_run(one, read_answers(two / "answers.jsonl"), "combined")
    print_tables(found, lambda numbers, width: report.comparison_tables(numbers, run, other), as_json)


def ask(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="A solution (its newest run is taken), or a run's folder.")],
    question: Annotated[str, typer.Argument(help="What to ask; for some solutions a file.")],
    solution: SolutionOption = "",
    baseline: BaselineOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask a trained solution; prints its answer, how sure it is, and who answered."""
    from dsol import serving
    from dsol.options import read_options
    from dsol.run import find_run

    named = target in context.obj.solutions and not Path(target).exists()
    found = find_run("", target) if named else find_run(target)
    parts = serving.open_parts(found, context.obj)
    task = serving.pick(parts, found, target if named else solution)
    options = read_options(context.args, {task.name: task.solution.Settings})
    parts = serving.change(parts, found, task, options.get(task.name, {}))
    task = serving.pick(parts, found, task.name)
    old = read_baseline(baseline, [task.name]).get(task.name)
    answer = serving.embed(parts, found, task.name, old).invoke(task.solution.read_input(question, task.settings))
    print(answer.model_dump_json(indent=1) if as_json else task.solution.show(answer))
