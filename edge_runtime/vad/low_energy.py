"""Segments of qwen-asr 0.0.6: of about the longest length, cut where 0.1 s have the lowest energy."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.vad.energy import Span

SEARCH_S: Final[Seconds] = 5.0
"""How far before and behind the limit a cut may lie; a segment may be longer than the limit by as much."""
_WINDOW_S: Final[Seconds] = 0.1


class LowEnergySplitter:
    """Cuts a recording that comes in blocks; holds the samples around the next cut alone.

    The definition is that of `split_audio_into_chunks` in qwen-asr 0.0.6. As long as more than the limit is
    left: of the samples up to `SEARCH_S` around the limit, take the first stretch of 0.1 s with the smallest
    sum of magnitudes, and cut at its smallest sample. Nothing is left out. There, what is left behind the
    last cut is filled up to half a second with silence; here it is not.
    """

    def __init__(self, sample_rate: int, max_s: Seconds) -> None:
        """Begin a recording.

        Args:
            sample_rate: in Hz.
            max_s: the limit; where it is under 10 s, the search is shorter too.
        """
        self._rate: Final = sample_rate
        self._max: Final = int(max_s * sample_rate)
        self._search: Final = int(min(SEARCH_S, max_s / 2) * sample_rate)
        self._window: Final = int(_WINDOW_S * sample_rate)
        self._cuts: Final[list[int]] = [0]
        self._held: Waveform = np.zeros(0, np.float32)
        self._num_samples = 0

    def feed(self, samples: Waveform) -> None:
        """Take mono samples, shape (n,) of any n."""
        self._held = np.concatenate([self._held, samples])
        self._num_samples += len(samples)
        while self._num_samples >= self._limit + self._search:
            self._cut()
        self._drop()

    def finish(self) -> tuple[Span, ...]:
        """Return the segments; they lie one behind the other from the first sample to the last."""
        while self._num_samples > self._limit:
            self._cut()
        edges = [*self._cuts, self._num_samples]
        return tuple(Span(first / self._rate, end / self._rate) for first, end in pairwise(edges))

    @property
    def _limit(self) -> int:
        return self._cuts[-1] + self._max

    def _cut(self) -> None:
        held_from = self._num_samples - len(self._held)
        first, end = self._limit - self._search, min(self._num_samples, self._limit + self._search)
        levels = np.abs(self._held[first - held_from : end - held_from])
        quiet = int(np.argmin(np.convolve(levels, np.ones(self._window, np.float32), "valid")))
        self._cuts.append(first + quiet + int(np.argmin(levels[quiet : quiet + self._window])))

    def _drop(self) -> None:
        """Let go of what lies before the stretch of the next cut."""
        held_from = self._num_samples - len(self._held)
        self._held = self._held[max(0, self._limit - self._search - held_from) :]
