"""The live view: what is said, on a terminal, while it is said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import RLock
from typing import Final, TextIO

from edge_runtime.cli.live.outputs import LiveEvent
from edge_runtime.cli.live.screen import Screen, Size
from edge_runtime.cli.process.streams import results_go_to_a_terminal, results_stream, write_result
from edge_runtime.cli.terminal import printable
from edge_runtime.streaming.events import Final as FinalText
from edge_runtime.streaming.events import Partial

_NO_COLOR: Final = "NO_COLOR"
"""Of no-color.org: set to anything but nothing, no color is written."""


class LiveView:
    """Shows stable text and draft; other lines can be printed above its draft.

    Attributes:
        lock: held while somebody writes to the terminal.
    """

    def __init__(self, write: Callable[[str], None], size: Callable[[], Size]) -> None:
        """Take the terminal.

        Args:
            write: writes to it.
            size: returns its size as it is now.
        """
        self.lock: Final = RLock()
        self._write = write
        self._screen = Screen(size, color=not os.environ.get(_NO_COLOR))

    @property
    def drawn(self) -> bool:
        """Whether a draft is to be seen."""
        return self._screen.drawn

    def take(self, event: LiveEvent) -> None:
        """Show an event, if it has text."""
        with self.lock:
            if isinstance(event, Partial):
                self._write(self._screen.show(printable(event.stable_added), printable(event.draft)))
            elif isinstance(event, FinalText):
                self._write(self._screen.finish(printable(event.text)))

    def clear(self) -> None:
        """Take the draft away."""
        self._write(self._screen.hide())

    def draw(self) -> None:
        """Write the draft again."""
        self._write(self._screen.redraw())


def view_of_results() -> LiveView | None:
    """Return the view that shows the results themselves; None where stdout is no terminal."""
    if not results_go_to_a_terminal() or _is_dumb():
        return None
    return LiveView(write_result, partial(_size_of, results_stream()))


def view_beside_results() -> LiveView | None:
    """Return a view for a person whose results go elsewhere; None where nobody would see it."""
    if results_go_to_a_terminal() or not sys.stderr.isatty() or _is_dumb():
        return None
    return LiveView(_write_stderr, partial(_size_of, sys.stderr))


def _is_dumb() -> bool:
    return os.environ.get("TERM", "dumb") == "dumb"


def _size_of(terminal: TextIO) -> Size:
    with suppress(OSError, ValueError):
        size = os.get_terminal_size(terminal.fileno())
        return Size(size.columns, size.lines)
    return Size(0, 0)


def _write_stderr(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
