"""A long recording with known times, joined from short ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

import numpy as np

from edge_bench.corpus import AlignedClip, UnitSpan
from edge_bench.scoring.wer import CHARACTER_LANGUAGES
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import Audio

_EDGE_S: Final = 60.0

LoadedClip = tuple[AlignedClip, Audio]


@dataclass(frozen=True, slots=True)
class JoinedRecording:
    """A recording that begins and ends with the same clips, so that scores of both ends compare.

    Attributes:
        waveform: samples at the rate of the clips, shape (N,).
        text: what is spoken.
        units: with their times in the recording.
        num_edge_units: number of units in the first minute, and in the last.
    """

    waveform: Waveform
    text: str
    units: tuple[UnitSpan, ...]
    num_edge_units: int


def join_clips(clips: Sequence[LoadedClip], duration_s: Seconds) -> JoinedRecording:
    """Join clips of one language, in order and cyclically, until they last `duration_s` or slightly more."""
    edge = _select_until(clips, _EDGE_S)
    selected = [*edge, *_select_until(clips[len(edge) :] or clips, duration_s - 2 * _total_s(edge)), *edge]
    units: list[UnitSpan] = []
    at_s = 0.0
    for clip, audio in selected:
        units += [UnitSpan(unit.text, unit.start + at_s, unit.end + at_s) for unit in clip.units]
        at_s += audio.duration_s
    space = "" if clips[0][0].language in CHARACTER_LANGUAGES else " "
    return JoinedRecording(
        waveform=np.concatenate([audio.waveform for _, audio in selected]),
        text=space.join(clip.text for clip, _ in selected),
        units=tuple(units),
        num_edge_units=sum(len(clip.units) for clip, _ in edge),
    )


def _select_until(clips: Sequence[LoadedClip], duration_s: Seconds) -> list[LoadedClip]:
    selected: list[LoadedClip] = []
    for one in cycle(clips):
        if _total_s(selected) >= duration_s:
            break
        selected.append(one)
    return selected


def _total_s(clips: Sequence[LoadedClip]) -> Seconds:
    return sum(audio.duration_s for _, audio in clips)
