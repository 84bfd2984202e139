"""Sound put together as log-mel features: levels, silence, sums.

A feature is `(log10 power + 4) / 4`. Joining clips is exact but for the 25 ms around a join, where both
sides are heard. The power of a sum is the sum of the powers, as of sounds that know nothing of each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_mini.features import LogMel

Mel = NDArray[np.float32]
"""Shape (frames, 128), 100 frames a second."""

# The extractor's floor of the power is 1e-10, and what is 80 dB below a clip's loudest bin is cut.
_SILENT, _RANGE = -1.5, 2.0
_DB = 1 / 40


def silent(frames: int) -> Mel:
    """Digital silence."""
    return np.full((frames, 128), _SILENT, np.float32)


def amplified(mel: LogMel | Mel, gain_db: float | Mel) -> Mel:
    """Make a sound, or each frame (frames, 1) of it, louder or quieter; what is silent stays so."""
    sound = np.asarray(mel, np.float32)
    moved = np.maximum(sound + np.float32(_DB) * np.asarray(gain_db, np.float32), np.float32(_SILENT))
    return np.where(sound <= np.float32(_SILENT), np.float32(_SILENT), moved)


def mixed(first: Mel, second: Mel) -> Mel:
    """Add two sounds of the same length."""
    powers = np.power(10, 4 * first) + np.power(10, 4 * second)
    return np.asarray(np.log10(powers) / 4, np.float32)


def finished(mel: Mel) -> LogMel:
    """Cut what is too quiet, as the extractor does, and store as float16."""
    lowest = max(_SILENT, float(mel.max(initial=_SILENT)) - _RANGE)
    return np.maximum(mel, lowest).astype(np.float16)


def level_db(mel: LogMel | Mel) -> float:
    """Return the level of the louder frames; only differences of levels mean something."""
    powers = np.power(10, 4 * np.asarray(mel[::4], np.float32)).mean(axis=1)
    return float(10 * np.log10(np.percentile(powers, 85) + 1e-12))
