"""Find where sound is loud enough to be speech.

An energy gate whose threshold adapts to the recording. It detects silence, not voices. Where the loud and the
quiet frames differ too little, everything counts as speech: the gate claims no silence without evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge_runtime.arrays import Seconds, Waveform

FRAME_S: Final = 0.02
_SPEECH_PAD_S: Final = 0.1
"""Padding at both sides of a span: speech begins and ends softly."""

_INAUDIBLE_DB: Final = -70.0
"""A recording that never gets louder than this, relative to full scale, is silent."""
_LOUD_S: Final = 0.2
"""The loud level is the one that this much of the recording reaches; shorter clicks do not count."""
_RANGE_DB: Final = 60.0
"""Frames further below the loud level are digital silence and say nothing about the background noise."""
_FLOOR_QUANTILE: Final = 0.1
_ABOVE_FLOOR_DB: Final = 6.0
_BELOW_LOUD_DB: Final = 35.0
_MIN_CONTRAST_DB: Final = 9.0
_BLOCK_FRAMES: Final = 1 << 14

FrameLevels: TypeAlias = NDArray[np.floating[Any]]
"""Mean power per frame, shape (num_frames,)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of audio, in seconds from its start."""

    start: Seconds
    end: Seconds


def detect_speech(
    waveform: Waveform, sample_rate: int, *, min_silence_s: Seconds = 0.3, min_speech_s: Seconds = 0.1
) -> tuple[Span, ...]:
    """Return the spans that are loud enough, in order, apart from each other and inside the recording.

    Args:
        waveform: shape (num_samples,).
        sample_rate: in Hz.
        min_silence_s: pauses up to this long belong to the speech around them.
        min_speech_s: sounds shorter than this are clicks.
    """
    frame = _frame_samples(sample_rate)
    powers = frame_powers(waveform, frame)
    return loud_spans(
        powers,
        frame / sample_rate,
        len(waveform) / sample_rate,
        min_silence_s=min_silence_s,
        min_speech_s=min_speech_s,
    )


def loud_spans(
    powers: FrameLevels,
    frame_s: Seconds,
    duration_s: Seconds,
    *,
    min_silence_s: Seconds = 0.3,
    min_speech_s: Seconds = 0.1,
) -> tuple[Span, ...]:
    """Return the spans of `detect_speech` from the powers of its frames.

    Args:
        powers: of consecutive frames.
        frame_s: length of a frame.
        duration_s: of the recording; its last frame may be shorter.
        min_silence_s: as of `detect_speech`, like the one below.
        min_speech_s: shortest sound.
    """
    merged = _fill_gaps(is_loud(powers, round(_LOUD_S / FRAME_S)), round(min_silence_s / FRAME_S))
    return tuple(
        Span(round(start * frame_s, 6), round(min(duration_s, end * frame_s), 6))
        for start, end in true_runs(merged)
        if (end - start) * FRAME_S >= min_speech_s
    )


def pad_spans(detected: Sequence[Span], duration_s: Seconds) -> tuple[Span, ...]:
    """Widen spans at both sides, within the recording; spans that meet become one."""
    spans: list[Span] = []
    for one in detected:
        start, end = max(0.0, one.start - _SPEECH_PAD_S), min(duration_s, one.end + _SPEECH_PAD_S)
        if spans and start <= spans[-1].end:
            start = spans.pop().start
        spans.append(Span(round(start, 6), round(end, 6)))
    return tuple(spans)


def frame_powers(waveform: Waveform, frame_samples: int) -> FrameLevels:
    """Return the mean power of consecutive frames; the last frame may be shorter."""
    whole = len(waveform) // frame_samples
    frames = waveform[: whole * frame_samples].reshape(whole, frame_samples)
    powers = np.einsum("ij,ij->i", frames, frames).astype(np.float64) / frame_samples
    rest = waveform[whole * frame_samples :].astype(np.float64)
    return np.append(powers, (rest @ rest) / len(rest)) if len(rest) else powers


def is_loud(powers: FrameLevels, num_loud: int) -> NDArray[np.bool_]:
    """Return which frames are loud enough to be speech, by the loud and the quiet ones among them.

    Args:
        powers: mean power of each frame.
        num_loud: so many frames reach the loud level; fewer are clicks.
    """
    levels_db = np.maximum(powers, 1e-12)
    np.log10(levels_db, out=levels_db)
    levels_db *= 10
    rank = min(len(levels_db), num_loud)
    loud_db = _largest(levels_db, rank) if rank else -np.inf
    if loud_db <= _INAUDIBLE_DB:
        return np.zeros(len(powers), dtype=np.bool_)
    floor_db = np.quantile(levels_db[levels_db > loud_db - _RANGE_DB], _FLOOR_QUANTILE)
    is_silent: NDArray[np.bool_] = levels_db <= loud_db - _RANGE_DB
    if loud_db - floor_db < _MIN_CONTRAST_DB:
        return ~is_silent
    mask: NDArray[np.bool_] = levels_db > max(floor_db + _ABOVE_FLOOR_DB, loud_db - _BELOW_LOUD_DB)
    return mask


def true_runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, one behind the last) of each maximal run of true values."""
    outside = np.int8(0)  # an int would make all of them eight times as long
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=outside, append=outside))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def _largest(levels: FrameLevels, rank: int) -> np.floating[Any]:
    """Return the value that so many reach; block by block, since sorting takes a copy."""
    largest = levels[:0]
    for start in range(0, len(levels), _BLOCK_FRAMES):
        largest = np.sort(np.concatenate([largest, levels[start : start + _BLOCK_FRAMES]]))[-rank:]
    level: np.floating[Any] = largest[0]
    return level


def _frame_samples(sample_rate: int) -> int:
    return max(1, round(FRAME_S * sample_rate))


def _fill_gaps(mask: NDArray[np.bool_], max_gap: int) -> NDArray[np.bool_]:
    filled = mask.copy()
    for start, end in true_runs(~mask):
        if start > 0 and end < len(mask) and end - start <= max_gap:
            filled[start:end] = True
    return filled
