"""Calibration of activations: ranges, and smoothing factors that make them easier to quantize."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edge_runtime.arrays import Array

_RANGE, _SMOOTHING = "range/", "smoothing/"


_FEEDS: Final = (
    (r"(language_model\.layers\.\d+)\.input_layernorm", r"\1.self_attn.qkv_proj"),
    (r"(language_model\.layers\.\d+)\.post_attention_layernorm", r"\1.mlp.gate_up_proj"),
    (r"(audio_tower\.layers\.\d+)\.self_attn_layer_norm", r"\1.self_attn.qkv_proj"),
    (r"(audio_tower\.layers\.\d+)\.final_layer_norm", r"\1.fc1"),
    (r"audio_tower\.ln_post", "multi_modal_projector.linear_1"),
)
"""Norm → the only matrix that reads its output."""
_FED: Final = (
    r"language_model\.layers\.\d+\.(self_attn\.qkv_proj|mlp\.gate_up_proj)\.weight",
    r"audio_tower\.layers\.\d+\.(self_attn\.qkv_proj|fc1)\.weight",
    r"multi_modal_projector\.linear_1\.weight",
)
"""The matrices on the right of `_FEEDS`."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Results of a calibration; empty without one.

    Attributes:
        ranges: matrix name → magnitude that the largest code of its input stands for, after smoothing.
        smoothing: matrix name → factor of each of its inputs, float32 (num_inputs,); the norm that feeds it
            is divided by them, so the product is the same.
    """

    ranges: Mapping[str, float] = field(default_factory=dict)
    smoothing: Mapping[str, Array] = field(default_factory=dict)

    def smoothed(self, name: str, value: Array) -> Array:
        """Return a parameter's value with smoothing applied.

        Source: SmoothQuant, arXiv 2211.10438, equation 3.
        """
        if name in self.smoothing:
            multiplied: Array = value * self.smoothing[name][:, None]
            return multiplied
        fed = normed_by(name)
        if fed is not None and fed in self.smoothing:
            divided: Array = value / self.smoothing[fed]
            return divided
        return value

    def save(self, path: Path) -> None:
        """Write an .npz file."""
        arrays: dict[str, Any] = {_RANGE + name: np.float64(value) for name, value in self.ranges.items()}
        arrays |= {_SMOOTHING + name: factors for name, factors in self.smoothing.items()}
        np.savez(path, **arrays)


def load_calibration(path: Path) -> Calibration:
    """Read what `Calibration.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Calibration(
            {key.removeprefix(_RANGE): float(arrays[key]) for key in arrays if key.startswith(_RANGE)},
            {key.removeprefix(_SMOOTHING): arrays[key] for key in arrays if key.startswith(_SMOOTHING)},
        )


def smoothing_factors(input_peaks: Array, matrix: Array, alpha: float) -> Array:
    """Return the factor of each input of a matrix.

    Args:
        input_peaks: largest magnitude of each input, shape (num_inputs,).
        matrix: float32 (num_inputs, num_outputs).
        alpha: migration strength: how much of the range moves into the matrix.

    Source: SmoothQuant, equation 4; normalised to a mean of 1 on a log scale, so that the norm's own weights,
    which may be stored in 16 bits, keep their magnitude.
    """
    peaks = np.maximum(input_peaks, 1e-5 * input_peaks.max(initial=1e-30))
    rows = np.abs(matrix).max(axis=1)
    rows = np.maximum(rows, 1e-5 * rows.max(initial=1e-30))
    logs = alpha * np.log(peaks) - (1 - alpha) * np.log(rows)
    factors: Array = np.exp(logs - logs.mean()).astype(np.float32)
    return factors


def is_fed_by_norm(name: str) -> bool:
    """Return whether a matrix is the only reader of a norm."""
    return any(re.fullmatch(pattern, name) for pattern in _FED)


def normed_by(name: str) -> str | None:
    """Return the matrix fed by the norm of this weight or bias, None for other parameters."""
    owner = name.rpartition(".")[0]
    for norm, matrix in _FEEDS:
        matched = re.fullmatch(norm, owner)
        if matched:
            return matched.expand(matrix) + ".weight"
    return None
