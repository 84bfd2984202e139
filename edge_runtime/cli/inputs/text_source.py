"""Text that is given on the command line, in a file or on standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge_runtime.cli.options import CONTEXT_VARIABLE, STDIN
from edge_runtime.errors import UsageError

FILE_MARK: Final = "@"
_MAX_FILE_BYTES: Final = 64 << 20
"""So that a recording that is named by mistake, or a device, is not read whole."""


def context_of(values: Sequence[str] | None) -> str:
    """Return the context: the flags' texts one after the other, or else that of the environment.

    Raises:
        UsageError: a file is missing, or a text is not UTF-8.
    """
    given = values or filter(None, [os.environ.get(CONTEXT_VARIABLE)])
    return "\n".join(read_text(value, "--context").strip() for value in given)


def read_text(value: str, flag: str) -> str:
    """Return the text that a flag means: what stands there, or the file behind `@`.

    A text that starts with `@` is written with two.

    Raises:
        UsageError: the file cannot be read, or the text is not UTF-8.
    """
    if value.startswith(FILE_MARK * 2):
        return value[1:]
    if value.startswith(FILE_MARK):
        return _of_file(value, flag)
    return _decoded(os.fsencode(value), flag)


def read_file(path: Path | None, flag: str) -> str:
    """Return the text of a file, nothing without one.

    Raises:
        UsageError: the file cannot be read, or is too large; the text is not UTF-8.
    """
    if path is None:
        return ""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{flag} {path}: cannot be read: {error.strerror}. Name a text file.") from error
    if len(data) > _MAX_FILE_BYTES:
        raise UsageError(f"{flag} {path}: has more than {_MAX_FILE_BYTES >> 20} MB. Give a part of it.")
    return _decoded(data, f"{flag} {path}")


def read_stdin(flag: str) -> str:
    """Return the text on standard input.

    Raises:
        UsageError: it is not UTF-8.
    """
    return _decoded(sys.stdin.buffer.read(), f"{flag} {STDIN}")


def file_of(value: str) -> Path | None:
    """Return the file that a flag's value names, None where it is the text itself."""
    named = value.startswith(FILE_MARK) and not value.startswith(FILE_MARK * 2)
    return Path(value[1:]) if named else None


def _of_file(value: str, flag: str) -> str:
    try:
        return _decoded(Path(value[1:]).read_bytes(), f"{flag} {value}")
    except OSError as error:
        raise UsageError(
            f"{flag} {value}: cannot be read: {error.strerror}. Name a file after {FILE_MARK}; a text that "
            f"starts with it is written with {FILE_MARK * 2}."
        ) from error


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"The text in {source} is not UTF-8 ({error.reason}). Convert it.") from error
