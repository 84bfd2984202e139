"""A line on a terminal that says what is being done and for how long, while it is done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import perf_counter
from typing import Final

from edge_runtime.cli.terminal import printable

_FIRST_S: Final = 1.0
"""Work that is sooner done needs no line."""
_STEP_S: Final = 1.0
_CLEAR: Final = "\r\033[K"


@contextmanager
def shown_activity(activity: str, *, quiet: bool) -> Iterator[None]:
    """Show a line with seconds that count up, on a terminal alone; it is gone when the body ends.

    Args:
        activity: what is being done.
        quiet: show nothing.
    """
    if quiet or not sys.stderr.isatty():
        yield
        return
    ended = Event()
    thread = Thread(target=_show, args=(activity, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _show(activity: str, ended: Event) -> None:
    start = perf_counter()
    wait_s = _FIRST_S
    while not ended.wait(wait_s):
        wait_s = _STEP_S
        _write(f"{_CLEAR}{printable(activity)} … {perf_counter() - start:.0f} s")
    if perf_counter() - start > _FIRST_S:
        _write(_CLEAR)


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
