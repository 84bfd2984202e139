"""What went wrong, in one line and with an exit code; and that one item's failure stays its own."""

from __future__ import annotations

import errno
import json
import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, requires
from typing import Final

import typer

from edge_runtime.cli.terminal import emit, printable, say, valid_unicode
from edge_runtime.errors import (
    BackendUnavailableError,
    BundleError,
    EdgeAsrError,
    ExitCode,
    OutputError,
    UsageError,
)
from edge_runtime.starved import is_starved

DEBUG_VARIABLE: Final = "EDGE_ASR_DEBUG"

OF_ALL_ITEMS: Final = (UsageError, BackendUnavailableError, BundleError, OutputError)
"""Errors of the request, the machine or stdout: every item would meet them, so they end a command."""

_DISTRIBUTION: Final = "edge-asr"
_ERROR_SCHEMA: Final = "edge-asr/error@1"
RESOURCE_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM})
"""Memory or disk that is used up."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be done.

    Attributes:
        kind: name of the exception's class.
        message: what happened and what to do next.
        exit_code: of a command that does nothing else.
    """

    kind: str
    message: str
    exit_code: ExitCode


class KnownFailureError(Exception):
    """A failure that another process, or an earlier run, has described.

    Attributes:
        failure: its description.
        is_final: whether another try would fail likewise.
    """

    def __init__(self, failure: Failure, *, is_final: bool = False) -> None:
        super().__init__(failure.message)
        self.failure: Final = failure
        self.is_final: Final = is_final


def failure_of(error: Exception, name: str = "") -> Failure:
    """Describe an exception.

    Args:
        error: of any kind.
        name: the item, which the message names; "" where there is none.
    """
    if isinstance(error, KnownFailureError):
        return error.failure
    message, code = _described(error, at_item=bool(name))
    if name and name not in message and printable(name) not in message:
        message = f"{name}: {message}"
    return Failure(type(error).__name__, message, code)


def report(error: Exception, name: str = "", *, as_json: bool = False) -> ExitCode:
    """Print an error line, and for an item with `as_json` a document on stdout; return the exit code."""
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    failure = failure_of(error, name)
    say(f"edge-asr: error: {' '.join(failure.message.split())}")
    if as_json:
        emit(_document(failure, name))
    return failure.exit_code


@dataclass
class Tally:
    """How the items of a command went.

    Attributes:
        as_json: whether a failure is also a document on stdout.
        num_done: items with a result.
        codes: the exit code of each item without.
    """

    as_json: bool = False
    num_done: int = 0
    codes: list[ExitCode] = field(default_factory=list)

    def fail(self, error: Exception, name: str) -> None:
        """Report an item that has no result, and count it."""
        self.codes.append(report(error, name, as_json=self.as_json))

    @contextmanager
    def counted(self, name: str) -> Iterator[None]:
        """Do one item in the body; what it raises is reported, and the next item can follow."""
        try:
            yield
        except OF_ALL_ITEMS:
            raise
        except Exception as error:  # noqa: BLE001  # of this item alone
            self.fail(error, name)
        else:
            self.num_done += 1

    def require_all(self, consequence: str) -> None:
        """End the command where an item has no result; `consequence` says what that means for the others.

        Raises:
            Exit: with the exit code.
        """
        if self.codes:
            total = self.num_done + len(self.codes)
            say(f"edge-asr: error: {len(self.codes)} of {total} recordings have no result. {consequence}")
            raise typer.Exit(self.exit_code())

    def exit_code(self) -> ExitCode:
        """Return 0 if all is done, 3 if some is, the one code of all failures or 4 if nothing is."""
        if not self.codes:
            return ExitCode.OK
        if self.num_done:
            return ExitCode.SOME_INPUTS_FAILED
        return self.codes[0] if len(set(self.codes)) == 1 else ExitCode.ALL_INPUTS_FAILED


def _described(error: Exception, *, at_item: bool) -> tuple[str, ExitCode]:
    if isinstance(error, EdgeAsrError):
        return str(error), error.exit_code
    if is_starved(error):
        return "out of memory. Give shorter audio, or free memory.", ExitCode.RESOURCES
    if isinstance(error, OSError):
        other = ExitCode.ALL_INPUTS_FAILED if at_item else ExitCode.INTERNAL
        return str(error), ExitCode.RESOURCES if error.errno in RESOURCE_ERRNOS else other
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("edge_"):
        return _missing_package(error.name.partition(".")[0]), ExitCode.BACKEND
    hint = f"This is a defect of edge-asr; {DEBUG_VARIABLE}=1 shows where."
    return f"internal error: {type(error).__name__}: {error}. {hint}", ExitCode.INTERNAL


def _missing_package(module: str) -> str:
    extra = _extra_with(module)
    package = f"edge-asr[{extra}]" if extra else module
    return f"This needs the Python package {module!r}, which is not installed: pip install {package!r}."


def _extra_with(module: str) -> str | None:
    """Return the extra of this project that installs a module; None where none does by that name."""
    wanted = re.compile(rf"{module.replace('_', '[-_]')}\b.*extra == ['\"]([\w-]+)['\"]", re.IGNORECASE)
    try:
        requirements = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        return None
    extras = (match[1] for line in requirements if (match := wanted.match(line)))
    return next((extra for extra in extras if extra != "dev"), None)


def _document(failure: Failure, name: str) -> str:
    document = {
        "schema": _ERROR_SCHEMA,
        "audio": {"path": valid_unicode(name)},
        "error": {"type": failure.kind, "message": valid_unicode(failure.message)},
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True)
