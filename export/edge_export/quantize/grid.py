"""A matrix as integers and scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edge_runtime.arrays import Array


@dataclass(frozen=True, slots=True)
class Grid:
    """The values that codes and scales can express.

    Attributes:
        bits: of a code, 8 or 4.
        axis: along which scales differ: outputs for one scale per output, inputs for blocks.
        block: number of positions along `axis` that share a scale; None gives one scale per position of
            `axis`, as `DequantizeLinear` defines both.
    """

    bits: int
    axis: int
    block: int | None = None

    def scale_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the scales of a matrix."""
        if self.block is None:
            return (shape[self.axis],)
        return (*shape[: self.axis], shape[self.axis] // self.block, *shape[self.axis + 1 :])

    def spread(self, scales: Array, shape: tuple[int, ...]) -> Array:
        """Repeat scales so that they broadcast against the matrix."""
        if self.block is None:
            return scales.reshape([-1 if axis == self.axis else 1 for axis in range(len(shape))])
        repeated: Array = np.repeat(scales, self.block, axis=self.axis)
        return repeated

    def max_abs(self, matrix: Array) -> Array:
        """Return the largest magnitude under each scale."""
        shape, axes = self._grouped(matrix.shape)
        maxima: Array = np.abs(matrix).reshape(shape).max(axis=axes)
        return maxima

    def total(self, matrix: Array) -> Array:
        """Return the sum under each scale."""
        shape, axes = self._grouped(matrix.shape)
        totals: Array = matrix.reshape(shape).sum(axis=axes)
        return totals

    def _grouped(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return a shape that splits blocks into an axis of their own, and the axes that share a scale."""
        if self.block is None:
            return shape, tuple(axis for axis in range(len(shape)) if axis != self.axis)
        stretches = self.scale_shape(shape)
        return (*stretches[: self.axis + 1], self.block, *stretches[self.axis + 1 :]), (self.axis + 1,)


@dataclass(frozen=True, slots=True)
class Quantized:
    """Codes and scales of one matrix.

    Attributes:
        codes: int8, of the matrix's shape; within [-8, 7] where the grid has 4 bits.
        scales: of the graph's float type, shape `grid.scale_shape(codes.shape)`, all above zero.
        grid: of the codes.
    """

    codes: Array
    scales: Array
    grid: Grid

    def dequantize(self) -> Array:
        """Return the matrix as a back end sees it: code times scale, in the type of the scales.

        Source: `DequantizeLinear` of ONNX opset 21, without zero point.
        """
        spread = self.grid.spread(self.scales, self.codes.shape)
        matrix: Array = self.codes.astype(self.scales.dtype) * spread
        return matrix
