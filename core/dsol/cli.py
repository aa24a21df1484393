"""The command line: the built-in commands and those of plugins, and how errors end."""

from __future__ import annotations

import errno
import sys
from typing import Annotated, Any

import typer

from dsol import __version__, asking, commands, installed, proxies
from dsol.errors import DataError, DsolError
from dsol.help import SettingsCommand
from dsol.plugins import Plugins, load_plugins, skipped

# Commands that take solutions' settings as options.
OPEN: dict[str, Any] = {
    "cls": SettingsCommand,
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
}

# Errors of the system that a user can mend: no room, no permission, a path that can't be a folder.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MENDABLE = (
    FULL | {errno.EACCES, errno.EPERM, errno.EROFS} | {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG}
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
    def start(
        context: typer.Context,
        version: Annotated[
            bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")
        ] = False,
    ) -> None:
        context.obj = plugins

    app.command("list", short_help="List the solutions that are installed.")(installed.list_solutions)
    app.command("plugins", short_help="List what plugins bring, and what is broken.")(installed.list_plugins)
    app.command("plan", short_help="Show what know-how rules propose, memory and time.", **OPEN)(commands.plan)
    app.command("data", short_help="Build, split and check the samples, and stop there.", **OPEN)(commands.build_data)
    app.command("train", short_help="Train, score, and compare with the baseline.", **OPEN)(commands.train)
    app.command("eval", short_help="Score a finished run, or a base on multiple choice.", **OPEN)(commands.evaluate)
    app.command("compare", short_help="Compare two runs, or a run and its baseline.")(commands.compare)
    app.command("ask", short_help="Ask a trained solution.", **OPEN)(asking.ask)
    app.command("sweep", short_help="Train small proxies over values of a setting.", **OPEN)(proxies.sweep_over)
    bases = typer.Typer(help="Compare bases.", no_args_is_help=True)
    bases.command("compare", **OPEN)(proxies.compare_bases)
    app.add_typer(bases, name="bases")
    plugins.call("dsol_commands", app=app)
    return app


def main() -> None:
    """Run the command line; what a user can mend ends in one line, or in one for each mistake, and exit code 2."""
    try:
        code = application(load_plugins(skip=skipped()))(
            sys.argv[1:] or ["--help"], prog_name="dsol", standalone_mode=False
        )
    except KeyboardInterrupt:  # while plugins load, or a library lets go of what it holds
        code = INTERRUPTED
    except DataError as error:
        _stop(*str(error).splitlines())
    except DsolError as error:
        _stop(str(error))
    except USAGE as error:
        context = getattr(error, "ctx", None)
        message = error.format_message().removesuffix(".")
        _stop(f"{message}; see `{context.command_path if context else 'dsol'} --help`")
    except OSError as error:
        # numpy reports a write cut short without a number.
        if error.errno is not None and error.errno not in MENDABLE:
            raise
        full = error.errno is None or error.errno in FULL
        mend = "make room, or name another folder" if full else "name a place that can be written"
        _stop(f"{error.filename or 'disk'}: {error.strerror or error}; {mend}, then start again")
    if code == INTERRUPTED:
        # Python remembers an interrupt inside of exec(), as when a dataclass is made, also where it was caught, and
        # `python -m` would end by the signal in place of this code; every exec() begins by forgetting it.
        exec("")
        print("\nstopped; the same command goes on from here", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"dsol {__version__}")
        raise typer.Exit


def _stop(*lines: str) -> None:
    first, *more = [" ".join(line.split()) for line in lines]
    print("\n  ".join([f"error: {first}", *more]), file=sys.stderr)
    sys.exit(2)
