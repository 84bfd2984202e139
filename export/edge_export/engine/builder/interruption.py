"""Signals that end a build: TensorRT holds the thread for minutes, and Python's handlers wait for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any, Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Hold back SIGINT and SIGTERM during the body, and handle them after it.

    Python runs handlers in the main thread between two of its own instructions, so none runs during a call of
    TensorRT, and one that raised inside a callback would cross the library. The signal number that the
    interpreter writes to a pipe at once is seen from any thread.

    Yields:
        A function that tells whether a signal has come; the body should then end early. It always returns
        False where this is not the main thread, which receives no signals.
    """
    if current_thread() is not main_thread():
        yield lambda: False
        return
    read_end, write_end = os.pipe()
    for end in (read_end, write_end):
        os.set_blocking(end, False)
    received = _Received(read_end)
    former = {number: signal.signal(number, _hold_back) for number in _SIGNALS}
    former_fd = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    try:
        yield received
    finally:
        received()
        signal.set_wakeup_fd(former_fd)
        for number, handler in former.items():
            signal.signal(number, handler)
        os.close(read_end)
        os.close(write_end)
        if received.number is not None:
            signal.raise_signal(received.number)


class _Received:
    """Tells whether a signal has come, and remembers the first."""

    def __init__(self, read_end: int) -> None:
        self._read_end: Final = read_end
        self.number: int | None = None

    def __call__(self) -> bool:
        try:
            numbers = os.read(self._read_end, 64)
        except BlockingIOError:
            numbers = b""
        held = [number for number in numbers if number in _SIGNALS]
        if self.number is None and held:
            self.number = held[0]
        return self.number is not None


def _hold_back(_number: int, _frame: Any) -> None:
    """Do nothing: the signal is handled when the body has ended."""
