"""The commands that train several times to compare: over settings of the mix, and over bases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsol.arguments import BaseOption, JsonOption, RecipeOption, SetOption, Targets, default_folder, parted, read_parts
from dsol.errors import RecipeError
from dsol.terminal import print_tables

if TYPE_CHECKING:
    from dsol.parts import Parts

OverOption = Annotated[
    list[str], typer.Option("--over", help="A setting and its values: stages.cpt.general=0,1,5,10; several: all pairs.")
]


def sweep_over(
    context: typer.Context,
    targets: Targets,
    over: OverOption,
    run: Annotated[
        Path | None, typer.Option("--run", help="The sweep's folder [default: runs/<its name>-sweep].")
    ] = None,
    recipe: RecipeOption = None,
    base: BaseOption = "",
    tokens: Annotated[int, typer.Option("--tokens", min=0, help="Length of each stage, 0: as the recipe says.")] = 0,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Train each variant so many times.")] = 1,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train small proxies over values of a setting, and show what each scores: a rule tested on your own data."""
    from dsol import sweep
    from dsol.files import write_text
    from dsol.page import swept
    from dsol.progress import Watch

    def read(more: Sequence[str]) -> Parts:
        parts = read_parts(context, targets, recipe, base, [*(changes or ()), *more])
        if not tokens:
            return parts
        stages = {name: one.model_copy(update={"tokens": tokens}) for name, one in parts.recipe.stages.items()}
        return parts.with_recipe(parts.recipe.model_copy(update={"stages": stages}))

    named = default_folder(read(()), targets)
    folder = run or named.with_name(f"{named.name}-sweep")
    found = sweep.sweep(read, over, seeds, folder, context.obj, Watch())
    write_text(folder / "sweep.html", swept.render(found))
    print_tables(found, swept.tables, as_json)
    if not as_json:
        print(f"table and plots: {folder / 'sweep.html'}")


def compare_bases(
    bases: Annotated[list[str], typer.Argument(help="Bases: hub ids, folders, seed, scratch:<size>; then settings.")],
    solutions: Annotated[
        list[str], typer.Option("--solution", help="What to train on each; a recipe file is taken too.")
    ],
    run: Annotated[Path, typer.Option("--run", help="The comparison's folder.")] = Path("runs/bases"),
    recipe: RecipeOption = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the same recipe on several bases, and show score, general score, speed, memory and template of each."""
    from dsol import bases as compared

    named, words = parted(bases)
    if len(named) < 2:
        raise RecipeError("command line", ["name at least two bases to compare"])
    words += [f"--set={change}" for change in changes or ()]
    words += [f"--recipe={recipe}"] if recipe else []
    found = compared.compare(named, solutions, words, run)
    print_tables(found, compared.tables, as_json)
