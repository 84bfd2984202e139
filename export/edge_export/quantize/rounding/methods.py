"""Matrix to codes and scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, cast, get_args

import numpy as np

from edge_export.quantize.grid import Quantized
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.quantize.grid import Grid
    from edge_runtime.arrays import Array

_STEPS: Final[Mapping[int, float]] = {8: 127.0, 4: 7.5}
"""Scales from zero to the largest magnitude.

Eight bits leave out -128, which some kernels cannot negate. Four bits use all codes: with 7.5 steps the
largest magnitude is half a step from 7 and from -8, so no value is further than half a step from its code,
and steps are a fifteenth shorter than with 7 and codes -7 … 7."""
_CLIP_RATIOS: Final = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
"""Of the largest magnitude; the best ratios for normal weights lie in this range."""
LIMITS: Final[Mapping[int, tuple[int, int]]] = {8: (-127, 127), 4: (-8, 7)}


RoundingName = Literal["nearest", "least-squares", "gptq"]
ROUNDING_NAMES: Final[tuple[str, ...]] = get_args(RoundingName)


class Rounding(Protocol):
    """A way to choose codes; calibrated ones also use recorded inputs."""

    def quantize(self, name: str, matrix: Array, grid: Grid, dtype: np.dtype[Any]) -> Quantized:
        """Choose codes and scales.

        Args:
            name: of the graph parameter.
            matrix: float32.
            grid: what codes and scales can express.
            dtype: float type of the scales.
        """
        ...


class RoundToNearest:
    """Scales from the largest magnitude, codes from the nearest value: the error is at most half a scale."""

    def quantize(self, name: str, matrix: Array, grid: Grid, dtype: np.dtype[Any]) -> Quantized:  # noqa: ARG002
        """Choose codes and scales; see `Rounding`."""
        return _nearest(matrix, grid.max_abs(matrix) / _STEPS[grid.bits], grid, dtype)


class LeastSquares:
    """Four bits: the scale of each block with the smallest squared error, which clips the largest values.

    Sixteen codes resolve the many small values of a block better when the few largest are given up: on the
    mini checkpoint a tenth less error of weights and products than `RoundToNearest`. 256 codes gain nothing.
    """

    def quantize(self, name: str, matrix: Array, grid: Grid, dtype: np.dtype[Any]) -> Quantized:
        """Choose codes and scales; see `Rounding`."""
        best = RoundToNearest().quantize(name, matrix, grid, dtype)
        if grid.bits > 4:  # noqa: PLR2004 - four bits, as said above
            return best
        min_error = grid.total((best.dequantize() - matrix) ** 2)
        for clip_ratio in _CLIP_RATIOS:
            candidate = _nearest(matrix, clip_ratio * grid.max_abs(matrix) / _STEPS[grid.bits], grid, dtype)
            error = grid.total((candidate.dequantize() - matrix) ** 2)
            is_better = error < min_error
            min_error = np.where(is_better, error, min_error)
            scales = np.where(is_better, candidate.scales, best.scales)
            best = Quantized(
                np.where(grid.spread(is_better, matrix.shape), candidate.codes, best.codes), scales, grid
            )
        return best


DATA_FREE_ROUNDINGS: Final[Mapping[RoundingName, Rounding]] = {
    "nearest": RoundToNearest(),
    "least-squares": LeastSquares(),
}
"""Roundings without recordings."""


def _nearest(matrix: Array, scales: Array, grid: Grid, dtype: np.dtype[Any]) -> Quantized:
    stored = scales.astype(dtype)
    # All codes under a zero scale are zero, whatever the scale; back ends refuse 0.
    stored = np.where(stored > 0, stored, np.ones_like(stored))
    # Rounded with the stored scale, so that its own rounding adds no error.
    steps = matrix / grid.spread(stored, matrix.shape).astype(np.float32)
    codes = np.clip(np.rint(steps), *LIMITS[grid.bits]).astype(np.int8)
    return Quantized(codes, stored, grid)


def choose_rounding(requested: str | None, *, is_weight_only: bool, has_recordings: bool) -> RoundingName:
    """Return the rounding of a build: GPTQ with recordings and weights alone, else least squares.

    Activations of int8-w8a8 cost more than its weights, so it keeps the rounding that its gate was measured
    with.

    Args:
        requested: by the user; None takes the default.
        is_weight_only: whether the precision leaves activations float.
        has_recordings: whether there are any.

    Raises:
        UsageError: the name is unknown, or what it needs is missing.
    """
    if requested is not None and requested not in ROUNDING_NAMES:
        raise UsageError(f"--rounding {requested!r} is unknown; choose {' or '.join(ROUNDING_NAMES)}.")
    if requested == "gptq" and not has_recordings:
        raise UsageError(
            "--rounding gptq weighs errors by recorded inputs and needs recordings. Name a folder, a list or "
            "a file with --calibrate-on, or leave --rounding out."
        )
    if requested is not None:
        return cast("RoundingName", requested)
    return "gptq" if has_recordings and is_weight_only else "least-squares"
