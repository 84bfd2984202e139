"""Mean power of the frames of a recording that comes in blocks."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import Waveform
from edge_runtime.vad.energy import FRAME_S, FrameLevels, frame_powers
from edge_runtime.vad.growing_array import GrowingArray


class FrameEnergy:
    """Collects the mean power of frames of `FRAME_S`; an hour of recording takes 0.7 MB."""

    def __init__(self, sample_rate: int) -> None:
        """Take the rate of the samples in Hz."""
        self._frame: Final = round(FRAME_S * sample_rate)
        self._rest: Waveform = np.zeros(0, np.float32)
        self._powers: Final = GrowingArray(np.float32)

    def feed(self, samples: Waveform) -> None:
        """Take mono samples, shape (n,) of any n."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % self._frame
        self._powers.extend(frame_powers(joined[:whole], self._frame))
        self._rest = joined[whole:]

    def finish(self) -> FrameLevels:
        """Return the powers as float32, shape (num_frames,); the last frame may be shorter."""
        self._powers.extend(frame_powers(self._rest, self._frame))
        powers: FrameLevels = self._powers.joined()
        self._powers.clear()
        return powers
