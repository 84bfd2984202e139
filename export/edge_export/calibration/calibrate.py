"""Ranges and smoothing for a plan, chosen by the error that they leave on recorded speech."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.calibration.report import MatrixError, matrix_errors, relative_error, round_rows
from edge_export.calibration.statistics import Histogram, RowSample
from edge_export.quantize.activation_scales import Calibration, is_fed_by_norm, smoothing_factors
from edge_export.quantize.grid import Grid
from edge_export.quantize.rounding.methods import RoundToNearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge_export.calibration.observed_graphs import ObservedGraphs
    from edge_export.calibration.recordings import Recording
    from edge_export.quantize.quantization import Quantization
    from edge_runtime.arrays import Array

_ALPHAS: Final = (0.3, 0.5, 0.7)
"""Around the 0.5 of SmoothQuant; no smoothing at all is one more candidate."""
_PERCENTILES: Final = (99.9, 99.99, 100.0)
_MIN_RANGE: Final = 1e-6
"""For an input that is always zero: no back end takes a scale of zero."""
_SEED: Final = 0


class Calibrator:
    """Chooses ranges and smoothing from observed float graphs."""

    def __init__(self, graphs: ObservedGraphs) -> None:
        self._graphs: Final = graphs

    def sample(self, recordings: Sequence[Recording]) -> dict[str, RowSample]:
        """Return matrix name → peaks of its input, and some rows.

        Of the matrices whose activations are quantised, or of all matrices if none are.
        """
        generator = np.random.default_rng(_SEED)
        samples: dict[str, RowSample] = {}

        def observe(name: str, rows: Array) -> None:
            if name not in samples:
                samples[name] = RowSample(rows.shape[1], generator)
            samples[name].add(rows)

        names = self._graphs.calibrated or self._graphs.inputs
        self._graphs.replay(observe, recordings, names)
        return samples

    def smoothing(self, samples: Mapping[str, RowSample]) -> dict[str, Array]:
        """Choose factors for each matrix that a norm feeds; no factors where they do not lower the error."""
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
        """Choose the range of each smoothed input."""
        histograms = {name: Histogram() for name in samples}

        def observe(name: str, rows: Array) -> None:
            histograms[name].add(rows / smoothing.get(name, np.float32(1)))

        self._graphs.replay(observe, recordings, samples)
        chosen: dict[str, float] = {}
        for name, histogram in histograms.items():
            factors = smoothing.get(name, np.ones_like(samples[name].peaks))
            candidates = [max(histogram.percentile(share), _MIN_RANGE) for share in _PERCENTILES]
            errors = [
                product_error(samples[name].rows, self.matrix(name), factors, max_value)
                for max_value in candidates
            ]
            chosen[name] = candidates[int(np.argmin(errors))]
        return chosen

    def errors(self, quantization: Quantization, samples: Mapping[str, RowSample]) -> tuple[MatrixError, ...]:
        """Return the error of each matrix on the sampled rows, worst first."""
        rows = {name: sample.rows for name, sample in samples.items()}
        errors = [matrix_errors(path, name, quantization, rows) for name, path in self._graphs.paths()]
        return tuple(sorted(chain(*errors), key=lambda error: -error.worst))

    def matrix(self, name: str) -> Array:
        """Return the float value of a matrix."""
        return self._graphs.matrices[name].value()


def calibrate(
    calibrator: Calibrator, recordings: Sequence[Recording]
) -> tuple[Calibration, dict[str, RowSample]]:
    """Calibrate in two passes: peaks and rows decide the smoothing, then come the ranges of smoothed inputs.

    Returns:
        The calibration, and the rows it was chosen on.
    """
    samples = calibrator.sample(recordings)
    smoothing = calibrator.smoothing(samples)
    return Calibration(calibrator.ranges(recordings, samples, smoothing), smoothing), samples


def best_factors(sample: RowSample, matrix: Array) -> Array | None:
    """Return the smoothing with the smallest error on the sample, None if no smoothing is best."""
    plain = np.ones_like(sample.peaks)
    candidates = [plain, *(smoothing_factors(sample.peaks, matrix, alpha) for alpha in _ALPHAS)]
    errors = [
        product_error(sample.rows, matrix, factors, float((sample.peaks / factors).max()))
        for factors in candidates
    ]
    best = int(np.argmin(errors))
    return candidates[best] if best else None


def product_error(rows: Array, matrix: Array, factors: Array, max_value: float) -> float:
    """Return the relative error of a product with both sides at eight bits.

    Args:
        rows: recorded input (any, num_inputs).
        matrix: float32 (num_inputs, num_outputs).
        factors: smoothing (num_inputs,).
        max_value: magnitude that the input's largest code stands for.
    """
    smoothed = matrix * factors[:, None]
    stored = RoundToNearest().quantize("", smoothed, Grid(8, 1), np.dtype(np.float32)).dequantize()
    return relative_error(round_rows(rows / factors, max_value) @ stored, rows @ matrix)
