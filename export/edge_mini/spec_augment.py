"""Random changes of log-mel features: vocal tract length and blanked stretches."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from edge_mini.features import LogMel

# Vocal tract lengths relative to the voice's own.
_WARP_RANGE = (0.85, 1.18)

# Centres of the mel bins: linear up to 1 kHz (15 mel), then logarithmic (Slaney); 8 kHz are 45.245 mel.
_BREAK_MEL = 15
_MEL = np.linspace(0, 45.245, 130)[1:-1]
_MEL_HZ = np.where(_MEL < _BREAK_MEL, _MEL * 200 / 3, 1000 * np.exp((_MEL - _BREAK_MEL) * np.log(6.4) / 27))


def augmented(mel: LogMel, rng: random.Random) -> NDArray[np.float32]:
    """Warp the frequency axis, then blank two bands of mel bins and a few short stretches of time.

    Sources: VTLP (Jaitly and Hinton, 2013) and SpecAugment (Park et al., 2019).
    """
    masked = _warped(mel, rng).astype(np.float32)
    fill = float(masked.mean())
    for _ in range(2):
        width = rng.randint(0, 16)
        start = rng.randint(0, 128 - width)
        masked[:, start : start + width] = fill
    for _ in range(len(mel) // 200):
        start = rng.randrange(len(mel))
        masked[start : start + rng.randint(0, 8)] = fill
    return masked


def _warped(mel: LogMel, rng: random.Random) -> NDArray[np.float32]:
    """Stretch the frequency axis, as a longer or shorter vocal tract would (VTLP).

    Held-out voices differ from those heard in training mostly in their formants.
    """
    factor = rng.uniform(*_WARP_RANGE)
    bins = np.interp(_MEL_HZ * factor, _MEL_HZ, np.arange(len(_MEL_HZ)))
    lower = np.minimum(bins.astype(np.int64), len(_MEL_HZ) - 2)
    share = (bins - lower).astype(np.float32)
    return mel[:, lower] * (1 - share) + mel[:, lower + 1] * share
