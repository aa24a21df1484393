"""The commands that say what is installed: `dsol list` and `dsol plugins`."""

from __future__ import annotations

import sys

import typer

from dsol.arguments import JsonOption
from dsol.plugins import Plugins
from dsol.terminal import print_rows


def list_solutions(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the solutions that are installed."""
    plugins: Plugins = context.obj
    rows = [{"solution": one.name, "summary": one.summary} for one in plugins.solutions.values()]
    print_rows(rows, as_json)
    warn(plugins)


def list_plugins(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the plugins that were found, what they bring, and what is broken."""
    plugins: Plugins = context.obj
    brought = {name: [one.name for one in result or ()] for name, result in plugins.call("dsol_solutions")}
    for name, result in plugins.call("dsol_backends"):
        brought[name] = [*brought.get(name, []), *(f"backend {one}" for one in result or ())]
    for name, bases in plugins.call("dsol_bases"):
        brought[name] = [*brought.get(name, []), *(f"base {one}" for one in bases or ())]
    rows = [
        {
            "plugin": one.name,
            "from": one.distribution,
            "brings": ", ".join(brought.get(one.name, [])),
            "state": one.error or "ok",
        }
        for one in plugins.found.values()
    ]
    print_rows(rows, as_json)


def warn(plugins: Plugins) -> None:
    """Name the plugins that are broken, on standard error."""
    for one in plugins.broken:
        print(f"plugin {one.name} ({one.distribution}) is broken: {one.error}", file=sys.stderr)
