"""The root of the command line: adds the installed commands, turns errors into one line and an exit code."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Annotated, Final, NoReturn

import typer

from edge_runtime.cli import align, doctor, info, run, signing, verify
from edge_runtime.cli.documents import convert
from edge_runtime.cli.failures import report
from edge_runtime.cli.live.command import stream
from edge_runtime.cli.process.command import Command
from edge_runtime.cli.process.signals import exit_on_signals
from edge_runtime.cli.process.streams import standard_streams
from edge_runtime.cli.serving.command import serve
from edge_runtime.cli.terminal import emit
from edge_runtime.errors import ExitCode
from edge_runtime.version import VERSION

PROGRAM: Final = "edge-asr"

PLUGIN_GROUP: Final = "edge_asr.commands"
"""Entry points of this group are functions that add commands to the app."""


def build_app() -> typer.Typer:
    """Return the command line with the commands of all installed packages."""
    app = typer.Typer(
        name="edge-asr",
        help="Qwen3-ASR on devices: build engines from a checkpoint, run them on audio, time the words.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help starts in half the time
        context_settings={
            "help_option_names": ["-h", "--help"],
            "token_normalize_func": lambda name: name.replace("_", "-"),
        },
    )
    app.callback()(_root)
    for plugin in sorted(entry_points(group=PLUGIN_GROUP), key=lambda point: point.name):
        # A device may have only the runtime; commands of packages that are missing are not offered.
        if find_spec(plugin.module.partition(".")[0]):
            plugin.load()(app)
    app.command()(run.run)
    app.command()(stream)
    app.command()(serve)
    app.command()(align.align)
    app.command()(convert.convert)
    app.command()(info.info)
    app.command()(verify.verify)
    app.command()(doctor.doctor)
    app.command()(signing.sign)
    app.command()(signing.keygen)
    app.command("version")(_version)
    for command in app.registered_commands:
        command.cls = Command
    return app


def main() -> NoReturn:
    """Run the command line and exit."""
    exit_on_signals()
    with standard_streams():
        try:
            build_app()(prog_name=PROGRAM)
        except SystemExit as ended:
            # typer ends with 1 where the reader of its help is gone.
            gone = isinstance(ended.__context__, BrokenPipeError)
            sys.exit(ExitCode.READER_GONE if gone else ended.code)
        except Exception as error:  # noqa: BLE001  # no traceback reaches a user who did not set EDGE_ASR_DEBUG
            sys.exit(report(error))
    sys.exit(ExitCode.OK)


def _print_version(requested: bool) -> None:
    if requested:
        emit(VERSION)
        raise typer.Exit


def _version() -> None:
    """Print the version."""
    emit(VERSION)


def _root(
    _version: Annotated[
        bool,
        # Eager: handled before typer reports that the command is missing.
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Define the options that precede a command."""
