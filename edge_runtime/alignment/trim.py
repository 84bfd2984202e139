"""Trim long silence from both ends of a recording before alignment.

Upstream's aligner places the first word at the very start of the audio, however long the silence before it
is (QwenLM/Qwen3-ASR issue 153); trimming that silence prevents it. The model's times also shift a little with
the length of the leading silence. The trimmed audio therefore always begins with the same length of it, so
that a recording that begins later gets the same times, later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.vad.energy import Span

_MAX_SILENCE_S: Final = 1.0
"""Trailing silence up to this long stays: the model was trained with it."""
_LEAD_S: Final = 0.6
_TRAIL_S: Final = 0.35


def trim_range(duration_s: Seconds, detected: Sequence[Span]) -> Span:
    """Return the range to align; the whole recording if no speech was detected.

    The range begins a fixed time before the first speech, which may be before the recording (below 0).
    """
    if not detected:
        return Span(0.0, duration_s)
    last = detected[-1].end
    end = last + _TRAIL_S if duration_s - last > _MAX_SILENCE_S else duration_s
    return Span(detected[0].start - _LEAD_S, end)


def crop(waveform: Waveform, sample_rate: int, span: Span) -> Waveform:
    """Return the samples of a range, padded with zeros for the part before the recording."""
    first, end = (round(at_s * sample_rate) for at_s in (span.start, span.end))
    return np.pad(waveform[max(0, first) : end], (max(0, -first), 0))


def shift_spans(start: Seconds, speech: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans relative to `start`; what lies before it is cut off."""
    return tuple(Span(max(0.0, span.start - start), span.end - start) for span in speech if span.end > start)
