"""Samples in, one mono float32 waveform at the model's rate out.

Follows the input contract of `qwen_asr` 0.0.6 (`inference/utils.py`): channels are averaged, the rate is
converted with soxr's high quality, a peak above 1 is divided away, quiet audio is left as it is. One rule
differs on purpose: integers are scaled by their type's full range, not by their own peak.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from edge_runtime.arrays import Array, Waveform
from edge_runtime.errors import AudioError

_MAX_CHANNELS = 8
"""A 2-D array with at most this many rows, and more columns than rows, is taken as channels first."""

MIN_SAMPLE_RATE = 1_000
MAX_SAMPLE_RATE = 768_000


class StreamResampler(Protocol):
    """Of soxr: resamples one channel, chunk by chunk."""

    def resample_chunk(self, x: Array, last: bool = ...) -> Array:  # noqa: FBT001  # of soxr
        """Return what is ready behind a chunk of float32 samples; all that is left behind the last."""
        ...


def to_waveform(samples: Array, sample_rate: int, target_rate: int) -> Waveform:
    """Convert any samples to a mono waveform.

    Args:
        samples: floats in [-1, 1] or integers, shape (num_samples,), (num_samples, channels) or
            (channels, num_samples).
        sample_rate: their rate in Hz.
        target_rate: rate of the result in Hz.

    Returns:
        Samples in [-1, 1], shape (num_samples × target_rate / sample_rate,).

    Raises:
        AudioError: no samples, an impossible rate or shape, or samples that are NaN or infinite.
    """
    require_rate(sample_rate)
    if not samples.size:
        raise AudioError("The audio holds no samples. Give a recording with sound in it.")
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite or NaN here is refused below
        mono = _to_mono(to_float(samples))
    _require_finite(mono)
    if sample_rate != target_rate:
        mono = _resample(mono, sample_rate, target_rate)
        if not mono.size:
            raise AudioError(f"The audio is shorter than one sample at {target_rate} Hz. Give longer audio.")
    return divide_peak(mono, max(float(mono.max()), -float(mono.min())))


def require_rate(sample_rate: int) -> None:
    """Refuse a rate that no recording has.

    Raises:
        AudioError: it is outside 1-768 kHz.
    """
    if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise AudioError(
            f"A sample rate of {sample_rate} Hz is outside {MIN_SAMPLE_RATE}-{MAX_SAMPLE_RATE} Hz."
        )


def divide_peak(mono: Waveform, peak: float, out: Waveform | None = None) -> Waveform:
    """Return samples divided by a peak above 1; with a lower one as they are.

    Args:
        mono: finite samples, of a recording or a part of it.
        peak: of the recording.
        out: where to put the result, which may be `mono` itself; None leaves `mono` as it is.
    """
    if peak <= 1:
        return mono
    scaled = np.divide(mono, np.float32(peak), out=out)
    return np.clip(scaled, -1.0, 1.0, out=scaled)


def to_float(samples: Array) -> Array:
    """Return samples as float32; integers are scaled by their type's full range."""
    if samples.dtype.kind == "f":
        return samples.astype(np.float32, copy=False)
    if samples.dtype.kind not in "iu":
        raise AudioError(f"Samples of type {samples.dtype} cannot be audio; give floats or integers.")
    info = np.iinfo(samples.dtype)
    middle = (int(info.max) + int(info.min) + 1) // 2
    full_range = (int(info.max) - int(info.min) + 1) // 2
    return ((samples.astype(np.float64) - middle) / full_range).astype(np.float32)


def new_resampler(sample_rate: int, target_rate: int) -> StreamResampler:
    """Return a resampler of soxr's high quality, rates in Hz."""
    import soxr  # noqa: PLC0415  # only audio of another rate needs it

    resampler: StreamResampler = soxr.ResampleStream(
        sample_rate, target_rate, 1, dtype="float32", quality="HQ"
    )
    return resampler


def _to_mono(samples: Array) -> Waveform:
    if samples.ndim == 1:
        return samples
    if samples.ndim != 2:  # noqa: PLR2004
        raise AudioError(f"Audio of shape {samples.shape} is neither (samples,) nor (samples, channels).")
    rows, columns = samples.shape
    channels_first = rows <= _MAX_CHANNELS and rows < columns
    mono: Waveform = samples.mean(axis=0 if channels_first else 1, dtype=np.float32)
    return mono


def _require_finite(waveform: Waveform) -> None:
    finite = np.isfinite(waveform)
    if not finite.all():
        first = int(np.argmin(finite))
        raise AudioError(
            f"{waveform.size - int(finite.sum())} of {waveform.size} samples are NaN or infinite "
            f"(the first is sample {first}). Repair the recording or decode it again."
        )


def _resample(waveform: Waveform, sample_rate: int, target_rate: int) -> Waveform:
    import soxr  # noqa: PLC0415  # only audio of another rate needs it

    resampled: Waveform = soxr.resample(waveform, sample_rate, target_rate, quality="HQ")
    return resampled.astype(np.float32, copy=False)
