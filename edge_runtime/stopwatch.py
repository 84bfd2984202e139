"""Measure stages from outside the algorithms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from edge_runtime.arrays import Milliseconds

Clock = Callable[[], float]
"""Monotonic seconds."""


class Stopwatch:
    """Durations of named stages, and of the whole."""

    def __init__(self, clock: Clock = perf_counter) -> None:
        self._clock = clock
        self._start = clock()
        self._stages: Final[dict[str, Milliseconds]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the body as stage `name`; the durations of a repeated stage add up."""
        start = self._clock()
        yield
        self._stages[name] = self[name] + 1e3 * (self._clock() - start)

    def stop(self) -> None:
        """Let no more time pass."""
        now = self._clock()
        self._clock = lambda: now

    def exclude_wait(self) -> None:
        """Exclude the time so far that no stage measured: other work ran in it."""
        self._start = self._clock() - sum(self._stages.values()) / 1e3

    def __getitem__(self, name: str) -> Milliseconds:
        return self._stages.get(name, 0.0)

    def elapsed_ms(self) -> Milliseconds:
        """Return the time since the stopwatch was made, without excluded waits."""
        return 1e3 * (self._clock() - self._start)
