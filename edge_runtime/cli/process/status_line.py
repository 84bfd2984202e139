"""One line at the bottom of a terminal that is drawn again and again, and makes room for what is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import accumulate
from threading import Event, RLock, Thread
from typing import Final, Protocol

from edge_runtime.cli.process.text_width import width_of

_FIRST_S: Final = 1.0
"""Work that is sooner done needs no line."""
_STEP_S: Final = 0.5
_CLEAR_REST: Final = "\033[K"
_CLEAR: Final = f"\r{_CLEAR_REST}"
_CUT: Final = "…"


class Drawn(Protocol):
    """What stands at the bottom of a terminal, and makes room."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while somebody writes."""
        ...

    @property
    def drawn(self) -> object:
        """Whether there is anything to be seen."""
        ...

    def draw(self) -> None:
        """Write it."""
        ...

    def clear(self) -> None:
        """Take it away."""
        ...


@dataclass
class _Line:
    """The line of a `status_line`.

    Attributes:
        text: returns what to show.
        lock: held while somebody writes.
        drawn: what stands on the terminal, "" for nothing.
    """

    text: Callable[[], str]
    lock: RLock = field(default_factory=RLock)
    drawn: str = ""

    def draw(self) -> None:
        with self.lock:
            line = fitting(self.text(), _columns())
            if line != self.drawn:
                _write(f"\r{line}{_CLEAR_REST}")
                self.drawn = line

    def clear(self) -> None:
        if self.drawn:
            _write(_CLEAR)
            self.drawn = ""


_SHOWN: Final[list[Drawn]] = []
"""What this process draws, if there is anything."""


@contextmanager
def at_bottom(drawn: Drawn) -> Iterator[None]:
    """Let what is printed while the body runs stand above `drawn`."""
    _SHOWN.append(drawn)
    try:
        yield
    finally:
        _SHOWN.remove(drawn)


@contextmanager
def status_line(text: Callable[[], str], *, quiet: bool) -> Iterator[None]:
    """Show a line while the body runs, from its first second on, on a terminal alone; then it is gone.

    Args:
        text: returns the line, without control characters; called from another thread.
        quiet: show nothing.
    """
    if _SHOWN or not is_shown(quiet=quiet):
        yield
        return
    line, ended = _Line(text), Event()
    thread = Thread(target=_redraw, args=(line, ended), daemon=True)
    thread.start()
    try:
        with at_bottom(line):
            yield
    finally:
        ended.set()
        thread.join()
        line.clear()


def is_shown(*, quiet: bool) -> bool:
    """Tell whether a line would be seen."""
    return not quiet and sys.stderr.isatty()


@contextmanager
def above_status_line() -> Iterator[None]:
    """Let the body print to the terminal: the line makes room, and is there again afterwards."""
    line = _SHOWN[0] if _SHOWN else None
    if line is None:
        yield
        return
    with line.lock:
        was_drawn = bool(line.drawn)
        line.clear()
        try:
            yield
        finally:
            if was_drawn:
                line.draw()


def fitting(text: str, columns: int) -> str:
    """Return text that fits into a line of a terminal; its end is cut. 0 columns are unknown."""
    room = columns - 1  # in the last column some terminals wrap
    if columns <= 0 or width_of(text) <= room:
        return text
    ends = accumulate(map(width_of, text))
    return text[: sum(end <= room - len(_CUT) for end in ends)] + _CUT


def _columns() -> int:
    """Return the width of the terminal as it is now."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 0


def _redraw(line: _Line, ended: Event) -> None:
    wait_s = _FIRST_S
    while not ended.wait(wait_s):
        wait_s = _STEP_S
        line.draw()


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
