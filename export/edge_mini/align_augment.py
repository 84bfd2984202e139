"""Random changes of the aligner's clips: what windows of long recordings are like."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edge_mini.features import LogMel

_SURPLUS_SHARE = 0.4
_LATER_SHARE, _UNWRITTEN_SHARE = 0.35, 0.3
_LONGEST_SILENCE_FRAMES = 150
_FRAMES_PER_S = 100
# Log-mel features end this far below their maximum: 8 powers of ten, in steps of 4.
SILENT_BELOW_MAX = 2.0


@dataclass(frozen=True, slots=True)
class AlignExample:
    """One training clip: log-mel of shape (frames, 128), units, and start and end of each in seconds."""

    mel: LogMel
    units: Sequence[str]
    spans: Sequence[tuple[float, float]]


def varied(
    example: AlignExample, others: Sequence[AlignExample], longest_frames: int, rng: random.Random
) -> AlignExample:
    """Begin later in the text, now and then, or after silence, and add units that are not spoken.

    Args:
        example: the clip.
        others: where the units that are not spoken come from.
        longest_frames: silence is added up to this length of the clip.
        rng: the draws.
    """
    if rng.random() < _LATER_SHARE:
        example = _from_later(example, rng)
    room = min(_LONGEST_SILENCE_FRAMES, longest_frames - len(example.mel))
    if room > 0:
        example = _after_silence(example, rng.randint(0, room))
    if rng.random() < _SURPLUS_SHARE:
        example = _with_surplus(example, rng.choice(others), rng)
    return example


def _from_later(example: AlignExample, rng: random.Random) -> AlignExample:
    """Leave out the first units, mostly with their sound, as where a window follows another."""
    first = rng.randint(0, len(example.units) // 2)
    kept = replace(example, units=example.units[first:], spans=example.spans[first:])
    if rng.random() < _UNWRITTEN_SHARE:
        return kept
    earliest_s, latest_s = example.spans[first - 1][1] if first else 0.0, kept.spans[0][0]
    cut = int(rng.uniform(earliest_s, latest_s) * _FRAMES_PER_S)
    return _moved(kept, example.mel[cut:], -cut)


def _after_silence(example: AlignExample, frames: int) -> AlignExample:
    """Put digital silence in front."""
    silence = np.full((frames, example.mel.shape[1]), example.mel.max() - SILENT_BELOW_MAX, np.float16)
    return _moved(example, np.concatenate([silence, example.mel]), frames)


def _with_surplus(example: AlignExample, other: AlignExample, rng: random.Random) -> AlignExample:
    """Add units that are not spoken, as behind the end of a window; their time is the end of the clip."""
    more = other.units[: rng.randint(1, len(example.units))]
    end_s = len(example.mel) / _FRAMES_PER_S
    return replace(
        example, units=[*example.units, *more], spans=[*example.spans, *[(end_s, end_s)] * len(more)]
    )


def _moved(example: AlignExample, mel: LogMel, frames: int) -> AlignExample:
    offset_s = frames / _FRAMES_PER_S
    spans = [(start + offset_s, end + offset_s) for start, end in example.spans]
    return AlignExample(mel, example.units, spans)
