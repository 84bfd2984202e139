"""Overdriven recordings: flat stretches at full scale.

A run of three equal samples at full scale is what mastering meters count as an over (Sony PCM-1630): peaks of
sound have no such runs. Floats above full scale are no clipping; they keep their shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.audio.notice import AudioNotice

_FULL_SCALE: Final = 1 - 2**-14
"""Two steps of sixteen bits below 1: the highest positive sample is one step below it."""
_EQUAL: Final = 2**-15
_RUN: Final = 3
CLIPPED_SHARE: Final = 0.01
"""Share of the samples in such runs from which on a recording counts as overdriven: speech has it where
its peaks are 6 to 8 dB above full scale (four clips)."""


class Clipping:
    """Counts clipped samples of a recording, block by block; a run that two blocks share counts as two."""

    def __init__(self) -> None:
        """Begin with no samples."""
        self._num_clipped = self._num_samples = 0

    def add(self, samples: Array) -> None:
        """Take a block of samples, shape (num_samples,) or (num_samples, num_channels)."""
        self._num_samples += samples.size
        full = np.abs(samples) >= _FULL_SCALE
        if np.count_nonzero(full) < _RUN:
            return
        with np.errstate(invalid="ignore"):  # infinite samples are refused later
            flat = full[1:] & full[:-1] & (np.abs(np.diff(samples, axis=0)) <= _EQUAL)
        # A run of n equal samples has n - 2 neighbours that are both flat.
        inner = int(np.count_nonzero(flat[1:] & flat[:-1]))
        starts = int(np.count_nonzero(np.diff((flat[1:] & flat[:-1]).astype(np.int8), axis=0, prepend=0) > 0))
        self._num_clipped += inner + (_RUN - 1) * starts

    @property
    def share(self) -> float:
        """Clipped samples of all samples, 0 without any."""
        return self._num_clipped / max(self._num_samples, 1)

    def notices(self) -> Iterator[AudioNotice]:
        """Yield what a listener should know of it, nothing where the recording is not overdriven."""
        if self.share >= CLIPPED_SHARE:
            cut = f"{100 * self.share:.0f} % of the samples are cut off at full scale"
            yield AudioNotice("audio_clipped", f"{cut}. Record with less gain if words are wrong.")
