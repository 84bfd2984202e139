"""Synthetic audio is always the same, and is detected as speech."""

from __future__ import annotations

import numpy as np
import pytest

from edge_bench.speed.synthetic import speech_like
from edge_runtime.vad.energy import detect_speech


def test_synthetic_audio_is_always_the_same_and_is_detected_as_speech_with_pauses() -> None:
    samples = speech_like(9.0, 16_000)
    assert samples.shape == (144_000,)
    assert samples.dtype == np.float32
    assert np.array_equal(samples, speech_like(9.0, 16_000))
    assert np.abs(samples).max() == pytest.approx(0.5)
    spans = detect_speech(samples, 16_000)
    assert 2 <= len(spans) <= 5
    assert 7.0 < sum(span.end - span.start for span in spans) < 9.0
