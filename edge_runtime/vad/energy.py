"""Find where sound is loud enough to be speech.

An energy gate whose threshold adapts to the recording. It detects silence, not voices. Where the loud and the
quiet frames differ too little, everything counts as speech: the gate claims no silence without evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    runs = _runs(is_loud(powers, round(_LOUD_S / FRAME_S)))
    is_apart = runs[1:, 0] - runs[:-1, 1] > round(min_silence_s / FRAME_S)
    starts = np.concatenate([runs[:1, 0], runs[1:, 0][is_apart]]).tolist()
    ends = np.concatenate([runs[:-1, 1][is_apart], runs[-1:, 1]]).tolist()
    return tuple(
        Span(round(start * frame_s, 6), round(min(duration_s, end * frame_s), 6))
        for start, end in zip(starts, ends, strict=True)
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
    loud_db = _loud_level(powers, num_loud)
    if loud_db <= _INAUDIBLE_DB:
        return np.zeros(len(powers), dtype=np.bool_)
    floor_db = _floor_level(powers, loud_db - _RANGE_DB)
    is_flat = loud_db - floor_db < _MIN_CONTRAST_DB
    threshold_db = (
        loud_db - _RANGE_DB if is_flat else max(floor_db + _ABOVE_FLOOR_DB, loud_db - _BELOW_LOUD_DB)
    )
    mask = np.empty(len(powers), np.bool_)
    for at, levels in enumerate(_levels_db(powers)):
        mask[at * _BLOCK_FRAMES :][: len(levels)] = levels > threshold_db
    return mask


def true_runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, one behind the last) of each maximal run of true values."""
    return [(first, end) for first, end in _runs(mask).tolist()]


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the same, shape (num_runs, 2)."""
    inner = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    begins, ends = ([0] if mask[:1].any() else []), ([len(mask)] if mask[-1:].any() else [])
    edges: NDArray[np.intp] = np.concatenate([begins, inner, ends]).astype(np.intp)
    return edges.reshape(-1, 2)


def _levels_db(powers: FrameLevels) -> Iterator[FrameLevels]:
    """Yield the levels of frames in dB, block by block: those of hours would be copies of megabytes."""
    for start in range(0, max(1, len(powers)), _BLOCK_FRAMES):
        yield 10 * np.log10(np.maximum(powers[start : start + _BLOCK_FRAMES], 1e-12))


def _loud_level(powers: FrameLevels, num_loud: int) -> float:
    """Return the level that so many frames reach, or all where there are fewer."""
    largest: FrameLevels = np.zeros(0, powers.dtype)
    for levels in _levels_db(powers):
        largest = np.sort(np.concatenate([largest, levels]))[-num_loud:]
    return float(largest[0]) if len(largest) and num_loud else -np.inf


def _floor_level(powers: FrameLevels, above_db: float) -> float:
    """Return the quantile of the levels above one: between the two next to it, as `numpy.quantile` does."""
    num_low = int(_FLOOR_QUANTILE * len(powers)) + 2  # the quantile is among so many
    lowest, num_above = np.zeros(0, powers.dtype), 0
    for levels in _levels_db(powers):
        above = levels[levels > above_db]
        num_above += len(above)
        lowest = np.sort(np.concatenate([lowest, above]))[:num_low]
    rank, share = divmod(_FLOOR_QUANTILE * (num_above - 1), 1.0)
    low, high = lowest[int(rank)], lowest[min(int(rank) + 1, num_above - 1)]
    return float(low) + share * (float(high) - float(low))


def _frame_samples(sample_rate: int) -> int:
    return max(1, round(FRAME_S * sample_rate))
