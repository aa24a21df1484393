"""The command that asks a trained solution: `dsol ask`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dsol.arguments import (
    AskedRunOption,
    BaselineOption,
    JsonOption,
    SolutionOption,
    own_options,
    read_baseline,
    read_question,
)


def ask(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[SOLUTION|RUN] QUESTION",
            help="A solution (its newest released run is taken, else its newest one) or a run's folder, if --run names "
            "none; then what to ask, for some solutions a file.",
        ),
    ],
    run: AskedRunOption = "",
    solution: SolutionOption = "",
    baseline: BaselineOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask a trained solution; prints its answer, how sure it is, who answered, and of which run if you named none."""
    from dsol import serving
    from dsol.options import read_options
    from dsol.run import find_run

    target, question, settings = read_question(context, words, run)
    named = target in context.obj.solutions and (bool(run) or not Path(target).exists())
    found = find_run(run or ("" if named else target), target if named else "")
    parts = serving.open_parts(found, context.obj)
    task = serving.pick(parts, found, target if named else solution)
    options = read_options(settings, {task.name: task.solution.Settings}, own_options(context))
    parts = serving.change(parts, found, task, options.get(task.name, {}))
    task = serving.pick(parts, found, task.name)
    old = read_baseline(baseline, [task.name]).get(task.name)
    answer = serving.embed(parts, found, task.name, old).invoke(task.solution.read_input(question, task.settings))
    if as_json:
        told = {**json.loads(answer.model_dump_json()), "run": str(found.folder)}
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    print(task.solution.show(answer))
    if named and not run:
        print(f"run: {found.folder}")
