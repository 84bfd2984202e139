"""Results of a calibrated rounding, on disk because it takes minutes and much memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_export.quantize.grid import Quantized
from edge_export.quantize.rounding.methods import LeastSquares

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.quantize.grid import Grid
    from edge_runtime.arrays import Array


@dataclass(frozen=True, slots=True)
class StoredRounding:
    """Codes and scales from a folder; `LeastSquares` for a matrix that is not there.

    `LeastSquares` too for a matrix with another grid in the lowering, as the token table has in `ort`.

    Attributes:
        directory: the folder.
    """

    directory: Path

    def save(self, name: str, quantized: Quantized) -> None:
        """Store the codes and scales of a matrix."""
        # Scales as float32, which holds each of their types exactly; numpy has no bfloat16.
        scales = quantized.scales.astype(np.float32)
        np.savez(self._path(name), codes=quantized.codes, scales=scales, grid=_described(quantized.grid))

    def quantize(self, name: str, matrix: Array, grid: Grid, dtype: np.dtype[Any]) -> Quantized:
        """Return the stored codes and scales; see `Rounding`."""
        if not self._path(name).is_file():
            return LeastSquares().quantize(name, matrix, grid, dtype)
        with np.load(self._path(name), allow_pickle=False) as arrays:
            if not (arrays["grid"] == _described(grid)).all():
                return LeastSquares().quantize(name, matrix, grid, dtype)
            assert arrays["codes"].shape == matrix.shape, f"{name} was rounded in another shape"
            return Quantized(arrays["codes"], arrays["scales"].astype(dtype), grid)

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.rounded.npz"


def _described(grid: Grid) -> Array:
    return np.array([grid.bits, grid.axis, grid.block or 0], np.int64)
