"""Signals that end a stream in order: what was said is decoded first."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from edge_runtime.errors import ExitCode

_CODES: Final = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
    "SIGHUP": ExitCode.HUNG_UP,
}


class Stopping:
    """Whether a signal has come.

    Attributes:
        code: exit code of the first, None before one came.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        """Take what to call at the first signal; a second one interrupts at once."""
        self.code: ExitCode | None = None
        self._stop = stop

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal.

        Raises:
            KeyboardInterrupt: it is the second.
        """
        if self.code is not None:
            raise KeyboardInterrupt
        self.code = _CODES[signal.Signals(number).name]
        self._stop()


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[Stopping]:
    """Call `stop` at the first signal that comes while the body runs; ignored signals stay ignored."""
    state = Stopping(stop)
    before = {}
    for name in _CODES:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, state.handle)
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
