"""Long silence at the ends of a recording, which the aligner must not see.

Upstream's aligner pins the first word to the very start of the audio, however long the silence before it is
(QwenLM/Qwen3-ASR issue 153). What it does not hear it cannot misplace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.speech import Span

LONGEST_SILENCE_S: Final = 1.0
"""Silence up to this long stays: the model was trained with it."""
_KEPT_S: Final = 0.25


def spoken_range(duration_s: Seconds, speech: Sequence[Span]) -> Span:
    """Return the recording without long silence at its ends; all of it where nobody speaks."""
    if not speech:
        return Span(0.0, duration_s)
    first, last = speech[0].start, speech[-1].end
    start = first - _KEPT_S if first > LONGEST_SILENCE_S else 0.0
    end = last + _KEPT_S if duration_s - last > LONGEST_SILENCE_S else duration_s
    return Span(start, end)


def seen_from(start: Seconds, speech: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans in the time of a piece that begins at `start`."""
    return tuple(Span(max(0.0, span.start - start), span.end - start) for span in speech if span.end > start)
