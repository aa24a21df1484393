"""Lay the recipes of several solutions together, for one model that serves them all, and say where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsol.layers import merge
from dsol.recipe import Evaluation, Release, Selection
from dsol.stage import Stage

Layer = Mapping[str, Any]
Path = tuple[str, ...]

LENGTH = ("tokens", "epochs", "sources")  # of a stage of tasks
# What one solution needs and the others can bear: with the largest nobody's rows are cut and no text falls short.
LARGEST = {"context", "checkpoints", "repeats", "selection.limit", "evaluation.limit", "evaluation.tokens"}
# What guards: the strictest is safe for all.
STRICTEST = {"release.level": max, "selection.floor": min, "trust_remote_code": min}
# What a recipe says of its own solution's answers, and the key that holds it by solution.
OWN = {"release.floor": "floors", "selection.metric": "metrics"}
STAGE = Stage().model_dump(mode="json")
UNSAID = {
    "evaluation": Evaluation().model_dump(mode="json"),
    "release": Release().model_dump(mode="json"),
    "selection": Selection().model_dump(mode="json"),
    "trust_remote_code": False,
}


@dataclass(frozen=True)
class Difference:
    """A setting in which the solutions' recipes differ: what each says, what the run takes, and why."""

    setting: str
    said: Mapping[str, Any]
    taken: Any
    because: str

    @property
    def worded(self) -> str:
        """Say it in one line."""
        said = ", ".join(f"{solution} {value}" for solution, value in self.said.items())
        return f"{self.setting}: {self.taken} ({self.because}; {said})"


def join(recipes: Mapping[str, Layer], user: Sequence[Layer]) -> tuple[dict[str, Any], list[Difference]]:
    """Join solutions' recipes, given in the order in which they are named; return one, and where they differ.

    `user`: the layers that will be laid over it, which win. In a stage of tasks each solution's rows keep the length
    that its recipe gives them (`Stage.tasks`), so that the stage's tokens are their sum. Of context, checkpoints and
    repeats the largest is taken. All else that says how a stage trains (batch, optimizer, learning rate, ...) belongs
    together: it is that of the solution with the most tokens there, or of the first where one doesn't say tokens. The
    confidence floor and the metric stay each solution's own; of other guards (`selection.floor`, `release.level`) the
    strictest counts, and of the rest what the first solution says.
    """
    joint: dict[str, Any] = {"solutions": merge(*(_at(layer, ("solutions",)) or {} for layer in recipes.values()))}
    if len(recipes) < 2:
        return merge(*recipes.values()), []
    found: list[Difference] = []
    for name in dict.fromkeys(name for layer in recipes.values() for name in _at(layer, ("stages",)) or ()):
        path = ("stages", name)
        having = {solution: layer for solution, layer in recipes.items() if _at(layer, path) is not None}
        leader, why = _leader(having, path)
        lengths = {}
        if _at(having[leader], (*path, "data")) in (None, "tasks"):
            lengths = {solution: _length(layer, path, user) for solution, layer in having.items()}
        _put(joint, path, {})
        found += _joined_lengths(joint, path, lengths, recipes, user)
        skipped = LENGTH if lengths else ()
        found += _joined(joint, having, path, skipped, (leader, why), user)
    first = next(iter(recipes))
    found += _joined(joint, recipes, (), ("stages", "solutions"), (first, f"as {first}, named first"), user)
    return joint, found


def _joined(
    joint: dict[str, Any],
    recipes: Mapping[str, Layer],
    below: Path,
    skipped: Sequence[str],
    leads: tuple[str, str],
    user: Sequence[Layer],
) -> Iterator[Difference]:
    """Put every value below a path into the joint recipe, and yield where the recipes differ."""
    leader, because = leads
    paths = dict.fromkeys(path for layer in recipes.values() for path, _ in _leaves(_at(layer, below), below))
    for path in paths:
        if path[len(below)] in skipped:
            continue
        unsaid = _at(STAGE, path[2:]) if path[0] == "stages" else _at(UNSAID, path)
        said = {solution: _at(layer, path, unsaid) for solution, layer in recipes.items()}
        key = ".".join(path[2:] if path[0] == "stages" else path)
        taken, reason = said[leader], because
        if key in LARGEST and all(map(_number, said.values())):
            taken, reason = max(said.values()), "the largest"
        elif key in STRICTEST and all(isinstance(one, int | float) for one in said.values()):
            taken, reason = STRICTEST[key](said.values()), "the strictest"
        yours = _said(user, path)
        if key in OWN:
            taken, reason = "its own", "each solution's answers are judged by its own"
            for solution, value in said.items() if not yours else ():
                _put(joint, (path[0], OWN[key], solution), value)
        elif taken is not None:
            _put(joint, path, taken)
        if any(one != said[leader] for one in said.values()):
            taken, reason = (yours[-1], "as you say") if yours else (taken, reason)
            shown = {solution: "unsaid" if value is None else value for solution, value in said.items()}
            yield Difference(".".join(path), shown, "unsaid" if taken is None else taken, reason)


