"""Sound and silence, and a detector that knows which is which."""

from __future__ import annotations

import numpy as np

from edge_runtime.arrays import Array, Waveform
from tests.support.tiny_bundle import tone

RATE = 16_000


class PlantedStream:
    """Takes frames that reach a tenth of the full scale for speech, at 440 Hz or whatever."""

    def __init__(self) -> None:
        self._samples: list[Waveform] = []

    def feed(self, samples: Waveform) -> None:
        self._samples.append(samples)

    def finish(self) -> Array:
        samples = np.concatenate(self._samples)
        frames = np.pad(samples, (0, -len(samples) % 512)).reshape(-1, 512)
        return np.asarray(np.abs(frames).max(axis=1) > 0.1, np.float16)


class PlantedVad:
    """A detector whose answers are known."""

    def stream(self) -> PlantedStream:
        return PlantedStream()


def sounds(*seconds: float, level: float = 0.5) -> Waveform:
    """Return tone and silence in turns, each for so many seconds."""
    parts = [
        tone(round(length * RATE)) * (level / 0.5)
        if at % 2 == 0
        else np.zeros(round(length * RATE), np.float32)
        for at, length in enumerate(seconds)
    ]
    return np.concatenate(parts)
