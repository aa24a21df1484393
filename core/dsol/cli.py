"""The command line: each command is a piece of the straight line."""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsol.errors import DsolError, RecipeError
from dsol.plugins import Plugins, load_plugins, skipped

if TYPE_CHECKING:
    from dsol.solution import Settings

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

# Errors of the system that a user can mend: no room, no permission, a path that can't be a folder.
MENDABLE = (
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    | {errno.EACCES, errno.EPERM, errno.EROFS}
    | {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG}
)
USAGE: Any = typer.BadParameter.__base__  # click's UsageError, which typer has under a private name
INTERRUPTED = 130  # what typer makes of Ctrl-C

Target = Annotated[str, typer.Argument(help="A solution's name (see `dsol list`), or a recipe file.")]
RunOption = Annotated[Path | None, typer.Option("--run", help="The run's folder [default: runs/<solution>].")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Override: stages.sft.backend.learning_rate=1e-4")]
RecipeOption = Annotated[Path | None, typer.Option("--recipe", help="A recipe file, laid over the solution's own.")]
BaseOption = Annotated[str, typer.Option("--base", help="A hub id, a local folder, or scratch:<size>.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]
BaselineOption = Annotated[
    str, typer.Option("--baseline", help="Your old feature, as module:function (input -> output, confidence).")
]


def application(plugins: Plugins) -> typer.Typer:
    """Make the command line with the built-in commands and those of plugins."""
    app = typer.Typer(
        help="Land domain LLMs: train, evaluate and use whole solutions on your own hardware.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def start(context: typer.Context) -> None:
        context.obj = plugins

    app.command("list")(list_solutions)
    app.command("plugins")(list_plugins)
    app.command("plan", context_settings=PASS_ON)(plan)
    app.command("data", context_settings=PASS_ON)(build_data)
    app.command("train", context_settings=PASS_ON)(train)
    app.command("eval", context_settings=PASS_ON)(evaluate)
    app.command("compare")(compare)
    app.command("ask", context_settings=PASS_ON)(ask)
    plugins.call("dsol_commands", app=app)
    return app


def main() -> None:
    """Run the command line; what a user can mend ends in one line and exit code 2."""
    try:
        code = application(load_plugins(skip=skipped()))(sys.argv[1:] or ["--help"], standalone_mode=False)
    except DsolError as error:
        _stop(str(error))
    except USAGE as error:
        _stop(f"{error.format_message()}; see `dsol --help`, or --help after a command")
    except OSError as error:
        # numpy reports a write cut short without a number.
        if error.errno is not None and error.errno not in MENDABLE:
            raise
        _stop(
            f"{error.filename or 'disk'}: {error.strerror or error}; "
            "make room or choose another --run folder, then start again"
        )
    if code == INTERRUPTED:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def list_solutions(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the solutions that are installed."""
    plugins: Plugins = context.obj
    rows = [{"solution": one.name, "summary": one.summary} for one in plugins.solutions.values()]
    _print(rows, as_json)
    _warn(plugins)


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
    _print(rows, as_json)


def plan(
    context: typer.Context,
    target: Target,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the know-how rules propose for a recipe, and what it uses."""
    from dsol import knowhow

    parts = _parts(context, target, recipe, base, changes)
    _print(knowhow.described(knowhow.advise(parts.recipe, context.obj.rules)), as_json)


def build_data(
    context: typer.Context,
    target: Target,
    run: RunOption = None,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build, split and check the samples, and stop there."""
    from dsol import line
    from dsol.progress import Watch
    from dsol.run import locked, open_run, read_json

    parts = _parts(context, target, recipe, base, changes)
    opened = open_run(run or Path("runs") / parts.solution.name, parts.recipe)
    with locked(opened):
        line.build(parts, opened, Watch())
    report = read_json(opened / "data" / "report.json")
    counts = {**report["sources"], "development": report["development"]}
    counts |= {f"heldout: {name}": count for name, count in report["heldout"].items()}
    _print(report if as_json else [{"samples": name, "count": count} for name, count in counts.items()], as_json)
    if not as_json:
        print(f"samples and report: {opened / 'data'}")


def train(
    context: typer.Context,
    target: Target,
    run: RunOption = None,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    changes: SetOption = None,
    baseline: BaselineOption = "",
    restart: Annotated[bool, typer.Option("--restart", help="Remove the run first.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a solution, score it, compare it with the baseline; on the same folder it goes on where it stopped.

    Every setting of the solution is an option as well, such as --database and --examples of text2sql.
    """
    from dsol import line, report
    from dsol.progress import Watch
    from dsol.run import read_json
    from dsol.run import restart as remove

    parts = _parts(context, target, recipe, base, changes)
    folder = run or Path("runs") / parts.solution.name
    if restart:
        remove(folder)
    old = _callable(baseline) if baseline else None
    finished = line.train(parts, folder, context.obj, Watch(), old)
    numbers = read_json(finished / "report.json")
    _show(numbers, report.tables, as_json)
    if not as_json:
        print(f"report: {finished / 'report.html'}")


def evaluate(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run's folder.")],
    baseline: BaselineOption = "",
    name: Annotated[str, typer.Option("--name", help="Folder under <run>/eval for the answers.")] = "heldout",
    as_json: JsonOption = False,
) -> None:
    """Score a finished run on its held-out sets, or on others (settings are options, such as --heldout FILE)."""
    from dsol import calibration, data, evaluation, report, serving
    from dsol.options import read_options
    from dsol.progress import Watch
    from dsol.run import find_run

    found = find_run(run)
    parts = serving.open_parts(found, context.obj, {})
    changes = read_options(context.args, parts.solution.Settings)
    parts = serving.open_parts(found, context.obj, changes)
    files = data.read_files(found / "data")
    heldout = parts.solution.heldout(parts.settings, files) if changes else data.read_heldout(found / "data")
    old = _callable(baseline) if baseline else parts.solution.baseline(parts.settings)
    with Watch().step("answer the held-out questions") as advance:
        rows = evaluation.predict(
            parts.solution,
            parts.settings,
            parts.backend.load(found / "model"),
            calibration.read(found / "thresholds.json"),
            old,
            heldout,
            files,
            advance,
        )
    where = found / "eval" / name
    evaluation.write_answers(where / "answers.jsonl", rows)
    numbers = report.write_scores(where, parts.solution.metrics(parts.settings)[0], rows, parts.recipe.release.level)
    _show(numbers, report.tables, as_json)
    if not as_json:
        print(f"answers: {where / 'answers.jsonl'}")


def compare(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run's folder.")],
    other: Annotated[str, typer.Argument(help='Another finished run over the same questions, or "baseline".')],
    as_json: JsonOption = False,
) -> None:
    """Compare what a product would get from two runs, or from a run and its baseline, question by question."""
    from dsol import report
    from dsol.evaluation import read_answers
    from dsol.run import find_run

    one = find_run(run)
    if other == "baseline":
        found = report.compare_run(one, read_answers(one / "answers.jsonl"), "baseline")
    else:
        found = report.compare_run(one, read_answers(find_run(other) / "answers.jsonl"), "combined")
    _show(found, lambda numbers, width: report.comparison_tables(numbers, run, other), as_json)


def ask(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="A solution (its newest run is taken), or a run's folder.")],
    question: Annotated[str, typer.Argument(help="What to ask; for some solutions a file.")],
    baseline: BaselineOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask a trained solution; prints its answer, how sure it is, and who answered."""
    from dsol import serving
    from dsol.options import read_options
    from dsol.run import find_run

    found = find_run("", target) if target in context.obj.solutions and not Path(target).exists() else find_run(target)
    parts = serving.open_parts(found, context.obj, {})
    parts = serving.open_parts(found, context.obj, read_options(context.args, parts.solution.Settings))
    old = _callable(baseline) if baseline else None
    product = serving.embed(parts, found, old)
    answer = product.invoke(parts.solution.read_input(question, parts.settings))
    print(answer.model_dump_json(indent=1) if as_json else parts.solution.show(answer))


def _parts(context: typer.Context, target: str, recipe: Path | None, base: str, changes: list[str] | None) -> Any:
    """Lay the recipe's layers over each other: the solution's, the user's file, options, --set."""
    from dsol import recipe as recipes
    from dsol.line import resolve
    from dsol.options import read_options

    plugins: Plugins = context.obj
    if target.endswith((".yaml", ".yml")):
        if recipe:
            raise RecipeError("command line", [f"{target} is a recipe already; leave --recipe {recipe} out"])
        recipe = Path(target)
    given = recipes.read_layer(recipe) if recipe else {}
    name = str(given.get("solution", target)) if recipe == Path(target) else target
    solution = plugins.solution(name)
    options: dict[str, Any] = {"settings": read_options(context.args, solution.Settings)}
    if base:
        options["base"] = base
    layers = [recipes.read_layer(solution.recipe), given, options, *map(recipes.parse_override, changes or [])]
    merged = recipes.merge({"solution": name}, *layers)
    backend = plugins.backend(str(merged.get("backend", "trl")))
    problems = []
    stages = merged.get("stages")
    for stage, settings in stages.items() if isinstance(stages, dict) else ():
        forwarded = settings.get("backend", {}) if isinstance(settings, dict) else {}
        if isinstance(forwarded, dict):
            problems += [f"stages.{stage}.{problem}" for problem in backend.check(forwarded)]

    def metrics(settings: Settings) -> list[str]:
        return [metric.name for metric in solution.metrics(settings)]

    checked = recipes.check(str(recipe or "recipe"), merged, solution.Settings, problems, metrics)
    return resolve(checked, plugins)


def _callable(name: str) -> Any:
    """Import a product's own function from `module:function`; the working folder is importable."""
    import importlib

    module, colon, attribute = name.partition(":")
    if not colon:
        raise RecipeError("--baseline", [f"{name!r} is not of the form module:function"])
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        reason = f"can't import {name!r}: {error}; start where {module}.py lies, or install its package"
        raise RecipeError("--baseline", [reason]) from error
    if not callable(found):
        raise RecipeError("--baseline", [f"{name!r} is a {type(found).__name__}; name a function of it"])
    return found


def _print(rows: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


def _show(numbers: Any, tables: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(numbers, ensure_ascii=False, indent=1, default=str))
        return
    from rich.console import Console

    console = Console()
    for table in tables(numbers, console.width):
        console.print(table)


def _warn(plugins: Plugins) -> None:
    for one in plugins.broken:
        print(f"plugin {one.name} ({one.distribution}) is broken: {one.error}", file=sys.stderr)


def _stop(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)