def _joined_lengths(
    joint: dict[str, Any],
    path: Path,
    lengths: Mapping[str, dict[str, Any]],
    recipes: Mapping[str, Layer],
    user: Sequence[Layer],
) -> Iterator[Difference]:
    """Put each solution's length of a stage of tasks into the joint recipe; passes that are alike are the stage's."""
    every = list(lengths.values())
    if not every:
        return
    if len(every) == len(recipes) and all(one == every[0] and one.keys() <= {"epochs"} for one in every):
        joint["stages"][path[1]] |= every[0]
        return
    _put(joint, (*path, "tasks"), lengths)
    said = {solution: _worded(lengths[solution]) if solution in lengths else "none" for solution in recipes}
    told = merge(lengths, *(one for one in _said(user, (*path, "tasks")) if isinstance(one, Mapping)))
    tokens: list[Any] = [_at(one, ("tokens",)) for one in told.values()]
    taken = f"{sum(tokens):,} tokens" if all(map(_number, tokens)) else "each its own"
    because = "they add up, and each solution's rows keep theirs"
    yours = [one for one in _said(user, (*path, "tokens")) if one]
    if yours:
        taken = f"{yours[-1]:,} tokens" if _number(yours[-1]) else str(yours[-1])
        because = "as you say, parted in proportion"
    if any(_said(user, (*path, "sources"))):
        because = "parted by the shares that you name"
    yield Difference(".".join((*path, "tokens")), said, taken, because)


def _length(layer: Layer, path: Path, user: Sequence[Layer]) -> dict[str, Any]:
    """Give a solution's length of a stage: its recipe's, but for what the user says of every solution's."""
    length = {key: value for key in LENGTH if (value := _at(layer, (*path, key)))}
    if any(not one for one in _said(user, (*path, "tokens"))):
        length.pop("tokens", None)
    for epochs in _said(user, (*path, "epochs")):
        length["epochs"] = epochs or STAGE["epochs"]
    if "tokens" in length:
        length.pop("epochs", None)
    return length


def _leader(having: Mapping[str, Layer], path: Path) -> tuple[str, str]:
    """Name the solution with the most tokens in a stage, the first where one's recipe doesn't say them; and say why."""
    tokens = {solution: _at(layer, (*path, "tokens"), 0) for solution, layer in having.items()}
    known = all(_number(one) and one for one in tokens.values())
    if not known:
        first = next(iter(tokens))
        return first, f"as {first}, named first"
    most = max(tokens, key=lambda solution: tokens[solution])
    return most, f"as {most}, which trains on most there"


def _worded(length: Mapping[str, Any]) -> str:
    if "tokens" in length:
        return f"{length['tokens']:,} tokens" if _number(length["tokens"]) else str(length["tokens"])
    return f"{length.get('epochs', STAGE['epochs'])} passes"


def _said(user: Sequence[Layer], path: Path) -> list[Any]:
    """List what the user's layers say at a path, the last of which counts; a null there is None."""
    unsaid = object()
    return [value for layer in user if (value := _at(layer, path, unsaid)) is not unsaid]


def _at(layer: Any, path: Path, default: Any = None) -> Any:
    """Look a path up; `default` where it isn't there."""
    for key in path:
        if not isinstance(layer, Mapping) or key not in layer:
            return default
        layer = layer[key]
    return layer


def _leaves(layer: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Go through all values that aren't mappings, with their paths."""
    if not isinstance(layer, Mapping):
        yield path, layer
        return
    for key, value in layer.items():
        yield from _leaves(value, (*path, key))


def _put(layer: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        layer = layer.setdefault(key, {})
    layer[path[-1]] = value


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
