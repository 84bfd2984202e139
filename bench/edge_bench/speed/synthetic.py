"""Synthetic audio of any length: noise shaped like speech, the same on every machine.

A buzz with the harmonics of a voice and some hiss, four syllables a second, with pauses. It means nothing,
but front end, encoder and prefill do exactly the work of speech of this length. The number of decoded tokens
is up to the model; a token budget bounds it.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.errors import UsageError

_SEED: Final = 20_240_229
_SYLLABLES_PER_S: Final = 4.0
_PITCH_HZ: Final = 120.0
_PITCH_SWING: Final = 0.15
_HARMONICS: Final = 24
_HISS: Final = 0.15
_PEAK: Final = 0.5
_MIN_DURATION_S: Final = 0.1

Curve: TypeAlias = NDArray[np.float64]
"""One value for each sample, shape (num_samples,)."""


def speech_like(duration_s: Seconds, sample_rate: int) -> Waveform:
    """Make audio.

    Args:
        duration_s: its length.
        sample_rate: in Hz.

    Returns:
        Samples with a peak of half the full scale, shape (duration_s × sample_rate,).

    Raises:
        UsageError: the length is no number, or too short.
    """
    require_length(duration_s)
    times = np.arange(round(duration_s * sample_rate)) / sample_rate
    noise = np.random.default_rng(_SEED).standard_normal(times.size)
    samples = _loudness(times) * (_buzz(times, sample_rate) + _HISS * noise)
    waveform: Waveform = (samples * (_PEAK / np.abs(samples).max())).astype(np.float32)
    return waveform


def require_length(duration_s: Seconds) -> None:
    """Refuse a length that is no number or too short.

    Raises:
        UsageError: it is no finite number, or below a tenth of a second.
    """
    if not (math.isfinite(duration_s) and duration_s >= _MIN_DURATION_S):
        raise UsageError(
            f"--synthetic {duration_s:g}: give a length of at least {_MIN_DURATION_S:g} seconds."
        )


def _buzz(times: Curve, sample_rate: int) -> Curve:
    """Return harmonics of a pitch that rises and falls, each an octave 6 dB softer than the one below."""
    pitch = _PITCH_HZ * (1 + _PITCH_SWING * np.sin(2 * np.pi * 0.4 * times))
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    buzz: Curve = sum(
        (np.sin(number * phase) / number for number in range(1, _HARMONICS + 1)), np.zeros_like(times)
    )
    return buzz


def _loudness(times: Curve) -> Curve:
    """Return syllables, and half a second of pause every four seconds."""
    syllables = np.sin(np.pi * _SYLLABLES_PER_S * times) ** 2
    speaks = times % 4.0 < 3.5  # noqa: PLR2004
    loudness: Curve = syllables * speaks + 1e-3
    return loudness
