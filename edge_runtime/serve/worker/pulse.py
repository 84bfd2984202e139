"""Signs of life, and how long the work at hand has stood still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import perf_counter
from typing import Final

from edge_runtime.arrays import Seconds


class Pulse:
    """Of the threads of a process that work."""

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._num_working = 0
        self._since = 0.0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work in the body."""
        with self._lock:
            self._num_working += 1
            self._since = perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._num_working -= 1
                self._since = perf_counter()

    def go_on(self) -> None:
        """Note that the work went on."""
        self._since = perf_counter()

    @property
    def busy_s(self) -> Seconds:
        """Seconds since the work last went on; 0 where there is none."""
        with self._lock:
            return perf_counter() - self._since if self._num_working else 0.0

    @staticmethod
    def beat(every_s: Seconds, send: Callable[[], None]) -> None:
        """Call `send` again and again, from a thread of its own, until it raises."""

        def run() -> None:
            pause = Event()
            try:
                while True:
                    send()
                    pause.wait(every_s)
            except OSError:
                return

        Thread(target=run, daemon=True, name="edge-asr-pulse").start()
