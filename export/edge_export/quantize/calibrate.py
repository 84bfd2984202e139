"""Ranges and smoothing for a plan, chosen by the error that they leave on recorded speech."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx_ir as ir

from edge_export.form import FLOAT
from edge_export.parity import open_graph
from edge_export.quantize.calibration import Calibration, smoothing_factors
from edge_export.quantize.listen import listen
from edge_export.quantize.norms import is_fed_by_norm
from edge_export.quantize.observe import ObservedSession, observed_path, write_observed_graph
from edge_export.quantize.quantisation import Quantisation
from edge_export.quantize.quantised import Grid
from edge_export.quantize.report import MatrixError, matrix_errors, relative_error, round_rows
from edge_export.quantize.rounding import RoundToNearest
from edge_export.quantize.statistics import Histogram, RowSample
from edge_export.quantize.weight_only import matrices
from edge_export.to_onnx import write_graph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edge_export.checkpoint import Checkpoint
    from edge_export.quantize.observe import Observer
    from edge_export.quantize.recordings import Recording
    from edge_export.quantize.scheme import QuantisationPlan
    from edge_runtime.arrays import Array
    from edge_runtime.manifest import Component

_ALPHAS: Final = (0.3, 0.5, 0.7)
"""Around the 0.5 of SmoothQuant; none at all competes with them."""
_PERCENTILES: Final = (99.9, 99.99, 100.0)
_LEAST_RANGE: Final = 1e-6
"""For an input that is always zero: no back end takes a scale of zero."""
_SEED: Final = 0


class Calibrator:
    """Float graphs of a checkpoint under observation."""

    def __init__(self, checkpoint: Checkpoint, plan: QuantisationPlan, directory: Path) -> None:
        """Write the float graphs.

        Args:
            checkpoint: what to calibrate.
            plan: which activations.
            directory: folder for the graphs, float32 and so the size of the checkpoint's weights in it.
        """
        self._checkpoint: Final = checkpoint
        self._plan: Final = plan
        self._directory: Final = directory
        self._components: Final[dict[str, Component]] = {}
        self._paths: Final[dict[str, Path]] = {}
        self._matrices: Final[dict[str, ir.TensorProtocol]] = {}
        for spec in FLOAT.specs(checkpoint.config):
            write_graph(spec, checkpoint.config, checkpoint.weights, directory)
            self._components[spec.name] = write_observed_graph(spec, directory, plan)
            self._paths[spec.name] = observed_path(spec, directory)
            self._matrices.update(_values(directory / spec.file_name))

    def sample(self, recordings: Sequence[Recording]) -> dict[str, RowSample]:
        """Return matrix name → peaks of its input, and some rows."""
        generator = np.random.default_rng(_SEED)
        samples: dict[str, RowSample] = {}

        def observe(name: str, rows: Array) -> None:
            if name not in samples:
                samples[name] = RowSample(rows.shape[1], generator)
            samples[name].add(rows)

        self._listen(observe, recordings)
        return samples

    def smoothing(self, samples: Mapping[str, RowSample]) -> dict[str, Array]:
        """Choose factors for each matrix that a norm feeds; one that is better off without has none."""
        chosen: dict[str, Array] = {}
        for name, sample in samples.items():
            if is_fed_by_norm(name):
                factors = best_factors(sample, self.matrix(name))
                if factors is not None:
                    chosen[name] = factors
        return chosen

    def ranges(
        self,
        recordings: Sequence[Recording],
        samples: Mapping[str, RowSample],
        smoothing: Mapping[str, Array],
    ) -> dict[str, float]:
        """Choose the range of each input, smoothed."""
        histograms = {name: Histogram() for name in samples}

        def observe(name: str, rows: Array) -> None:
            histograms[name].add(rows / smoothing.get(name, np.float32(1)))

        self._listen(observe, recordings)
        found: dict[str, float] = {}
        for name, histogram in histograms.items():
            factors = smoothing.get(name, np.ones_like(samples[name].peaks))
            candidates = [max(histogram.percentile(share), _LEAST_RANGE) for share in _PERCENTILES]
            errors = [
                product_error(samples[name].rows, self.matrix(name), factors, most) for most in candidates
            ]
            found[name] = candidates[int(np.argmin(errors))]
        return found

    def errors(self, calibration: Calibration, samples: Mapping[str, RowSample]) -> tuple[MatrixError, ...]:
        """Return the error of each matrix on the sampled rows, worst first."""
        quantisation = Quantisation(self._plan, calibration)
        rows = {name: sample.rows for name, sample in samples.items()}
        found = [
            matrix_errors(self._directory / component.graph, name, quantisation, rows)
            for name, component in self._components.items()
        ]
        return tuple(sorted(chain(*found), key=lambda error: -error.worst))

    def matrix(self, name: str) -> Array:
        """Return the float value of a matrix."""
        return self._matrices[name].numpy()

    def _listen(self, observe: Observer, recordings: Sequence[Recording]) -> None:
        sessions = {
            name: ObservedSession(open_graph(component, self._paths[name]), observe)
            for name, component in self._components.items()
        }
        listen(self._checkpoint, sessions, recordings)


def calibrate(
    calibrator: Calibrator, recordings: Sequence[Recording]
) -> tuple[Calibration, dict[str, RowSample]]:
    """Calibrate in two passes: peaks and rows, which decide the smoothing, then ranges of what it leaves.

    Returns:
        The calibration, and the rows it was chosen on.
    """
    samples = calibrator.sample(recordings)
    smoothing = calibrator.smoothing(samples)
    return Calibration(calibrator.ranges(recordings, samples, smoothing), smoothing), samples


def best_factors(sample: RowSample, matrix: Array) -> Array | None:
    """Return the smoothing with the smallest error on the sample, None where no smoothing has it."""
    plain = np.ones_like(sample.peaks)
    candidates = [plain, *(smoothing_factors(sample.peaks, matrix, alpha) for alpha in _ALPHAS)]
    errors = [
        product_error(sample.rows, matrix, factors, float((sample.peaks / factors).max()))
        for factors in candidates
    ]
    best = int(np.argmin(errors))
    return candidates[best] if best else None


def product_error(rows: Array, matrix: Array, factors: Array, largest: float) -> float:
    """Return the relative error of a product with both sides at eight bits.

    Args:
        rows: recorded input (any, num_inputs).
        matrix: float32 (num_inputs, num_outputs).
        factors: smoothing (num_inputs,).
        largest: magnitude that the input's largest code stands for.
    """
    smoothed = matrix * factors[:, None]
    stored = RoundToNearest().quantise("", smoothed, Grid(8, 1), np.dtype(np.float32)).dequantise()
    return relative_error(round_rows(rows / factors, largest) @ stored, rows @ matrix)


def _values(path: Path) -> dict[str, ir.TensorProtocol]:
    found: dict[str, ir.TensorProtocol] = {}
    for _, parameter in matrices(ir.load(path).graph):
        assert parameter.const_value is not None, f"written without a value: {parameter.name}"
        found[str(parameter.name)] = parameter.const_value
    return found
