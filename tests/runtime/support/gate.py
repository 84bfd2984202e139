"""The energy gate as the aligner uses it."""

from __future__ import annotations

from edge_runtime.arrays import Waveform
from edge_runtime.vad.energy import Span, find_sound, with_margin


def find_speech(waveform: Waveform, sample_rate: int) -> tuple[Span, ...]:
    return with_margin(find_sound(waveform, sample_rate), len(waveform) / sample_rate)
