"""Errors that a user can act on; the command line prints them in one line, without a traceback."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

LISTED = re.compile(r" \(there is: ([^()]+)\)")  # as `unknown` words it


class DsolError(Exception):
    """Name the thing that is wrong, list what exists, and say what to do."""


class RecipeError(DsolError):
    """All mistakes of a recipe together, each with its path and what is allowed there."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source, self.problems = source, tuple(problems)
        super().__init__(f"{source}: " + "; ".join(problems))

    def __reduce__(self) -> tuple[type[RecipeError], tuple[str, Sequence[str]]]:
        return type(self), (self.source, self.problems)  # worker processes raise it too


class DataError(DsolError):
    """All rows of a file that don't fit, with file, line, field and reason; those of one file in the order of lines.

    As text: one mistake by itself, or how many there are and each on a line of its own, the first `shown` of them; then
    `hint`, what to do about all of them.
    """

    shown = 20

    def __init__(self, problems: Sequence[str], hint: str = "") -> None:
        self.hint = hint
        self.problems = tuple(_by_line(problems))
        lines = _once_listed(self.problems[: self.shown])
        more = len(self.problems) - self.shown
        if more > 0:
            lines.append(f"... and {more} more")
        advice = [hint] if hint else []
        several = [f"{len(self.problems)} mistakes:", *(f"  {line}" for line in lines), *advice]
        super().__init__("\n".join(several) if len(lines) > 1 else "; ".join([*lines, *advice]))

    def __reduce__(self) -> tuple[type[DataError], tuple[Sequence[str], str]]:
        return type(self), (self.problems, self.hint)  # worker processes raise it too


def _once_listed(problems: Sequence[str]) -> list[str]:
    """Put each problem on one line, without a list of what exists that a line above it has."""
    seen: set[frozenset[str]] = set()
    lines = []
    for problem in problems:
        for one in LISTED.finditer(problem):
            names = frozenset(one[1].split(", "))  # the closest ones come first, so that the order is not the same
            if names in seen:
                problem = problem.replace(one[0], "")
            seen.add(names)
        lines.append(" ".join(problem.splitlines()))
    return lines


def _by_line(problems: Sequence[str]) -> Sequence[str]:
    """Order problems that all name file and line; what reads a file finds them in several passes."""
    placed = [re.match(r"(.+?):(\d+):", problem) for problem in problems]
    if not all(placed):
        return problems
    files = list(dict.fromkeys(place[1] for place in placed if place))
    found = [(files.index(place[1]), int(place[2])) for place in placed if place]
    return [problem for _, problem in sorted(zip(found, problems, strict=True), key=lambda pair: pair[0])]


class PluginError(DsolError):
    """A plugin breaks the seam: an unknown hook, or a name that another plugin has taken."""


class RunError(DsolError):
    """A run folder is missing, unfinished, damaged, or was started with another recipe."""


class BackendError(DsolError):
    """A base model or a training backend can't be used as asked."""


def unknown(kind: str, name: str, known: Iterable[str], hint: str = "") -> str:
    """Word the message for a name that doesn't exist: what exists, the closest matches first, and what to do."""
    names = sorted(set(known))
    close = get_close_matches(name, names)
    names = close + [one for one in names if one not in close]
    return (
        f"no {kind} named {name!r}"
        + (f", did you mean {close[0]!r}?" if close else "")
        + f" (there is: {', '.join(names) or 'none'})"
        + (f"; {hint}" if hint else "")
    )
