"""The samples of a stream that are still needed, by their place in it."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import Waveform

_MIN_CAPACITY: Final = 1 << 15


class SampleBuffer:
    """Holds the end of a stream. Its memory follows what is held, not how long the stream is."""

    def __init__(self) -> None:
        self._samples: Waveform = np.zeros(_MIN_CAPACITY, np.float32)
        self._start = self._length = 0

    @property
    def start(self) -> int:
        """Place of the first sample that is held."""
        return self._start

    @property
    def end(self) -> int:
        """Samples that were appended so far."""
        return self._start + self._length

    def append(self, samples: Waveform) -> None:
        """Take mono samples, shape (n,) of any n."""
        needed = self._length + len(samples)
        if needed > len(self._samples):
            self._resize(2 * needed)
        self._samples[self._length : needed] = samples
        self._length = needed

    def read(self, start: int, end: int) -> Waveform:
        """Return a copy of the samples from one place to another, which are held."""
        assert self._start <= start <= end <= self.end, "these samples were not dropped yet"
        copied: Waveform = self._samples[start - self._start : end - self._start].copy()
        return copied

    def drop(self, before: int) -> None:
        """Let go of the samples before a place; memory moves when half of them can go."""
        excess = min(before, self.end) - self._start
        if excess > max(_MIN_CAPACITY, self._length) // 2:
            held = self._samples[excess : self._length].copy()
            self._start, self._length = self._start + excess, len(held)
            if len(self._samples) > max(_MIN_CAPACITY, 8 * len(held)):
                self._samples = np.zeros(max(_MIN_CAPACITY, 2 * len(held)), np.float32)
            self._samples[: len(held)] = held

    def _resize(self, capacity: int) -> None:
        larger = np.zeros(capacity, np.float32)
        larger[: self._length] = self._samples[: self._length]
        self._samples = larger
