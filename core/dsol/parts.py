"""What a recipe's names stand for: solutions with their settings, the backend, the bases that plugins ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dsol.backend import Backend
from dsol.joining import Difference
from dsol.plugins import Plugins
from dsol.recipe import Recipe
from dsol.run import Run
from dsol.solution import Settings, Solution

if TYPE_CHECKING:
    from dsol.mcq import Reading


@dataclass(frozen=True)
class Task:
    """A solution with its checked settings."""

    solution: Solution
    settings: Settings

    @property
    def name(self) -> str:
        return self.solution.name


@dataclass(frozen=True)
class Parts:
    """A recipe and what its names stand for; `differences`: where the recipes of its solutions differ."""

    recipe: Recipe
    tasks: tuple[Task, ...]
    backend: Backend
    bases: Mapping[str, Path] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()

    @property
    def grounded(self) -> Recipe:
        """The recipe with a base that a plugin ships named by its folder."""
        where = self.bases.get(self.recipe.base)
        return self.recipe.model_copy(update={"base": str(where)}) if where else self.recipe

    @cached_property
    def exams(self) -> Mapping[str, Reading]:
        """The recipe's multiple-choice sets, "domain" and "general", read once; mistakes in them are a DataError."""
        from dsol import mcq

        evaluation = self.recipe.evaluation
        files = {"domain": evaluation.domain, "general": evaluation.general}
        return {name: mcq.read(*paths) for name, paths in files.items() if paths}

    def with_recipe(self, recipe: Recipe) -> Parts:
        """Put another recipe in its place, for the same solutions and backend."""
        return replace(self, recipe=recipe)

    @property
    def names(self) -> str:
        """The solutions' names in one word, for folders and titles."""
        return "+".join(task.name for task in self.tasks)

    def home(self, run: Run, task: Task) -> Run:
        """Name where a solution's own files are: the run's folder, or one in it where several share the run."""
        return run if len(self.tasks) == 1 else Run(run / task.name)

    def source(self, task: Task, name: str) -> str:
        """Name a solution's source within the run: with the solution's name in front where there are several."""
        return name if len(self.tasks) == 1 else f"{task.name}/{name}"


def resolve(recipe: Recipe, plugins: Plugins) -> Parts:
    """Look a recipe's names up, once."""
    solutions = [(plugins.solution(name), settings) for name, settings in recipe.solutions.items()]
    tasks = tuple(Task(one, one.Settings.model_validate(settings)) for one, settings in solutions)
    return Parts(recipe, tasks, plugins.backend(recipe.backend), plugins.bases)
