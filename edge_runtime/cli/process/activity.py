"""A line on a terminal that says what is being done and for how long, while it is done."""

from __future__ import annotations

from contextlib import AbstractContextManager
from time import perf_counter

from edge_runtime.cli.process.status_line import status_line
from edge_runtime.cli.terminal import printable


def shown_activity(activity: str, *, quiet: bool) -> AbstractContextManager[None]:
    """Show a line with seconds that count up, on a terminal alone; it is gone when the body ends.

    Args:
        activity: what is being done.
        quiet: show nothing.
    """
    start = perf_counter()
    return status_line(lambda: f"{printable(activity)} … {perf_counter() - start:.0f} s", quiet=quiet)
