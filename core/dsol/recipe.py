"""The YAML that says everything about a run: the solution's defaults, a user's file and overrides, checked together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dsol.errors import RecipeError, unknown


class Stage(BaseModel):
    """A weighted mix of sources and how to train on it.

    `sources`: relative token shares by source name (empty: all sources, in proportion to their size). The length is
    `tokens` where that is set (shared prefixes not counted), else `epochs` passes over all sources together.
    `batch_tokens`: tokens computed in one optimizer step, a shared prefix counted once. `context`: longest row, in
    tokens. `checkpoints`: how many evenly spaced ones are kept and scored. `tune`: "auto" takes LoRA for chat models
    and full tuning else; a full tune of a chat model needs `force: full`. `backend`: the trainer's own options,
    forwarded as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: dict[str, float] = Field(default_factory=dict)
    tokens: int = Field(default=0, ge=0)
    epochs: float = Field(default=1.0, gt=0)
    batch_tokens: int = Field(default=8192, ge=16)
    context: int = Field(default=4096, ge=16)
    checkpoints: int = Field(default=1, ge=1)
    tune: Literal["auto", "lora", "full"] = "auto"
    force: Literal["", "full"] = ""
    share_prefix: Literal["auto", "always", "never"] = "auto"
    backend: dict[str, Any] = Field(default_factory=dict)


class Selection(BaseModel):
    """How the checkpoint is chosen: the best value of a metric (empty: the headline) on the development set.

    `limit`: score checkpoints on at most so many development samples.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str = ""
    limit: int = Field(default=200, ge=1)


class Release(BaseModel):
    """When a run may replace the old feature.

    `floor`: below this confidence nobody answers. `level`: of the intervals and of the paired test against the
    baseline; 0.95 means that it must win at p < 0.05.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: float = Field(default=0.1, ge=0, lt=1)
    level: float = Field(default=0.95, gt=0.5, lt=1)


class Recipe(BaseModel):
    """Say everything about a run; what isn't known here is refused.

    `base`: a hub id, a local folder, or `scratch:<size>`. `settings` are the solution's own. `trust_remote_code` lets
    a model repository's Python run on this machine: off unless the user says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    solution: str
    base: str = "scratch:small"
    backend: str = "trl"
    seed: int = Field(default=0, ge=0)
    trust_remote_code: bool = False
    settings: dict[str, Any] = Field(default_factory=dict)
    stages: dict[str, Stage] = Field(min_length=1)
    selection: Selection = Selection()
    release: Release = Release()


class _Loader(yaml.SafeLoader):
    """Read `1e-4` as a number (YAML 1.2), which PyYAML's 1.1 rules read as text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d[\d_]*)(\.[\d_]*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def parse_yaml(text: str, source: str) -> Any:
    """Parse YAML safely; a mistake in its form is a RecipeError with line and column."""
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise RecipeError(source, [f"not valid YAML: {where}{problem}"]) from error


def read_layer(path: Path) -> dict[str, Any]:
    """Read one recipe file as a mapping; missing, unreadable or malformed files are a RecipeError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise RecipeError(str(path), [f"can't read the recipe: {reason}"]) from error
    layer = parse_yaml(text, str(path))
    if layer is None:
        return {}
    if not isinstance(layer, dict):
        raise RecipeError(
            str(path), [f"a recipe is a mapping of keys to values, this file holds a {type(layer).__name__}"]
        )
    return layer


def named(name: Path, own: Path) -> Path:
    """Find one of a solution's further recipes, `recipe-<name>.yaml` beside its own; else give the name as it is."""
    beside = own.with_name(f"recipe-{name}.yaml")
    return beside if beside.exists() else name


def parse_override(text: str) -> dict[str, Any]:
    """Turn `stages.sft.backend.learning_rate=1e-4` into a nested mapping; the value is read as YAML."""
    path, equals, value = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError("--set", [f"{text!r} is not of the form path.to.key=value"])
    layer: Any = parse_yaml(value, f"--set {path}") if value.strip() else ""
    for key in reversed(keys):
        layer = {key: layer}
    return dict(layer)


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Lay mappings over each other, later ones win; a null removes what an earlier layer set."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            if value is None:
                merged.pop(key, None)
            elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
                merged[key] = merge(merged[key], value)
            elif isinstance(value, Mapping):
                merged[key] = merge(value)
            else:
                merged[key] = value
    return merged


def for_base(layer: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Lay over a solution's recipe what it says for a base, and leave out what it says for others.

    Its key `bases` maps patterns of names (`scratch:*`, `*`) to mappings like a recipe; the first that fits counts: a
    learning rate that suits random weights ruins a chat model.
    """
    said = layer.get("bases", {})
    if not isinstance(said, Mapping) or not all(isinstance(some, Mapping) for some in said.values()):
        raise RecipeError("recipe", ["bases: maps patterns of base names, such as scratch:*, to mappings"])
    fitting: Mapping[str, Any] = next((some for pattern, some in said.items() if fnmatchcase(base, pattern)), {})
    return merge({key: value for key, value in layer.items() if key != "bases"}, fitting)


def check(
    source: str,
    layer: Mapping[str, Any],
    settings: type[BaseModel],
    more: Iterable[str] = (),
    metrics: Callable[[Any], Iterable[str]] | None = None,
) -> Recipe:
    """Validate a merged recipe and its solution's settings; raise all mistakes as one RecipeError.

    `metrics(settings)` names the solution's metrics; `selection.metric` must be one of them. The returned recipe's
    `settings` hold every setting, defaults too, as plain values.
    """
    problems = list(more)
    recipe: Recipe | None = None
    filled: dict[str, Any] = {}
    try:
        recipe = Recipe.model_validate(layer)
    except ValidationError as error:
        problems += describe(error, Recipe)
    given = layer.get("settings") or {}
    if isinstance(given, Mapping):
        try:
            valid = settings.model_validate(given)
        except ValidationError as error:
            problems += describe(error, settings, "settings")
        else:
            filled = valid.model_dump(mode="json")
            problems += _unknown_metric(layer, metrics(valid)) if metrics else []
    if problems or recipe is None:
        raise RecipeError(source, sorted(set(problems), key=problems.index))
    return recipe.model_copy(update={"settings": filled})


def _unknown_metric(layer: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    selection = layer.get("selection")
    name = selection.get("metric") if isinstance(selection, Mapping) else None
    names = list(known)
    if not isinstance(name, str) or not name or name in names:  # what isn't text is the model's to refuse
        return []
    return [f"selection.metric: {unknown('metric', name, names)}"]


def describe(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """Word each mistake of a pydantic check: its path, what is wrong, what is allowed."""
    problems = []
    for item in error.errors():
        location = [str(part) for part in item["loc"]]
        path = ".".join(([prefix] if prefix else []) + location)
        if item["type"] == "extra_forbidden":
            parent = _model_at(model, location[:-1])
            problems.append(f"{path}: {unknown('key', location[-1], parent.model_fields if parent else ())}")
        elif item["type"] == "literal_error":
            problems.append(f"{path}: {item['input']!r} is not one of {item.get('ctx', {}).get('expected', '')}")
        elif item["type"] == "missing":
            problems.append(f"{path}: is missing")
        elif item["type"] == "value_error":
            problems.append(f"{path}: {item.get('ctx', {}).get('error', item['msg'])}")
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
