"""Keep what a decoder in a library prints away from the caller's standard error.

libmpg123, inside libsndfile, writes its remarks with fprintf and has no switch that libsndfile passes on.
While it works, descriptor 2 leads into a pipe; a thread passes on all lines but libmpg123's. So nothing that
other threads write is lost, and what a child process inherits meanwhile stays usable.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_STDERR: Final = 2
_CHUNK_BYTES: Final = 1 << 16
_REMARK: Final = re.compile(
    rb"\s*$|\[src/libmpg123/"
    rb"|Note: (?:Illegal Audio|Trying to resync|Skipped|Hit end|Junk at|Could be a BMP|Looks like a RIFF"
    rb"|Xing|Info: |doing RVA|RVA |broken frame|Cut frame|Input data end|free format|Encoder delay|missing"
    rb"|ID3v2|frame of group)"
    rb"|Warning: (?:Xing stream|Encountered more data|Big change|Real sample count)"
)


class _StderrFilter:
    """Descriptor 2 led through a pipe for as long as somebody needs it."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._users = 0
        self._saved = -1

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Leave out libmpg123's remarks while the context is open; those of several threads may overlap."""
        with self._lock:
            if not self._users:
                self._saved = _divert()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users and self._saved >= 0:
                    _flush()
                    os.dup2(self._saved, _STDERR)
                    os.close(self._saved)


quiet_stderr: Final = _StderrFilter()


def _divert() -> int:
    """Lead descriptor 2 into the filter; return a copy of what it was, -1 where it stays."""
    # On Windows the library has a C run-time of its own. Without a standard error, 2 is something else.
    if os.name != "posix" or sys.__stderr__ is None:
        return -1
    copies: list[int] = []
    try:
        copies += [os.dup(_STDERR), os.dup(_STDERR)]
        copies += os.pipe()
    except OSError:  # no standard error, or out of descriptors: remarks are better than no text
        for copy in copies:
            os.close(copy)
        return -1
    saved, target, reading, writing = copies
    threading.Thread(target=_pass_on, args=(reading, target), daemon=True).start()
    _flush()
    os.dup2(writing, _STDERR)
    os.close(writing)
    return saved


def _flush() -> None:
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.flush()


def _pass_on(reading: int, target: int) -> None:
    """Copy lines that are not remarks until all writers have closed the pipe."""
    rest = b""
    while data := os.read(reading, _CHUNK_BYTES):
        *lines, rest = (rest + data).split(b"\n")
        _write(target, b"".join(line + b"\n" for line in lines if not _REMARK.match(line)))
    if not _REMARK.match(rest):
        _write(target, rest)
    os.close(reading)
    os.close(target)


def _write(target: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(target, data) :]
    except OSError:  # whoever read standard error has gone
        return
