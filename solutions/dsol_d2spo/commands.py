"""The commands of D2SPO: `dsol d2spo schema` and `dsol d2spo extract`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsol.arguments import AskedRunOption, BaselineOption, JsonOption, own_options, parted

if TYPE_CHECKING:
    from dsol_d2spo.schema import Schema

Files = Annotated[list[Path], typer.Argument(help="Files or folders.")]
Words = Annotated[list[str], typer.Argument(help="Files or folders; then the solution's settings.", metavar="FILES...")]
ROWS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")


def commands() -> typer.Typer:
    """Make the group of commands."""
    group = typer.Typer(help="Schemas and graphs of documents.", no_args_is_help=True)
    group.command("schema")(schema)
    group.command("extract", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(extract)
    return group


def schema(
    paths: Files,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it here, .yaml or .json [default: print it].")
    ] = None,
    frequent: Annotated[int, typer.Option("--frequent", min=0, help="Only the so many commonest, 0: all.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Make a schema for you to edit: that of labelled rows, or one proposed from plain texts.

    Then train with it: dsol train d2spo --relations schema.yaml
    """
    from dsol import DataError
    from dsol_d2spo.labelled import schemas

    if out is not None and out.suffix.lower() not in (".yaml", ".yml", ".json"):
        raise DataError([f"--out {out}: a schema is .yaml or .json"])
    if out is not None and out.exists():
        raise DataError([f"--out {out}: is there already, and may hold your edits; name another file, or remove it"])
    found, kind = _schema(paths, frequent)
    if not found.predicates:
        raise DataError(
            [f"{', '.join(map(str, paths))}: nothing that looks like a relation comes twice; bring more text"]
        )
    if out is not None:
        schemas.write(found, out)
        count = f"{len(found.predicates)} predicate{'s' * (len(found.predicates) != 1)}"
        print(f"{count} {kind}: {out}; edit it, then: dsol train d2spo --relations {out}")
    elif as_json:
        rows = [one.model_dump(exclude_defaults=True) for one in found.predicates]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print(schemas.as_yaml(found), end="")


def _schema(paths: list[Path], frequent: int) -> tuple[Schema, str]:
    """Take the schema of labelled rows where there are any, else propose one from the texts; say which."""
    from dsol.progress import Watch
    from dsol_d2spo.labelled import documents, schemas
    from dsol_d2spo.labelled.proposing import propose
    from dsol_d2spo.reading import read_texts
    from dsol_d2spo.schema import Schema

    labelled = [path for path in paths if _has_rows(path)]
    read = documents.read(labelled)
    if any(document.gold for document in read):
        return schemas.of_documents(read, frequent), "of the labelled rows"
    # Of a folder without labels every text counts, not only that of its rows.
    plain = [path for path in paths if path not in labelled or path.is_dir()]
    rows = documents.read([path for path in labelled if not path.is_dir()])
    found = propose(rows, [text.text for text in (read_texts(plain, left_out=Watch().say) if plain else [])])
    return Schema(predicates=found.predicates[: frequent or None]), "proposed from the texts"


def _has_rows(path: Path) -> bool:
    """Tell whether a file holds rows, which may be labelled: by its ending, or as lines with tabs between."""
    if path.is_dir():
        return any(one.suffix.lower() in ROWS and one.is_file() for one in path.iterdir())
    if path.suffix.lower() != ".txt" or not path.is_file():
        return path.suffix.lower() in ROWS
    with open(path, "rb") as file:
        return file.readline(1 << 16).count(b"\t") == 3


def extract(
    context: typer.Context,
    words: Words,
    run: AskedRunOption = "",
    to: Annotated[
        list[Path] | None,
        typer.Option("--to", help="Write .jsonl .csv .ttl .jsonld .cypher .graphml or .html; may be given often."),
    ] = None,
    field: Annotated[str, typer.Option("--text", help="The field of rows that holds the text.")] = "text",
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Keep what passages gave here [default: only until it is done].")
    ] = None,
    flagged: Annotated[
        bool, typer.Option("--flagged", help="Write those as well that are flagged: low_confidence, ungrounded, ...")
    ] = False,
    baseline: BaselineOption = "",
    as_json: JsonOption = False,
) -> None:
    """Extract triples from documents of any length; stopped, the same command goes on from there.

    Without --to the triples are shown; with it, what was found is counted.

    Settings of the solution are options as well, such as --relations, --confidence and --drop.
    """
    from dsol.progress import Watch
    from dsol.terminal import print_tables
    from dsol_d2spo.export import placing, writer
    from dsol_d2spo.extracting import drawn, extract_all, forget, open_run, summaries
    from dsol_d2spo.reading import read_texts
    from dsol_d2spo.show import show

    watch = Watch()
    writers = {path: writer(path) for path in to or ()}
    paths, options = parted(words)
    opened = open_run(context.obj, run, [*options, *context.args], baseline, own_options(context))
    if not run:
        watch.say(f"run: {opened.run}")
    texts = read_texts(paths, field, left_out=watch.say, written=writers)
    beside = next(iter(writers), None)
    found = extract_all(opened, texts, folder, beside, watch)
    for path, write in writers.items():
        with placing(path):
            write([extraction if flagged else extraction.sure for extraction, _ in found], path)
    if beside and not folder:
        forget(beside)
    if as_json and not writers:
        print(json.dumps([answer.model_dump(mode="json") for _, answer in found], ensure_ascii=False, indent=1))
        return
    for _, answer in found if not writers else ():
        print(show(answer))
    print_tables(summaries(found), drawn, as_json)
    for path in writers if not as_json else ():
        print(path)
