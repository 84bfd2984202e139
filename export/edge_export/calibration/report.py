"""How far the product of each quantised matrix is from its float product, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from edge_export.quantize.rewrite.weight_only import axes_of, grid_for, matrices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from edge_export.quantize.quantization import Quantization
    from edge_runtime.arrays import Array


@dataclass(frozen=True, slots=True)
class MatrixError:
    """What quantisation does to one matrix.

    Attributes:
        name: of the graph parameter.
        precision: it is stored in.
        weights: ‖W − W'‖ / ‖W‖, Frobenius norms.
        output: ‖XW − X'W'‖ / ‖XW‖ over recorded rows X; None where none were recorded.
    """

    name: str
    precision: str
    weights: float
    output: float | None

    @property
    def worst(self) -> float:
        """Key that matrices are ranked by."""
        return self.weights if self.output is None else self.output


def matrix_errors(
    graph_path: Path, component: str, quantization: Quantization, rows: Mapping[str, Array]
) -> tuple[MatrixError, ...]:
    """Measure every matrix that a plan quantises.

    Args:
        graph_path: the float graph, its weights beside it; one matrix at a time is in memory.
        component: the graph's name.
        quantization: plan, calibration and rounding.
        rows: matrix name → recorded rows of its input (any, num_inputs); may lack any of them.

    Returns:
        One entry a matrix, the worst first.
    """
    errors = _errors(ir.load(graph_path).graph, component, quantization, rows)
    return tuple(sorted(errors, key=lambda error: -error.worst))


def _errors(
    graph: ir.Graph, component: str, quantization: Quantization, rows: Mapping[str, Array]
) -> Iterator[MatrixError]:
    for node, parameter in matrices(graph):
        name, value = str(parameter.name), parameter.const_value
        assert value is not None, f"the graph has no value for {name}"
        scheme = quantization.plan.scheme(component, name)
        axes = axes_of(node, parameter)
        grid = grid_for(scheme, axes, tuple(value.shape.numpy()))
        if grid is None:
            continue
        matrix = value.numpy().astype(np.float32)
        smoothed = quantization.calibration.smoothed(name, matrix)
        stored = quantization.rounding.quantize(name, smoothed, grid, np.dtype(np.float32)).dequantize()
        output = None
        if name in rows:
            # A tied table is stored with an output a row.
            sides = (matrix, stored) if axes[0] == 1 else (matrix.T, stored.T)
            output = _output_error(quantization, name, rows[name], *sides)
        precision = "int8" if grid.block is None and scheme.weights == "int4" else scheme.precision
        yield MatrixError(name, precision, relative_error(stored, smoothed), output)


def _output_error(quantization: Quantization, name: str, rows: Array, matrix: Array, stored: Array) -> float:
    calibration = quantization.calibration
    inputs = rows / calibration.smoothing[name] if name in calibration.smoothing else rows
    if name in calibration.ranges:
        inputs = round_rows(inputs, calibration.ranges[name])
    return relative_error(inputs @ stored, rows @ matrix)


def round_rows(rows: Array, max_value: float) -> Array:
    """Return rows as `QuantizeLinear` and `DequantizeLinear` leave them."""
    scale = np.float32(max_value / 127)
    rounded: Array = np.clip(np.rint(rows / scale), -128, 127) * scale
    return rounded


def relative_error(actual: Array, expected: Array) -> float:
    """Return ‖actual − expected‖ / ‖expected‖."""
    return float(np.linalg.norm(actual - expected) / max(float(np.linalg.norm(expected)), 1e-30))
