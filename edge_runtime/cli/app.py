"""The root of the command line: adds the installed commands, turns errors into one line and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from types import FrameType
from typing import Annotated, Final, NoReturn

import typer

from edge_runtime.cli import align, doctor, info, run, signing, verify
from edge_runtime.cli.heap import release_large_blocks
from edge_runtime.errors import EdgeAsrError, ExitCode

PROGRAM: Final = "edge-asr"

PLUGIN_GROUP: Final = "edge_asr.commands"
"""Entry points of this group are functions that add commands to the app."""

DEBUG_VARIABLE: Final = "EDGE_ASR_DEBUG"
_RESOURCE_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM})


def build_app() -> typer.Typer:
    """Return the command line with the commands of all installed packages."""
    app = typer.Typer(
        name="edge-asr",
        help="Qwen3-ASR on devices: build engines from a checkpoint, run them on audio, time the words.",
        no_args_is_help=True,
        add_completion=False,
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
    app.command()(align.align)
    app.command()(info.info)
    app.command()(verify.verify)
    app.command()(doctor.doctor)
    app.command()(signing.sign)
    app.command()(signing.keygen)
    return app


def main() -> NoReturn:
    """Run the command line and exit."""
    signal.signal(signal.SIGTERM, _terminate)
    release_large_blocks()
    try:
        build_app()(prog_name=PROGRAM)
    except EdgeAsrError as error:
        _fail(str(error), error.exit_code, error)
    except MemoryError as error:
        _fail("out of memory. Give shorter audio, or free memory.", ExitCode.RESOURCES, error)
    except OSError as error:
        resources = error.errno in _RESOURCE_ERRNOS
        _fail(str(error), ExitCode.RESOURCES if resources else ExitCode.INTERNAL, error)
    except Exception as error:  # noqa: BLE001  # no traceback reaches a user who did not set EDGE_ASR_DEBUG
        hint = f"This is a defect of edge-asr; {DEBUG_VARIABLE}=1 shows where."
        _fail(f"internal error: {type(error).__name__}: {error}. {hint}", ExitCode.INTERNAL, error)
    sys.exit(ExitCode.OK)


def _print_version(requested: bool) -> None:
    if requested:
        print(version("edge-asr"))
        raise typer.Exit


def _root(
    _version: Annotated[
        bool,
        # Eager: handled before typer reports that the command is missing.
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Define the options that precede a command."""


def _terminate(_signum: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(ExitCode.TERMINATED)


def _fail(message: str, code: ExitCode, error: BaseException) -> NoReturn:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    print(f"edge-asr: error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
