"""Log-mel spectrogram in numpy, equal to the front end the model was trained with.

Source: `Qwen3ASRFeatureExtractor` of transformers 5.x, which is Whisper's: centred STFT with reflect padding
and a periodic Hann window, Slaney mel filters, log10, floor 8 below the recording's maximum.
`tests/runtime/model/test_fbank.py` holds it to 5e-5 of the reference on speech and noise, and to 1e-6 of
double precision on everything; on pure tones the reference's own single-precision FFT is up to 9e-5 off.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from edge_runtime.arrays import Array, LogMel, Waveform
from edge_runtime.bundle.specs import FeatureSpec

_BLOCK_FRAMES: Final = 256
"""Frames per FFT call: their memory fits the processor's caches, a third faster than with 4000 frames."""

PRODUCT_FRAMES: Final = 8
"""Frames per matrix product: 8 x 201 x 128 is below the size from which OpenBLAS uses threads (2**18). Its
threads would spin for tens of milliseconds on the cores that the encoder needs next."""

_SLANEY_LINEAR_HZ: Final = 200.0 / 3.0
_SLANEY_BREAK_HZ: Final = 1000.0
_SLANEY_LOG_STEP: Final = np.log(6.4) / 27.0


class Fbank:
    """Mel filterbank energies on a log scale."""

    def __init__(self, spec: FeatureSpec) -> None:
        self._spec = spec
        self._window: Final = _periodic_hann(spec.n_fft)
        self._filters: Final = mel_filters(spec)

    def __call__(self, waveform: Waveform) -> LogMel:
        """Compute features.

        Args:
            waveform: mono samples in [-1, 1] at the manifest's rate, shape (num_samples,). Shorter clips than
                `min_samples` are padded with silence that counts as audio.

        Returns:
            Normalised log-mel energies, shape (n_mels, max(num_samples, min_samples) // hop_length).
        """
        spec = self._spec
        padded = np.pad(waveform, (0, max(0, spec.min_samples - waveform.size)))
        # The STFT gives one frame more than num_samples // hop_length; the reference drops the last.
        num_frames = padded.size // spec.hop_length
        centered = np.pad(padded, spec.n_fft // 2, mode="reflect")
        log_mel = self.log_energies(centered, num_frames)
        return self.normalized(log_mel, self.floor(log_mel.max()))

    def log_energies(self, centered: Waveform, num_frames: int) -> LogMel:
        """Compute log-mel energies before they are floored.

        Args:
            centered: samples of the frames: frame t begins at sample `hop_length * t`. A part of a recording
                gives the bits that the whole gives if its first frame is a multiple of `PRODUCT_FRAMES`.
            num_frames: T.

        Returns:
            Decimal logarithms, shape (n_mels, T).
        """
        spec = self._spec
        frames = sliding_window_view(centered, spec.n_fft)[:: spec.hop_length][:num_frames]
        energies = np.empty((spec.n_mels, num_frames), np.float32)
        for start in range(0, num_frames, _BLOCK_FRAMES):
            block = slice(start, start + _BLOCK_FRAMES)
            energies[:, block] = self._filtered(self._power(frames[block])).T
        log_mel: LogMel = np.log10(np.maximum(energies, np.float32(spec.log_floor)))
        return log_mel

    def floor(self, peak: np.float32) -> np.float32:
        """Return what energies of a recording with this maximum are floored at."""
        return np.float32(peak - np.float32(self._spec.dynamic_range))

    @staticmethod
    def normalized(log_mel: LogMel, floor: np.float32) -> LogMel:
        """Return features of log-mel energies."""
        features: LogMel = (np.maximum(log_mel, floor) + np.float32(4)) / np.float32(4)
        return features

    def _power(self, frames: Array) -> Array:
        # Double precision is as fast as single here; the only difference left is the reference's rounding.
        spectrum = np.fft.rfft(frames * self._window)
        power: Array = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        return power

    def _filtered(self, power: Array) -> Array:
        """Map power spectra (T, num_bins) to energies (T, n_mels), in products too small for threads."""
        num_frames, num_bins = power.shape
        padded = np.pad(power, ((0, -num_frames % PRODUCT_FRAMES), (0, 0)))
        energies: Array = padded.reshape(-1, PRODUCT_FRAMES, num_bins) @ self._filters.T
        return energies.reshape(len(padded), -1)[:num_frames]


def mel_filters(spec: FeatureSpec) -> Array:
    """Triangular filters of unit area on the Slaney mel scale, shape (n_mels, n_fft // 2 + 1), float32."""
    bins_hz = np.linspace(0.0, spec.sample_rate / 2, spec.n_fft // 2 + 1)
    edges_mel = np.linspace(_hz_to_mel(spec.fmin), _hz_to_mel(spec.fmax), spec.n_mels + 2)
    edges_hz = np.array([_mel_to_hz(mel) for mel in edges_mel])
    left, center, right = (edges_hz[i : i + spec.n_mels, None] for i in range(3))
    rising = (bins_hz - left) / (center - left)
    falling = (right - bins_hz) / (right - center)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    filters: Array = (triangles * (2.0 / (right - left))).astype(np.float32)
    return filters


def _periodic_hann(length: int) -> Array:
    # numpy.hanning is symmetric; used as it is, the features would be off by 0.085.
    window: Array = np.hanning(length + 1)[:-1]
    return window


def _hz_to_mel(hz: float) -> float:
    if hz < _SLANEY_BREAK_HZ:
        return hz / _SLANEY_LINEAR_HZ
    return float(_SLANEY_BREAK_HZ / _SLANEY_LINEAR_HZ + np.log(hz / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP)


def _mel_to_hz(mel: float) -> float:
    break_mel = _SLANEY_BREAK_HZ / _SLANEY_LINEAR_HZ
    if mel < break_mel:
        return mel * _SLANEY_LINEAR_HZ
    return float(_SLANEY_BREAK_HZ * np.exp((mel - break_mel) * _SLANEY_LOG_STEP))
