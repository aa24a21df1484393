"""The command `dsol vocab`; what is heavy is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dsol.arguments import JsonOption
from dsol.plugins import Plugins


def vocab(
    context: typer.Context,
    base: Annotated[str, typer.Argument(help="A local folder, seed, or a hub id.")],
    text: Annotated[list[Path], typer.Argument(help="Your text: files or folders of .txt, .md, .jsonl.")],
    tokens: Annotated[int, typer.Option("--tokens", min=1, help="How many tokens to add at most.")] = 2000,
    apply: Annotated[
        Path | None, typer.Option("--apply", help="Write the extended base to this folder and train its new rows.")
    ] = None,
    train_text: Annotated[
        list[Path] | None,
        typer.Option("--train-text", help="Further text for the new rows, beside the part that tokens come from."),
    ] = None,
    train_tokens: Annotated[
        int, typer.Option("--train-tokens", min=1, help="Tokens to train on, at most three passes over the text.")
    ] = 200_000,
    as_json: JsonOption = False,
) -> None:
    """Show what more tokens for your text would buy in decoding speed; with --apply, make a base that has them.

    Tokens are taken from one part of the text, and every number is measured on the other.
    """
    from dsol.progress import Watch
    from dsol.terminal import print_tables
    from dsol_trl.vocabulary import report, show, target

    plugins: Plugins = context.obj
    watch = Watch()
    if apply:
        target.check(apply)
    found = report.look(base, str(plugins.bases.get(base, base)), text, tokens, watch, bool(apply), train_text or ())
    numbers = found.report
    if apply:
        from dsol_trl.vocabulary.apply import apply as write

        outcome = write(found, apply, train_tokens, watch)
        numbers = {**numbers, "applied": {"folder": str(apply), **outcome}}
    print_tables(numbers, show.tables, as_json)
    if apply and not as_json:
        print(f"base: {apply}")
