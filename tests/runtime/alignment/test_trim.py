"""Silence at the ends."""

from __future__ import annotations

import numpy as np
import pytest

from edge_runtime.alignment.trim import crop, shift_spans, trim_range
from edge_runtime.vad.energy import Span


def test_only_long_silence_is_left_out_behind() -> None:
    assert trim_range(10.0, [Span(3.0, 9.1)]) == Span(2.4, 10.0)
    assert trim_range(10.0, [Span(0.6, 6.0)]) == Span(0.0, 6.35)


def test_there_is_equally_much_silence_in_front_of_every_recording() -> None:
    trimmed = trim_range(2.0, [Span(0.2, 1.9)])
    assert trimmed == Span(pytest.approx(-0.4), 2.0)
    recording = np.ones(2_000, np.float32)
    piece = crop(recording, 1_000, trimmed)
    assert piece.tolist() == [0.0] * 400 + [1.0] * 2_000
    later = np.pad(recording, (5_000, 0))
    assert np.array_equal(crop(later, 1_000, trim_range(7.0, [Span(5.2, 6.9)])), piece)


def test_without_speech_all_is_kept() -> None:
    assert trim_range(10.0, []) == Span(0.0, 10.0)


def test_speech_is_seen_from_the_start_of_a_piece() -> None:
    speech = [Span(0.0, 1.0), Span(1.5, 3.0), Span(4.0, 5.0)]
    assert shift_spans(2.0, speech) == (Span(0.0, 1.0), Span(2.0, 3.0))
