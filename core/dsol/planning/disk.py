"""How much a run is still to write, against what is free where its folder is: found out before the work starts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dsol.corpus.source import check as check_sources
from dsol.errors import RunError
from dsol.knowhow.facts import Facts
from dsol.knowhow.starting import chosen_way, step_work
from dsol.knowhow.words import memory
from dsol.parts import Parts
from dsol.run import Run
from dsol.shares import CHAT
from dsol.sizing.machine import Machine
from dsol.sizing.memory import FP32, HALF, Work, training
from dsol.sizing.shape import Shape

CPU = Machine(device="cpu")  # what is saved has the types of training on a CPU: weights and moments in fp32
# Bytes of a row's token: its id, and in task rows its label (documents have none, see dsol.rows.SCHEMA).
TOKEN, LABEL = 4, 4
# Bytes written for each byte of a source of documents: clean text, and while it is read and cleaned the spool.
TEXT = 2.0
PACKED = 3.0  # bytes of text in a byte of Parquet, about


@dataclass(frozen=True)
class Disk:
    """Bytes that a run is still to write, by what they are, and what is free at `place`."""

    place: Path
    needs: Mapping[str, float]
    free: int

    @property
    def total(self) -> float:
        return sum(self.needs.values())

    @property
    def fits(self) -> bool:
        return self.total <= self.free

    @property
    def worded(self) -> str:
        """Say what is to be written and what is free, the largest first."""
        listed = sorted(self.needs.items(), key=lambda item: -item[1])
        what = ", ".join(f"{name} {memory(size)}" for name, size in listed if size >= 1e6)
        return f"about {memory(self.total)} to write ({what or 'little'}), {memory(self.free)} free at {self.place}"


def estimate(parts: Parts, run: Run, facts: Facts) -> Disk:
    """Add up what the steps that aren't done will write: base, corpora, rows, checkpoints, the chosen model."""
    place = _there(run.folder)
    needs: dict[str, float] = {}
    if not run.done("tokenise"):
        needs["the base"] = _base(parts, facts.shape, place)
        documents = sum(one.tokens for one in facts.sources.values() if one.kind != CHAT)
        tasks = facts.task_tokens + sum(one.tokens for one in facts.sources.values() if one.kind == CHAT)
        needs["rows"] = documents * TOKEN + tasks * (TOKEN + LABEL)
    if not run.done("build"):
        needs["documents"] = TEXT * _bytes(parts)
    largest = 0.0
    for name, stage in parts.recipe.stages.items():
        if facts.shape.parameters and not run.done(f"stage {name}"):
            each = checkpoint(facts.shape, step_work(stage, chosen_way(stage, facts), facts.shape.origin == "scratch"))
            largest = max(largest, each)
            needs[f"{stage.checkpoints} checkpoint{'s' * (stage.checkpoints > 1)} of {name}"] = stage.checkpoints * each
    needs["the chosen model"] = largest
    return Disk(place, needs, shutil.disk_usage(place).free)


def check_disk(disk: Disk, run: Run) -> None:
    """Refuse to start where the disk has too little room; the error says what takes how much."""
    if not disk.fits:
        raise RunError(
            f"{run.folder} needs more room: {disk.worded}; make room, name another folder with --run, or keep fewer "
            "checkpoints (--set stages.<name>.checkpoints=1)"
        )


def checkpoint(shape: Shape, work: Work) -> float:
    """Count the bytes of a checkpoint: the weights that are trained, and the optimizer's moments."""
    sized = training(shape, work, CPU)
    return sized.gradients + sized.optimizer  # of each weight that is trained one gradient, in fp32


def _base(parts: Parts, shape: Shape, place: Path) -> float:
    """Count what the base takes: weights that lie on the same disk are linked."""
    if shape.origin == "scratch":
        return float(shape.parameters * FP32)
    base = Path(parts.grounded.base).expanduser()
    if base.is_dir():
        return 0.0 if base.stat().st_dev == place.stat().st_dev else float(shape.disk)
    return float(shape.parameters * HALF)


def _bytes(parts: Parts) -> float:
    """Count the text of the sources of documents."""
    listed = check_sources({name: one for name, one in parts.recipe.sources.items() if one.kind != CHAT})
    files = [path for found, _ in listed.values() for path in found]
    return sum(path.stat().st_size * (PACKED if path.suffix.lower() == ".parquet" else 1) for path in files)


def _there(folder: Path) -> Path:
    """Name a folder, or the nearest one above it that exists."""
    absolute = folder.absolute()
    return next(one for one in (absolute, *absolute.parents) if one.is_dir())
