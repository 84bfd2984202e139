"""Standard streams of the command line: results have a descriptor that no library can print to."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from edge_runtime.errors import ExitCode, OutputError

ESCAPE: Final = "edge-asr-escape"
"""Error handler of text streams: what the encoding lacks is written as `\\uXXXX`, valid inside JSON too."""

_STDIN, _STDOUT, _STDERR = range(3)


@dataclass
class _Results:
    """Where results go.

    Attributes:
        stream: None outside `standard_streams`; `sys.stdout` then.
        closed: the caller gave no standard output.
    """

    stream: TextIO | None = None
    closed: bool = False


_RESULTS: Final = _Results()


@contextmanager
def standard_streams() -> Iterator[None]:
    """Take over the standard streams for the body.

    A closed descriptor is opened on the null device, so that no file gets its number. Descriptor 1 becomes
    that of stderr: what C libraries and children print there is no result. Streams that are no descriptors,
    as those of a test, stay.
    """
    missing = _open_missing()
    _replace_missing()
    codecs.register_error(ESCAPE, _escape)
    _RESULTS.stream = sys.stdout = _own_descriptor(sys.stdout)
    _RESULTS.closed = _STDOUT in missing
    try:
        yield
    finally:
        _RESULTS.stream = None


@contextmanager
def libraries_print_to_stderr() -> Iterator[None]:
    """Send what Python code prints to stderr while the body runs; `write_result` still reaches stdout."""
    with redirect_stdout(sys.stderr):
        yield


def write_result(text: str) -> None:
    """Write to standard output, at once.

    Raises:
        OutputError: standard output is closed or cannot be written.
        SystemExit: the reader is gone.
    """
    if _RESULTS.closed:
        raise OutputError("Standard output is closed, and the results go there. Open it, or give files.")
    stream = _RESULTS.stream or sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
        sys.exit(ExitCode.READER_GONE)
    except OSError as error:
        _discard(stream)
        raise OutputError(
            f"Standard output cannot be written: {error.strerror}. Results are lost."
        ) from error


def results_go_to_a_terminal() -> bool:
    """Tell whether a person sees the results as they are written."""
    return results_stream().isatty()


def results_stream() -> TextIO:
    """Return where `write_result` writes, to ask what it is."""
    return _RESULTS.stream or sys.stdout


def _open_missing() -> set[int]:
    """Open the null device on each standard descriptor that is closed; return these."""
    missing = set()
    for descriptor in (_STDIN, _STDOUT, _STDERR):
        if not _is_open(descriptor):
            # The lowest number that is free, so this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            missing.add(descriptor)
    return missing


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _replace_missing() -> None:
    """Give Python's streams of closed descriptors the null device; print() would choose another stream."""
    null = Path(os.devnull)
    if sys.stdin is None:
        sys.stdin = null.open(encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = null.open("w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = null.open("w", encoding="utf-8")


def _own_descriptor(stdout: TextIO) -> TextIO:
    """Move standard output to a descriptor of its own, and let descriptor 1 be that of stderr."""
    try:
        is_standard = stdout.fileno() == _STDOUT
    except (OSError, ValueError):
        is_standard = False
    if not is_standard:
        return stdout
    stdout.flush()
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    return os.fdopen(kept, "w", encoding=stdout.encoding, errors=ESCAPE)


def _discard(stream: TextIO) -> None:
    """Let the interpreter's last flush of a stream that cannot be written succeed."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end
