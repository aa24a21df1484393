"""Load plugins from the entry-point group `dsol`, one by one: a broken one is reported and harms nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pluggy

from dsol import hooks
from dsol.errors import PluginError, unknown

if TYPE_CHECKING:
    from pathlib import Path

    from dsol.backend import Backend
    from dsol.knowhow import Rule
    from dsol.solution import Solution

GROUP = "dsol"


@dataclass(frozen=True)
class Loaded:
    """A plugin that was found: its entry point's name, where it comes from, and why it failed ("" if it didn't)."""

    name: str
    distribution: str
    module: str
    error: str = ""


@dataclass
class Plugins:
    """All plugins of one process; what they bring is asked for on first use.

    A plugin's hook that raises is remembered as that plugin's error, and the others go on.
    """

    manager: pluggy.PluginManager
    found: dict[str, Loaded] = field(default_factory=dict)

    @cached_property
    def solutions(self) -> dict[str, Solution]:
        return self._named("dsol_solutions", lambda result: {solution.name: solution for solution in _unique(result)})

    @cached_property
    def backends(self) -> dict[str, Backend]:
        return self._named("dsol_backends", dict)

    @cached_property
    def bases(self) -> dict[str, Path]:
        return self._named("dsol_bases", dict)

    @cached_property
    def recipes(self) -> dict[str, Path]:
        return self._named("dsol_recipes", dict)

    @cached_property
    def rules(self) -> dict[str, Rule]:
        return self._named("dsol_rules", lambda result: {rule.id: rule for rule in _unique(result, "id")})

    def solution(self, name: str) -> Solution:
        """Find a solution by name; the error lists what exists and which plugins are broken."""
        self._require("solution", name, self.solutions)
        return self.solutions[name]

    def backend(self, name: str) -> Backend:
        """Find a backend by name; the error lists what exists and which plugins are broken."""
        self._require("backend", name, self.backends)
        return self.backends[name]

    @property
    def broken(self) -> list[Loaded]:
        return [plugin for plugin in self.found.values() if plugin.error]

    def call(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Call a hook plugin by plugin, in the order of their names; return (plugin name, result) pairs."""
        results = []
        for implementation in sorted(getattr(self.manager.hook, hook).get_hookimpls(), key=lambda one: one.plugin_name):
            accepted = {name: arguments[name] for name in implementation.argnames}
            try:
                results.append((implementation.plugin_name, implementation.function(**accepted)))
            except Exception as error:
                self._blame(implementation.plugin_name, f"{hook} raised {type(error).__name__}: {error}")
        return results

    def _named(self, hook: str, named: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
        everything: dict[str, Any] = {}
        owner: dict[str, str] = {}
        for plugin, result in self.call(hook):
            for name, thing in named(result or ()).items():
                if name in everything:
                    raise PluginError(
                        f"{hook}: the name {name!r} is brought by both {self._describe(owner[name])} and "
                        f"{self._describe(plugin)}; uninstall one, or leave one out with DSOL_SKIP={plugin}"
                    )
                everything[name], owner[name] = thing, plugin
        return everything

    def _require(self, kind: str, name: str, known: Mapping[str, Any]) -> None:
        if name in known:
            return
        broken = "; ".join(f"plugin {one.name} ({one.distribution}) is broken: {one.error}" for one in self.broken)
        raise PluginError(unknown(kind, name, known, broken or "see `dsol plugins`"))

    def _describe(self, plugin: str) -> str:
        return f"plugin {plugin} ({self.found[plugin].distribution})"

    def _blame(self, plugin: str, error: str) -> None:
        before = self.found[plugin]
        self.found[plugin] = Loaded(before.name, before.distribution, before.module, error)


def load_plugins(points: Sequence[EntryPoint] | None = None, skip: Sequence[str] = ()) -> Plugins:
    """Import every plugin of the group; two with one name, or an unknown hook, is a PluginError naming both sides."""
    manager = pluggy.PluginManager("dsol")
    manager.add_hookspecs(hooks)
    known = {name for name in vars(hooks) if name.startswith("dsol_")}
    plugins = Plugins(manager)
    found = sorted(entry_points(group=GROUP) if points is None else points, key=lambda point: point.name)
    for point in found:
        if point.name in skip:
            continue
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown distribution"
        if point.name in plugins.found:
            other = plugins.found[point.name]
            if (other.distribution, other.module) == (origin, point.value):
                continue  # an editable install beside a wheel lists the same plugin twice
            raise PluginError(
                f"two plugins are named {point.name!r}: {other.module} of {other.distribution} and {point.value} of "
                f"{origin}; uninstall one, or leave both out with DSOL_SKIP={point.name}"
            )
        try:
            module = point.load()
        except Exception as error:
            plugins.found[point.name] = Loaded(point.name, origin, point.value, f"{type(error).__name__}: {error}")
            continue
        plugins.found[point.name] = Loaded(point.name, origin, point.value)
        for name in dir(module):
            marked = getattr(getattr(module, name), "dsol_impl", None)
            if marked is not None and name not in known:
                raise PluginError(
                    f"plugin {point.name} ({origin}) implements {unknown('hook', name, known)}; "
                    f"mend it, or leave it out with DSOL_SKIP={point.name}"
                )
        manager.register(module, name=point.name)
    return plugins


def skipped() -> list[str]:
    """Read the plugins to leave out from DSOL_SKIP (comma-separated), the documented way round a broken one."""
    return [name.strip() for name in os.environ.get("DSOL_SKIP", "").split(",") if name.strip()]


def _unique(things: Sequence[Any], key: str = "name") -> Sequence[Any]:
    names = [getattr(thing, key) for thing in things]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the name {twice[0]!r} is brought twice")
    return things
