"""Messages and results: text for a person on stderr, results on stdout."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from edge_runtime.cli.process.status_line import above_status_line
from edge_runtime.cli.process.streams import results_go_to_a_terminal, write_result

_MIB: Final = 1 << 20
_MIN_PROGRESS_BYTES: Final = 256 * _MIB
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPED_BYTES: Final = range(0xDC80, 0xDD00)
"""What `surrogateescape` makes of the bytes from 0x80 on."""


def emit(text: str, end: str = "\n") -> None:
    """Write a result to stdout, at once; the errors are those of `write_result`."""
    if results_go_to_a_terminal():
        with above_status_line():
            write_result(text + end)
    else:
        write_result(text + end)


def say(line: str, *, quiet: bool = False) -> None:
    """Print a line to stderr unless `--quiet` is given; a stderr that cannot be written loses it."""
    if not quiet:
        with suppress(OSError), above_status_line():
            print(printable(line), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return text as one line: surrogates, control characters and line breaks as backslash escapes."""
    return _CONTROL.sub(_escaped, valid_unicode(text))


def valid_unicode(text: str) -> str:
    """Return text with the surrogates that stand for the bytes of a file's name as backslash escapes."""
    return _SURROGATE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code in _ESCAPED_BYTES:
        return f"\\x{code - _ESCAPED_BYTES.start + 0x80:02x}"
    return match[0].encode("unicode_escape").decode("ascii")


def verify_progress(*, quiet: bool) -> Callable[[int, int], None] | None:
    """Return a progress callback for hashing; None with `--quiet` or if stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        return None
    last = -1

    def show(done: int, total: int) -> None:
        nonlocal last
        percent = 100 * done // max(total, 1)
        if total >= _MIN_PROGRESS_BYTES and percent != last:
            last = percent
            end = "\r" if done < total else "\r\033[K"
            print(f"verifying bundle: {percent:3d} % of {total // _MIB} MiB", end=end, file=sys.stderr)

    return show
