"""The energy gate as the aligner uses it."""

from __future__ import annotations

from edge_runtime.arrays import Waveform
from edge_runtime.vad.energy import Span, detect_speech, pad_spans


def find_speech(waveform: Waveform, sample_rate: int) -> tuple[Span, ...]:
    return pad_spans(detect_speech(waveform, sample_rate), len(waveform) / sample_rate)
