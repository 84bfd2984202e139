"""An array that grows by small pieces, without leaving them scattered in memory."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_CHUNK_BYTES: Final = 1 << 18
"""Of an hour of powers 0.7 MB are kept; a smaller chunk would lie among what comes and goes."""


class GrowingArray:
    """Values of one type, of which more come."""

    def __init__(self, dtype: type[np.floating[Any]]) -> None:
        """Begin without values."""
        self._dtype: Final = np.dtype(dtype)
        self._chunks: list[NDArray[Any]] = []
        self._num_last = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Add values, shape (n,) of any n."""
        capacity = _CHUNK_BYTES // self._dtype.itemsize
        while len(values):
            if not self._chunks or self._num_last == capacity:
                self._chunks.append(np.empty(capacity, self._dtype))
                self._num_last = 0
            taken, values = np.split(values, [capacity - self._num_last])
            self._chunks[-1][self._num_last :][: len(taken)] = taken
            self._num_last += len(taken)

    def joined(self, *others: NDArray[Any]) -> NDArray[Any]:
        """Return all values, and others behind them."""
        last = [self._chunks[-1][: self._num_last]] if self._chunks else [np.empty(0, self._dtype)]
        return np.concatenate([*self._chunks[:-1], *last, *others])

    def clear(self) -> None:
        """Forget the values."""
        self._chunks.clear()
