"""Spans of speech from probabilities, as `silero_vad.get_speech_timestamps` 6.2.3 forms them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from edge_runtime.arrays import Array
from edge_runtime.vad.energy import Span
from edge_runtime.vad.options import VadOptions

SAMPLE_RATE: Final = 16_000
FRAME_SAMPLES: Final = 512
"""Samples of one probability."""
_BLOCK_FRAMES: Final = 1 << 14


def speech_timestamps(probabilities: Array, num_samples: int, options: VadOptions) -> tuple[Span, ...]:
    """Return the spans of speech, in order, apart from each other and inside the recording.

    Args:
        probabilities: of speech, one for each 512 samples at 16 kHz, shape (num_frames,).
        num_samples: of the recording; its last frame may be shorter.
        options: thresholds and durations.
    """
    shortest = _samples(options.min_speech_duration_ms)
    stretches = _regions(_values(probabilities), num_samples, options)
    regions = [(start, end) for start, end in stretches if end - start > shortest]
    padded = _padded(regions, num_samples, _samples(options.speech_pad_ms))
    return tuple(Span(start / SAMPLE_RATE, end / SAMPLE_RATE) for start, end in padded)


def _values(probabilities: Array) -> Iterator[float]:
    """Yield them as Python's floats, which take ten times the room, not all at once."""
    for start in range(0, len(probabilities), _BLOCK_FRAMES):
        yield from probabilities[start : start + _BLOCK_FRAMES].astype(float).tolist()


def _samples(milliseconds: int) -> float:
    return SAMPLE_RATE * milliseconds / 1000


def _regions(values: Iterable[float], num_samples: int, options: VadOptions) -> Iterator[tuple[int, int]]:
    """Yield (first sample, one behind the last) of each stretch of speech, short ones too."""
    min_silence = _samples(options.min_silence_duration_ms)
    start: int | None = None
    silence: int | None = None
    for index, value in enumerate(values):
        at = index * FRAME_SAMPLES
        if value >= options.threshold:
            start, silence = at if start is None else start, None
        elif start is not None and value < options.neg_threshold:
            silence = at if silence is None else silence
            if at - silence >= min_silence:
                yield start, silence
                start = silence = None
    if start is not None:
        yield start, num_samples


def _padded(regions: Sequence[tuple[int, int]], num_samples: int, pad: float) -> Iterator[tuple[int, int]]:
    """Yield regions with padding; two that would meet share the silence between them, as silero has it."""
    last = len(regions) - 1
    before = pad if last >= 0 else 0
    for index, (start, end) in enumerate(regions):
        silence = regions[index + 1][0] - end if index < last else num_samples - end
        is_shared = index < last and silence < 2 * pad
        first = int(max(0, start - before))
        before = silence // 2 if is_shared else pad
        yield first, int(min(num_samples, end + before))
