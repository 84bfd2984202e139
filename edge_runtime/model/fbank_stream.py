"""Log-mel features of a recording that grows, equal to those of `Fbank` to the bit.

A frame spans 200 samples either side of its centre. The energies of one whose samples are all there never
change; the last one or two are made of the mirrored end. Energies are floored below the maximum of all
frames, so the floor rises when sound gets louder, and it falls when the mirrored end was the loudest.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import LogMel, Waveform
from edge_runtime.bundle.specs import FeatureSpec
from edge_runtime.model.fbank import PRODUCT_FRAMES, Fbank


class FbankStream:
    """Features of one recording. It keeps the energies of all frames, and samples of the last few."""

    def __init__(self, fbank: Fbank, spec: FeatureSpec) -> None:
        """Begin without samples.

        Args:
            fbank: computes energies.
            spec: its parameters.
        """
        self._fbank: Final = fbank
        self._spec: Final = spec
        self._samples: Waveform = np.zeros(0, np.float32)
        self._first_frame = 0
        self._finished: LogMel = np.zeros((spec.n_mels, 0), np.float32)
        self._tail: LogMel = self._finished
        self._peak = np.float32(-np.inf)
        self._floor = np.float32(-np.inf)
        self.num_samples = 0
        """Of the recording so far."""

    @property
    def num_finished(self) -> int:
        """Frames whose energies no later sample changes."""
        return int(self._finished.shape[1])

    def push(self, samples: Waveform) -> None:
        """Take the next samples, shape (num_samples,)."""
        self._samples = np.concatenate([self._samples, samples])
        self.num_samples += samples.size

    def update(self) -> int:
        """Compute the frames of all samples so far, which are `FeatureSpec.min_samples` at least.

        Returns:
            Frames, from the first on, that were finished at the last call and whose features are the same.
        """
        num_known, floor = self.num_finished, self._floor
        energies = self._energies()
        num_finished = max(0, self.num_samples - self._half) // self._spec.hop_length + 1
        first, end = num_known - self._first_frame, num_finished - self._first_frame
        new, self._tail = energies[:, first:end], energies[:, end:]
        self._finished = np.concatenate([self._finished, new], axis=1)
        self._peak = np.float32(max(self._peak, new.max(initial=-np.inf)))
        self._floor = self._fbank.floor(np.float32(max(self._peak, self._tail.max(initial=-np.inf))))
        self._drop_samples()
        return self._num_equal(num_known, floor)

    def log_mel(self, first_frame: int = 0) -> LogMel:
        """Return the features of all samples at the last `update`, from a frame on, shape (n_mels, T)."""
        energies = np.concatenate([self._finished[:, first_frame:], self._tail], axis=1)
        return self._fbank.normalized(energies, self._floor)

    @property
    def _half(self) -> int:
        return self._spec.n_fft // 2

    def _energies(self) -> LogMel:
        """Return the energies from the first frame on whose samples are kept, the end mirrored."""
        left = 0 if self._first_frame else self._half
        centered = np.pad(self._samples, (left, self._half), mode="reflect")
        return self._fbank.log_energies(
            centered, self.num_samples // self._spec.hop_length - self._first_frame
        )

    def _drop_samples(self) -> None:
        """Keep the samples from the product on in which the first frame lies that is not finished."""
        first = self.num_finished // PRODUCT_FRAMES * PRODUCT_FRAMES
        start = self._spec.hop_length * first - self._half
        held_from = self._spec.hop_length * self._first_frame - self._half if self._first_frame else 0
        if start > 0:
            self._samples, self._first_frame = self._samples[start - held_from :].copy(), first

    def _num_equal(self, num_known: int, floor: np.float32) -> int:
        """Count the finished frames before the first in which another floor changes a value."""
        if floor == self._floor:
            return num_known
        is_changed = self._finished[:, :num_known].min(axis=0) < max(floor, self._floor)
        return int(is_changed.argmax()) if is_changed.any() else num_known
