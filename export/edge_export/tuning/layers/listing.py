"""The error of every matrix of a checkpoint under one export config, on recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge_export.calibration.calibrate import Calibrator, calibrate
from edge_export.calibration.observed_graphs import ObservedGraphs
from edge_export.calibration.report import relative_error
from edge_export.graphs.trace import trace
from edge_export.quantize.activation_scales import Calibration
from edge_export.quantize.plans import quantization_plan
from edge_export.quantize.quantization import Quantization
from edge_export.tuning.layers.rows import Rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edge_export.calibration.float_matrix import FloatMatrix
    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.graph_spec import GraphSpec
    from edge_export.graphs.export_config import ExportConfig
    from edge_export.quantize.rewrite.weight_only import StoredMatrix
    from edge_runtime.arrays import Array

_ALL_INT8: Final = quantization_plan({"encoder": "int8", "decoder": "int8", "aligner": "int8"})
"""Observes every product, whether or not the export config quantises it."""


@dataclass(frozen=True, slots=True)
class LayerError:
    """Errors of one matrix under an export config.

    Attributes:
        name: of the graph parameter.
        component: whose graph it is in.
        stored: type of its values, with the block that shares a scale if there is one.
        rows: how its input is stored; see `RowCodes`, or the float type.
        weights: ‖W − W'‖ / ‖W‖, Frobenius norms.
        output: ‖XW − X'W'‖ / ‖XW‖ over recorded rows X; None for a convolution, whose input is no row.
    """

    name: str
    component: str
    stored: str
    rows: str
    weights: float
    output: float | None

    @property
    def worst(self) -> float:
        """Key that layers are ranked by; without rows the error of the weights."""
        return self.weights if self.output is None else self.output


def layer_errors(
    checkpoint: Checkpoint, export: ExportConfig, recordings: Sequence[Recording]
) -> tuple[LayerError, ...]:
    """Measure every matrix that is not stored and multiplied in float32, worst first.

    The inputs are those of the float graphs: each layer's error excludes errors of layers before it.

    Raises:
        AudioError: a recording cannot be used.
        UsageError: a recording for an aligner comes without its text.
    """
    with TemporaryDirectory() as folder:
        graphs = ObservedGraphs(checkpoint, _ALL_INT8, Path(folder))
        samples = Calibrator(graphs).sample(recordings)
        quantization = Quantization(export.plan, _calibration(checkpoint, export, recordings))
        layers = _Layers(graphs.matrices, {name: each.rows for name, each in samples.items()}, quantization)
        errors = [
            error
            for spec in export.specs(checkpoint.config)
            for error in layers.errors(spec, checkpoint.config, np.dtype(export.dtype(spec.name)))
        ]
    return tuple(sorted(errors, key=lambda each: -each.worst))


def _calibration(
    checkpoint: Checkpoint, export: ExportConfig, recordings: Sequence[Recording]
) -> Calibration:
    if not export.plan.is_calibrated:
        return Calibration()
    with TemporaryDirectory() as folder:
        return calibrate(Calibrator(ObservedGraphs(checkpoint, export.plan, Path(folder))), recordings)[0]


@dataclass(frozen=True, slots=True)
class _Layers:
    """Float matrices and recorded rows of their inputs, with the stored form of both."""

    matrices: Mapping[str, FloatMatrix]
    rows: Mapping[str, Array]
    quantization: Quantization

    def errors(self, spec: GraphSpec, config: ModelConfig, dtype: np.dtype[Any]) -> Iterator[LayerError]:
        """Yield the errors of one graph."""
        model = trace(spec, config).model
        stored = self.quantization.apply(model, spec)
        rows = rows_of(model.graph, stored, self.quantization.calibration.ranges, dtype)
        for name, matrix in self.matrices.items():
            is_changed = name in stored or dtype != np.float32
            if matrix.component == spec.name and is_changed:
                yield self._error(matrix, stored.get(name), rows.get(name, Rows("float", dtype=dtype)))

    def _error(self, matrix: FloatMatrix, stored: StoredMatrix | None, rows: Rows) -> LayerError:
        name, value = matrix.name, matrix.value()
        smoothed = self.quantization.calibration.smoothed(name, value)
        stored_value = smoothed.astype(rows.dtype) if stored is None else self._codes(name, value, stored)
        stored_value = stored_value.astype(np.float32)
        output = None
        if name in self.rows:
            # A tied table is stored with an output a row.
            sides = (value, stored_value) if matrix.axes[0] == 1 else (value.T, stored_value.T)
            graph_rows = rows.as_computed(name, self.rows[name], self.quantization.calibration)
            output = relative_error(graph_rows @ sides[1], self.rows[name] @ sides[0])
        described = str(rows.dtype) if stored is None else _described(stored)
        weights = relative_error(stored_value, smoothed)
        return LayerError(name, matrix.component, described, rows.described(), weights, output)

    def _codes(self, name: str, value: Array, stored: StoredMatrix) -> Array:
        return self.quantization.quantize(name, value, stored).dequantize()


def _described(stored: StoredMatrix) -> str:
    grid = stored.grid
    return f"int{grid.bits}" if grid.block is None else f"int{grid.bits} by {grid.block}"
