"""How well spans of speech cover words whose times are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_mini.synthesis import SAMPLE_RATE
from edge_mini.timed_speech import Span
from edge_mini.vad_scene import Scene

_STEP_S = 0.01
_LATE_S = 0.5
_NEAR_S = 0.3
"""Frames this near to a word count as neither right nor wrong."""
_COVERED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class VadScores:
    """Shares in percent.

    Attributes:
        late: of clips, those found more than 0.5 s late or not at all.
        missed: of words, those covered less than half.
        false: of frames at least 0.3 s from any word, those taken for speech. Right only where nobody else
            speaks: a scene with babble has speech whose times are not known.
    """

    late: float
    missed: float
    false: float


def score(scene: Scene, spans: Sequence[Span]) -> VadScores:
    """Compare spans of a recording with its words."""
    size = round(scene.samples.size / SAMPLE_RATE / _STEP_S)
    detected = _mask(size, spans)
    words = [word for clip in scene.clips for word in clip]
    near = _mask(size, [Span(word.start - _NEAR_S, word.end + _NEAR_S) for word in words])
    return VadScores(
        late=_percent([_delay_s(detected, clip) > _LATE_S for clip in scene.clips]),
        missed=_percent([_share(detected, word) < _COVERED_SHARE for word in words]),
        false=_percent(detected[~near]),
    )


def _mask(size: int, spans: Sequence[Span]) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=np.bool_)
    for span in spans:
        mask[max(0, round(span.start / _STEP_S)) : max(0, round(span.end / _STEP_S))] = True
    return mask


def _share(detected: NDArray[np.bool_], word: Span) -> float:
    covered = detected[round(word.start / _STEP_S) : max(1, round(word.end / _STEP_S))]
    return float(covered.mean()) if covered.size else 1.0


def _delay_s(detected: NDArray[np.bool_], clip: Sequence[Span]) -> float:
    """Return how long after its first word begins a clip is found; infinite if never."""
    covered = np.flatnonzero(detected[round(clip[0].start / _STEP_S) : round(clip[-1].end / _STEP_S)])
    return float(covered[0]) * _STEP_S if covered.size else float("inf")


def _percent(flags: Sequence[bool] | NDArray[np.bool_]) -> float:
    return 100 * float(np.mean(flags)) if len(flags) else 0.0
