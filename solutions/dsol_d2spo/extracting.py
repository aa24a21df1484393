"""Extract from many texts with a finished run: progress, and going on where a stop was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Shown

from dsol import Answer, Baseline, Generate
from dsol.calibration import Calibration
from dsol.files import alone
from dsol.plugins import Plugins
from dsol.progress import Watch
from dsol_d2spo.export import placing
from dsol_d2spo.extraction import Extraction
from dsol_d2spo.passages.composing import Composed
from dsol_d2spo.passages.long import extract
from dsol_d2spo.reading import Text
from dsol_d2spo.settings import Input, Settings
from dsol_d2spo.triple import Output
from dsol_d2spo.world import World, read_world
from dsol_d2spo.wrap import conclude, make_answer


@dataclass(frozen=True)
class Opened:
    """A finished run with all that extraction needs; `mark` changes when anything in it does, `run` is its folder."""

    load: Callable[[], Generate]
    settings: Settings
    files: dict[str, Any]
    world: World
    calibration: Calibration
    baseline: Baseline
    mark: str
    run: str = ""


def open_run(plugins: Plugins, name: str, options: Sequence[str], baseline: str, own: Sequence[str] = ()) -> Opened:
    """Open a run, by name or the newest one; `options`, `own`: as of `dsol.options.read_options`."""
    from dsol import calibration, serving
    from dsol.arguments import read_baseline
    from dsol.options import read_options
    from dsol.run import find_run

    found = find_run(name, "d2spo")
    parts = serving.open_parts(found, plugins)
    task = serving.pick(parts, found, "d2spo")
    changes = read_options(options, {task.name: task.solution.Settings}, own).get(task.name, {})
    parts = serving.change(parts, found, task, changes)
    settings = serving.pick(parts, found, "d2spo").settings
    assert isinstance(settings, Settings)
    home = parts.home(found, task)
    files = serving.read_files(parts, found, task)
    old = read_baseline(baseline, [task.name]).get(task.name)
    world = read_world(settings, files)
    mark = json.dumps([found.manifest(), settings.model_dump(mode="json"), world.schema.model_dump()], default=str)
    return Opened(
        load=lambda: parts.backend.load(found / "model"),
        settings=settings,
        files=files,
        world=world,
        calibration=calibration.read(home / "thresholds.json"),
        baseline=old or task.solution.baseline(settings, files),
        mark=mark,
        run=str(found.folder),
    )


def extract_all(
    opened: Opened, texts: Sequence[Text], folder: Path | None, beside: Path | None, watch: Watch
) -> list[tuple[Extraction, Answer[Output]]]:
    """Extract from texts one after the other.

    What passages gave is kept in `folder`, else in a hidden one at `beside` (the first file that is to be written),
    which `forget` removes once all is written; with neither nothing is kept.
    """
    where = folder or (hidden(beside) if beside else None)
    refusal = f"another process is extracting into {where}; wait for it, or name another --to or --folder"
    with ExitStack() as held:
        if where:
            with placing(beside or where):
                held.enter_context(alone(where, refusal))
        return list(_each(opened, texts, where, watch))


def hidden(beside: Path) -> Path:
    """Name the folder that keeps what passages gave until a file is written."""
    return beside.with_name(f".{beside.name}.passages")


def forget(beside: Path) -> None:
    """Remove what was kept for a file that is written now."""
    shutil.rmtree(hidden(beside), ignore_errors=True)


def _each(
    opened: Opened, texts: Sequence[Text], where: Path | None, watch: Watch
) -> Iterator[tuple[Extraction, Answer[Output]]]:
    answer = make_answer(opened.load(), opened.settings, opened.world)
    for text in texts:
        with watch.step(text.id) as advance:
            composed = Composed.of(text.text)
            output = extract(
                composed.text,
                answer,
                opened.settings,
                opened.world.schema,
                folder=where / _place(text.text) if where else None,
                by=opened.mark,
                advance=advance,
            )
            old = opened.baseline(Input(text=composed.text, id=text.id))
            said = conclude(composed, output, opened.settings, opened.calibration, old, opened.world.schema)
            yield Extraction(text.id, text.text, said.value or Output()), said


def _place(text: str) -> str:
    """Name a text's own folder, the same when other texts are added or taken away."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def summaries(found: Iterable[tuple[Extraction, Answer[Output]]]) -> list[dict[str, Any]]:
    """Say in numbers what was found in each text."""
    rows = []
    for extraction, answer in found:
        triples = extraction.output.triples
        rows.append(
            {
                "document": extraction.id,
                "characters": len(extraction.text),
                "triples": sum(not one.flag for one in triples),
                "flagged": sum(bool(one.flag) for one in triples),
                "dropped": len(extraction.output.dropped),
                "by": answer.source,
                "reason": answer.reason,
            }
        )
    return rows


def drawn(rows: Sequence[dict[str, Any]], width: int) -> list[RenderableType]:
    """Draw the numbers as a table, with the sum below where there are several texts."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_footer=len(rows) > 1)
    for name in rows[0] if rows else ():
        number = isinstance(rows[0][name], int)
        total = f"{sum(row[name] for row in rows):,}" if number else ""
        # Only names of files may take several lines: a code that is cut can't be looked up.
        whole = name != "document"
        table.add_column(name, justify="right" if number else "left", footer=total, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(f"{one:,}" if isinstance(one, int) else Shown(_plain(str(one))) for one in row.values()))
    return [table]


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
