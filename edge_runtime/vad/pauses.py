"""Where long audio is cut: in its pauses."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.vad.energy import FrameLevels, frame_powers, true_runs

_FRAME_S: Final = 0.01
_QUIET_S: Final = 0.2
"""Length of the stretch whose mean power a cut minimizes."""
_MAX_QUIET_RATIO: Final = 1.5
"""Places with at most this multiple of the lowest power count as equally quiet."""


def window_end(
    waveform: Waveform, sample_rate: int, start: int, *, max_s: Seconds, search_s: Seconds = 20.0
) -> int:
    """Return the sample at which a window from `start` should end: the end of the audio, or a quiet place.

    The last two windows share what remains about evenly, so that no window is a stub.

    Args:
        waveform: shape (num_samples,).
        sample_rate: in Hz.
        start: first sample of the window.
        max_s: longest window.
        search_s: how far before the limit the end may lie; at most half of `max_s` is used.
    """
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
    middle = quietest_frame(frame_powers(waveform, frame), _FRAME_S)
    return min(len(waveform), int(2 * middle) * frame // 2)


def quietest_frame(powers: FrameLevels, frame_s: Seconds) -> float:
    """Return the middle, in frames and half frames, of the longest quiet stretch; the first of equal ones.

    Args:
        powers: mean power of each frame, at least one.
        frame_s: length of a frame.
    """
    width = min(len(powers), round(_QUIET_S / frame_s))
    around = np.convolve(powers, np.full(width, 1 / width), "valid")
    first, end = max(true_runs(around <= around.min() * _MAX_QUIET_RATIO), key=lambda run: run[1] - run[0])
    return (first + end - 1 + width) / 2
