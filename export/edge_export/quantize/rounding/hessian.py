"""Second moments of the inputs of a matrix, which weigh its rounding errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from edge_runtime.arrays import Array

_NUM_ROWS: Final = 256
"""Rows added at once. A decoding step has one row, and adding rows one by one is bound by reading and writing
the whole sum."""
_FLOAT_BYTES: Final = 4


class Hessian:
    """The mean of x xᵀ over the rows x of a stream: half the second derivative of a product's squared error.

    Source: GPTQ, arXiv 2210.17323, section 3.
    """

    def __init__(self, num_inputs: int) -> None:
        self._sum: Final = np.zeros((num_inputs, num_inputs), np.float32)
        self._buffer: Final = np.empty((_NUM_ROWS, num_inputs), np.float32)
        self._num_buffered = 0
        self.num_rows = 0

    def add(self, rows: Array) -> None:
        """Take rows of shape (any, num_inputs)."""
        self.num_rows += len(rows)
        while len(rows):
            chunk = rows[: _NUM_ROWS - self._num_buffered]
            self._buffer[self._num_buffered : self._num_buffered + len(chunk)] = chunk
            self._num_buffered += len(chunk)
            rows = rows[len(chunk) :]
            if self._num_buffered == _NUM_ROWS:
                self._flush()

    def mean(self) -> Array:
        """Return float32 (num_inputs, num_inputs); zero where nothing was recorded."""
        self._flush()
        mean: Array = self._sum / np.float32(max(self.num_rows, 1))
        return mean

    def _flush(self) -> None:
        rows = self._buffer[: self._num_buffered]
        self._sum[:] += rows.T @ rows
        self._num_buffered = 0


def hessian_bytes(num_inputs: int) -> int:
    """Return the bytes of one accumulator: the sum, a product to add, buffered rows."""
    return _FLOAT_BYTES * num_inputs * (num_inputs + _NUM_ROWS)


def product_errors(hessian: Array, difference: Array) -> Array:
    """Return the mean squared error of each output of a product.

    Args:
        hessian: of its inputs (num_inputs, num_inputs).
        difference: of the matrix as stored and as it is (num_inputs, num_outputs).

    Returns:
        δᵀ H δ for each column δ, float32 (num_outputs,).
    """
    errors: Array = np.einsum("io,io->o", difference, hessian @ difference)
    return np.maximum(errors, 0)
