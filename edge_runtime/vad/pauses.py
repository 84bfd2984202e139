"""Cut long audio where it is quiet."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.vad.energy import frame_powers, true_runs

_FRAME_S: Final = 0.01
_QUIET_S: Final = 0.2
"""A cut wants this much quiet around it."""
_MAX_QUIET_RATIO: Final = 1.5
"""Places with less than this times the least power are as good as the best."""


def split_waveform(
    waveform: Waveform, sample_rate: int, *, max_s: Seconds, search_s: Seconds = 20.0
) -> tuple[tuple[int, int], ...]:
    """Cut audio into pieces of at most `max_s`, at the quietest place of the `search_s` before each limit.

    The last two pieces share what remains about evenly, so that no piece is a stub.

    Args:
        waveform: shape (num_samples,).
        sample_rate: in Hz.
        max_s: no piece is longer.
        search_s: how far before the limit a cut may lie; at most half of `max_s` is used.

    Returns:
        Sample ranges (start, end) that cover the waveform exactly, in order.
    """
    pieces: list[tuple[int, int]] = []
    start = 0
    while start < len(waveform) or not pieces:
        end = window_end(waveform, sample_rate, start, max_s=max_s, search_s=search_s)
        pieces.append((start, end))
        start = end
    return tuple(pieces)


def window_end(
    waveform: Waveform, sample_rate: int, start: int, *, max_s: Seconds, search_s: Seconds = 20.0
) -> int:
    """Return the sample at which a piece from `start` should end: the end of the audio, or a quiet place."""
    max_samples = max(1, int(max_s * sample_rate))
    remaining = len(waveform) - start
    if remaining <= max_samples:
        return len(waveform)
    search = min(int(search_s * sample_rate), max_samples // 2)
    latest = min(max_samples, (remaining + search) // 2)
    earliest = start + latest - search
    return earliest + quietest_sample(waveform[earliest : start + latest], sample_rate)


def quietest_sample(waveform: Waveform, sample_rate: int) -> int:
    """Return the middle, in samples, of the longest quiet stretch; the first of equal ones."""
    if not len(waveform):
        return 0
    frame = max(1, round(_FRAME_S * sample_rate))
    powers = frame_powers(waveform, frame)
    width = min(len(powers), round(_QUIET_S / _FRAME_S))
    around = np.convolve(powers, np.full(width, 1 / width), "valid")
    first, end = max(true_runs(around <= around.min() * _MAX_QUIET_RATIO), key=lambda run: run[1] - run[0])
    return min(len(waveform), (first + end - 1 + width) * frame // 2)
