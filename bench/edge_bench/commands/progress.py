"""Progress of a long command."""

from __future__ import annotations

import sys
from collections.abc import Callable


def progress_line(*, quiet: bool) -> Callable[[str], None]:
    """Return a function that shows progress: it rewrites one line of the terminal."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda line: print(f"\r{line}\033[K", end="", file=sys.stderr)
