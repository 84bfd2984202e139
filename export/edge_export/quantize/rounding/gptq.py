"""GPTQ: inputs that are not rounded yet compensate the error of each rounded input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from edge_export.quantize.grid import Grid, Quantized
from edge_export.quantize.rounding.hessian import product_errors
from edge_export.quantize.rounding.methods import LIMITS, LeastSquares, RoundToNearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.quantize.rounding.methods import Rounding
    from edge_runtime.arrays import Array

_DAMPING: Final = 0.01
"""Damping: share of the mean variance added to every input, as in the paper."""
_BATCH: Final = 64
"""Inputs between two updates of the remaining matrix; fewer for shorter blocks."""
_NUM_OUTPUTS: Final = 2048
"""Outputs at a time: a group stays in the processor's cache, and a large head takes little memory."""
_MATRIX: Final = 2
_ROUNDINGS: Final[tuple[Rounding, ...]] = (LeastSquares(), RoundToNearest())
"""Alternatives for each output; the smallest error wins."""


@dataclass(frozen=True, slots=True)
class Gptq:
    """GPTQ where the inputs of a matrix were recorded, `LeastSquares` where they were not.

    Scales are those of `LeastSquares`, chosen for a block when GPTQ reaches it, from the values compensated
    so far. GPTQ is greedy and may lose on a single output, so each output takes the rounding with the
    smallest error on the recordings: none is worse than rounding to nearest.

    Attributes:
        hessians: matrix name → `Hessian.mean` of its inputs.

    Source: arXiv 2210.17323, algorithm 1.
    """

    hessians: Mapping[str, Array]

    def quantize(self, name: str, matrix: Array, grid: Grid, dtype: np.dtype[Any]) -> Quantized:
        """Choose codes and scales; see `Rounding`."""
        if name not in self.hessians or matrix.ndim != _MATRIX:
            return LeastSquares().quantize(name, matrix, grid, dtype)
        if inputs_axis(grid) == 1:
            transposed = self.quantize(name, np.ascontiguousarray(matrix.T), _transposed_grid(grid), dtype)
            return Quantized(
                np.ascontiguousarray(transposed.codes.T), np.ascontiguousarray(transposed.scales.T), grid
            )
        hessian = self.hessians[name]
        order = rounding_order(np.diagonal(hessian), grid)
        factor = _factor(hessian[np.ix_(order, order)])
        starts = range(0, matrix.shape[1], _NUM_OUTPUTS)
        parts = [matrix[:, start : start + _NUM_OUTPUTS] for start in starts]
        quantized_parts = [
            _select_best(_solve(part, factor, order, grid, dtype), part, hessian, grid, dtype)
            for part in parts
        ]
        return _concatenate(quantized_parts, grid)


def inputs_axis(grid: Grid) -> int:
    """Return the axis of the inputs of a matrix: blocks lie along it, scales per output do not."""
    return grid.axis if grid.block is not None else 1 - grid.axis


def rounding_order(variances: Array, grid: Grid) -> Array:
    """Return the order in which inputs are rounded: descending variance, as `act_order` of GPTQ.

    Inputs of a block share scales and stay together: blocks are ordered, and inputs within each.

    Args:
        variances: diagonal of the Hessian (num_inputs,).
        grid: with the blocks.
    """
    blocks = variances.reshape(-1, grid.block or len(variances))
    by_block = np.argsort(-blocks.sum(axis=1), kind="stable")
    within = np.argsort(-blocks[by_block], axis=1, kind="stable")
    order: Array = (by_block[:, None] * blocks.shape[1] + within).reshape(-1)
    return order


