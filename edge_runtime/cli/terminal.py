"""Messages and progress for a person, always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

_MIB: Final = 1 << 20
_MIN_PROGRESS_BYTES: Final = 256 * _MIB


def say(line: str, *, quiet: bool) -> None:
    """Print a line to stderr unless `--quiet` is given."""
    if not quiet:
        print(line, file=sys.stderr)


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
