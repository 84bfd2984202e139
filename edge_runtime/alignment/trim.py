"""Long silence at the ends of a recording, which the aligner must not see.

Upstream's aligner pins the first word to the very start of the audio, however long the silence before it is
(QwenLM/Qwen3-ASR issue 153). What it does not hear it cannot misplace. And its answers shift a little with
the silence in front, so that it always hears equally much: a recording that begins later has the same times,
later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.vad.energy import Span

_MAX_SILENCE_S: Final = 1.0
"""Silence up to this long stays at the end: the model was trained with it."""
_LEAD_S: Final = 0.6
_TRAIL_S: Final = 0.35


def trim_range(duration_s: Seconds, detected: Sequence[Span]) -> Span:
    """Return what the aligner is to hear; all of the recording where nobody speaks.

    It begins a fixed time before the first sound, which may be before the recording does (below 0).
    """
    if not detected:
        return Span(0.0, duration_s)
    last = detected[-1].end
    end = last + _TRAIL_S if duration_s - last > _MAX_SILENCE_S else duration_s
    return Span(detected[0].start - _LEAD_S, end)


def crop(waveform: Waveform, sample_rate: int, span: Span) -> Waveform:
    """Return the samples of a range, with digital silence for what is before the recording."""
    first, end = (round(at_s * sample_rate) for at_s in (span.start, span.end))
    return np.pad(waveform[max(0, first) : end], (max(0, -first), 0))


def shift_spans(start: Seconds, speech: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans in the time of a piece that begins at `start`."""
    return tuple(Span(max(0.0, span.start - start), span.end - start) for span in speech if span.end > start)
