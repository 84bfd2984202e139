"""Streaming statistics of activations: peaks, a histogram, a sample of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from edge_runtime.arrays import Array

_NUM_BINS: Final = 2048
_NUM_ROWS: Final = 256
"""Rows kept of each input: enough to rank choices by their error, and 100 MB for the 28 layers of 0.6B."""


class RowSample:
    """A uniform sample of the rows of one stream, and the peaks of all.

    Source: reservoir sampling, Vitter 1985, algorithm R.
    """

    def __init__(self, num_inputs: int, generator: np.random.Generator) -> None:
        self._generator: Final = generator
        self._rows: Final = np.empty((_NUM_ROWS, num_inputs), np.float32)
        self._num_seen = 0
        self.peaks: Array = np.zeros(num_inputs, np.float32)

    @property
    def rows(self) -> Array:
        """The sample, shape (at most 256, num_inputs)."""
        return self._rows[: min(self._num_seen, _NUM_ROWS)]

    def add(self, rows: Array) -> None:
        """Take rows of shape (any, num_inputs)."""
        self.peaks = np.maximum(self.peaks, np.abs(rows).max(axis=0, initial=0))
        order = np.arange(self._num_seen, self._num_seen + len(rows))
        self._num_seen += len(rows)
        places = np.where(order < _NUM_ROWS, order, self._generator.integers(0, order + 1))
        is_sampled = places < _NUM_ROWS
        self._rows[places[is_sampled]] = rows[is_sampled]


class Histogram:
    """Magnitudes of a stream in bins of equal width; the range doubles when a larger one comes."""

    def __init__(self) -> None:
        self._counts = np.zeros(_NUM_BINS, np.int64)
        self._top = 0.0
        self.max_value = 0.0

    def add(self, values: Array) -> None:
        """Take values of any shape."""
        magnitudes = np.abs(values).reshape(-1)
        self.max_value = max(self.max_value, float(magnitudes.max(initial=0)))
        if self._top == 0:
            self._top = self.max_value
        while self._top < self.max_value:
            pairs = self._counts.reshape(-1, 2).sum(axis=1)
            self._counts = np.concatenate([pairs, np.zeros_like(pairs)])
            self._top *= 2
        if self._top > 0:
            self._counts += np.histogram(magnitudes, _NUM_BINS, (0, self._top))[0]

    def percentile(self, share: float) -> float:
        """Return a magnitude that `share` percent of all do not exceed, at most a bin too large."""
        bin_index = np.searchsorted(np.cumsum(self._counts), share / 100 * self._counts.sum())
        return min(self.max_value, float((bin_index + 1) * self._top / _NUM_BINS))
