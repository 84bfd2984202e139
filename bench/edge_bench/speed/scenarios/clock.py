"""The clock that scenarios run by; tests have one of their own."""

from __future__ import annotations

from time import perf_counter, sleep
from typing import Protocol

from edge_runtime.arrays import Seconds


class Clock(Protocol):
    """Monotonic seconds, and waiting."""

    def now(self) -> Seconds:
        """Return the time since some fixed moment."""
        ...

    def sleep(self, duration_s: Seconds) -> None:
        """Wait."""
        ...


class MachineClock:
    """`perf_counter` and `sleep` of this machine."""

    def now(self) -> Seconds:
        """Return the time since some fixed moment."""
        return perf_counter()

    def sleep(self, duration_s: Seconds) -> None:
        """Wait."""
        sleep(duration_s)
