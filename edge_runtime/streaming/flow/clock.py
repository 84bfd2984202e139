"""When the audio of a stream arrived."""

from __future__ import annotations

from collections import deque
from time import perf_counter
from typing import Final

from edge_runtime.arrays import Milliseconds


class ArrivalClock:
    """Knows for each sample, in order, how long ago it came."""

    def __init__(self) -> None:
        self._arrivals: Final[deque[tuple[int, float]]] = deque()

    def arrived(self, end: int, at: float) -> None:
        """Take note that the samples up to `end` were there at a time of `perf_counter`."""
        self._arrivals.append((end, at))

    def forget(self, before: int) -> None:
        """Let go of the arrivals of samples before a place."""
        while len(self._arrivals) > 1 and self._arrivals[0][0] < before:
            self._arrivals.popleft()

    def lag_ms(self, sample: int) -> Milliseconds:
        """Return the time since the sample before `sample` came; never asked for an earlier one again."""
        self.forget(sample)
        return round(1000 * (perf_counter() - self._arrivals[0][1]), 3) if self._arrivals else 0.0
