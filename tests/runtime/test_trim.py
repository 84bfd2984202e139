"""Silence at the ends."""

from __future__ import annotations

from edge_runtime.speech import Span
from edge_runtime.trim import seen_from, spoken_range


def test_only_long_silence_is_left_out() -> None:
    assert spoken_range(10.0, [Span(0.9, 9.1)]) == Span(0.0, 10.0)
    assert spoken_range(10.0, [Span(3.0, 9.1)]) == Span(2.75, 10.0)
    assert spoken_range(10.0, [Span(0.5, 6.0)]) == Span(0.0, 6.25)


def test_without_speech_all_is_kept() -> None:
    assert spoken_range(10.0, []) == Span(0.0, 10.0)


def test_speech_is_seen_from_the_start_of_a_piece() -> None:
    speech = [Span(0.0, 1.0), Span(1.5, 3.0), Span(4.0, 5.0)]
    assert seen_from(2.0, speech) == (Span(0.0, 1.0), Span(2.0, 3.0))
