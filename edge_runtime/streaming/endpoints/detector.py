"""How likely somebody speaks in a frame, by the bundle's detector or by energy."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

import numpy as np

from edge_runtime.arrays import Waveform
from edge_runtime.vad.energy import is_loud
from edge_runtime.vad.silero import SileroVad
from edge_runtime.vad.timestamps import FRAME_SAMPLES, SAMPLE_RATE

_MEMORY: Final = round(10 * SAMPLE_RATE / FRAME_SAMPLES)
"""Frames whose levels tell what is loud: ten seconds."""
_LOUD: Final = round(0.2 * SAMPLE_RATE / FRAME_SAMPLES)


class Detector(Protocol):
    """Judges the frames of one stream, in order."""

    def probability(self, frame: Waveform) -> float:
        """Return the probability of speech in the next 512 samples at 16 kHz, shape (512,)."""
        ...


class EnergyDetector:
    """For bundles without a detector: whether a frame is loud beside the last ten seconds.

    Where loud and quiet frames differ too little, everything counts as speech, as in `detect_speech`.
    """

    def __init__(self) -> None:
        self._powers: Final[deque[float]] = deque(maxlen=_MEMORY)

    def probability(self, frame: Waveform) -> float:
        """Return 1 or 0; see `Detector`."""
        self._powers.append(float(frame.astype(np.float64) @ frame) / len(frame))
        return float(is_loud(np.array(self._powers), _LOUD)[-1])


def open_detector(vad: SileroVad | None) -> Detector:
    """Return the detector of a new stream."""
    return EnergyDetector() if vad is None else vad.live()
