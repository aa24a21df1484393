"""The backend `trl`: its verbs live in modules that import torch, so they are imported when called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dsol import Chat, Codec, FitJob, Generate, Likelihood, Loss, Progress
    from dsol.recipe import Recipe
    from dsol.sizing import Shape, Speed


class TrlBackend:
    """Fulfil `dsol.Backend` with trl's SFTTrainer."""

    def check(self, options: Mapping[str, Any]) -> list[str]:
        """List what is wrong with a stage's `backend:` options, each with the closest allowed name; empty: nothing."""
        from dsol_trl.options import problems

        return problems(options)

    def check_base(self, recipe: Recipe) -> None:
        """Look the recipe's base over, without loading or fetching weights."""
        from dsol_trl.base import check

        check(recipe)

    def describe(self, recipe: Recipe, shape: str = "") -> Shape:
        """Read the shape of the recipe's base, or of a named one, from its settings."""
        from dsol_trl.shape import describe, named

        return named(shape) if shape else describe(recipe)

    def probe(self, shape: Shape) -> Speed:
        """Time a layer of this shape, forward and backward, on this machine."""
        from dsol_trl.probe import measure

        return measure(shape)

    def prepare(self, recipe: Recipe, folder: Path, texts: Callable[[], Iterable[tuple[Chat | None, str]]]) -> Codec:
        """Resolve the recipe's base into `folder` and return its codec."""
        from dsol_trl.base import prepare

        return prepare(recipe, folder, texts)

    def fit(self, job: FitJob, progress: Callable[[Progress], None]) -> None:
        """Train one stage, or go on with it after its last complete checkpoint."""
        from dsol_trl.fit import fit

        fit(job, progress)

    def load(self, model: Path) -> Generate:
        """Load a checkpoint or a prepared base for writing."""
        from dsol_trl.generate import load_generate

        return load_generate(model)

    def check_patterns(self) -> None:
        """Look whether completions can be held to patterns here; a BackendError says what is missing."""
        from dsol_trl.guiding import check

        check()

    def load_likelihood(self, model: Path) -> Likelihood:
        """Load a checkpoint or a prepared base for weighing options."""
        from dsol_trl.likelihood import load_likelihood

        return load_likelihood(model)

    def measure(
        self,
        model: Path,
        rows: Mapping[str, Path],
        advance: Callable[[int, int], None] = lambda done, total: None,
    ) -> Mapping[str, Loss]:
        """Give the mean loss of each source over its row file."""
        from dsol_trl.measure import measure

        return measure(model, rows, advance)
