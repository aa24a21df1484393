"""What the command line's words stand for: the options that commands share, a recipe's parts, a product's function."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsol.errors import RecipeError, unknown

if TYPE_CHECKING:
    from dsol.parts import Parts
    from dsol.solution import Baseline

Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="SOLUTION|RECIPE", help="Solutions by name (see `dsol list`), or one recipe file; then settings."
    ),
]
RunOption = Annotated[Path | None, typer.Option("--run", help="The run's folder [default: runs/<its name>].")]
AskedRunOption = Annotated[
    str, typer.Option("--run", help="A run's folder [default: the solution's newest released run].")
]
RestartOption = Annotated[bool, typer.Option("--restart", help="Remove the run first.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override, such as stages.sft.backend.learning_rate=1e-4; may be repeated."
    ),
]
RecipeOption = Annotated[
    Path | None,
    typer.Option("--recipe", help="A recipe file, or one of the solution's by name (long), laid over its own."),
]
BaseOption = Annotated[str, typer.Option("--base", help="A hub id, a local folder, seed, or scratch:<size>.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]
SolutionOption = Annotated[str, typer.Option("--solution", help="Which one, where a run's model serves several.")]
BaselineOption = Annotated[
    str, typer.Option("--baseline", help="Your old feature, as module:function (input -> output, confidence).")
]


def read_parts(
    context: typer.Context,
    words: list[str],
    recipe: Path | None,
    base: str,
    changes: list[str] | None,
    like: str = "",
) -> Parts:
    """Read the recipe that a command's words mean: names of solutions or a recipe file, then the solutions' options."""
    from dsol import reading

    targets, options = parted(words)
    if not targets:
        raise RecipeError("command line", [f"name a solution or a recipe file before {words[0]}"])
    own = own_options(context)
    options += context.args
    return reading.read_parts(context.obj, targets, options, recipe, base, changes or (), own, like)


def read_question(context: typer.Context, words: list[str], run: str) -> tuple[str, str, list[str]]:
    """Part what stands behind `dsol ask`: a solution or a run ("": what `--run` names), the question, settings."""
    asked, settings = parted(words)
    settings += context.args
    front = f"dsol ask --run {run}" if run else "dsol ask"
    whom = bool(asked) and (not run or (len(asked) > 1 and asked[0] in context.obj.solutions))
    target, said = (asked[0] if whom else ""), asked[whom:]
    if len(said) > 1:
        begin = f"{front} {target}".rstrip()
        raise RecipeError("command line", [f'put a question of several words in quotes: {begin} "{" ".join(said)}"'])
    if not said:
        example = front if run else f"{front} {target if target in context.obj.solutions else 'runs/mine'}"
        raise RecipeError("command line", [f'what is asked, and of which solution or run? write {example} "..."'])
    return target, said[0], settings


def parted(words: list[str]) -> tuple[list[str], list[str]]:
    """Part a command's words into those before the first option of a solution, and that with all behind it."""
    first = next((at for at, word in enumerate(words) if word.startswith("--")), len(words))
    return words[:first], words[first:]


def own_options(context: typer.Context) -> list[str]:
    """List the options that a command has itself, beside those of solutions."""
    return [name for one in context.command.params for name in one.opts if name.startswith("--")]


def default_folder(parts: Parts, targets: list[str]) -> Path:
    """Name a run's folder: after its solutions, or after the recipe's file."""
    return Path("runs") / (parts.names if parts.tasks else Path(targets[0]).stem)


def read_baseline(name: str, solutions: list[str]) -> dict[str, Baseline]:
    """Import a product's own function from `module:function`, or `solution=module:function` where there are several."""
    if not name:
        return {}
    solution, equals, function = name.rpartition("=")
    if not equals and len(solutions) != 1:
        raise RecipeError(
            "--baseline", [f"of which solution? write <solution>={name} with one of {', '.join(solutions)}"]
        )
    if equals and solution not in solutions:
        raise RecipeError("--baseline", [unknown("solution", solution, solutions)])
    return {solution or solutions[0]: read_callable(function)}


def read_callable(name: str) -> Baseline:
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
    baseline: Baseline = found
    return baseline
