"""Speech that no word of the text covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.results.words import Word
from edge_runtime.vad.energy import Span

_MARGIN_S: Final[Seconds] = 0.4
"""So far around a word speech is covered: pauses inside sentences, and times that are a little off."""
_LONGEST_WORD_S: Final[Seconds] = 1.8
"""Longer words are stretched over what somebody else says, and cover nothing."""
_MIN_SPEECH_S: Final[Seconds] = 1.2
"""Shorter stretches are a breath, a laugh or a time that is off."""
_MAX_BELOW_DB: Final = 6.0
"""Voices so far below the speech of the text are in the background, and nobody writes them down."""


def uncovered_speech(
    voice: Sequence[Span], words: Sequence[Word], waveform: Waveform, sample_rate: int
) -> tuple[Span, ...]:
    """Return the stretches of speech that no word covers, in order.

    Args:
        voice: where somebody speaks, by a voice activity detector.
        words: of the text, with their times.
        waveform: of the recording, shape (num_samples,).
        sample_rate: in Hz.
    """
    covered = [
        Span(word.start - _MARGIN_S, word.end + _MARGIN_S)
        for word in words
        if 0 < word.end - word.start <= _LONGEST_WORD_S
    ]
    stretches = [
        gap for span in voice for gap in _without(span, covered) if gap.end - gap.start >= _MIN_SPEECH_S
    ]
    if not stretches:
        return ()
    spoken = [Span(word.start, word.end) for word in words]
    lowest = _power(spoken, waveform, sample_rate) * 10 ** (-_MAX_BELOW_DB / 10)
    return tuple(one for one in stretches if _power([one], waveform, sample_rate) > lowest)


def _without(span: Span, covered: Sequence[Span]) -> Iterator[Span]:
    """Yield what is left of a span; what covers it is in order of its starts."""
    start = span.start
    for one in covered:
        if one.end <= start:
            continue
        if one.start >= span.end:
            break
        if one.start > start:
            yield Span(start, one.start)
        start = one.end
    if start < span.end:
        yield Span(start, span.end)


def _power(spans: Sequence[Span], waveform: Waveform, sample_rate: int) -> float:
    """Return the mean power of stretches, 0 where they hold no sample."""
    pieces = [waveform[round(one.start * sample_rate) : round(one.end * sample_rate)] for one in spans]
    count = sum(len(piece) for piece in pieces)
    return float(sum(np.dot(piece, piece) for piece in pieces)) / count if count else 0.0
