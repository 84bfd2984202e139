"""Where a segment is cut that has become too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds
from edge_runtime.vad.energy import true_runs
from edge_runtime.vad.pauses import quietest_frame
from edge_runtime.vad.timestamps import FRAME_SAMPLES, SAMPLE_RATE

FRAME_S: Final[Seconds] = FRAME_SAMPLES / SAMPLE_RATE
LOOK_BACK_FRAMES: Final = round(2.0 / FRAME_S)
"""A cut lies in the last two seconds."""
_MIN_PAUSE_FRAMES: Final = round(0.12 / FRAME_S)
"""Shorter silence is a stop inside a word."""


@dataclass(frozen=True, slots=True)
class Frame:
    """512 samples of a stream.

    Attributes:
        end: sample behind the last.
        probability: of speech.
        power: mean square of its samples.
    """

    end: int
    probability: float
    power: float


def best_cut(frames: Sequence[Frame], neg_threshold: float) -> int:
    """Return the sample of the best cut: the middle of the longest pause, else of the quietest stretch.

    Args:
        frames: the last ones of the segment, at least one.
        neg_threshold: a frame of a lower probability is silence.
    """
    silent = np.array([frame.probability < neg_threshold for frame in frames])
    first, end = max(true_runs(silent), key=lambda run: run[1] - run[0], default=(0, 0))
    if end - first >= _MIN_PAUSE_FRAMES:
        middle = (first + end) // 2
    else:
        middle = int(quietest_frame(np.array([frame.power for frame in frames]), FRAME_S))
    return frames[max(0, middle - 1)].end
