"""The recipe says everything about a run: base, data, stages, selection, seed; what it doesn't know is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dsol.corpus.source import Cleaning, Source
from dsol.errors import RecipeError, unknown
from dsol.stage import Stage

__all__ = ["Evaluation", "Recipe", "Release", "Selection", "Stage", "check", "describe", "dump"]


class Evaluation(BaseModel):
    """Multiple-choice sets that screen checkpoints: of the domain, and of what must not be forgotten.

    `shots`: solved questions shown before each. `limit`: score a checkpoint on at most so many questions of each.
    `tokens`: measure held-out losses on about so many tokens of each source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: tuple[Path, ...] = ()
    general: tuple[Path, ...] = ()
    shots: int = Field(default=0, ge=0)
    limit: int = Field(default=400, ge=1)
    tokens: int = Field(default=20_000, ge=1)

    @field_validator("domain", "general", mode="before")
    @classmethod
    def _several(cls, paths: Any) -> Any:
        return (paths,) if isinstance(paths, str | Path) else paths

    @field_validator("domain", "general")
    @classmethod
    def _absolute(cls, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(path.expanduser().absolute() for path in paths)


class Selection(BaseModel):
    """How the checkpoint is chosen: the best in the domain that has not lost general ability.

    `metric`: the solution's, scored on the development set (empty: the headline); `metrics`: of one solution, where
    several share the model. `limit`: score on at most so many development samples. `floor`: points of 100 that the
    general score may fall below the stage's start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str = ""
    metrics: dict[str, str] = Field(default_factory=dict)
    limit: int = Field(default=200, ge=1)
    floor: float = Field(default=2.0, ge=0)

    def metric_of(self, solution: str) -> str:
        """Name the metric that a solution's checkpoints are scored by; empty: its headline."""
        return self.metrics.get(solution, self.metric)


class Release(BaseModel):
    """When a run may replace the old feature.

    `floor`: below this confidence nobody answers; `floors`: of one solution, where several share the model. `level`:
    of the intervals and of the paired test against the baseline; 0.95 means that it must win at p < 0.05.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: float = Field(default=0.1, ge=0, lt=1)
    floors: dict[str, Annotated[float, Field(ge=0, lt=1)]] = Field(default_factory=dict)
    level: float = Field(default=0.95, gt=0.5, lt=1)

    def floor_of(self, solution: str) -> float:
        """Give the confidence below which a solution doesn't answer."""
        return self.floors.get(solution, self.floor)


class Recipe(BaseModel):
    """Say everything about a run; what isn't known here is refused.

    `base`: a hub id, a local folder, a base that a plugin ships, or `scratch:<size>`. `solutions`: the settings of
    every solution that one model is trained for, by name. `sources`: documents and conversations by name. A run has at
    least one of either. `trust_remote_code` lets a model repository's Python run on this machine: off unless the user
    says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    solutions: dict[str, dict[str, Any]] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    cleaning: Cleaning = Cleaning()
    base: str = "scratch:small"
    backend: str = "trl"
    seed: int = Field(default=0, ge=0)
    trust_remote_code: bool = False
    stages: dict[str, Stage] = Field(min_length=1)
    evaluation: Evaluation = Evaluation()
    selection: Selection = Selection()
    release: Release = Release()

    @model_validator(mode="after")
    def _has_data(self) -> Recipe:
        if not self.solutions and not self.sources:
            raise ValueError("names neither `solutions` nor `sources`; there is nothing to train on")
        if not self.sources and any(stage.data == "documents" for stage in self.stages.values()):
            raise ValueError("has a stage of documents but no `sources`; name folders or files of documents")
        return self

    @model_validator(mode="after")
    def _names_its_solutions(self) -> Recipe:
        by_solution: dict[str, Mapping[str, Any]] = {
            "release.floors": self.release.floors,
            "selection.metrics": self.selection.metrics,
            **{f"stages.{name}.tasks": stage.tasks for name, stage in self.stages.items()},
        }
        for path, named in by_solution.items():
            for name in named:
                if name not in self.solutions:
                    raise ValueError(f"{path}: {unknown('solution', name, self.solutions)}")
        return self


def check(
    source: str,
    layer: Mapping[str, Any],
    settings: Mapping[str, type[BaseModel]],
    more: Iterable[str] = (),
    metrics: Mapping[str, Callable[[Any], Iterable[str]]] | None = None,
) -> Recipe:
    """Validate a merged recipe and its solutions' settings; raise all mistakes as one RecipeError.

    `settings`: each solution's class of settings by its name. `metrics`: what names each solution's metrics, from its
    settings; `selection.metric` must be one of every solution. The returned recipe's `solutions` hold every setting,
    defaults too, as plain values.
    """
    problems = list(more)
    recipe: Recipe | None = None
    filled: dict[str, dict[str, Any]] = {}
    try:
        recipe = Recipe.model_validate(layer)
    except ValidationError as error:
        problems += describe(error, Recipe)
    solutions = layer.get("solutions")
    for name, given in solutions.items() if isinstance(solutions, Mapping) else ():
        if not isinstance(given, Mapping) or name not in settings:  # not a mapping: the model has said so
            continue
        try:
            valid = settings[name].model_validate(given)
        except ValidationError as error:
            problems += describe(error, settings[name], f"solutions.{name}")
        else:
            filled[name] = valid.model_dump(mode="json")
            problems += _unknown_metric(layer, name, (metrics or {})[name](valid)) if metrics else []
    if problems or recipe is None:
        raise RecipeError(source, sorted(set(problems), key=problems.index))
    return recipe.model_copy(update={"solutions": filled})


def _unknown_metric(layer: Mapping[str, Any], solution: str, known: Iterable[str]) -> list[str]:
    selection = layer.get("selection")
    said = selection if isinstance(selection, Mapping) else {}
    own = said.get("metrics")
    path, name = "selection.metric", said.get("metric")
    if isinstance(own, Mapping) and solution in own:
        path, name = f"selection.metrics.{solution}", own[solution]
    names = list(known)
    if not isinstance(name, str) or not name or name in names:  # what isn't text is the model's to refuse
        return []
    return [f"{path}: {unknown('metric', name, names)}"]


def describe(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """Word each mistake of a pydantic check: its path, what is wrong, what is allowed."""
    problems = []
    for item in error.errors():
        location = [str(part) for part in item["loc"]]
        location = [
            part for part in location if not part.startswith(("literal[", "float", "[key]"))
        ]  # a union's or a key's
        path = ".".join(([prefix] if prefix else []) + location)
        if item["type"] == "extra_forbidden":
            parent = _model_at(model, location[:-1])
            problems.append(f"{path}: {unknown('key', location[-1], parent.model_fields if parent else ())}")
        elif item["type"] == "literal_error":
            problems.append(f"{path}: {item['input']!r} is not one of {item.get('ctx', {}).get('expected', '')}")
        elif item["type"] == "missing":
            problems.append(f"{path}: is missing")
        elif item["type"] == "value_error":
            problems.append(f"{path or 'it'}: {item.get('ctx', {}).get('error', item['msg'])}")
        else:
            problems.append(f"{path}: {item['msg'][0].lower()}{item['msg'][1:]} (got {item['input']!r:.80})")
    return problems


def _model_at(model: type[BaseModel], location: Sequence[str]) -> type[BaseModel] | None:
    """Follow a path of field names, and of keys of dictionaries, to the model it ends in."""
    here: Any = model
    for part in location:
        if isinstance(here, type) and issubclass(here, BaseModel):
            if part not in here.model_fields:
                return None
            here = here.model_fields[part].annotation
        else:
            arguments = get_args(here)
            here = arguments[-1] if arguments else None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def dump(recipe: Recipe) -> str:
    """Write a resolved recipe as YAML, keys in the order of the model."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)
