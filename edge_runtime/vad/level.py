"""Level normalisation in front of a voice activity detector.

Silero's carried state loses quiet speech behind loud sound: of 147 clips at their own levels, 19 were found
more than half a second late, two with samples of one level.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from edge_runtime.arrays import Array, Waveform
from edge_runtime.vad.timestamps import FRAME_SAMPLES

TARGET_PEAK: Final = 0.5
MAX_GAIN: Final = 30.0
"""Noise far below speech stays quiet."""
_REACH: Final = 31
"""Frames to each side whose peak counts: one second."""


class LevelNormalizer:
    """Scales each frame of a stream so that the peak of a second to either side becomes `TARGET_PEAK`.

    A frame comes out once the second behind it is known. What comes out does not depend on how the samples
    are cut up, and 32 frames at most are kept.

    A live stream cannot wait for that second. Without it, a frame is scaled by itself and the second before
    it: quiet speech behind loud sound is raised as before, a second after the sound has ended. What differs
    is the second before a louder sound, which is raised as if that never came; the highest gain bounds it.
    """

    def __init__(self, *, live: bool = False) -> None:
        """Begin in silence; `live` scales each frame by what came before it alone."""
        self._ahead: Final = 0 if live else _REACH
        self._rest: Waveform = np.zeros(0, np.float32)
        self._frames: Array = np.zeros((0, FRAME_SAMPLES), np.float32)
        self._peaks_before: Array = np.zeros(_REACH, np.float32)

    def feed(self, samples: Waveform) -> Array:
        """Take samples at 16 kHz, shape (n,) of any n; return frames that are ready, shape (k, 512)."""
        self._cut(samples)
        return self._take(max(0, len(self._frames) - self._ahead))

    def finish(self) -> Array:
        """Return the frames that are left, shape (k, 512), the last one filled with zeros."""
        self._cut(np.zeros(-len(self._rest) % FRAME_SAMPLES, np.float32))
        return self._take(len(self._frames))

    def _cut(self, samples: Waveform) -> None:
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % FRAME_SAMPLES
        # A copy: a view would keep all of the caller's samples in memory.
        self._rest = joined[whole:].copy()
        self._frames = np.concatenate([self._frames, joined[:whole].reshape(-1, FRAME_SAMPLES)])

    def _take(self, count: int) -> Array:
        """Return the first frames, scaled; the frames behind them are silence where there are too few."""
        if not count:
            return self._frames[:0]
        peaks = np.abs(self._frames).max(axis=1)
        known = np.concatenate([self._peaks_before, peaks, np.zeros(self._ahead, np.float32)])
        around = sliding_window_view(known, _REACH + 1 + self._ahead)[:count].max(axis=1)
        gains = TARGET_PEAK / np.maximum(around, TARGET_PEAK / MAX_GAIN)
        taken: Array = self._frames[:count] * gains.astype(np.float32)[:, None]
        self._peaks_before = known[count : count + _REACH]
        self._frames = self._frames[count:].copy()
        return taken