def _factor(hessian: Array) -> Array:
    """Return upper triangular U with UᵀU = H⁻¹, float32, of the damped H.

    Row i over its diagonal: how the inputs after i compensate an error of i. Computed from H = R Rᵀ with R
    upper triangular, which is a Cholesky factor read backwards: U = R⁻¹, and H is never inverted.
    """
    damped = torch.from_numpy(hessian).double()
    mean = float(damped.diagonal().mean())
    damped.diagonal().add_(_DAMPING * mean if mean > 0 else 1.0)
    lower = torch.linalg.cholesky(damped.flip(0, 1))
    upper = lower.flip(0, 1).contiguous()
    unit = torch.eye(len(upper), dtype=torch.float64)
    factor: Array = torch.linalg.solve_triangular(upper, unit, upper=True).float().numpy()
    return factor


def _solve(matrix: Array, factor: Array, order: Array, grid: Grid, dtype: np.dtype[Any]) -> Quantized:
    """Round inputs one by one in the given order.

    Args:
        matrix: float32 (num_inputs, some outputs).
        factor: see `_factor`, in the order of rounding.
        order: of the inputs.
        grid: blocks along the inputs, or a scale per output.
        dtype: of the scales.
    """
    remaining = np.ascontiguousarray(matrix[order])
    codes = np.empty(matrix.shape, np.int8)
    scales = np.empty(grid.scale_shape(matrix.shape), dtype)
    output_scales = RoundToNearest().quantize("", matrix, grid, dtype).scales if grid.block is None else None
    step = min(_BATCH, grid.block or _BATCH)
    for start in range(0, len(remaining), step):
        batch = slice(start, min(start + step, len(remaining)))
        if grid.block is None:
            assert output_scales is not None, "a grid without blocks has a scale per output"
            scales[:], scale = output_scales, output_scales
        elif start % grid.block == 0:
            block = int(order[start]) // grid.block
            block_rows = remaining[start : start + grid.block]
            scale = LeastSquares().quantize("", block_rows, Grid(grid.bits, 0, grid.block), dtype).scales[0]
            scales[block] = scale
        codes[order[batch]], errors = _round_batch(
            remaining[batch], factor[batch, batch], scale.astype(np.float32), grid.bits
        )
        remaining[batch.stop :] -= factor[batch, batch.stop :].T @ errors
    return Quantized(codes, scales, grid)


def _round_batch(remaining: Array, factor: Array, scale: Array, bits: int) -> tuple[Array, Array]:
    """Round a batch of inputs; return their codes, and their errors over the factor's diagonal."""
    codes, errors = np.empty_like(remaining), np.empty_like(remaining)
    for index, row in enumerate(remaining):
        codes[index] = np.clip(np.rint(row / scale), *LIMITS[bits])
        errors[index] = (row - codes[index] * scale) / factor[index, index]
        remaining[index + 1 :] -= np.multiply.outer(factor[index, index + 1 :], errors[index])
    return codes.astype(np.int8), errors


def _select_best(
    best: Quantized, matrix: Array, hessian: Array, grid: Grid, dtype: np.dtype[Any]
) -> Quantized:
    """Take for each output the rounding with the smallest error, the simpler one of equals."""
    min_error = product_errors(hessian, best.dequantize().astype(np.float32) - matrix)
    for rounding in _ROUNDINGS:
        candidate = rounding.quantize("", matrix, grid, dtype)
        error = product_errors(hessian, candidate.dequantize().astype(np.float32) - matrix)
        is_better = error <= min_error
        min_error = np.where(is_better, error, min_error)
        codes = np.where(is_better, candidate.codes, best.codes)
        best = Quantized(codes, np.where(is_better, candidate.scales, best.scales), grid)
    return best


def _concatenate(parts: list[Quantized], grid: Grid) -> Quantized:
    """Concatenate groups of outputs along the last axis of codes and scales."""
    codes = np.concatenate([part.codes for part in parts], axis=1)
    return Quantized(codes, np.concatenate([part.scales for part in parts], axis=-1), grid)


def _transposed_grid(grid: Grid) -> Grid:
    return Grid(grid.bits, 1 - grid.axis, grid.block)
