"""Chunks of any rate, type and size in, mono float32 samples at the model's rate out."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import Array, Waveform
from edge_runtime.audio.waveform import StreamResampler, new_resampler, require_rate, to_float
from edge_runtime.errors import AudioError


class LiveResampler:
    """Resamples as `load_audio` does: what comes out in all is bit-equal to resampling the whole at once.

    Nothing is known of the peak that is to come, so a sample outside [-1, 1] is clipped, not divided away.
    """

    def __init__(self, target_rate: int) -> None:
        """Take the rate of the result in Hz."""
        self._target: Final = target_rate
        self._rate = target_rate
        self._resampler: StreamResampler | None = None

    def feed(self, samples: Array, rate: int) -> Waveform:
        """Take a chunk; return the samples that are ready.

        Args:
            samples: floats in [-1, 1] or integers, shape (n,) or (n, channels), of any n.
            rate: in Hz. Where it changes, what came before it is resampled to its end.

        Raises:
            AudioError: an impossible rate or shape, or samples that are NaN or infinite.
        """
        mono = _to_mono(samples)
        if not np.isfinite(mono).all():
            raise AudioError("A chunk of the stream has samples that are NaN or infinite. Leave them out.")
        before = self.finish() if rate != self._rate else mono[:0]
        if rate != self._rate:
            require_rate(rate)
            self._rate = rate
        if rate == self._target:
            return _clipped(np.concatenate([before, mono]))
        self._resampler = self._resampler or new_resampler(rate, self._target)
        return np.concatenate([before, _clipped(self._resampler.resample_chunk(mono))])

    def finish(self) -> Waveform:
        """Return the samples that the resampler holds back; what follows begins anew."""
        if self._resampler is None:
            return np.zeros(0, np.float32)
        resampler, self._resampler = self._resampler, None
        return _clipped(resampler.resample_chunk(np.zeros(0, np.float32), last=True))


def _to_mono(samples: Array) -> Waveform:
    floats = to_float(np.asarray(samples))
    if floats.ndim == 1:
        return floats
    if floats.ndim != 2:  # noqa: PLR2004
        raise AudioError(f"A chunk of shape {floats.shape} is neither (samples,) nor (samples, channels).")
    mono: Waveform = floats.mean(axis=1, dtype=np.float32)
    return mono


def _clipped(samples: Waveform) -> Waveform:
    clipped: Waveform = np.clip(samples, -1.0, 1.0)
    return clipped
