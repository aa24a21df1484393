"""The command line: the built-in commands and those of plugins, and how errors end."""

from __future__ import annotations

import errno
import sys
from typing import Any

import typer

from dsol import commands, proxies
from dsol.errors import DsolError
from dsol.plugins import Plugins, load_plugins, skipped

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

# Errors of the system that a user can mend: no room, no permission, a path that can't be a folder.
MENDABLE = (
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    | {errno.EACCES, errno.EPERM, errno.EROFS}
    | {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG}
)
USAGE: Any = typer.BadParameter.__base__  # click's UsageError, which typer has under a private name
INTERRUPTED = 130  # what typer makes of Ctrl-C


def application(plugins: Plugins) -> typer.Typer:
    """Make the command line with the built-in commands and those of plugins."""
    app = typer.Typer(
        help="Land domain LLMs: train, evaluate and use whole solutions on your own hardware.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def start(context: typer.Context) -> None:
        context.obj = plugins

    app.command("list")(commands.list_solutions)
    app.command("plugins")(commands.list_plugins)
    app.command("plan", context_settings=PASS_ON)(commands.plan)
    app.command("data", context_settings=PASS_ON)(commands.build_data)
    app.command("train", context_settings=PASS_ON)(commands.train)
    app.command("eval", context_settings=PASS_ON)(commands.evaluate)
    app.command("compare")(commands.compare)
    app.command("ask", context_settings=PASS_ON)(commands.ask)
    app.command("sweep", context_settings=PASS_ON)(proxies.sweep_over)
    bases = typer.Typer(help="Compare bases.", no_args_is_help=True)
    bases.command("compare", context_settings=PASS_ON)(proxies.compare_bases)
    app.add_typer(bases, name="bases")
    plugins.call("dsol_commands", app=app)
    return app


def main() -> None:
    """Run the command line; what a user can mend ends in one line and exit code 2."""
    try:
        code = application(load_plugins(skip=skipped()))(sys.argv[1:] or ["--help"], standalone_mode=False)
    except KeyboardInterrupt:  # while plugins load, or a library lets go of what it holds
        code = INTERRUPTED
    except DsolError as error:
        _stop(str(error))
    except USAGE as error:
        _stop(f"{error.format_message()}; see `dsol --help`, or --help after a command")
    except OSError as error:
        # numpy reports a write cut short without a number.
        if error.errno is not None and error.errno not in MENDABLE:
            raise
        _stop(
            f"{error.filename or 'disk'}: {error.strerror or error}; "
            "make room or choose another --run folder, then start again"
        )
    if code == INTERRUPTED:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def _stop(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)
